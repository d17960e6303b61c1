//! A change that needs a new load balancer: clients are led to it before the old one goes.

use std::time::Duration;

use elbow::service::Service;
use tokio::time::{advance, sleep};

use crate::world::{GRACE, World, annotate, service};

const PROVISIONING: Duration = Duration::from_secs(150);

fn facing(service: &Service) -> Service {
    let mut facing = service.clone();
    annotate(&mut facing, "scheme", "internet-facing");
    facing
}

async fn world_with_service() -> (World, Service) {
    let world = World::new();
    let mut web = service("web", &[(80, 30080)]);
    world.serve(&mut web).await;
    world.aws.state().provisioning = PROVISIONING;
    (world, web)
}

fn load_balancers(world: &World) -> usize {
    let state = world.aws.state();
    state
        .load_balancers
        .values()
        .filter(|known| known.name != "foreign")
        .count()
}

#[tokio::test(start_paused = true)]
async fn the_hostname_of_a_new_service_is_told_before_its_load_balancer_is_active() {
    let world = World::new();
    world.aws.state().provisioning = PROVISIONING;
    let ensured = world.ensure(&service("web", &[(80, 30080)])).await.unwrap();
    assert!(ensured.hostname.starts_with("k8s-shop-web-"));
    assert_eq!(ensured.recheck, None);
}

#[tokio::test(start_paused = true)]
async fn clients_stay_on_the_old_load_balancer_until_the_new_one_is_active() {
    let (world, web) = world_with_service().await;
    let flipped = facing(&web);
    let ensured = world.ensure(&flipped).await.unwrap();
    assert_eq!(Some(&ensured.hostname), web.published.as_ref());
    assert_eq!(load_balancers(&world), 2);
    assert!(ensured.recheck.is_some());

    advance(PROVISIONING).await;
    let ensured = world.ensure(&flipped).await.unwrap();
    assert_ne!(Some(&ensured.hostname), web.published.as_ref());
    assert_eq!(load_balancers(&world), 2);
}

#[tokio::test(start_paused = true)]
async fn waiting_for_the_new_load_balancer_takes_one_read_at_a_time_and_no_write() {
    let (world, web) = world_with_service().await;
    let flipped = facing(&web);
    world.ensure(&flipped).await.unwrap();
    let (_, calls) = world.calls_of(world.ensure(&flipped)).await;
    assert_eq!(calls, ["elasticloadbalancing:DescribeLoadBalancers"]);
}

#[tokio::test(start_paused = true)]
async fn the_old_load_balancer_goes_a_grace_period_after_the_new_hostname_was_published() {
    let (world, web) = world_with_service().await;
    let mut flipped = facing(&web);
    world.ensure(&flipped).await.unwrap();
    advance(PROVISIONING).await;
    flipped.published = Some(world.ensure(&flipped).await.unwrap().hostname);

    advance(GRACE / 2).await;
    let ensured = world.ensure(&flipped).await.unwrap();
    assert_eq!((load_balancers(&world), ensured.recheck), (2, Some(GRACE / 2)));
    advance(GRACE / 2).await;
    let ensured = world.ensure(&flipped).await.unwrap();
    assert_eq!((load_balancers(&world), ensured.recheck), (1, None));
    assert_eq!(Some(ensured.hostname), flipped.published);
}

#[tokio::test(start_paused = true)]
async fn the_old_load_balancer_stays_as_long_as_the_status_names_it() {
    let (world, web) = world_with_service().await;
    let flipped = facing(&web);
    for _ in 0..20 {
        world.ensure(&flipped).await.unwrap();
        sleep(GRACE).await;
    }
    assert_eq!(load_balancers(&world), 2);
}

#[tokio::test(start_paused = true)]
async fn flipping_back_during_the_replacement_ends_as_if_nothing_had_happened() {
    let (world, mut web) = world_with_service().await;
    let before = world.aws.digest();
    world.ensure(&facing(&web)).await.unwrap();
    world.serve(&mut web).await;
    assert_eq!(world.aws.digest(), before);
}

#[tokio::test(start_paused = true)]
async fn a_replacement_goes_on_after_a_restart() {
    let (mut world, web) = world_with_service().await;
    let mut flipped = facing(&web);
    world.ensure(&flipped).await.unwrap();
    world.restart();
    world.serve(&mut flipped).await;
    assert_eq!(load_balancers(&world), 1);
    assert_ne!(flipped.published, web.published);
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_of_a_fixed_name_is_deleted_before_its_successor_is_made() {
    let world = World::new();
    let mut web = service("web", &[(80, 30080)]);
    annotate(&mut web, "name", "shop-front");
    world.serve(&mut web).await;
    let mut flipped = facing(&web);
    world.serve(&mut flipped).await;
    assert_eq!(load_balancers(&world), 1);
    assert!(world.aws.digest().contains("load balancer shop-front internet-facing"));
}

#[tokio::test(start_paused = true)]
async fn a_service_deleted_during_a_replacement_leaves_nothing() {
    let (world, web) = world_with_service().await;
    let flipped = facing(&web);
    world.ensure(&flipped).await.unwrap();
    assert_eq!(load_balancers(&world), 2);
    world.remove(&flipped).await;
    assert_eq!(world.aws.digest(), World::new().aws.digest());
}
