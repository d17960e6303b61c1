//! What stands in Kubernetes for an unchanged Service is trusted only where it is true.

use std::cell::Cell;

use elbow::service::{Port, Service};

use super::{Action, MOST_CALLS, Sequence};
use crate::aws::Fault;
use crate::world::{CLUSTER, World, annotate, assert_same, nodes, service};

fn web() -> Service {
    let mut web = service("web", &[(80, 30080), (443, 30443)]);
    annotate(
        &mut web,
        "target-group-attributes",
        "deregistration_delay.timeout_seconds=30",
    );
    web
}

/// The same to whoever sees neither targets nor attributes.
fn changed() -> Service {
    let mut web = web();
    web.ports[0].node_port = Port::new(31111);
    annotate(
        &mut web,
        "target-group-attributes",
        "deregistration_delay.timeout_seconds=60",
    );
    web
}

/// Who tells the process of the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// The watch.
    Live,
    /// The first list after a start.
    AfterRestart,
}

/// The process dies in the middle of a change, and the change is taken back before the next one starts.
async fn a_change_is_taken_back(change: impl Fn(&mut World) -> Service, seen: Seen, fault: Fault) {
    let mut struck: usize = 0;
    for call in 0..MOST_CALLS {
        let mut world = Sequence::new(vec![web()], Vec::new()).begin().await;
        let (before, foreign) = (world.aws.digest(), world.aws.foreign_digest(CLUSTER));
        let nodes = world.nodes.clone();
        if seen == Seen::AfterRestart {
            world.restart();
        }
        let changed = change(&mut world);
        world.aws.fail(call, fault.clone());
        let work = async { drop(world.serve(&mut changed.clone()).await) };
        let died = world.until_death(work).await;
        if world.aws.is_fault_left() {
            break;
        }
        struck += 1;
        if died {
            world.restart();
        }
        world.nodes = nodes;
        world.serve(&mut web()).await;
        let place = format!("{fault:?} at call {call}, {seen:?}");
        assert_same(&world.aws.digest(), &before, &place);
        assert_same(&world.aws.foreign_digest(CLUSTER), &foreign, &place);
    }
    assert!(struck > 0, "{fault:?} struck no call");
}

#[tokio::test(start_paused = true)]
async fn a_change_of_details_that_was_taken_back_leaves_nothing_behind() {
    for seen in [Seen::Live, Seen::AfterRestart] {
        for fault in [Fault::DieBefore, Fault::DieAfter, Fault::LoseAnswer] {
            a_change_is_taken_back(|_| changed(), seen, fault).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nodes_that_came_and_went_leave_nothing_behind() {
    let other_nodes = |world: &mut World| {
        world.nodes = nodes(3..=6);
        web()
    };
    for seen in [Seen::Live, Seen::AfterRestart] {
        for fault in [Fault::DieBefore, Fault::DieAfter, Fault::LoseAnswer] {
            a_change_is_taken_back(other_nodes, seen, fault).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_that_a_new_process_finds_survives_every_fault() {
    let sequence = Sequence {
        restarts: true,
        ..Sequence::new(vec![web()], vec![Action::Serve(changed())])
    };
    sequence.holds().await;
}

#[tokio::test(start_paused = true)]
async fn an_unchanged_service_that_a_new_process_finds_survives_every_fault() {
    let sequence = Sequence {
        restarts: true,
        ..Sequence::new(vec![web()], vec![Action::Serve(web())])
    };
    let mut world = sequence.begin().await;
    assert!(world.kubernetes.receipt(&web()).is_some());
    let before = world.aws.digest();
    sequence.run(&mut world, &Cell::new(0)).await;
    assert_eq!(world.aws.digest(), before);
    sequence.holds().await;
}
