//! What a preview says is what is done, and after that there is nothing left to say.

use std::collections::BTreeMap;

use elbow::aws::plan::Plan;
use elbow::aws::preview::Previews;
use elbow::service::Service;
use proptest::prelude::*;

use crate::seed::block_on;
use crate::seed::seeded;
use crate::walk::declaration;
use crate::world::{World, annotate, nodes, provider, service};

/// Actions with how often each is called.
type Counts = BTreeMap<&'static str, usize>;

fn counts(actions: impl IntoIterator<Item = &'static str>) -> Counts {
    let mut counts = Counts::new();
    for action in actions {
        *counts.entry(action).or_default() += 1;
    }
    counts
}

fn writes(log: Vec<&'static str>) -> Counts {
    let is_read = |action: &&str| {
        ["Describe", "Get"]
            .iter()
            .any(|verb| action.contains(&format!(":{verb}")))
    };
    counts(log.into_iter().filter(|action| !is_read(action)))
}

fn planned(previews: &Previews) -> Counts {
    let services = previews.services.iter().map(|preview| &preview.as_ref().unwrap().plan);
    let plans = services.chain([&previews.shared.as_ref().unwrap().plan]);
    counts(plans.flat_map(Plan::steps).map(elbow::aws::plan::step::Step::action))
}

/// A look by a process that knows nothing, as `elbow plan` is one.
async fn preview(world: &World, services: &[Service]) -> Previews {
    let fresh = provider(&world.aws);
    let before = world.aws.digest();
    world.aws.take_log();
    let services: Vec<Service> = services
        .iter()
        .map(|service| world.accompanied(service.clone()))
        .collect();
    let previews = fresh.preview(&services, &world.nodes).await;
    assert_eq!(writes(world.aws.take_log()), Counts::new());
    assert_eq!(world.aws.digest(), before);
    previews
}

/// Plans, applies, and plans again. What cannot be planned cannot be applied, for the same reason.
async fn check(world: &World, service: &mut Service) {
    let first = preview(world, std::slice::from_ref(service)).await;
    if let Err(error) = &first.services[0] {
        assert_eq!(world.ensure(service).await.unwrap_err(), *error);
        return;
    }
    world.aws.take_log();
    world.serve(service).await;
    assert_eq!(
        planned(&first),
        writes(world.aws.take_log()),
        "{:?}",
        service.annotations
    );
    let second = preview(world, std::slice::from_ref(service)).await;
    assert_eq!(planned(&second), Counts::new());
    assert_eq!(second.services[0].as_ref().unwrap().changes(), []);
}

proptest! {
    #![proptest_config(seeded(64))]

    #[test]
    fn what_is_planned_is_done_and_then_nothing_is_left(
        // Never most nodes gone at once: those would go later, in a step of their own that is not planned yet.
        walk in proptest::collection::vec((declaration(), any::<bool>(), 3_u8..6), 1..5)
    ) {
        block_on(async {
            let mut world = World::new();
            let mut published = None;
            for (mut declaration, restart, last_node) in walk {
                if restart {
                    world.restart();
                }
                world.nodes = nodes(1..=last_node);
                declaration.published = published;
                check(&world, &mut declaration).await;
                published = declaration.published;
            }
        });
    }
}

#[tokio::test(start_paused = true)]
async fn several_services_share_the_group_and_its_rules_in_one_plan() {
    let world = World::new();
    let mut services = [service("a", &[(80, 30080)]), service("b", &[(80, 30081)])];
    let first = preview(&world, &services).await;
    world.aws.take_log();
    for service in &mut services {
        world.serve(service).await;
    }
    assert_eq!(planned(&first), writes(world.aws.take_log()));
    assert_eq!(planned(&preview(&world, &services).await), Counts::new());
}

#[tokio::test(start_paused = true)]
async fn a_service_that_cannot_be_satisfied_hides_no_other() {
    let world = World::new();
    let mut wrong = service("wrong", &[(80, 30080)]);
    annotate(&mut wrong, "scheme", "public");
    let previews = preview(&world, &[wrong, service("right", &[(80, 30081)])]).await;
    assert!(previews.services[0].is_err());
    assert!(!previews.services[1].as_ref().unwrap().plan.is_empty());
    assert!(!previews.shared.unwrap().plan.is_empty());
}
