//! Create before delete: where a change needs a new load balancer, clients are led to it before the old one goes.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::aws::observed::{Observed, ObservedLoadBalancer};
use crate::aws::ownership::Keeper;
use crate::aws::plan::{self, Replaced};
use crate::aws::stack::Stack;

/// How often a new load balancer is asked whether it is active, which takes two to three minutes.
pub(super) const POLL: Duration = Duration::from_secs(10);

/// When each Service's new hostname was first told or seen.
#[derive(Debug)]
pub(super) struct Replacements {
    grace: Duration,
    told: Mutex<HashMap<Keeper, Instant>>,
}

/// Which load balancer clients are to use, and what follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// What the status shall say.
    pub(super) hostname: String,
    /// When to look again.
    pub(super) recheck: Option<Duration>,
}

impl Replacements {
    pub(super) fn new(grace: Duration) -> Self {
        Self {
            grace,
            told: Mutex::default(),
        }
    }

    /// What happens to load balancers that are not the wanted one. They stay while clients may use them: as long as the
    /// status names one of them, and for the grace period after it names the new one.
    pub(super) fn fate(&self, keeper: &Keeper, view: &View<'_>) -> Replaced {
        if view.old().next().is_none() {
            self.forget(keeper);
            return Replaced::Remove;
        }
        if view.publishes_old() {
            return Replaced::Keep;
        }
        if view.publishes_new() && self.remaining(keeper) > Duration::ZERO {
            return Replaced::Keep;
        }
        Replaced::Remove
    }

    /// The address to publish once the plan was applied; none where the wanted load balancer is not there.
    pub(super) fn address(&self, keeper: &Keeper, view: &View<'_>) -> Option<Address> {
        let new = view.successor()?;
        if view.publishes_old() && !new.active {
            self.forget(keeper);
            return Some(Address {
                hostname: view.published.unwrap_or(&new.dns_name).to_owned(),
                recheck: Some(POLL),
            });
        }
        if view.publishes_old() {
            self.tell(keeper);
        }
        let leaves = view.leaving().next().is_some();
        Some(Address {
            hostname: new.dns_name.clone(),
            recheck: leaves.then(|| self.remaining(keeper)),
        })
    }

    /// There is nothing to replace any more.
    pub(super) fn forget(&self, keeper: &Keeper) {
        self.told(|told| told.remove(keeper));
    }

    /// The grace period begins now: the status still names the old one.
    fn tell(&self, keeper: &Keeper) {
        self.told(|told| told.insert(keeper.clone(), Instant::now()));
    }

    /// What is left of the grace period. After a restart it begins anew.
    fn remaining(&self, keeper: &Keeper) -> Duration {
        let told = self.told(|told| *told.entry(keeper.clone()).or_insert_with(Instant::now));
        self.grace.saturating_sub(told.elapsed())
    }

    fn told<R>(&self, work: impl FnOnce(&mut HashMap<Keeper, Instant>) -> R) -> R {
        // Sound after a panic elsewhere: entries change in one go.
        work(&mut self.told.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A Service's load balancers, and the hostname that its status names.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) observed: &'a Observed,
    pub(super) stack: &'a Stack,
    pub(super) published: Option<&'a str>,
}

impl<'a> View<'a> {
    /// The wanted one, if it exists.
    pub(super) fn successor(&self) -> Option<&'a ObservedLoadBalancer> {
        self.observed
            .load_balancers
            .iter()
            .find(|known| known.spec.name == self.stack.load_balancer.name)
    }

    fn old(&self) -> impl Iterator<Item = &'a ObservedLoadBalancer> {
        let wanted = &self.stack.load_balancer.name;
        self.observed
            .load_balancers
            .iter()
            .filter(move |known| known.spec.name != *wanted)
    }

    /// Those of the old ones that go, because nothing protects them.
    fn leaving(&self) -> impl Iterator<Item = &'a ObservedLoadBalancer> {
        let protected: Vec<_> = plan::protected(self.stack, self.observed)
            .map(|known| &known.arn)
            .collect();
        self.old().filter(move |known| !protected.contains(&&known.arn))
    }

    /// Do clients still use one that is to go?
    pub(super) fn publishes_old(&self) -> bool {
        self.old().any(|known| Some(known.dns_name.as_str()) == self.published)
    }

    fn publishes_new(&self) -> bool {
        self.successor()
            .is_some_and(|known| Some(known.dns_name.as_str()) == self.published)
    }
}
