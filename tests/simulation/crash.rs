//! The process dies, or a call fails, at every call of a sequence: the end is the same as if nothing had happened.

mod application;
mod network;
mod options;
mod plain;
mod receipts;

use std::cell::Cell;
use std::fmt::Debug;
use std::time::Duration;

use elbow::service::Service;

use crate::aws::Fault;
use crate::world::{CLUSTER, World, assert_same};

/// What a person does to a Service.
#[derive(Clone, Debug)]
enum Action {
    Serve(Service),
    Remove(Service),
}

/// What was there before, and the actions that are disturbed.
#[derive(Debug)]
struct Sequence {
    before: Vec<Service>,
    /// What others do to AWS between the two.
    by_hand: fn(&World),
    /// Does the process start again between the two?
    restarts: bool,
    actions: Vec<Action>,
}

/// More calls than any sequence takes.
const MOST_CALLS: usize = 300;
/// New load balancers take this long, so that what has to wait for them does.
const PROVISIONING: Duration = Duration::from_secs(150);

impl Sequence {
    fn new(before: Vec<Service>, actions: Vec<Action>) -> Self {
        Self {
            before,
            by_hand: |_| (),
            restarts: false,
            actions,
        }
    }

    async fn begin(&self) -> World {
        let mut world = World::new();
        world.aws.state().provisioning = PROVISIONING;
        for service in &self.before {
            world.serve(&mut service.clone()).await;
        }
        (self.by_hand)(&world);
        if self.restarts {
            world.restart();
        }
        world
    }

    /// Does what is left to do; `done` counts what was done to its end.
    async fn run(&self, world: &World, done: &Cell<usize>) {
        while let Some(action) = self.actions.get(done.get()) {
            action.clone().run(world).await;
            done.set(done.get() + 1);
        }
    }

    async fn clean_end(&self) -> String {
        let world = self.begin().await;
        self.run(&world, &Cell::new(0)).await;
        assert_eq!(world.aws.refusals(), Vec::<String>::new());
        world.aws.digest()
    }

    /// Disturbs every call in turn, and compares the ends.
    async fn holds_under(&self, fault: Fault, expected: &str) {
        let mut struck: usize = 0;
        for call in 0..MOST_CALLS {
            let mut world = self.begin().await;
            let foreign = world.aws.foreign_digest(CLUSTER);
            let done = Cell::new(0);
            world.aws.fail(call, fault.clone());
            if world.until_death(self.run(&world, &done)).await {
                world.restart();
                self.run(&world, &done).await;
            }
            if world.aws.is_fault_left() {
                break;
            }
            struck += 1;
            let place = format!("{fault:?} at call {call} of {:?}", self.actions);
            assert_same(&world.aws.digest(), expected, &place);
            assert_same(&world.aws.foreign_digest(CLUSTER), &foreign, &place);
            assert_eq!(world.aws.blackouts(), Vec::<String>::new(), "{place}");
        }
        assert!(struck > 0, "{fault:?} struck no call of {:?}", self.actions);
    }

    async fn holds(&self) {
        let expected = self.clean_end().await;
        for fault in [
            Fault::DieBefore,
            Fault::DieAfter,
            Fault::LoseAnswer,
            Fault::Refuse("InternalFailure"),
            Fault::Refuse("Throttling"),
            Fault::Refuse("DependencyViolation"),
        ] {
            self.holds_under(fault, &expected).await;
        }
    }

    /// What it leaves is what `service` alone would have made.
    async fn ends_as(&self, service: &Service) {
        let (world, fresh) = (self.begin().await, World::new());
        self.run(&world, &Cell::new(0)).await;
        fresh.serve(&mut service.clone()).await;
        assert_same(&world.aws.shape(), &fresh.aws.shape(), "than alone");
    }
}

impl Action {
    /// On a Service whose status is as it was left.
    async fn run(&mut self, world: &World) {
        let (Self::Serve(service) | Self::Remove(service)) = self;
        service.published = world.hostname(service);
        match self {
            Self::Serve(service) => drop(world.serve(service).await),
            Self::Remove(service) => drop(world.remove(service).await),
        }
    }
}

/// From one declaration to another, and what is there in the end is what the other alone would have made.
async fn changes(before: Service, after: Service) {
    let sequence = Sequence::new(vec![before], vec![Action::Serve(after.clone())]);
    sequence.ends_as(&after).await;
    sequence.holds().await;
}
