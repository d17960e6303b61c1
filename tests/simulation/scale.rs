//! Many Services, many nodes.

use std::collections::BTreeMap;

use elbow::service::Service;
use futures::stream::{self, StreamExt};

use crate::aws::{Dice, Fault, Weather};
use crate::world::{World, instance, launch, nodes, service};

const SERVICES: u16 = 1000;
/// As many as the controller looks at at the same time.
const AT_ONCE: usize = 16;

fn services() -> Vec<Service> {
    (0..SERVICES)
        .map(|n| service(&format!("web-{n}"), &[(80, 30000 + n)]))
        .collect()
}

/// Serves all of them, and counts the calls by action.
async fn serve_all(world: &World, services: &[Service]) -> BTreeMap<&'static str, usize> {
    let served = stream::iter(services).map(|service| async move {
        let mut service = service.clone();
        service.published = world.aws.published(&service.owner);
        world.serve(&mut service).await;
    });
    served.buffer_unordered(AT_ONCE).collect::<()>().await;
    count(world)
}

async fn delete_all(world: &World, services: &[Service]) -> BTreeMap<&'static str, usize> {
    let gone = stream::iter(services).map(|service| async move { world.remove(service).await });
    gone.buffer_unordered(AT_ONCE).for_each(|_| async {}).await;
    count(world)
}

fn count(world: &World) -> BTreeMap<&'static str, usize> {
    let mut count = BTreeMap::new();
    for call in world.aws.take_log() {
        *count.entry(call).or_default() += 1;
    }
    count
}

#[track_caller]
fn assert_at_most(calls: &BTreeMap<&'static str, usize>, a_service: f64) {
    let sum: usize = calls.values().sum();
    let each = f64::from(u32::try_from(sum).unwrap()) / f64::from(SERVICES);
    assert!(
        each <= a_service,
        "{each} calls a Service in the place of {a_service}: {calls:#?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_thousand_services_cost_a_thousand_times_what_one_costs_and_no_more() {
    let mut world = World::new();
    let untouched = world.aws.digest();
    let services = services();
    assert_at_most(&serve_all(&world, &services).await, 6.02);

    world.nodes = nodes(1..=4);
    assert_at_most(&serve_all(&world, &services).await, 1.01);

    world.restart();
    let calls = serve_all(&world, &services).await;
    assert!(calls.keys().all(|call| call.contains(":Describe")), "{calls:#?}");
    assert_at_most(&calls, 0.2);

    assert_at_most(&delete_all(&world, &services).await, 3.02);
    assert_eq!(world.aws.digest(), untouched);
}

/// Nodes of before and after; some Services that they serve, from the first on.
async fn world_of_blue_nodes() -> (World, Vec<Service>) {
    let mut world = World::new();
    for number in 1..=200 {
        launch(&world.aws, number, &["sg-nodes"]);
    }
    world.nodes = nodes(1..=100);
    let services: Vec<Service> = (0..3)
        .map(|n| service(&format!("web-{n}"), &[(80, 30080 + n)]))
        .collect();
    serve_all(&world, &services).await;
    (world, services)
}

fn assert_targets_are(world: &World, numbers: impl Iterator<Item = u8> + Clone) {
    let state = world.aws.state();
    let ours = state
        .target_groups
        .values()
        .filter(|known| known.name.starts_with("k8s-"));
    for known in ours {
        let found: Vec<_> = known.targets.iter().map(|target| target.instance.clone()).collect();
        assert_eq!(found, numbers.clone().map(instance).collect::<Vec<_>>());
    }
}

#[tokio::test(start_paused = true)]
async fn a_hundred_nodes_replaced_in_tens_are_registered_before_the_others_go() {
    let (mut world, services) = world_of_blue_nodes().await;
    world.aws.set_weather(Weather {
        share: 20,
        faults: vec![Fault::Refuse("Throttling"), Fault::LoseAnswer],
        dice: Dice::new(100),
    });
    for gone in (10..=100).step_by(10) {
        world.nodes = nodes(gone - 9..=100 + gone);
        serve_all(&world, &services).await;
        world.nodes = nodes(gone + 1..=100 + gone);
        serve_all(&world, &services).await;
    }
    assert_targets_are(&world, 101..=200);
    assert_eq!(world.aws.blackouts(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_hundred_nodes_replaced_at_once_are_registered_before_the_others_go() {
    let (mut world, services) = world_of_blue_nodes().await;
    world.nodes = nodes(101..=200);
    serve_all(&world, &services).await;
    assert_targets_are(&world, 101..=200);
    assert_eq!(world.aws.blackouts(), Vec::<String>::new());
}
