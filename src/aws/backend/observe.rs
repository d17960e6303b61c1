//! Reading by which rules groups admit ours.

use std::collections::BTreeSet;

use super::Backend;
use super::wanted::NodeRules;
use crate::aws::api::{AwsApi, AwsResult, SecurityGroupSelection};
use crate::aws::audit::Drift;
use crate::aws::ids::SecurityGroupId;
use crate::aws::observed::ObservedSecurityGroup;
use crate::aws::ownership::Keeper;
use crate::aws::stack::RuleSource;

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
        let source = RuleSource::Group(group.clone());
        let ours = found.into_iter().map(|found| {
            let rules = found.rules.into_iter().filter(|rule| rule.source == source);
            (found.id, rules.collect())
        });
        Ok(ours.collect())
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
