//! The calls that each change takes.

use elbow::service::Service;
use rstest::rstest;

use crate::world::{World, launch, nodes, service};

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
async fn an_unchanged_service_takes_no_call_after_a_restart_but_what_all_share() {
    let mut world = World::warm().await;
    world.serve(&mut web()).await;
    world.restart();
    world.ensure(&service("warm", &[(81, 30081)])).await.unwrap();
    let (ensured, calls) = world.calls_of(world.ensure(&web())).await;
    assert_eq!((ensured.unwrap().writes, calls), (0, Vec::new()));
}

#[tokio::test(start_paused = true)]
async fn a_service_whose_receipt_was_lost_takes_no_call_after_a_restart_but_reads() {
    let mut world = World::warm().await;
    world.serve(&mut web()).await;
    world.restart();
    world.kubernetes = crate::world::Kubernetes::default();
    let (ensured, calls) = world.calls_of(world.ensure(&web())).await;
    assert_eq!(ensured.unwrap().writes, 0);
    assert!(calls.iter().all(|call| call.contains(":Describe")), "{calls:?}");
    assert!(
        calls.contains(&"elasticloadbalancing:DescribeTargetHealth"),
        "{calls:?}"
    );
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

/// Calls of the same name as one entry each, with their number.
fn counted(calls: &[&'static str]) -> Vec<(&'static str, usize)> {
    let runs = calls.chunk_by(|one, other| one == other);
    runs.filter_map(|run| Some((*run.first()?, run.len()))).collect()
}

/// A restart with so many Services unchanged and one new, all looked at at once, in an account where nobody else is.
async fn calls_of_a_restart(world: &mut World, unchanged: u16) -> Vec<&'static str> {
    world.aws.state().remove_load_balancer("foreign");
    world.aws.state().target_groups.clear();
    let mut services = many(unchanged);
    futures::future::join_all(services.iter().map(|service| world.ensure(service))).await;
    world.restart();
    services.push(web());
    let all = services.iter().map(|service| world.ensure(service));
    let (ensured, calls) = world.calls_of(futures::future::join_all(all)).await;
    let writes: usize = ensured.iter().flatten().map(|ensured| ensured.writes).sum();
    assert_eq!((ensured.len(), writes), (services.len(), 6));
    calls
}

#[rstest]
#[case(50, 17)]
#[case(200, 32)]
#[tokio::test(start_paused = true)]
async fn a_restart_costs_the_snapshot_and_what_is_new(#[case] unchanged: u16, #[case] total: usize) {
    let mut world = World::new();
    let calls = calls_of_a_restart(&mut world, unchanged).await;
    let expected = [
        ("ec2:AuthorizeSecurityGroupIngress", 1),
        ("ec2:CreateSecurityGroup", 1),
        ("ec2:DescribeInstances", 1),
        // One for the groups with elbow's tags, one for those of nodes.
        ("ec2:DescribeSecurityGroups", 2),
        ("ec2:DescribeSubnets", 1),
        ("elasticloadbalancing:CreateListener", 1),
        ("elasticloadbalancing:CreateLoadBalancer", 1),
        ("elasticloadbalancing:CreateTargetGroup", 1),
        ("elasticloadbalancing:DescribeLoadBalancers", 1),
        ("elasticloadbalancing:DescribeTags", usize::from(unchanged) * 2 / 20),
        ("elasticloadbalancing:DescribeTargetGroups", 1),
        ("elasticloadbalancing:RegisterTargets", 1),
    ];
    assert_eq!(counted(&calls), expected);
    assert_eq!(calls.len(), total);
}

#[tokio::test(start_paused = true)]
async fn nodes_with_several_groups_make_a_restart_no_dearer() {
    let mut world = World::new();
    launch(&world.aws, 2, &["sg-nodes", "sg-own"]);
    let calls = calls_of_a_restart(&mut world, 50).await;
    assert_eq!(calls.len(), 17, "{:?}", counted(&calls));
}

#[tokio::test(start_paused = true)]
async fn a_node_that_came_while_the_process_was_down_is_registered_everywhere() {
    let mut world = World::new();
    let services = many(10);
    futures::future::join_all(services.iter().map(|service| world.ensure(service))).await;
    world.restart();
    world.nodes = nodes(1..=4);
    let all = services.iter().map(|service| world.ensure(service));
    let (ensured, calls) = world.calls_of(futures::future::join_all(all)).await;
    assert!(
        ensured
            .iter()
            .flatten()
            .all(|ensured| ensured.writes == 1 && ensured.receipt.is_some())
    );
    let registered = ("elasticloadbalancing:RegisterTargets", services.len());
    assert!(counted(&calls).contains(&registered), "{:?}", counted(&calls));
}
