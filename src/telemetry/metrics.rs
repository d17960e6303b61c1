//! What is counted. Names and labels are an interface: dashboards and alerts use them.

use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, SystemTime};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use super::aws_calls::AwsCalls;
use super::http::SharedRegistry;
use crate::provider::{Audited, Deleted, ProviderError};

/// The figures of the Kubernetes half. Clones count into the same.
#[derive(Clone, Debug)]
pub struct Metrics {
    passes: Family<Outcome, Counter>,
    durations: Histogram,
    errors: Family<Reason, Counter>,
    audits: Family<Outcome, Counter>,
    audit_calls: Counter,
    audit_durations: Histogram,
    orphans: Gauge,
    orphans_deleted: Family<Outcome, Counter>,
    leader: Gauge,
    last_sync: Gauge<f64, AtomicU64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

impl Outcome {
    const SUCCESS: Self = Self { result: "success" };
    const ERROR: Self = Self { result: "error" };

    fn of<T, E>(result: &Result<T, E>) -> Self {
        if result.is_ok() { Self::SUCCESS } else { Self::ERROR }
    }
}

impl Metrics {
    /// Registers all figures, for [`encode`].
    #[must_use]
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            passes: Family::default(),
            durations: Histogram::new(exponential_buckets(0.001, 4.0, 9)),
            errors: Family::default(),
            audits: Family::default(),
            audit_calls: Counter::default(),
            audit_durations: Histogram::new(exponential_buckets(0.01, 4.0, 8)),
            orphans: Gauge::default(),
            orphans_deleted: Family::default(),
            leader: Gauge::default(),
            last_sync: Gauge::default(),
        };
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))].to_vec());
        registry.register("elbow_build", "The version that runs", version);
        registry.register("elbow_leader", "1 while this replica leads", metrics.leader.clone());
        registry.register(
            "elbow_reconcile",
            "Passes over a Service of ours, by result",
            metrics.passes.clone(),
        );
        registry.register(
            "elbow_reconcile_duration_seconds",
            "Time that a pass over a Service of ours took",
            metrics.durations.clone(),
        );
        registry.register(
            "elbow_reconcile_errors",
            "Passes that failed, by reason",
            metrics.errors.clone(),
        );
        metrics.register_audits(registry);
        registry.register(
            "elbow_last_sync_timestamp_seconds",
            "When a pass last succeeded, in seconds since 1970",
            metrics.last_sync.clone(),
        );
        metrics
    }

    fn register_audits(&self, registry: &mut Registry) {
        registry.register(
            "elbow_audits",
            "Rounds of the drift audit, by result",
            self.audits.clone(),
        );
        registry.register(
            "elbow_audit_calls",
            "Calls to the cloud that the audit took",
            self.audit_calls.clone(),
        );
        registry.register(
            "elbow_audit_duration_seconds",
            "Time that a round of the drift audit took",
            self.audit_durations.clone(),
        );
        registry.register(
            "elbow_orphans",
            "Services that live no more, and for whom the cloud held something at the last audit",
            self.orphans.clone(),
        );
        registry.register(
            "elbow_orphans_deleted",
            "Tries to delete what the cloud held for a Service that lives no more, by result",
            self.orphans_deleted.clone(),
        );
    }

    /// A pass has succeeded.
    pub fn reconciled(&self, took: Duration) {
        self.passes.get_or_create(&Outcome::SUCCESS).inc();
        self.durations.observe(took.as_secs_f64());
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        self.last_sync.set(now.as_secs_f64());
    }

    /// A pass has failed.
    pub fn reconcile_failed(&self, reason: &'static str, took: Duration) {
        self.passes.get_or_create(&Outcome::ERROR).inc();
        self.durations.observe(took.as_secs_f64());
        self.errors.get_or_create(&Reason { reason }).inc();
    }

    /// A round of the audit has ended.
    pub fn audited(&self, audited: &Result<Audited, ProviderError>, took: Duration) {
        self.audits.get_or_create(&Outcome::of(audited)).inc();
        self.audit_durations.observe(took.as_secs_f64());
        let calls = audited.as_ref().map_or(0, |audited| audited.calls);
        self.audit_calls.inc_by(u64::try_from(calls).unwrap_or(u64::MAX));
    }

    /// So many Services live no more and have something in the cloud.
    pub fn orphans(&self, count: usize) {
        self.orphans.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// What the cloud held for a Service that lives no more was deleted, or could not be.
    pub fn orphan_deleted(&self, deleted: &Result<Deleted, ProviderError>) {
        self.orphans_deleted.get_or_create(&Outcome::of(deleted)).inc();
    }

    /// Does this replica lead?
    pub fn leads(&self, leads: bool) {
        self.leader.set(i64::from(leads));
    }
}

/// A registry with all figures of the process.
#[must_use]
pub fn registry() -> (Registry, Metrics, AwsCalls) {
    let mut registry = Registry::default();
    let metrics = Metrics::register(&mut registry);
    let aws_calls = AwsCalls::register(&mut registry);
    (registry, metrics, aws_calls)
}

/// Adds figures that are read when asked for.
pub fn collect(registry: &SharedRegistry, figures: impl Collector) {
    let mut registry = registry.write().unwrap_or_else(PoisonError::into_inner);
    registry.register_collector(Box::new(figures));
}

/// All figures in the OpenMetrics text format.
///
/// # Errors
/// Never for figures of this crate; the encoder's interface allows for it.
pub fn encode(registry: &Registry) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    text::encode(&mut text, registry)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_is_counted_under_its_published_name() {
        let (registry, metrics, _) = registry();
        metrics.leads(true);
        metrics.reconciled(Duration::from_millis(20));
        metrics.reconcile_failed("Throttled", Duration::from_millis(20));
        metrics.audited(&Ok(Audited { examined: 3, calls: 4 }), Duration::from_secs(1));
        metrics.orphans(2);
        metrics.orphan_deleted(&Ok(Deleted { resources: 3 }));
        let text = encode(&registry).unwrap();
        for line in [
            concat!("elbow_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
            "elbow_leader 1",
            "elbow_reconcile_total{result=\"success\"} 1",
            "elbow_reconcile_total{result=\"error\"} 1",
            "elbow_reconcile_duration_seconds_count 2",
            "elbow_reconcile_errors_total{reason=\"Throttled\"} 1",
            "elbow_audits_total{result=\"success\"} 1",
            "elbow_audit_calls_total 4",
            "elbow_audit_duration_seconds_sum 1.0",
            "elbow_orphans 2",
            "elbow_orphans_deleted_total{result=\"success\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is missing in\n{text}");
        }
        assert!(text.contains("\nelbow_last_sync_timestamp_seconds 1"), "{text}");
    }
}
