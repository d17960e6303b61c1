//! PURE. What is known of each keeper, when it was learnt, and what may replace it.
//!
//! Time is a counter of events. A reading of AWS is taken over only where nothing was written for the keeper since the
//! reading began: else it might show AWS as it was before.

use std::collections::{BTreeSet, HashMap};

use super::gone::Gone;
use super::overlay::{with_known_details, with_listeners_of, with_untagged};
use super::snapshot::Snapshot;
use crate::aws::audit::Drift;
use crate::aws::ids::LoadBalancerArn;
use crate::aws::observed::{Observed, Outcome};
use crate::aws::ownership::Keeper;
use crate::aws::plan::step::Step;
use crate::aws::stack::GroupRef;

/// A point in the order of events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(u64);

/// What is known of the whole cluster.
#[derive(Debug, Default)]
pub(super) struct Records {
    now: Moment,
    snapshot: Option<Moment>,
    /// When all was forgotten; no snapshot from before counts.
    forgotten: Moment,
    records: HashMap<Keeper, Record>,
    gone: Gone,
}

/// What is known of one keeper. A keeper without a record has nothing in AWS, once there was a snapshot.
#[derive(Debug, Default)]
struct Record {
    observed: Observed,
    /// Are listeners, attributes and targets known?
    detailed: bool,
    /// Where they are not: what they are presumed to be.
    presumed: Option<Observed>,
    /// Start or end of the last write, or the last doubt.
    changed: Moment,
    /// Since when AWS may hold something else than is known here.
    doubted: Option<Moment>,
    /// Writes that were begun and have not ended.
    writing: usize,
}

/// What has to be read before a keeper is known.
#[derive(Debug)]
pub(super) enum Knowledge {
    /// All is known.
    Known(Observed),
    /// A snapshot that began after this moment.
    NeedsSnapshot(Moment),
    /// The details of these resources.
    NeedsDetails(Observed, Moment),
}

impl Records {
    /// A new moment, later than all before.
    pub(super) fn tick(&mut self) -> Moment {
        self.now = Moment(self.now.0.saturating_add(1));
        self.now
    }

    /// When the newest snapshot began.
    pub(super) fn snapshot(&self) -> Option<Moment> {
        self.snapshot
    }

    /// What is known, or what has to be read first.
    pub(super) fn knowledge(&mut self, keeper: &Keeper, with_details: bool) -> Knowledge {
        let now = self.tick();
        if self.snapshot.is_none() {
            return Knowledge::NeedsSnapshot(self.forgotten);
        }
        match self.records.get(keeper) {
            None => Knowledge::Known(Observed::default()),
            Some(Record {
                doubted: Some(since), ..
            }) => Knowledge::NeedsSnapshot(*since),
            Some(record) if with_details && !record.detailed => Knowledge::NeedsDetails(record.observed.clone(), now),
            Some(record) => Knowledge::Known(record.observed.clone()),
        }
    }

    /// Are the details of what a keeper has known?
    pub(super) fn is_detailed(&self, keeper: &Keeper) -> bool {
        self.records.get(keeper).is_none_or(|record| record.detailed)
    }

    /// Until its details are read, they are presumed to be these.
    pub(super) fn presume(&mut self, keeper: &Keeper, presumed: Observed) {
        let record = self.records.get_mut(keeper);
        if let Some(record) = record.filter(|record| !record.detailed && record.doubted.is_none()) {
            record.presumed = Some(presumed);
        }
    }

    /// Takes over a snapshot that began at `started`. Returns how AWS differed from what was known of keepers whom nobody
    /// had reason to doubt.
    pub(super) fn take_snapshot(&mut self, snapshot: Snapshot, started: Moment) -> Vec<Drift> {
        if started <= self.forgotten {
            return Vec::new();
        }
        let mut found = snapshot.kept;
        found.values_mut().for_each(|found| self.gone.leave_out(found));
        found.retain(|_, found| !found.is_empty());
        let mut drift = Vec::new();
        for (keeper, record) in &mut self.records {
            let found = found.remove(keeper).unwrap_or_default();
            if record.may_learn(started) {
                let found = with_untagged(found, &record.observed, &snapshot.untagged);
                drift.extend(record.take_snapshot(found));
            }
        }
        self.records.extend(
            found
                .into_iter()
                .map(|(keeper, observed)| (keeper, Record::bare(observed))),
        );
        self.records
            .retain(|_, record| !(record.is_empty() && record.may_learn(started)));
        self.snapshot = self.snapshot.max(Some(started));
        drift
    }

    /// Takes over details whose reading began at `started`. Returns how AWS differed from what was known in detail.
    pub(super) fn take_details(&mut self, keeper: &Keeper, mut read: Observed, started: Moment) -> Vec<Drift> {
        self.gone.leave_out(&mut read);
        match self.records.get_mut(keeper) {
            Some(record) if record.may_learn(started) && record.doubted.is_none() => record.take_details(read),
            _ => Vec::new(),
        }
    }

    /// Looks at what is known of a keeper, nothing if there is no record.
    pub(super) fn look<R>(&self, keeper: &Keeper, look: impl FnOnce(&Observed) -> R) -> R {
        match self.records.get(keeper) {
            Some(record) => look(&record.observed),
            None => look(&Observed::default()),
        }
    }

