//! What follows from each event: the picture of the moment, the kernel's part of it at once, and the rest by whom it is shown
//! to.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::Instant;

use super::departures::{self, Connections, Departures};
use super::error::Result;
use super::health::{self, Check, Checkers, Key, Observation, Plan, Record};
use super::kernel::Kernel;
use super::model::Model;
use super::routes::PodRanges;
use super::verdict::{State, Verdicts};
use super::{Picture, nft};
use crate::wait;

/// What the data plane acts on.
#[derive(Debug)]
pub(super) enum Event {
    /// What the APIs say now, and the routes.
    Read(Box<Model>, PodRanges),
    /// A target was checked.
    Checked(Observation),
}

/// The data plane between two events.
pub(super) struct DataPlane {
    picture: Picture,
    plans: BTreeMap<Key, Plan>,
    records: BTreeMap<Key, Record>,
    departures: Departures,
    checkers: Checkers,
    kernel: Kernel,
    shown: watch::Sender<Arc<Picture>>,
}

impl DataPlane {
    /// A data plane that has nothing to do yet, and shows its pictures.
    pub(super) fn new(checkers: Checkers, kernel: Kernel, shown: watch::Sender<Arc<Picture>>) -> Self {
        Self {
            checkers,
            kernel,
            shown,
            picture: Picture::default(),
            plans: BTreeMap::new(),
            records: BTreeMap::new(),
            departures: Departures::default(),
        }
    }

    /// Returns when the time of the next target that is leaving is over; never while there is none.
    pub(super) fn departure(&self) -> impl Future<Output = ()> + use<> {
        wait::after(self.departures.next(Instant::now()))
    }

    /// Does what follows from events, and from the time. What the kernel refuses is logged.
    pub(super) async fn take(&mut self, events: impl Iterator<Item = Event>) {
        let mut ended = Vec::new();
        for event in events {
            match event {
                Event::Read(model, pod_ranges) => self.read(*model, pod_ranges),
                Event::Checked(observation) => ended.extend(self.checked(&observation)),
            }
        }
        ended.extend(self.departures.over(Instant::now()));
        if let Err(error) = self.act(&ended).await {
            eprintln!("cannot do what follows from what AWS says: {error}");
        }
    }

    fn read(&mut self, model: Model, pod_ranges: PodRanges) {
        let before = self.picture.clone();
        self.picture.addresses.assign(&model);
        self.picture.model = model;
        self.picture.pod_ranges = pod_ranges;
        self.departures.note(&before, &self.picture, Instant::now());
        self.plans = health::plans(&self.picture);
        let checks: BTreeMap<Key, Check> = self
            .plans
            .iter()
            .filter_map(|(key, plan)| match plan {
                Plan::Check(check) => Some((key.clone(), check.clone())),
                Plan::Unused(_) => None,
            })
            .collect();
        self.records.retain(|key, _| checks.contains_key(key));
        for key in checks.keys() {
            self.records.entry(key.clone()).or_default();
        }
        self.checkers.follow(&checks);
    }

    /// Takes a result down; returns the connections that end with it.
    fn checked(&mut self, observation: &Observation) -> Option<Connections> {
        let (arn, key) = &observation.target;
        // A result may arrive after what was asked for is no longer.
        if self.plans.get(&observation.target) != Some(&Plan::Check(observation.check.clone())) {
            return None;
        }
        let record = self.records.entry(observation.target.clone()).or_default();
        if !record.observe(&observation.outcome, &observation.check.how) {
            return None;
        }
        let group = self.picture.model.target_groups.get(arn)?;
        let verdict = record.verdict();
        println!("{key} of {} is {:?} now {}", group.name, verdict.state, verdict.reason);
        let ends = group
            .attributes
            .is_on("target_health_state.unhealthy.connection_termination.enabled");
        if verdict.state != State::Unhealthy || !ends {
            return None;
        }
        let target = group.targets.iter().find(|target| target.key() == *key)?;
        departures::connections(&self.picture, group, target)
    }

    /// Has the kernel do as the picture says, then shows it.
    async fn act(&mut self, ended: &[Connections]) -> Result<()> {
        self.picture.verdicts = self.verdicts();
        self.kernel.hold(self.picture.addresses.all()).await?;
        self.kernel.apply(nft::ruleset(&self.picture)).await?;
        for connections in ended {
            self.kernel.end(connections).await?;
        }
        self.shown.send_replace(Arc::new(self.picture.clone()));
        Ok(())
    }

    fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::default();
        for ((arn, key), plan) in &self.plans {
            if let Plan::Unused(verdict) = plan {
                verdicts.set(arn, key, verdict.clone());
            }
        }
        for ((arn, key), record) in &self.records {
            verdicts.set(arn, key, record.verdict().clone());
        }
        for ((arn, key), verdict) in self.departures.verdicts() {
            verdicts.set(arn, key, verdict);
        }
        verdicts
    }
}
