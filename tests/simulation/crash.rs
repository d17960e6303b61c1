//! The process dies, or a call fails, at every call of a sequence: the end is the same as if nothing had happened.

use std::fmt::Debug;

use elbow::service::Service;

use crate::aws::Fault;
use crate::world::{CLUSTER, World, annotate, service};

/// What a person does to a Service.
#[derive(Clone, Debug)]
enum Action {
    Serve(Service),
    Remove(Service),
}

/// What was there before, and the action that is disturbed.
#[derive(Debug)]
struct Sequence {
    before: Vec<Service>,
    action: Action,
}

/// More calls than any sequence takes.
const MOST_CALLS: usize = 200;

impl Sequence {
    async fn begin(&self) -> World {
        let world = World::new();
        for service in &self.before {
            world.serve(&mut service.clone()).await;
        }
        world
    }

    /// The action on a Service whose status is as it was left.
    fn action(&self, world: &World) -> Action {
        let mut action = self.action.clone();
        let (Action::Serve(service) | Action::Remove(service)) = &mut action;
        service.published = world.hostname(service);
        action
    }

    async fn clean_end(&self) -> String {
        let world = self.begin().await;
        self.action(&world).run(&world).await;
        world.aws.digest()
    }

    /// Disturbs every call in turn, and compares the ends.
    async fn holds_under(&self, fault: Fault) {
        let expected = self.clean_end().await;
        let mut struck: usize = 0;
        for call in 0..MOST_CALLS {
            let mut world = self.begin().await;
            let foreign = world.aws.foreign_digest(CLUSTER);
            let mut action = self.action(&world);
            world.aws.fail(call, fault.clone());
            if world.until_death(action.run(&world)).await {
                world.restart();
                action.run(&world).await;
            }
            if world.aws.is_fault_left() {
                break;
            }
            struck += 1;
            assert_eq!(
                world.aws.digest(),
                expected,
                "{fault:?} at call {call} of {:?}",
                self.action
            );
            assert_eq!(world.aws.foreign_digest(CLUSTER), foreign, "{fault:?} at call {call}");
        }
        assert!(struck > 2, "{fault:?} struck {struck} calls of {:?}", self.action);
    }

    async fn holds(&self) {
        for fault in [
            Fault::DieBefore,
            Fault::DieAfter,
            Fault::LoseAnswer,
            Fault::Refuse("InternalFailure"),
            Fault::Refuse("Throttling"),
            Fault::Refuse("DependencyViolation"),
        ] {
            self.holds_under(fault).await;
        }
    }
}

impl Action {
    async fn run(&mut self, world: &World) {
        match self {
            Self::Serve(service) => drop(world.serve(service).await),
            Self::Remove(service) => drop(world.remove(service).await),
        }
    }
}

fn one_port() -> Service {
    service("web", &[(80, 30080)])
}

fn two_ports() -> Service {
    service("web", &[(80, 30080), (443, 30443)])
}

fn facing() -> Service {
    let mut service = one_port();
    annotate(&mut service, "scheme", "internet-facing");
    service
}

fn other() -> Service {
    service("other", &[(8080, 30808)])
}

#[tokio::test(start_paused = true)]
async fn create_survives_every_fault() {
    let before = Vec::new();
    let action = Action::Serve(two_ports());
    Sequence { before, action }.holds().await;
}

#[tokio::test(start_paused = true)]
async fn create_beside_another_service_survives_every_fault() {
    let before = vec![other()];
    let action = Action::Serve(one_port());
    Sequence { before, action }.holds().await;
}

#[tokio::test(start_paused = true)]
async fn adding_and_removing_ports_survives_every_fault() {
    let mut changed = service("web", &[(443, 30443), (8443, 30844)]);
    changed.source_ranges = vec!["192.0.2.0/24".to_owned()];
    annotate(&mut changed, "additional-resource-tags", "team=shop");
    annotate(&mut changed, "attributes", "load_balancing.cross_zone.enabled=true");
    annotate(
        &mut changed,
        "target-group-attributes",
        "deregistration_delay.timeout_seconds=30",
    );
    annotate(&mut changed, "healthcheck-interval", "20");
    let before = vec![two_ports()];
    let action = Action::Serve(changed);
    Sequence { before, action }.holds().await;
}

#[tokio::test(start_paused = true)]
async fn a_scheme_flip_survives_every_fault() {
    let before = vec![one_port()];
    let action = Action::Serve(facing());
    Sequence { before, action }.holds().await;
}

#[tokio::test(start_paused = true)]
async fn deleting_the_last_service_survives_every_fault_and_leaves_nothing() {
    let sequence = Sequence {
        before: vec![two_ports()],
        action: Action::Remove(two_ports()),
    };
    assert_eq!(sequence.clean_end().await, World::new().aws.digest());
    sequence.holds().await;
}

#[tokio::test(start_paused = true)]
async fn deleting_one_of_two_services_survives_every_fault() {
    let before = vec![two_ports(), other()];
    let action = Action::Remove(two_ports());
    Sequence { before, action }.holds().await;
}
