//! Single faults, and what the caller is told.

use std::time::Duration;

use elbow::fence::Closed;
use elbow::provider::{ProviderError, Retry};
use elbow::service::Service;

use crate::aws::Fault;
use crate::world::{World, annotate, service};

fn web() -> Service {
    service("web", &[(80, 30080)])
}

#[tokio::test(start_paused = true)]
async fn a_closed_fence_ends_the_pass_and_forgets_what_was_known() {
    let world = World::warm().await;
    world.aws.fail(0, Fault::Close);
    let (outcome, calls) = world.calls_of(world.ensure(&web())).await;
    assert_eq!(outcome, Err(ProviderError::Closed(Closed::NotLeader)));
    assert_eq!(
        calls,
        ["ec2:CreateSecurityGroup", "elasticloadbalancing:CreateTargetGroup"]
    );
    let (_, calls) = world.calls_of(world.ensure(&web())).await;
    assert!(
        calls.contains(&"elasticloadbalancing:DescribeLoadBalancers"),
        "{calls:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_steps_beside_a_failed_one_are_brought_to_their_end_and_not_repeated() {
    let world = World::warm().await;
    world.aws.fail(0, Fault::Refuse("SecurityGroupLimitExceeded"));
    let error = world.ensure(&web()).await.unwrap_err();
    assert!(matches!(&error, ProviderError::Quota { .. }), "{error}");
    assert!(matches!(error.retry(), Retry::Slowly));
    let (ensured, calls) = world.calls_of(world.ensure(&web())).await;
    assert_eq!((ensured.unwrap().writes, calls.len()), (5, 5), "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_leaves_no_doubt_costs_no_new_look() {
    for code in [
        "Throttling",
        "AccessDenied",
        "TooManyLoadBalancers",
        "DependencyViolation",
    ] {
        let world = World::warm().await;
        world.aws.fail(0, Fault::Refuse(code));
        world.ensure(&web()).await.unwrap_err();
        let (ensured, calls) = world.calls_of(world.ensure(&web())).await;
        assert!(ensured.is_ok());
        assert!(
            calls.iter().all(|call| !call.contains(":Describe")),
            "{code}: {calls:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_the_reads_fails_all_who_wait_and_is_over_with_the_next_look() {
    let world = World::new();
    for call in 0..12 {
        world.aws.fail(call, Fault::Refuse("InternalFailure"));
    }
    for _ in 0..12 {
        if world.ensure(&web()).await.is_ok() {
            return;
        }
    }
    world.ensure(&web()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_aws_lists_is_not_held_for_gone_though_it_denies_its_tags() {
    let world = World::warm().await;
    world.serve(&mut web()).await;
    world.aws.take_log();
    world.aws.fail(2, Fault::Refuse("InternalFailure"));
    world.delete(&web()).await.unwrap_err();
    assert_eq!(world.aws.take_log()[2], "elasticloadbalancing:DeleteTargetGroup");

    // The question is halved until each of four resources is asked about alone.
    let denied = 3..10;
    for call in denied.clone() {
        world.aws.fail(call, Fault::Refuse("TargetGroupNotFound"));
    }
    world.delete(&web()).await.unwrap();
    let calls = &world.aws.take_log()[denied];
    assert_eq!(calls, ["elasticloadbalancing:DescribeTags"; 7]);
    assert_eq!(world.aws.breaches(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_under_deletion_protection_stays_and_the_error_says_how_to_go_on() {
    let world = World::warm().await;
    let mut guarded = web();
    annotate(&mut guarded, "attributes", "deletion_protection.enabled=true");
    world.serve(&mut guarded).await;
    let error = world.delete(&guarded).await.unwrap_err();
    assert_eq!(error.reason(), "DeletionProtected");
    assert!(
        error.to_string().contains("deletion_protection.enabled=false"),
        "{error}"
    );
    world.serve(&mut web()).await;
    assert!(world.delete(&web()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_invalid_service_leaves_aws_untouched_and_others_served() {
    let world = World::new();
    let untouched = world.aws.digest();
    let mut broken = web();
    annotate(&mut broken, "scheme", "sideways");
    let error = world.ensure(&broken).await.unwrap_err();
    assert!(matches!(error, ProviderError::Invalid { .. }), "{error}");
    assert_eq!(world.aws.digest(), untouched);
    assert!(world.ensure(&service("other", &[(80, 30081)])).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_service_without_a_subnet_is_served_once_one_is_tagged_and_asks_twice_a_minute_at_most() {
    let world = World::new();
    let subnets = std::mem::take(&mut world.aws.state().subnets);
    let error = world.ensure(&web()).await.unwrap_err();
    assert_eq!(error.reason(), "NoSubnetFound");
    let (_, calls) = world.calls_of(world.ensure(&web())).await;
    assert_eq!(calls, [""; 0]);
    world.aws.state().subnets = subnets;
    tokio::time::advance(Duration::from_secs(30)).await;
    assert!(world.ensure(&web()).await.is_ok());
}
