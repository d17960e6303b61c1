//! What was deleted here a moment ago. AWS takes a while to show a write to everyone who reads, and what a reading still shows
//! is not there again for that.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::aws::observed::Observed;
use crate::aws::plan::step::Step;

/// After this time a write is seen by all: usually it takes seconds.
const SETTLED: Duration = Duration::from_secs(120);

/// ARNs and ids of resources that this process has deleted, with the moment. AWS gives none of them twice.
#[derive(Debug, Default)]
pub(super) struct Gone(HashMap<String, Instant>);

impl Gone {
    /// A step was done.
    pub(super) fn note(&mut self, step: &Step) {
        if let Some(id) = deleted(step) {
            self.0.retain(|_, gone| gone.elapsed() < SETTLED);
            self.0.insert(id, Instant::now());
        }
    }

    /// Takes out of a reading what is gone.
    pub(super) fn leave_out(&self, read: &mut Observed) {
        let stays = |id: &str| self.0.get(id).is_none_or(|gone| gone.elapsed() >= SETTLED);
        read.load_balancers.retain(|found| stays(found.arn.as_str()));
        for load_balancer in &mut read.load_balancers {
            load_balancer.listeners.retain(|found| stays(found.arn.as_str()));
        }
        read.target_groups.retain(|found| stays(found.arn.as_str()));
        read.security_groups.retain(|found| stays(found.id.as_str()));
    }
}

fn deleted(step: &Step) -> Option<String> {
    match step {
        Step::DeleteLoadBalancer { arn } => Some(arn.to_string()),
        Step::DeleteTargetGroup { arn } => Some(arn.to_string()),
        Step::DeleteListener { arn, .. } => Some(arn.to_string()),
        Step::DeleteSecurityGroup { id } => Some(id.to_string()),
        _ => None,
    }
}
