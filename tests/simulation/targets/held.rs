//! Doubt about nodes removes no targets.

use std::time::Duration;

use elbow::node::NodeSet;
use elbow::provider::Ensured;
use elbow::service::Service;
use tokio::time::sleep;

use super::{instances, targets, web};
use crate::world::{REMOVAL_DELAY, World, annotate, crowd, crowd_instance, instance, launch_foreign, nodes, service};

const SECOND: Duration = Duration::from_secs(1);

/// A world where the nodes 1 to 5 are the targets of a Service.
async fn five_nodes() -> (World, Service) {
    let mut world = World::warm().await;
    world.nodes = nodes(1..=5);
    let mut web = web();
    world.serve(&mut web).await;
    world.serve(&mut service("warm", &[(81, 30081)])).await;
    (world, web)
}

fn reasons(ensured: &Ensured) -> Vec<&'static str> {
    ensured.warnings.iter().map(|warning| warning.reason).collect()
}

#[tokio::test(start_paused = true)]
async fn most_nodes_gone_at_once_stay_until_that_has_lasted_and_new_ones_are_registered_meanwhile() {
    let (mut world, web) = five_nodes().await;
    world.nodes = nodes(5..=6);
    let ensured = world.ensure(&web).await.unwrap();
    assert_eq!(reasons(&ensured), ["TargetsHeld"]);
    assert_eq!(ensured.recheck, Some(REMOVAL_DELAY));
    assert_eq!(targets(&world), instances(&[1, 2, 3, 4, 5, 6]));

    sleep(REMOVAL_DELAY - SECOND).await;
    let (ensured, calls) = world.calls_of(world.ensure(&web)).await;
    assert_eq!(ensured.unwrap().recheck, Some(SECOND));
    assert!(
        !calls.iter().any(|call| call.ends_with(":DeregisterTargets")),
        "{calls:?}"
    );

    sleep(SECOND).await;
    let ensured = world.ensure(&web).await.unwrap();
    assert_eq!((reasons(&ensured), ensured.recheck), (vec![], None));
    assert_eq!(targets(&world), instances(&[5, 6]));
}

#[tokio::test(start_paused = true)]
async fn nodes_that_come_back_in_time_were_never_away() {
    let (mut world, web) = five_nodes().await;
    world.nodes = nodes(1..=1);
    world.ensure(&web).await.unwrap();
    sleep(REMOVAL_DELAY / 2).await;
    world.nodes = nodes(1..=5);
    let ensured = world.ensure(&web).await.unwrap();
    assert_eq!((reasons(&ensured), ensured.recheck), (vec![], None));
    world.nodes = nodes(1..=1);
    world.ensure(&web).await.unwrap();
    sleep(REMOVAL_DELAY / 2).await;
    world.ensure(&web).await.unwrap();
    assert_eq!(targets(&world), instances(&[1, 2, 3, 4, 5]), "the wish begins anew");
}

#[tokio::test(start_paused = true)]
async fn half_of_the_nodes_leave_at_once() {
    let (mut world, web) = five_nodes().await;
    world.nodes = nodes(3..=6);
    let ensured = world.ensure(&web).await.unwrap();
    assert_eq!((reasons(&ensured), ensured.recheck), (vec![], None));
    assert_eq!(targets(&world), instances(&[3, 4, 5, 6]));
}

#[tokio::test(start_paused = true)]
async fn instances_that_ec2_shows_as_terminated_leave_at_once_and_those_it_does_not_show_stay() {
    let (mut world, web) = five_nodes().await;
    for number in [1, 2] {
        world
            .aws
            .state()
            .instances
            .get_mut(&instance(number))
            .unwrap()
            .terminated = true;
    }
    world.aws.state().instances.remove(&instance(3));
    world.nodes = nodes(5..=5);
    let ensured = world.ensure(&web).await.unwrap();
    assert_eq!(reasons(&ensured), ["TargetsHeld"]);
    assert_eq!(targets(&world), instances(&[3, 4, 5]));
}

#[tokio::test(start_paused = true)]
async fn ec2_is_asked_once_for_all_services_and_where_it_cannot_be_asked_all_stay() {
    let (mut world, web) = five_nodes().await;
    world.nodes = nodes(5..=5);
    world.aws.take_log();
    world.aws.fail(0, crate::aws::Fault::Refuse("InternalError"));
    world.ensure(&web).await.unwrap();
    assert_eq!(world.aws.take_log(), ["ec2:DescribeInstances"]);
    assert_eq!(targets(&world), instances(&[1, 2, 3, 4, 5]));
    world.ensure(&web).await.unwrap();
    world.ensure(&service("warm", &[(81, 30081)])).await.unwrap();
    assert_eq!(world.aws.take_log(), ["ec2:DescribeInstances"]);
}

