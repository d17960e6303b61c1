//! The process dies, or a call fails, at every call of a sequence: the end is the same as if nothing had happened.

mod application;
mod climate;
mod everyday;
mod fault_kinds;
mod network;
mod options;
mod pairs;
mod plain;
mod rates;
mod receipts;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::ops::RangeInclusive;
use std::time::Duration;

use elbow::service::Service;

use climate::Climate;

use crate::aws::Fault;
use crate::world::{World, assert_same, nodes};

/// What a person does to a Service, or to nodes.
#[derive(Clone, Debug)]
enum Action {
    Serve(Service),
    Remove(Service),
    /// From now on these are the nodes; the Service follows.
    Follow(RangeInclusive<u8>, Service),
}

/// What was there before, and the actions that are disturbed.
#[derive(Clone, Debug)]
struct Sequence {
    before: Vec<Service>,
    /// What others do to AWS between the two.
    by_hand: fn(&World),
    climate: Climate,
    /// Does the process start again between the two?
    restarts: bool,
    actions: Vec<Action>,
}

/// What there is if nothing goes wrong.
#[derive(Debug)]
struct Clean {
    /// The actions called, in order.
    calls: Vec<&'static str>,
    digest: String,
    /// The most load balancers at once, by UID.
    most: BTreeMap<String, usize>,
}

/// New load balancers take this long, so that what has to wait for them does.
const PROVISIONING: Duration = Duration::from_secs(150);
/// More calls than any sequence takes.
const MOST_CALLS: usize = 300;
/// More deaths than any test deals.
const LIVES: usize = 5;

impl Sequence {
    fn new(before: Vec<Service>, actions: Vec<Action>) -> Self {
        Self {
            before,
            by_hand: |_| (),
            climate: Climate::Mild,
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
        world.aws.take_log();
        self.climate.begin(&mut world);
        world
    }

    /// Does what is left to do; `done` counts what was done to its end.
    async fn run(&self, world: &mut World, done: &Cell<usize>) {
        while let Some(action) = self.actions.get(done.get()) {
            action.clone().run(world).await;
            done.set(done.get() + 1);
        }
    }

    /// Does it all, with faults at calls that are counted from its begin, to the end; the process starts again each time it
    /// dies.
    async fn disturbed(&self, faults: &[(usize, Fault)]) -> World {
        let mut world = self.begin().await;
        world.misled = self.climate.misleads() || faults.iter().any(|(_, fault)| fault.misleads());
        world.aws.keep_faults_to(fault_kinds::suits);
        for (call, fault) in faults {
            world.aws.fail(*call, fault.clone());
        }
        let done = Cell::new(0);
        for _ in 0..LIVES {
            let aws = world.aws.clone();
            tokio::select! {
                biased;
                () = aws.crash() => world.restart(),
                () = self.run(&mut world, &done) => return world,
            }
        }
        panic!("it died {LIVES} times, {self:?}");
    }

    async fn clean(&self) -> Clean {
        let mut world = self.begin().await;
        self.run(&mut world, &Cell::new(0)).await;
        let calls = world.aws.take_log();
        self.check_quiet(&world, &|| format!("{:?}", self.actions)).await;
        Clean {
            calls,
            digest: world.aws.digest(),
            most: world.aws.most_at_once(),
        }
    }

    async fn clean_end(&self) -> String {
        let mut world = self.begin().await;
        self.run(&mut world, &Cell::new(0)).await;
        assert_eq!(world.aws.refusals(), Vec::<String>::new());
        world.aws.digest()
    }

    /// The end after these faults is that of the clean run, and on the way no promise was broken. Where AWS may mislead, the
    /// truth may need the audit.
    async fn holds_with(&self, faults: &[(usize, Fault)], clean: &Clean, misleading: bool) {
        let world = self.disturbed(faults).await;
        if misleading {
            world.come_to_light(&self.living()).await;
        }
        let place = || format!("{faults:?}, {:?}, of {:?}", self.climate, self.actions);
        self.check_end(&world, clean, &place).await;
    }

    /// `place` says where it is.
    async fn check_end(&self, world: &World, clean: &Clean, place: &dyn Fn() -> String) {
        let (breaches, blackouts) = (world.aws.breaches(), world.aws.blackouts());
        assert!(
            breaches.is_empty() && blackouts.is_empty(),
            "{breaches:?} {blackouts:?}, {}",
            place()
        );
        let digest = world.aws.digest();
        if digest != clean.digest {
            assert_same(&digest, &clean.digest, &place());
        }
        for (uid, most) in world.aws.most_at_once() {
            assert!(most <= clean.most[&uid], "{most} load balancers at once, {}", place());
        }
        self.check_quiet(world, place).await;
    }

    /// Once all is done, looking again writes nothing.
    async fn check_quiet(&self, world: &World, place: &dyn Fn() -> String) {
        let before = world.aws.calls();
        for mut service in self.living() {
            service.published = world.aws.published(&service.owner);
            let ensured = world.ensure(&service).await.unwrap();
            assert_eq!(ensured.writes, 0, "{} after {}", service.owner, place());
        }
        let again = world.aws.take_log().split_off(before);
        let writes = again.iter().filter(|call| !is_read(call));
        assert_eq!(writes.count(), 0, "{again:?} after {}", place());
    }

    /// The Services that there are in the end, as they are declared last.
    fn living(&self) -> Vec<Service> {
        let mut living: BTreeMap<&str, &Service> = BTreeMap::new();
        living.extend(self.before.iter().map(|service| (service.owner.uid.as_str(), service)));
        for action in &self.actions {
            match action {
                Action::Serve(service) | Action::Follow(_, service) => drop(living.insert(&service.owner.uid, service)),
                Action::Remove(service) => drop(living.remove(service.owner.uid.as_str())),
            }
        }
        living.into_values().cloned().collect()
    }

    /// Each of these faults at each call.
    async fn holds(&self) {
        let clean = self.clean().await;
        assert!(!clean.calls.is_empty());
        for call in 0..clean.calls.len() {
            for fault in [
                Fault::DieAfter,
                Fault::LoseAnswer,
                Fault::Refuse("InternalFailure"),
                Fault::Refuse("DependencyViolation"),
            ] {
                self.holds_with(&[(call, fault)], &clean, false).await;
            }
        }
    }

    /// What it leaves is what `service` alone would have made.
    async fn ends_as(&self, service: &Service) {
        let (mut world, fresh) = (self.begin().await, World::new());
        self.run(&mut world, &Cell::new(0)).await;
        fresh.serve(&mut service.clone()).await;
        assert_same(&world.aws.shape(), &fresh.aws.shape(), "than alone");
    }
}

impl Action {
    /// On a Service whose status is as it was left.
    async fn run(&mut self, world: &mut World) {
        let (Self::Serve(service) | Self::Remove(service) | Self::Follow(_, service)) = self;
        service.published = world.aws.published(&service.owner);
        match self {
            Self::Serve(service) => drop(world.serve(service).await),
            Self::Remove(service) => drop(world.remove(service).await),
            Self::Follow(now, service) => {
                world.nodes = nodes(now.clone());
                world.serve(service).await;
            }
        }
    }
}

/// EC2 and ELBv2 name what only looks `Describe...`, WAF `Get...`.
fn is_read(call: &str) -> bool {
    call.contains(":Describe") || call.contains(":Get")
}

/// From one declaration to another, and what is there in the end is what the other alone would have made.
async fn changes(before: Service, after: Service) {
    let sequence = Sequence::new(vec![before], vec![Action::Serve(after.clone())]);
    sequence.ends_as(&after).await;
    sequence.holds().await;
}
