//! What was made or deleted here a moment ago. AWS takes a while to show a write to everyone who reads (EC2 user guide,
//! "Eventual consistency"; ELBv2 behaves alike), and what a reading does not show yet is not undone by that.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::aws::observed::{Observed, Outcome};
use crate::aws::plan::step::Step;

/// After this time a write is seen by all: usually it takes seconds.
const SETTLED: Duration = Duration::from_secs(60);

/// ARNs and ids of resources that this process has made or deleted, with the moment. AWS gives none of them twice.
#[derive(Debug, Default)]
pub(super) struct Recent {
    made: HashMap<String, Instant>,
    gone: HashMap<String, Instant>,
}

impl Recent {
    /// A step was done.
    pub(super) fn note(&mut self, step: &Step, outcome: &Outcome) {
        let now = Instant::now();
        self.made.retain(|_, made| made.elapsed() < SETTLED);
        self.gone.retain(|_, gone| gone.elapsed() < SETTLED);
        if let Some(made) = made(outcome) {
            self.made.insert(made, now);
        }
        if let Some(gone) = gone(step) {
            self.gone.insert(gone, now);
        }
    }

    /// Takes out of a reading what is gone.
    pub(super) fn remove_gone(&self, read: &mut Observed) {
        let stays = |id: &str| !is_recent(&self.gone, id);
        read.load_balancers.retain(|found| stays(found.arn.as_str()));
        for load_balancer in &mut read.load_balancers {
            load_balancer.listeners.retain(|found| stays(found.arn.as_str()));
        }
        read.target_groups.retain(|found| stays(found.arn.as_str()));
        read.security_groups.retain(|found| stays(found.id.as_str()));
    }

    /// Puts into a reading what is `known`, so new that the reading does not show it.
    pub(super) fn add_made(&self, read: &mut Observed, known: &Observed) {
        for made in &known.load_balancers {
            let is_shown = read.load_balancers.iter().any(|found| found.arn == made.arn);
            if !is_shown && is_recent(&self.made, made.arn.as_str()) {
                read.load_balancers.push(made.clone());
            }
        }
        for made in &known.target_groups {
            let is_shown = read.target_groups.iter().any(|found| found.arn == made.arn);
            if !is_shown && is_recent(&self.made, made.arn.as_str()) {
                read.target_groups.push(made.clone());
            }
        }
        for made in &known.security_groups {
            let is_shown = read.security_groups.iter().any(|found| found.id == made.id);
            if !is_shown && is_recent(&self.made, made.id.as_str()) {
                read.security_groups.push(made.clone());
            }
        }
    }
}

fn is_recent(moments: &HashMap<String, Instant>, id: &str) -> bool {
    moments.get(id).is_some_and(|moment| moment.elapsed() < SETTLED)
}

fn made(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Done | Outcome::Listener(_) => None,
        Outcome::SecurityGroup(id) => Some(id.to_string()),
        Outcome::TargetGroup(arn) => Some(arn.to_string()),
        Outcome::LoadBalancer(created) => Some(created.arn.to_string()),
    }
}

fn gone(step: &Step) -> Option<String> {
    match step {
        Step::DeleteLoadBalancer { arn } => Some(arn.to_string()),
        Step::DeleteTargetGroup { arn } => Some(arn.to_string()),
        Step::DeleteListener { arn, .. } => Some(arn.to_string()),
        Step::DeleteSecurityGroup { id } => Some(id.to_string()),
        _ => None,
    }
}
