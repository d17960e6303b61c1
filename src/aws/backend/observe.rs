//! Reading by which rules groups admit ours.

use std::collections::BTreeSet;

use super::Backend;
use super::wanted::NodeRules;
use crate::aws::api::{AwsApi, AwsResult, SecurityGroupSelection};
use crate::aws::audit::Drift;
use crate::aws::ids::SecurityGroupId;
use crate::aws::observed::ObservedSecurityGroup;
use crate::aws::ownership::Keeper;
use crate::aws::stack::{IngressRule, RuleSource};

/// Rules on nodes are others than elbow left there.
const RULES: Drift = Drift {
    resource: "node-security-group",
    field: "rules",
};

impl<A: AwsApi> Backend<A> {
    /// Only rules whose source is our group are looked at: all others belong to somebody else.
    pub(super) async fn read_admitted(&self, group: &SecurityGroupId) -> AwsResult<NodeRules> {
        let found = self
            .api
            .describe_security_groups(&SecurityGroupSelection::Admitting(group.clone()))
            .await?;
        let rules = found.into_iter().map(|found| (found.id, found.rules));
        Ok(rules_for(&BTreeSet::from([group.clone()]), rules))
    }

    /// Takes over the rules of the nodes' groups as somebody has just read them, where nothing is known yet. Groups that no
    /// node uses any more are left to the audit.
    pub(super) async fn learn_admitted(&self, rules: &NodeRules) {
        let mut admitted = self.admitted.lock().await;
        if admitted.is_none() {
            let groups = self.inventory.look(&Keeper::Cluster, |observed| {
                let groups = observed.security_groups.iter();
                groups.map(|known| known.id.clone()).collect()
            });
            *admitted = Some(rules_for(&groups, rules.clone()));
        }
    }

    /// The groups that load balancers share, the rules by which any group admits them, and the rules of these groups of nodes for
    /// load balancers without groups.
    ///
    /// # Errors
    /// When AWS cannot be read.
    pub(crate) async fn holdings(
        &self,
        node_groups: BTreeSet<SecurityGroupId>,
    ) -> AwsResult<(Vec<ObservedSecurityGroup>, NodeRules, NodeRules)> {
        let observed = self.inventory.observe_basics(&Keeper::Cluster).await?;
        let mut admitted = NodeRules::new();
        for group in &observed.security_groups {
            for (id, rules) in self.read_admitted(&group.id).await? {
                admitted.entry(id).or_default().extend(rules);
            }
        }
        let openings = self.read_own_openings(node_groups).await?;
        Ok((observed.security_groups, admitted, openings))
    }

    /// Reads the rules again. Returns the calls that it took.
    ///
    /// # Errors
    /// When AWS cannot be read; what was known before stays.
    pub(crate) async fn refresh(&self) -> AwsResult<usize> {
        let (calls, differs) = self.refresh_openings().await?;
        if differs {
            self.inventory.drift().add(&[RULES]);
        }
        Ok(calls.saturating_add(self.refresh_admitted().await?))
    }

    async fn refresh_admitted(&self) -> AwsResult<usize> {
        let mut admitted = self.admitted.lock().await;
        let Some(known) = admitted.as_ref() else { return Ok(0) };
        let groups = self
            .inventory
            .look(&Keeper::Cluster, |observed| observed.security_groups.clone());
        let Some(group) = groups.first() else {
            *admitted = None;
            return Ok(0);
        };
        let now = self.read_admitted(&group.id).await?;
        if now != *known {
            self.inventory.drift().add(&[RULES]);
        }
        *admitted = Some(now);
        Ok(1)
    }
}

/// PURE. Of all rules those that admit one of our groups.
fn rules_for(
    ours: &BTreeSet<SecurityGroupId>,
    rules: impl IntoIterator<Item = (SecurityGroupId, BTreeSet<IngressRule>)>,
) -> NodeRules {
    let admits = |rule: &IngressRule| matches!(&rule.source, RuleSource::Group(source) if ours.contains(source));
    let mut admitting = NodeRules::default();
    for (group, mut rules) in rules {
        rules.retain(admits);
        if !rules.is_empty() {
            admitting.insert(group, rules);
        }
    }
    admitting
}
