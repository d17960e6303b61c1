//! The shared group and the rules on nodes.

use std::collections::BTreeSet;

use elbow::aws::ids::SecurityGroupId;
use elbow::aws::stack::{IngressRule, RuleSource};
use elbow::provider::ProviderError;
use elbow::service::Service;
use std::time::Duration;

use crate::world::{World, add_group, annotate, instance, launch, nodes, service};

fn web() -> Service {
    service("web", &[(80, 30080)])
}

/// Rules of a group whose source is the shared group, as `protocol from-to`.
fn admitted(world: &World, group: &str) -> BTreeSet<String> {
    let state = world.aws.state();
    let Some(backend) = state
        .groups
        .values()
        .find(|known| known.name.starts_with("k8s-backend-"))
    else {
        return BTreeSet::new();
    };
    let source = RuleSource::Group(backend.id.clone());
    let rules = &state.groups[&SecurityGroupId::new(group)].rules;
    let ours = rules.iter().filter(|rule| rule.source == source);
    ours.map(|rule: &IngressRule| format!("{:?} {}-{}", rule.protocol, rule.from, rule.to))
        .collect()
}

fn usual() -> BTreeSet<String> {
    ["Tcp 30000-32767", "Udp 30000-32767", "Tcp 10256-10256"]
        .map(str::to_owned)
        .into()
}

#[tokio::test(start_paused = true)]
async fn the_first_service_makes_the_group_and_the_rules_and_the_last_takes_them_away() {
    let world = World::new();
    let untouched = world.aws.digest();
    world.serve(&mut web()).await;
    assert_eq!(admitted(&world, "sg-nodes"), usual());
    world.serve(&mut service("other", &[(80, 30081)])).await;
    world.remove(&web()).await;
    assert_eq!(admitted(&world, "sg-nodes"), usual());
    world.remove(&service("other", &[])).await;
    assert_eq!(world.aws.digest(), untouched);
}

