//! What the audit costs.

use std::time::Duration;

use elbow::provider::LoadBalancerProvider;
use tokio::time::advance;

use crate::world::{AUDIT_CALLS, World, service};

const MINUTE: Duration = Duration::from_secs(60);

async fn world_with(services: u16) -> World {
    let world = World::new();
    for number in 0..services {
        world
            .serve(&mut service(&format!("web-{number}"), &[(80, 30000 + number)]))
            .await;
    }
    world.aws.take_log();
    world
}

#[tokio::test(start_paused = true)]
async fn the_calls_of_an_hour_do_not_grow_with_the_number_of_services() {
    let world = world_with(200).await;
    for _ in 0..60 {
        advance(MINUTE).await;
        world.provider.audit().await.unwrap();
    }
    let calls = world.aws.take_log().len();
    let budget = usize::try_from(AUDIT_CALLS * 61).unwrap();
    // One piece of work may overdraw the budget, which the next round makes up for.
    assert!((budget / 2..budget + 60).contains(&calls), "{calls} calls of {budget}");
}

#[tokio::test(start_paused = true)]
async fn every_service_is_looked_at_in_turn() {
    let world = world_with(40).await;
    let mut examined = 0;
    let mut rounds = 0;
    while examined < 40 {
        advance(MINUTE).await;
        examined += world.provider.audit().await.unwrap().examined;
        rounds += 1;
        assert!(rounds < 20, "{examined} examined");
    }
    assert_eq!(world.provider.drift(), []);
}

#[tokio::test(start_paused = true)]
async fn a_round_says_what_it_cost() {
    let world = world_with(3).await;
    advance(MINUTE).await;
    let audited = world.provider.audit().await.unwrap();
    assert_eq!(audited.examined, 3);
    assert_eq!(audited.calls, world.aws.take_log().len());
    assert_eq!(world.provider.snapshot_age().await, Some(Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn without_services_the_audit_costs_little() {
    let world = World::new();
    let audited = world.provider.audit().await.unwrap();
    assert_eq!(audited.examined, 0);
    assert!(audited.calls <= 4, "{} calls", audited.calls);
}

#[tokio::test(start_paused = true)]
async fn an_audit_beside_running_changes_disturbs_nothing() {
    for delay in 0..30 {
        let world = World::warm().await;
        world.serve(&mut service("web", &[(80, 30080)])).await;
        let change = async {
            for _ in 0..delay {
                tokio::task::yield_now().await;
            }
            world.serve(&mut service("web", &[(443, 30443)])).await
        };
        let (_, audited) = tokio::join!(change, world.provider.audit());
        audited.unwrap();
        world.serve(&mut service("web", &[(443, 30443)])).await;
        assert_eq!(world.provider.drift(), [], "after {delay} steps");
    }
}
