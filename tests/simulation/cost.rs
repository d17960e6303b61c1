//! The calls that each change takes.

use elbow::service::Service;

use crate::world::{World, service};

fn web() -> Service {
    service("web", &[(80, 30080)])
}

#[tokio::test(start_paused = true)]
async fn a_service_of_one_port_is_made_with_six_calls() {
    let world = World::warm().await;
    let (ensured, calls) = world.calls_of(world.ensure(&web())).await;
    assert_eq!(
        calls,
        [
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:CreateSecurityGroup",
            "elasticloadbalancing:CreateListener",
            "elasticloadbalancing:CreateLoadBalancer",
            "elasticloadbalancing:CreateTargetGroup",
            "elasticloadbalancing:RegisterTargets",
        ]
    );
    let ensured = ensured.unwrap();
    assert_eq!(ensured.writes, 6);
    assert_eq!(ensured.warnings, []);
    assert_eq!(ensured.recheck, None);
    let summary = "in us-east-1a, us-east-1b, us-east-1c, 1 listener to 3 nodes";
    assert!(
        ensured
            .summary
            .starts_with("internal network load balancer k8s-shop-web-"),
        "{}",
        ensured.summary
    );
    assert!(ensured.summary.ends_with(summary), "{}", ensured.summary);
}

#[tokio::test(start_paused = true)]
async fn an_unchanged_service_takes_no_call() {
    let world = World::warm().await;
    let mut web = web();
    world.serve(&mut web).await;
    let (ensured, calls) = world.calls_of(world.ensure(&web)).await;
    assert_eq!(calls, [""; 0]);
    assert_eq!(ensured.unwrap().writes, 0);
}

#[tokio::test(start_paused = true)]
async fn an_unchanged_service_takes_no_call_after_a_restart_but_reads() {
    let mut world = World::warm().await;
    let mut web = web();
    world.serve(&mut web).await;
    world.restart();
    let (ensured, calls) = world.calls_of(world.ensure(&web)).await;
    assert_eq!(ensured.unwrap().writes, 0);
    assert!(calls.iter().all(|call| call.contains(":Describe")), "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn a_port_is_added_with_four_calls() {
    let world = World::warm().await;
    world.serve(&mut web()).await;
    let more = service("web", &[(80, 30080), (443, 30443)]);
    let (_, calls) = world.calls_of(world.ensure(&more)).await;
    assert_eq!(
        calls,
        [
            "ec2:AuthorizeSecurityGroupIngress",
            "elasticloadbalancing:CreateListener",
            "elasticloadbalancing:CreateTargetGroup",
            "elasticloadbalancing:RegisterTargets",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_service_is_deleted_with_three_calls() {
    let world = World::warm().await;
    let mut web = web();
    world.serve(&mut web).await;
    let (deleted, calls) = world.calls_of(world.remove(&web)).await;
    assert_eq!(deleted.resources, 3);
    assert_eq!(
        calls,
        [
            "ec2:DeleteSecurityGroup",
            "elasticloadbalancing:DeleteLoadBalancer",
            "elasticloadbalancing:DeleteTargetGroup",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn deleting_what_was_never_made_takes_no_write() {
    let world = World::warm().await;
    let (deleted, calls) = world.calls_of(world.remove(&web())).await;
    assert_eq!(deleted.resources, 0);
    assert_eq!(calls, [""; 0]);
}
