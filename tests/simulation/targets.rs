//! Nodes as targets.

mod held;
mod quotas;

use std::collections::BTreeSet;

use elbow::aws::api::InstanceDescription;
use elbow::node::NodeSet;
use elbow::service::Service;

use crate::world::{World, crowd, crowd_instance, instance, nodes, service};

fn web() -> Service {
    service("web", &[(80, 30080)])
}

fn targets(world: &World) -> BTreeSet<String> {
    let mut state = world.aws.state();
    let (_, known) = state.target_group("k8s-shop-web-");
    known.targets.iter().map(|target| target.instance.to_string()).collect()
}

fn instances(numbers: &[u8]) -> BTreeSet<String> {
    numbers.iter().map(|number| instance(*number).to_string()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_node_that_joins_costs_one_register_a_service_and_one_look_at_the_instance() {
    let mut world = World::warm().await;
    let mut web = web();
    world.serve(&mut web).await;
    world.nodes = nodes(1..=5);
    let (_, calls) = world.calls_of(world.ensure(&web)).await;
    assert_eq!(calls, ["ec2:DescribeInstances", "elasticloadbalancing:RegisterTargets"]);
    assert_eq!(targets(&world), instances(&[1, 2, 3, 4, 5]));
}

#[tokio::test(start_paused = true)]
async fn an_empty_node_set_deregisters_nothing() {
    let mut world = World::warm().await;
    let mut web = web();
    world.serve(&mut web).await;
    world.nodes = NodeSet::default();
    let (ensured, calls) = world.calls_of(world.ensure(&web)).await;
    assert_eq!(calls, [""; 0]);
    assert!(!ensured.unwrap().warnings.is_empty());
    assert_eq!(targets(&world), instances(&[1, 2, 3]));
}

#[tokio::test(start_paused = true)]
async fn when_all_nodes_are_replaced_the_new_ones_are_registered_first() {
    let mut world = World::warm().await;
    let mut web = web();
    world.serve(&mut web).await;
    world.nodes = nodes(4..=6);
    world.aws.take_log();
    world.serve(&mut web).await;
    let calls = world.aws.take_log();
    let place = |action: &str| calls.iter().position(|call| call.ends_with(action)).unwrap();
    assert!(place(":RegisterTargets") < place(":DeregisterTargets"), "{calls:?}");
    assert_eq!(targets(&world), instances(&[4, 5, 6]));
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_aws_does_not_know_is_left_out_and_tried_again() {
    let mut world = World::warm().await;
    let late = world.aws.state().instances.remove(&instance(2)).unwrap();
    world.restart();
    let mut web = web();
    let ensured = world.ensure(&web).await.unwrap();
    assert_eq!(targets(&world), instances(&[1, 3]));
    assert_eq!(ensured.warnings.len(), 1);
    assert!(ensured.recheck.is_some());
    world.aws.state().instances.insert(instance(2), late);
    world.serve(&mut web).await;
    assert_eq!(targets(&world), instances(&[1, 2, 3]));
}

#[tokio::test(start_paused = true)]
async fn one_terminated_instance_does_not_keep_the_others_out() {
    let mut world = World::warm().await;
    world.nodes = nodes(1..=9);
    world.ensure(&service("warm", &[(81, 30081)])).await.unwrap();
    world.aws.state().instances.get_mut(&instance(7)).unwrap().terminated = true;
    let ensured = world.ensure(&web()).await.unwrap();
    assert_eq!(targets(&world), instances(&[1, 2, 3, 4, 5, 6, 8, 9]));
    let refused: Vec<_> = ensured
        .warnings
        .iter()
        .filter(|warning| warning.reason == "TargetsRefused")
        .collect();
    assert_eq!(refused.len(), 1);
    assert!(refused[0].message.contains(instance(7).as_str()));
    let (_, calls) = world.calls_of(world.ensure(&web())).await;
    assert_eq!(calls, [""; 0], "the refused instance is left alone for a while");
    let settled = world.serve(&mut web()).await;
    assert_eq!(settled.recheck, None, "it is known to be terminated by then");
}

#[tokio::test(start_paused = true)]
async fn targets_that_drain_count_as_gone() {
    let mut world = World::warm().await;
    let mut web = web();
    world.serve(&mut web).await;
    world.nodes = nodes(1..=2);
    world.serve(&mut web).await;
    world.restart();
    world.nodes = nodes(1..=3);
    world.serve(&mut web).await;
    assert_eq!(targets(&world), instances(&[1, 2, 3]));
}

#[tokio::test(start_paused = true)]
async fn a_changed_node_port_registers_the_new_targets_before_the_old_ones_leave() {
    let world = World::warm().await;
    world.serve(&mut web()).await;
    world.aws.take_log();
    world.serve(&mut service("web", &[(80, 31111)])).await;
    let calls = world.aws.take_log();
    assert_eq!(
        calls,
        [
            "elasticloadbalancing:RegisterTargets",
            "elasticloadbalancing:DeregisterTargets"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_registered_instance_stays_though_ec2_does_not_show_it_and_leaves_once_it_is_terminated() {
    let world = World::warm().await;
    let mut web = web();
    world.serve(&mut web).await;
    let hidden = world.aws.state().instances.remove(&instance(2)).unwrap();
    world.audit().await;
    world.ensure(&web).await.unwrap();
    assert_eq!(targets(&world), instances(&[1, 2, 3]));

    let terminated = InstanceDescription {
        terminated: true,
        ..hidden
    };
    world.aws.state().instances.insert(instance(2), terminated);
    world.audit().await;
    world.ensure(&web).await.unwrap();
    assert_eq!(targets(&world), instances(&[1, 3]));
}

#[tokio::test(start_paused = true)]
async fn one_terminated_instance_in_a_batch_of_two_hundred_is_skipped_and_told_once() {
    let mut world = World::warm().await;
    world.nodes = crowd(&world.aws, 0..200);
    world.ensure(&service("warm", &[(81, 30081)])).await.unwrap();
    world
        .aws
        .state()
        .instances
        .get_mut(&crowd_instance(77))
        .unwrap()
        .terminated = true;
    let (ensured, calls) = world.calls_of(world.ensure(&web())).await;
    let told: Vec<_> = ensured
        .unwrap()
        .warnings
        .into_iter()
        .map(|warning| warning.reason)
        .collect();
    assert_eq!(told, ["TargetsRefused"]);
    let expected: BTreeSet<String> = (0..200)
        .filter(|number| *number != 77)
        .map(|number| crowd_instance(number).to_string())
        .collect();
    assert_eq!(targets(&world), expected);
    let registers = calls.iter().filter(|call| call.ends_with(":RegisterTargets")).count();
    assert!(registers <= 17, "{registers} calls to find one of 200");
}
