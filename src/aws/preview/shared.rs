//! What would be done to what all Services of a cluster share: the backend group, and the rules of the nodes' groups.

use std::collections::{BTreeMap, BTreeSet};

use super::changes::{self, Change};
use super::expected;
use crate::aws::ids::SecurityGroupId;
use crate::aws::observed::Observed;
use crate::aws::plan::Plan;
use crate::aws::stack::IngressRule;

/// Steps on what is shared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shared {
    /// The steps; those that make come before those of Services, those that delete after.
    pub plan: Plan,
    /// The backend group as it is; empty where there is none.
    pub observed: Observed,
    /// elbow's rules on groups of nodes as they are.
    pub rules: BTreeMap<SecurityGroupId, BTreeSet<IngressRule>>,
    /// The same once the plan was done.
    pub rules_after: BTreeMap<SecurityGroupId, BTreeSet<IngressRule>>,
}

impl Shared {
    /// What the plan changes, by resource.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        let after = expected::after(&self.observed, &self.plan);
        let mut all = changes::of_backend(&self.observed, &after);
        all.extend(changes::of_nodes(&self.rules, &self.rules_after));
        all
    }
}