#[tokio::test(start_paused = true)]
async fn many_first_services_make_it_once() {
    let world = World::new();
    let services: Vec<Service> = (0..8)
        .map(|n| service(&format!("web-{n}"), &[(80, 30080 + n)]))
        .collect();
    let all = services.iter().map(|service| world.ensure(service));
    let (ensured, calls) = world.calls_of(futures::future::join_all(all)).await;
    assert!(ensured.iter().all(Result::is_ok), "{ensured:?}");
    let count = |action: &str| calls.iter().filter(|call| call.ends_with(action)).count();
    assert_eq!(count("CreateSecurityGroup"), 8 + 1);
    assert_eq!(count("AuthorizeSecurityGroupIngress"), 8 + 1);
    assert_eq!(count("DescribeLoadBalancers"), 1);
    assert_eq!(count("DescribeInstances"), 1);
    assert_eq!(count("DescribeSubnets"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_service_made_while_the_last_one_goes_is_served() {
    for delay in 0..40 {
        let world = World::new();
        world.serve(&mut web()).await;
        let mut other = service("other", &[(80, 30081)]);
        let create = async {
            for _ in 0..delay {
                tokio::task::yield_now().await;
            }
            world.serve(&mut other).await
        };
        let gone = web();
        tokio::join!(create, world.remove(&gone));
        let clean = World::new();
        clean.serve(&mut service("other", &[(80, 30081)])).await;
        assert_eq!(world.aws.digest(), clean.aws.digest(), "after {delay} steps");
    }
}

#[tokio::test(start_paused = true)]
async fn nodes_with_another_group_admit_the_load_balancers_before_they_become_targets() {
    let mut world = World::warm().await;
    add_group(&world.aws, "sg-new-nodes", &[]);
    launch(&world.aws, 20, &["sg-new-nodes"]);
    world.serve(&mut web()).await;
    world.nodes.nodes.extend(nodes([20]).nodes);
    world.aws.take_log();
    world.serve(&mut web()).await;
    let calls = world.aws.take_log();
    let place = |action: &str| calls.iter().position(|call| call.ends_with(action)).unwrap();
    assert!(
        place(":AuthorizeSecurityGroupIngress") < place(":RegisterTargets"),
        "{calls:?}"
    );
    assert_eq!(admitted(&world, "sg-new-nodes"), usual());
}

#[tokio::test(start_paused = true)]
async fn a_group_that_no_node_uses_any_more_loses_only_our_rules() {
    let mut world = World::warm().await;
    add_group(&world.aws, "sg-new-nodes", &[]);
    launch(&world.aws, 20, &["sg-new-nodes"]);
    let before = world.aws.state().groups[&SecurityGroupId::new("sg-new-nodes")].clone();
    world.nodes.nodes.extend(nodes([20]).nodes);
    world.serve(&mut web()).await;
    world.nodes = nodes(1..=3);
    world.serve(&mut web()).await;
    assert_eq!(world.aws.state().groups[&SecurityGroupId::new("sg-new-nodes")], before);
}

#[tokio::test(start_paused = true)]
async fn of_several_groups_of_a_node_the_one_with_the_clusters_tag_admits() {
    let mut world = World::new();
    add_group(&world.aws, "sg-a", &[]);
    add_group(&world.aws, "sg-b", &[("kubernetes.io/cluster/blue", "owned")]);
    launch(&world.aws, 20, &["sg-a", "sg-b"]);
    world.nodes = nodes([20]);
    world.serve(&mut web()).await;
    assert_eq!(admitted(&world, "sg-b"), usual());
    assert_eq!(admitted(&world, "sg-a"), BTreeSet::new());
}

#[tokio::test(start_paused = true)]
async fn without_such_a_tag_the_group_that_all_nodes_share_admits() {
    let mut world = World::new();
    for id in ["sg-a", "sg-b", "sg-shared"] {
        add_group(&world.aws, id, &[]);
    }
    launch(&world.aws, 20, &["sg-a", "sg-shared"]);
    launch(&world.aws, 21, &["sg-b", "sg-shared"]);
    world.nodes = nodes([20, 21]);
    world.serve(&mut web()).await;
    assert_eq!(admitted(&world, "sg-shared"), usual());
    assert_eq!(admitted(&world, "sg-a"), BTreeSet::new());
}

#[tokio::test(start_paused = true)]
async fn a_health_check_port_outside_of_the_node_ports_is_admitted_while_it_is_needed() {
    let world = World::new();
    let mut probed = web();
    annotate(&mut probed, "healthcheck-port", "9000");
    world.serve(&mut probed).await;
    assert!(admitted(&world, "sg-nodes").contains("Tcp 9000-9000"));
    world.serve(&mut web()).await;
    assert_eq!(admitted(&world, "sg-nodes"), usual());
}

#[tokio::test(start_paused = true)]
async fn after_a_restart_no_health_check_port_is_closed_before_all_services_were_looked_at() {
    let mut world = World::new();
    let mut probed = service("probed", &[(80, 30081)]);
    annotate(&mut probed, "healthcheck-port", "9000");
    world.serve(&mut probed).await;
    world.serve(&mut web()).await;
    world.restart();
    world.serve(&mut web()).await;
    assert!(admitted(&world, "sg-nodes").contains("Tcp 9000-9000"));
}

#[tokio::test(start_paused = true)]
async fn rules_on_nodes_that_were_taken_away_come_back_after_the_audit() {
    let world = World::warm().await;
    let mut web = web();
    world.serve(&mut web).await;
    let backend = world.aws.state().group("k8s-backend-");
    let source = RuleSource::Group(backend);
    world
        .aws
        .state()
        .group_mut(&SecurityGroupId::new("sg-nodes"))
        .unwrap()
        .rules
        .retain(|rule| rule.source != source);
    world.audit().await;
    world.serve(&mut web).await;
    assert_eq!(admitted(&world, "sg-nodes"), usual());
}

#[tokio::test(start_paused = true)]
async fn interfaces_that_still_carry_the_groups_are_waited_for() {
    let world = World::new();
    let untouched = world.aws.digest();
    world.serve(&mut web()).await;
    world.aws.state().release = Duration::from_secs(120);
    let error = world.delete(&web()).await.unwrap_err();
    assert!(matches!(error, ProviderError::Conflict { .. }), "{error}");
    world.remove(&web()).await;
    assert_eq!(world.aws.digest(), untouched);
}

#[tokio::test(start_paused = true)]
async fn waiting_for_interfaces_takes_one_call_at_a_time() {
    let world = World::warm().await;
    world.serve(&mut web()).await;
    world.aws.state().release = Duration::from_secs(120);
    world.delete(&web()).await.unwrap_err();
    let (_, calls) = world.calls_of(world.delete(&web())).await;
    assert_eq!(calls, ["ec2:DeleteSecurityGroup"]);
}

#[tokio::test(start_paused = true)]
async fn the_vpc_is_unknown_until_a_node_tells_it() {
    let mut world = World::new();
    world.nodes = nodes([]);
    let error = world.ensure(&web()).await.unwrap_err();
    assert!(matches!(error, ProviderError::Conflict { .. }), "{error}");
    assert!(error.to_string().contains("--aws-vpc-id"), "{error}");
    world.nodes = nodes([1]);
    assert!(world.ensure(&web()).await.is_ok());
    assert!(world.aws.state().instances.contains_key(&instance(1)));
}

#[tokio::test(start_paused = true)]
async fn the_last_service_that_turns_to_groups_of_its_own_takes_the_shared_group_away() {
    let world = World::new();
    world.serve(&mut web()).await;
    let mut own = web();
    annotate(&mut own, "security-groups", "own");
    world.serve(&mut own).await;
    assert!(!world.aws.digest().contains("k8s-backend-"));
    world.serve(&mut web()).await;
    assert_eq!(admitted(&world, "sg-nodes"), usual());
}
