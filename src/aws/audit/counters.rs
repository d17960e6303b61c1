//! How much drift was seen since the start of the process, for metrics.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::Drift;

/// Counts drift by kind. It only grows.
#[derive(Debug, Default)]
pub struct DriftCounters {
    counts: Mutex<BTreeMap<Drift, u64>>,
}

/// How often one kind of drift was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DriftCount {
    /// What differed.
    pub drift: Drift,
    /// How often, since the start of the process.
    pub count: u64,
}

impl DriftCounters {
    /// Counts these.
    pub(crate) fn add(&self, drift: &[Drift]) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for drift in drift {
            let count = counts.entry(*drift).or_default();
            *count = count.saturating_add(1);
        }
    }

    /// All counts that are not 0.
    #[must_use]
    pub fn counts(&self) -> Vec<DriftCount> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = counts.iter().map(|(drift, count)| DriftCount {
            drift: *drift,
            count: *count,
        });
        counts.collect()
    }
}
