//! A feature that cannot be had keeps nothing else from being served.

use elbow::provider::Ensured;
use elbow::service::Service;
use rstest::rstest;
use tokio::time::sleep;

use crate::aws::Fault;
use crate::world::{WEB_ACL, World, alb, annotate, service};

/// More passes than any feature needs.
const PASSES: usize = 30;

fn web() -> Service {
    service("web", &[(80, 30080)])
}

/// Passes until one says what `told` looks for; that one, and how many calls were made before the last pass.
async fn pass_until(world: &World, service: &Service, told: impl Fn(&World, &Ensured) -> bool) -> Ensured {
    for _ in 0..PASSES {
        let ensured = world.ensure(service).await.unwrap();
        if told(world, &ensured) {
            return ensured;
        }
        sleep(
            ensured
                .recheck
                .expect("a pass that is not the last says when the next one is"),
        )
        .await;
    }
    panic!("{PASSES} passes were not enough");
}

/// Which call of all, from a warm start on, is the first with this action.
async fn place_of(action: &str, service: &Service) -> usize {
    let world = World::warm().await;
    world.aws.take_log();
    let mut log = Vec::new();
    for _ in 0..PASSES {
        let ensured = world.ensure(service).await.unwrap();
        log.extend(world.aws.take_log());
        if let Some(place) = log.iter().position(|call| *call == action) {
            return place;
        }
        sleep(ensured.recheck.expect("the feature waits for the load balancer")).await;
    }
    panic!("{action} was never called");
}

#[rstest]
#[case::capacity(
    "minimum-load-balancer-capacity",
    "CapacityUnits=3000",
    "elasticloadbalancing:ModifyCapacityReservation"
)]
#[case::listener_attributes(
    "listener-attributes.TCP-80",
    "tcp.idle_timeout.seconds=400",
    "elasticloadbalancing:ModifyListenerAttributes"
)]
#[case::web_acl("wafv2-acl-arn", WEB_ACL, "wafv2:AssociateWebACL")]
#[tokio::test(start_paused = true)]
async fn a_feature_that_is_denied_is_named_and_all_else_is_served_and_it_is_tried_again(
    #[case] key: &str,
    #[case] value: &str,
    #[case] action: &str,
) {
    let mut web = if key.starts_with("wafv2") { alb(web()) } else { web() };
    annotate(&mut web, key, value);
    let place = place_of(action, &web).await;

    let world = World::warm().await;
    world.aws.fail(place, Fault::Refuse("AccessDenied"));
    let denied = |_: &World, ensured: &Ensured| ensured.warnings.iter().any(|warning| warning.message.contains(action));
    let ensured = pass_until(&world, &web, denied).await;
    let warning = ensured.warnings.iter().find(|warning| warning.message.contains(action));
    assert_eq!(warning.unwrap().reason, "AccessDenied");
    assert_eq!(world.hostname(&web), Some(ensured.hostname.clone()));
    assert_eq!(world.aws.blackouts(), Vec::<String>::new());

    sleep(ensured.recheck.unwrap()).await;
    let done = |_: &World, ensured: &Ensured| ensured.recheck.is_none() && ensured.warnings.is_empty();
    pass_until(&world, &web, done).await;
    let whole = World::warm().await;
    pass_until(&whole, &web, done).await;
    assert_eq!(world.aws.digest(), whole.aws.digest());
}

#[tokio::test(start_paused = true)]
async fn nodes_still_come_and_go_while_a_declaration_cannot_be_satisfied() {
    let mut world = World::warm().await;
    let mut web = web();
    world.serve(&mut web).await;
    annotate(&mut web, "scheme", "sideways");
    world.nodes = crate::world::nodes(2..=4);
    world.ensure(&web).await.unwrap_err();
    let targets = world.aws.digest();
    let (gone, come) = (crate::world::instance(1), crate::world::instance(4));
    assert!(targets.contains(&format!("{come}:30080")), "{targets}");
    assert!(!targets.contains(&format!("{gone}:30080")), "{targets}");
}

#[tokio::test(start_paused = true)]
async fn protection_is_lifted_from_what_is_deleted_only_where_the_service_says_so() {
    let world = World::warm().await;
    let before = world.aws.digest();
    let mut web = web();
    annotate(&mut web, "attributes", "deletion_protection.enabled=true");
    world.serve(&mut web).await;
    let delete = async |web: &Service| world.delete(web).await;
    assert_eq!(delete(&web).await.unwrap_err().reason(), "DeletionProtected");
    web.annotations.clear();
    assert_eq!(delete(&web).await.unwrap_err().reason(), "DeletionProtected");
    annotate(&mut web, "attributes", "deletion_protection.enabled=false");
    delete(&web).await.unwrap();
    assert_eq!(world.aws.digest(), before);
}
