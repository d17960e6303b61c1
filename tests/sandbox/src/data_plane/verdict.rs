//! What health checks found, as DescribeTargetHealth shows it (ELBv2 API reference, `TargetHealth`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::model::Target;

/// The verdicts on all targets, by target group and [`Target::key`]. As JSON this is the file that LocalStack answers from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdicts(BTreeMap<String, BTreeMap<String, Verdict>>);

/// The verdict on one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The state.
    pub state: State,
    /// AWS's reason code, such as `Target.Timeout`; empty when healthy.
    pub reason: String,
    /// The reason in words; empty when healthy.
    pub description: String,
}

/// The state of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Not checked often enough yet.
    Initial,
    /// It gets traffic.
    Healthy,
    /// It gets traffic only when too few are healthy.
    Unhealthy,
    /// Nothing is sent to it.
    Unused,
    /// Deregistered; its connections may go on for a while.
    Draining,
}

impl Verdict {
    /// A verdict with its reason.
    #[must_use]
    pub fn new(state: State, reason: &str, description: &str) -> Self {
        Self {
            state,
            reason: reason.to_owned(),
            description: description.to_owned(),
        }
    }

    /// The verdict on a healthy target.
    #[must_use]
    pub fn healthy() -> Self {
        Self::new(State::Healthy, "", "")
    }
}

impl Verdicts {
    /// Whether a target of the group of that ARN is healthy.
    #[must_use]
    pub fn is_healthy(&self, group: &str, target: &Target) -> bool {
        self.of(group, &target.key())
            .is_some_and(|verdict| verdict.state == State::Healthy)
    }

    /// The verdict on the target of that key in the group of that ARN.
    #[must_use]
    pub fn of(&self, group: &str, key: &str) -> Option<&Verdict> {
        self.0.get(group)?.get(key)
    }

    /// Sets the verdict on the target of that key in the group of that ARN.
    pub fn set(&mut self, group: &str, key: &str, verdict: Verdict) {
        self.0
            .entry(group.to_owned())
            .or_default()
            .insert(key.to_owned(), verdict);
    }
}