    /// As [`Records::look`], with presumed details where none are known.
    pub(super) fn look_presumed<R>(&self, keeper: &Keeper, look: impl FnOnce(&Observed) -> R) -> R {
        let presumed = self.records.get(keeper).and_then(|record| record.presumed.as_ref());
        match presumed {
            Some(presumed) => look(presumed),
            None => self.look(keeper, look),
        }
    }

    /// Keepers with something in AWS.
    pub(super) fn keepers(&self) -> impl Iterator<Item = (&Keeper, &Observed)> {
        let records = self.records.iter().filter(|(_, record)| !record.observed.is_empty());
        records.map(|(keeper, record)| (keeper, &record.observed))
    }

    /// Keepers of whom only a snapshot is known.
    pub(super) fn unread(&self) -> impl Iterator<Item = &Keeper> {
        let records = self.records.iter().filter(|(_, record)| !record.detailed);
        records.map(|(keeper, _)| keeper)
    }

    /// Does a load balancer of any Service carry one of these groups, or might one?
    pub(super) fn may_carry(&self, groups: &BTreeSet<GroupRef>) -> bool {
        let services = self.records.iter().filter(|(keeper, _)| **keeper != Keeper::Cluster);
        let mut records = services.map(|(_, record)| record);
        records.any(|record| {
            let mut load_balancers = record.observed.load_balancers.iter();
            let carries = load_balancers.any(|known| !known.spec.security_groups.is_disjoint(groups));
            carries || record.doubted.is_some() || record.writing > 0
        })
    }

    /// A write for this keeper begins.
    pub(super) fn begin_write(&mut self, keeper: &Keeper) {
        let record = self.change(keeper);
        record.writing = record.writing.saturating_add(1);
    }

    /// A write for this keeper has ended, whatever its outcome.
    pub(super) fn end_write(&mut self, keeper: &Keeper) {
        let record = self.change(keeper);
        record.writing = record.writing.saturating_sub(1);
    }

    /// A write was done.
    pub(super) fn record(&mut self, keeper: &Keeper, step: &Step, outcome: &Outcome) {
        self.gone.note(step);
        self.change(keeper).observed.record(step, outcome);
    }

    /// A load balancer was seen in this state.
    pub(super) fn set_active(&mut self, keeper: &Keeper, arn: &LoadBalancerArn, active: bool) {
        let Some(record) = self.records.get_mut(keeper) else {
            return;
        };
        if let Some(known) = record
            .observed
            .load_balancers
            .iter_mut()
            .find(|known| known.arn == *arn)
        {
            known.active = active;
        }
    }

    /// AWS may hold something else than is known here.
    pub(super) fn doubt(&mut self, keeper: &Keeper) {
        let record = self.change(keeper);
        record.doubted = Some(record.changed);
    }

    /// Nothing is known any more.
    pub(super) fn forget(&mut self) {
        let now = self.tick();
        (self.snapshot, self.forgotten) = (None, now);
        for record in self.records.values_mut() {
            (record.changed, record.doubted, record.presumed) = (now, Some(now), None);
        }
    }

    /// What is made here is known in detail from its first write on.
    fn change(&mut self, keeper: &Keeper) -> &mut Record {
        let now = self.tick();
        let record = self
            .records
            .entry(keeper.clone())
            .or_insert_with(|| Record::bare(Observed::default()));
        record.changed = now;
        record.presumed = None;
        record
    }
}

impl Record {
    fn bare(observed: Observed) -> Self {
        Self {
            detailed: observed.load_balancers.is_empty() && observed.target_groups.is_empty(),
            observed,
            ..Self::default()
        }
    }

    /// Does a reading that began at `started` show all that was written?
    fn may_learn(&self, started: Moment) -> bool {
        self.writing == 0 && self.changed < started
    }

    fn is_empty(&self) -> bool {
        self.observed.is_empty()
    }

    fn take_snapshot(&mut self, found: Observed) -> Vec<Drift> {
        let doubted = self.doubted.take().is_some();
        let changed = self.changed;
        let bare = Self {
            changed,
            ..Self::bare(found)
        };
        let before = std::mem::replace(self, bare);
        let Some(known) = before.details().filter(|_| !doubted) else {
            return Vec::new();
        };
        let (observed, complete) = with_known_details(self.observed.clone(), known);
        let drift = Drift::between(known, &observed);
        if before.detailed {
            (self.observed, self.detailed) = (observed, complete);
        } else if !self.detailed {
            self.presumed = complete.then_some(observed);
        }
        drift
    }

    fn take_details(&mut self, read: Observed) -> Vec<Drift> {
        let known = match self.presumed.take() {
            Some(presumed) => Some(with_listeners_of(&read, presumed)),
            None => self.detailed.then(|| std::mem::take(&mut self.observed)),
        };
        let drift = known.map_or_else(Vec::new, |known| Drift::between(&known, &read));
        (self.observed, self.detailed) = (read, true);
        drift
    }

    /// What is known or presumed with its details.
    fn details(&self) -> Option<&Observed> {
        if self.detailed {
            Some(&self.observed)
        } else {
            self.presumed.as_ref()
        }
    }
}
