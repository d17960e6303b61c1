//! What the audit costs.

use std::time::Duration;

use elbow::aws::ids::TargetGroupArn;
use elbow::provider::LoadBalancerProvider;
use rstest::rstest;
use tokio::time::advance;

use crate::aws::{Fault, State};
use crate::world::{AUDIT_CALLS, CLUSTER, World, service, text_map};

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

#[rstest]
#[case(10)]
#[case(100)]
#[ignore = "takes a quarter of a minute: run by cargo sandbox test"]
#[case(1000)]
#[tokio::test(start_paused = true)]
async fn the_budget_holds_for_any_number_of_services_and_each_is_looked_at(#[case] services: u16) {
    let world = world_with(services).await;
    let change = |state: &mut State| {
        for known in state.target_groups.values_mut().filter(|known| known.name != "foreign") {
            let key = "deregistration_delay.timeout_seconds".to_owned();
            known.attributes.insert(key, "1".to_owned());
        }
    };
    change(&mut world.aws.state());
    let seen = || world.provider.drift().iter().map(|found| found.count).sum::<u64>();
    let (mut calls, mut rounds) = (0, 0);
    while seen() < u64::from(services) {
        advance(5 * MINUTE).await;
        calls += world.provider.audit().await.unwrap().calls;
        rounds += 1;
        assert!(rounds <= 36, "{} of {services} were looked at in three hours", seen());
    }
    let made = world.aws.take_log().len();
    assert!(made <= calls, "{made} calls were made, {calls} told");
    // The first minute's are there from the start, and one piece of work, as the snapshot of 1,000 Services, may overdraw.
    let budget = usize::try_from(AUDIT_CALLS * (5 * rounds + 1)).unwrap() + 120;
    assert!(calls <= budget, "{calls} calls of {budget}");
}

#[tokio::test(start_paused = true)]
async fn what_another_made_for_a_living_service_is_read_first_and_taken_away_by_the_next_pass() {
    let world = world_with(60).await;
    let mut concerned = service("web-41", &[(80, 30041)]);
    world.serve(&mut concerned).await;
    let settled = world.aws.digest();
    let tags = text_map(&[
        ("elbow.dev/cluster", CLUSTER),
        ("elbow.dev/service", "shop/web-41"),
        ("elbow.dev/uid", "uid-web-41"),
    ]);
    let add = |state: &mut State| {
        let (_, known) = state.target_group("k8s-shop-web41-");
        let mut copy = known.clone();
        (copy.name, copy.tags) = ("by-another-process".to_owned(), tags);
        let arn = TargetGroupArn::new("arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/by-another-process/1");
        state.target_groups.insert(arn, copy);
    };
    add(&mut world.aws.state());
    let examined = world.provider.audit().await.unwrap().examined;
    assert!((1..41).contains(&examined), "{examined} were looked at in one round");
    let (ensured, calls) = world.calls_of(world.ensure(&concerned)).await;
    assert_eq!(ensured.unwrap().writes, 1);
    assert_eq!(calls, ["elasticloadbalancing:DeleteTargetGroup"]);
    assert_eq!(world.aws.digest(), settled);
}

#[tokio::test(start_paused = true)]
async fn details_that_cannot_be_read_keep_nobody_elses_from_being_read() {
    let world = world_with(3).await;
    advance(MINUTE).await;
    let calls = world.provider.audit().await.unwrap().calls;
    for call in 0..calls {
        advance(5 * MINUTE).await;
        world.aws.take_log();
        world.aws.fail(call, Fault::Refuse("AccessDenied"));
        // A part of the snapshot fails the round; a detail fails one Service of it.
        let examined = world.provider.audit().await.map_or(2, |audited| audited.examined);
        assert_eq!(examined, 2, "call {call} was refused");
        assert!(!world.aws.is_fault_left());
    }
}

#[tokio::test(start_paused = true)]
async fn a_round_says_what_it_cost() {
    let world = world_with(3).await;
    advance(MINUTE).await;
    let audited = world.provider.audit().await.unwrap();
    assert_eq!(audited.examined, 3);
    assert_eq!(audited.calls, world.aws.take_log().len());
    assert_eq!(world.provider.snapshot_age(), Some(Duration::ZERO));
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
