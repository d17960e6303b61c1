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

fn many(count: u16) -> Vec<Service> {
    (0..count)
        .map(|number| service(&format!("web-{number}"), &[(80, 30000 + number)]))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn many_services_at_once_take_six_calls_each_and_share_the_rest() {
    let world = World::new();
    let services = many(200);
    let all = services.iter().map(|service| world.ensure(service));
    let (ensured, calls) = world.calls_of(futures::future::join_all(all)).await;
    assert!(ensured.iter().all(Result::is_ok));
    let shared = calls.len() - 6 * services.len();
    assert!(shared <= 10, "{shared} calls beside six for each");
}

#[tokio::test(start_paused = true)]
async fn many_services_deleted_at_once_take_three_calls_each_and_share_the_rest() {
    let world = World::new();
    let services = many(200);
    futures::future::join_all(services.iter().map(|service| world.ensure(service))).await;
    let all = services.iter().map(|service| world.remove(service));
    let (deleted, calls) = world.calls_of(futures::future::join_all(all)).await;
    assert_eq!(deleted.len(), services.len());
    let shared = calls.len() - 3 * services.len();
    assert!(shared <= 5, "{shared} calls beside three for each");
    assert_eq!(world.aws.digest(), World::new().aws.digest());
}

#[tokio::test(start_paused = true)]
async fn a_new_service_after_a_restart_does_not_wait_for_a_look_at_the_others() {
    let mut world = World::new();
    let services = many(50);
    futures::future::join_all(services.iter().map(|service| world.ensure(service))).await;
    world.restart();
    let (ensured, calls) = world.calls_of(world.ensure(&web())).await;
    assert_eq!(ensured.unwrap().writes, 6);
    // Listings, tags by twenty, subnets, instances, rules on nodes; then the Service's own six.
    assert!(calls.len() <= 20, "{calls:?}");
}
