//! Many Services at once: created, joined by nodes, kept over a restart, deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::Result;
use super::bed::{Bed, names};
use super::elbow::{Elbow, Settings};
use super::figure::{Line, Quantity, Rates};
use super::sheet::Sheet;
use super::span::{Calls, Span};
use super::watch::{Seen, State};
use crate::terraform::infrastructure::Instance;

/// Longest wait for all Services together: AWS's published rate makes 200 load balancers in 950 s.
const WITHIN: Duration = Duration::from_secs(1800);
/// The Service that is created while elbow starts again.
const FRESH: &str = "fresh";
/// Nodes that join within [`BURST`].
const NODES: usize = 10;
/// Calls that make a Service: those of [`FRESH`] itself are no cost of the restart.
const OWN_CALLS: usize = 6;
/// In which the ten nodes join.
const BURST: Duration = Duration::from_millis(1800);

/// A run with many Services.
pub(super) struct Many<'a> {
    /// Where.
    pub(super) bed: &'a Bed,
    /// How elbow is started.
    pub(super) settings: &'a Settings,
    /// Under which rates.
    pub(super) rates: Rates,
    /// How many Services.
    pub(super) services: usize,
}

impl Many<'_> {
    /// Measures the creation of all at once; they stay.
    ///
    /// # Errors
    /// When a Service is not served in time.
    pub(super) async fn create(&self, sheet: &mut Sheet) -> Result<()> {
        let names = self.names();
        let span = self.bed.span().await?;
        let started = Instant::now();
        self.bed.create(&names).await?;
        let programmed = |seen: &Seen| all(&names, seen, |state| state.programmed).is_some();
        let seen = self
            .bed
            .watch
            .until("all Services to be programmed", WITHIN, programmed)
            .await?;
        let last = |when: fn(&State) -> Option<Instant>| {
            all(&names, &seen, when).map_or(Duration::ZERO, |last| last.duration_since(started))
        };
        let calls = span.settle().await?;
        sheet
            .line(Line::CreateMany(self.services), self.rates)
            .calls_a_service(Quantity::CallsAService, calls.count(), self.services)
            .time(Quantity::ToAllHostnames, last(|state| state.hostname))
            .time(Quantity::ToAllProgrammed, last(|state| state.programmed))
            .behind(&calls);
        Ok(())
    }

    /// Measures a restart, in the course of which a new Service appears.
    ///
    /// # Errors
    /// When it is not served in time.
    pub(super) async fn restart(&self, elbow: &mut Elbow, sheet: &mut Sheet) -> Result<()> {
        elbow.stop().await?;
        let fresh = [FRESH.to_owned()];
        let span = self.bed.span().await?;
        let started = Instant::now();
        *elbow = Elbow::start(&self.bed.sandbox, self.settings, "after-restart")?;
        self.bed.create(&fresh).await?;
        let served = |seen: &Seen| all(&fresh, seen, |state| state.hostname).is_some();
        let seen = self
            .bed
            .watch
            .until("the new Service to be served", WITHIN, served)
            .await?;
        let hostname = all(&fresh, &seen, |state| state.hostname).unwrap_or(started);
        let hostname = hostname.duration_since(started);
        let calls = span.settle().await?;
        let until_served = calls.count_within(hostname).saturating_sub(OWN_CALLS);
        let until_quiet = calls.count().saturating_sub(OWN_CALLS);
        sheet
            .line(Line::Restart(self.services), self.rates)
            .calls_a_service(Quantity::CallsAService, until_served, self.services)
            .calls_a_service(Quantity::CallsAServiceUntilQuiet, until_quiet, self.services)
            .time(Quantity::ToHostname, hostname)
            .behind(&calls);
        self.bed.remove(&fresh, WITHIN).await
    }

    /// Measures one node that joins, and then ten; returns them.
    ///
    /// # Errors
    /// When they are not registered with all Services in time.
    pub(super) async fn nodes(&self, sheet: &mut Sheet) -> Result<Vec<Instance>> {
        let mut instances = self.bed.launch(NODES.saturating_add(1)).await?;
        let ten = instances.split_off(1);
        self.join(Line::NodeJoins(self.services), &instances, Duration::ZERO, sheet)
            .await?;
        let pause = BURST / u32::try_from(NODES).unwrap_or(u32::MAX);
        self.join(Line::TenNodesJoin(self.services), &ten, pause, sheet).await?;
        instances.extend(ten);
        Ok(instances)
    }

    async fn join(&self, line: Line, instances: &[Instance], pause: Duration, sheet: &mut Sheet) -> Result<()> {
        let span = self.bed.span().await?;
        for instance in instances {
            self.bed.join(instance).await?;
            tokio::time::sleep(pause).await;
        }
        // One more than asked for: the Service that stands all the time.
        let services = self.services.saturating_add(1);
        let calls = registered(&span, instances, services).await?;
        sheet
            .line(line, self.rates)
            .calls_a_service(Quantity::CallsAService, calls.count(), services)
            .time(Quantity::ToLastCall, calls.last_answer())
            .behind(&calls);
        Ok(())
    }

    /// Measures the deletion of all at once.
    ///
    /// # Errors
    /// When one is not gone in time.
    pub(super) async fn delete(&self, sheet: &mut Sheet) -> Result<()> {
        let span = self.bed.span().await?;
        let started = Instant::now();
        self.bed.remove(&self.names(), WITHIN).await?;
        let gone = started.elapsed();
        let calls = span.settle().await?;
        sheet
            .line(Line::DeleteMany(self.services), self.rates)
            .calls_a_service(Quantity::CallsAService, calls.count(), self.services)
            .time(Quantity::ToGone, gone)
            .behind(&calls);
        Ok(())
    }

    fn names(&self) -> Vec<String> {
        names("web", self.services)
    }
}

/// When the last of these Services came so far; none while one has not.
fn all(names: &[String], seen: &Seen, when: impl Fn(&State) -> Option<Instant>) -> Option<Instant> {
    let times: Option<Vec<_>> = names.iter().map(|name| seen.get(name).and_then(&when)).collect();
    times?.into_iter().max()
}

/// Waits until so many target groups have all these instances, and the calls have ended; returns the calls.
async fn registered(span: &Span<'_>, instances: &[Instance], target_groups: usize) -> Result<Calls> {
    let wanted: BTreeSet<&str> = instances.iter().map(|instance| instance.id.as_str()).collect();
    let complete = async || {
        let calls = span.calls().await.unwrap_or_default();
        let held = targets(&calls);
        held.values().filter(|held| held.is_superset(&wanted)).count() >= target_groups
    };
    let what = format!(
        "{} nodes to be registered with {target_groups} target groups",
        instances.len()
    );
    crate::wait::until(&what, WITHIN, complete).await?;
    Ok(span.settle().await?)
}

/// The instances that each target group was given, by its ARN.
fn targets(calls: &Calls) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut targets: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let registrations = calls.entries.iter().filter(|entry| entry.action == "RegisterTargets");
    for entry in registrations.filter(|entry| entry.status == Some(200)) {
        let group = entry.fields.get("TargetGroupArn").map_or("", String::as_str);
        let ids = entry.fields.iter().filter(|(field, _)| field.ends_with(".Id"));
        targets.entry(group).or_default().extend(ids.map(|(_, id)| id.as_str()));
    }
    targets
}
