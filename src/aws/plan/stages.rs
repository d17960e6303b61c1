//! The order of steps, which keeps service up: what serves is made before what it replaces goes.

use std::collections::BTreeMap;

use super::Plan;
use super::step::Step;

/// When a step runs, from first to last. Steps of one stage do not depend on each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// What is to go loses its protection from deletion, where the user says so.
    Unprotect,
    /// Load balancers and listeners go that stand where ours has to be; only this and the next delete before they create.
    ClearTheWay,
    /// Target groups go that hold a name of ours but cannot be changed into ours.
    ClearNames,
    /// Security group and target groups are made; health checks and tags are set.
    Prepare,
    /// Targets go where there is no room for them and those that come.
    MakeRoom,
    /// Rules are added, the load balancer is made, target groups are filled and tuned.
    Connect,
    /// The load balancer gets its attributes, groups, subnets and addresses; listeners that have certificates get more.
    Shape,
    /// Listeners are made and changed: from here on new connections follow the new settings.
    Listen,
    /// What needs the listeners as they are now: certificates and tags.
    Complete,
    /// Features that nothing else depends on.
    Extend,
    /// Listeners and certificates that are not wanted go.
    Unlisten,
    /// Targets, rules and families of addresses that are not wanted go.
    Disconnect,
    /// Targets come for which there was no room before.
    Refill,
    /// Tags forget the features that were taken away.
    Forget,
    /// Load balancers that are not wanted go.
    DeleteLoadBalancers,
    /// Target groups and security groups that are not wanted go; AWS refuses while a load balancer uses them.
    DeleteGroups,
}

/// Collects steps by stage.
#[derive(Debug, Default)]
pub(super) struct Stages(BTreeMap<Stage, Vec<Step>>);

impl Stages {
    /// Adds a step behind those that its stage already has.
    pub(super) fn add(&mut self, stage: Stage, step: Step) {
        self.0.entry(stage).or_default().push(step);
    }

    /// Adds the step if there is one.
    pub(super) fn extend(&mut self, stage: Stage, step: Option<Step>) {
        if let Some(step) = step {
            self.add(stage, step);
        }
    }

    /// The plan: stages without steps do not occur in it.
    pub(super) fn into_plan(self) -> Plan {
        Plan {
            stages: self.0.into_values().collect(),
        }
    }
}