#[tokio::test(start_paused = true)]
async fn nodes_that_an_annotation_does_not_choose_leave_at_once() {
    let (mut world, mut web) = five_nodes().await;
    world.nodes.nodes[0]
        .labels
        .insert("pool".to_owned(), "other".to_owned());
    annotate(&mut web, "target-node-labels", "pool=other");
    let ensured = world.ensure(&web).await.unwrap();
    assert_eq!((reasons(&ensured), ensured.recheck), (vec![], None));
    assert_eq!(targets(&world), instances(&[1]));
}

#[tokio::test(start_paused = true)]
async fn no_nodes_at_all_remove_nothing_however_long_that_lasts() {
    let (mut world, web) = five_nodes().await;
    world.nodes = NodeSet::default();
    world.ensure(&web).await.unwrap();
    sleep(REMOVAL_DELAY * 2).await;
    world.ensure(&web).await.unwrap();
    assert_eq!(targets(&world), instances(&[1, 2, 3, 4, 5]));
    world.nodes = nodes(1..=1);
    world.ensure(&web).await.unwrap();
    assert_eq!(
        targets(&world),
        instances(&[1, 2, 3, 4, 5]),
        "the wish begins with the first node"
    );
}

#[tokio::test(start_paused = true)]
async fn a_restart_begins_the_delay_anew() {
    let (mut world, web) = five_nodes().await;
    world.nodes = nodes(1..=1);
    world.ensure(&web).await.unwrap();
    sleep(REMOVAL_DELAY).await;
    world.restart();
    let ensured = world.ensure(&web).await.unwrap();
    assert_eq!(ensured.recheck, Some(REMOVAL_DELAY));
    assert_eq!(targets(&world), instances(&[1, 2, 3, 4, 5]));
}

#[tokio::test(start_paused = true)]
async fn the_same_holds_while_the_declaration_cannot_be_satisfied() {
    let (mut world, mut web) = five_nodes().await;
    annotate(&mut web, "scheme", "sideways");
    world.nodes = nodes(5..=6);
    world.ensure(&web).await.unwrap_err();
    assert_eq!(targets(&world), instances(&[1, 2, 3, 4, 5, 6]));
    sleep(REMOVAL_DELAY).await;
    world.ensure(&web).await.unwrap_err();
    assert_eq!(targets(&world), instances(&[5, 6]));
}

#[tokio::test(start_paused = true)]
async fn of_a_shared_target_group_only_the_clusters_own_nodes_count() {
    let (mut world, mut web) = five_nodes().await;
    annotate(&mut web, "multi-cluster-target-group", "true");
    world.serve(&mut web).await;
    for number in 11..=30 {
        launch_foreign(&world.aws, number);
        let mut state = world.aws.state();
        let (_, known) = state.target_group("k8s-shop-web-");
        let mut target = known.targets.first().unwrap().clone();
        target.instance = instance(number);
        known.targets.insert(target);
    }
    world.audit().await;
    world.nodes = nodes(5..=5);
    let ensured = world.ensure(&web).await.unwrap();
    assert_eq!(reasons(&ensured), ["TargetsHeld"], "four of five are most of our own");
    assert_eq!(targets(&world).len(), 25);
    sleep(REMOVAL_DELAY).await;
    world.ensure(&web).await.unwrap();
    assert_eq!(targets(&world).len(), 21);
}

#[tokio::test(start_paused = true)]
async fn a_hundred_nodes_are_replaced_blue_green_without_delay_and_without_an_empty_group() {
    for at_once in [true, false] {
        let mut world = World::warm().await;
        world.nodes = crowd(&world.aws, 0..100);
        let mut web = web();
        world.serve(&mut web).await;
        for first in [0, 100] {
            if at_once && first == 0 {
                continue;
            }
            world.nodes = crowd(&world.aws, first..200);
            let ensured = world.ensure(&web).await.unwrap();
            assert_eq!((reasons(&ensured), ensured.recheck), (vec![], None));
        }
        let green = (100..200).map(|number| crowd_instance(number).to_string()).collect();
        assert_eq!(targets(&world), green);
        assert_eq!(world.aws.blackouts(), Vec::<String>::new());
    }
}
