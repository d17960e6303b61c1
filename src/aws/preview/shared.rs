//! What would be done to what all Services of a cluster share: the backend group, and the rules of the nodes' groups.

use std::collections::{BTreeMap, BTreeSet};

use super::changes::{self, Change};
use super::{Preview, expected};
use crate::aws::backend::backend_group;
use crate::aws::ids::{SecurityGroupId, VpcId};
use crate::aws::observed::Observed;
use crate::aws::plan::Plan;
use crate::aws::plan::step::Step;
use crate::aws::stack::IngressRule;
use crate::provider::ProviderError;

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
    /// What would be done to the backend group alone, where nothing is known of the groups of nodes: `present` tells that it
    /// exists.
    #[must_use]
    pub fn of_facts(
        previews: &[Result<Preview, ProviderError>],
        present: Option<&SecurityGroupId>,
        vpc: &VpcId,
        cluster: &str,
    ) -> Self {
        let needed = previews.iter().flatten().any(|preview| preview.desired.backend_group);
        let stages = if needed && present.is_none() {
            vec![vec![Step::CreateSecurityGroup(backend_group(cluster, vpc))]]
        } else {
            Vec::new()
        };
        Self {
            plan: Plan { stages },
            ..Self::default()
        }
    }

    /// What the plan changes, by resource.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        let after = expected::after(&self.observed, &self.plan);
        let mut all = changes::of_backend(&self.observed, &after);
        all.extend(changes::of_nodes(&self.rules, &self.rules_after));
        all
    }
}
