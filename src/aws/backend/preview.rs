//! What would be done to the shared group and the rules of nodes, read and not done.

use std::collections::BTreeSet;

use super::{Backend, missing_tags, wanted};
use crate::aws::api::AwsApi;
use crate::aws::ids::{SecurityGroupId, VpcId};
use crate::aws::observed::ObservedLoadBalancer;
use crate::aws::ownership::Keeper;
use crate::aws::plan::step::Step;
use crate::aws::plan::{Consent, Plan, teardown};
use crate::aws::preview::{Shared, unknown};
use crate::aws::stack::GroupRef;
use crate::provider::ProviderError;

impl<A: AwsApi> Backend<A> {
    /// Adds to what would be done what [`Backend::ensure_openings`] would do, where a Service is `concerned` by it. Makes no
    /// write.
    ///
    /// # Errors
    /// When AWS cannot be read.
    pub(crate) async fn add_openings(
        &self,
        mut shared: Shared,
        node_groups: &BTreeSet<SecurityGroupId>,
        concerned: bool,
    ) -> Result<Shared, ProviderError> {
        let (stages, before, after) = self.preview_openings(node_groups, concerned).await?;
        shared.plan.stages.extend(stages);
        add(&mut shared.rules, before);
        add(&mut shared.rules_after, after);
        Ok(shared)
    }

    /// What [`Backend::ensure`] would do. Makes no write.
    ///
    /// # Errors
    /// When AWS cannot be read.
    pub(crate) async fn preview_ensure(
        &self,
        vpc: &VpcId,
        node_groups: &BTreeSet<SecurityGroupId>,
    ) -> Result<Shared, ProviderError> {
        let observed = self.inventory.observe_basics(&Keeper::Cluster).await?;
        let group = wanted::group(&self.settings.cluster, vpc);
        let known = observed
            .security_groups
            .iter()
            .find(|known| known.spec.name == group.name);
        let (id, step, rules) = match known {
            Some(known) => {
                let rules = self.read_admitted(&known.id).await?;
                (known.id.clone(), missing_tags(&group.tags, known), rules)
            }
            None => {
                let id = SecurityGroupId::new(unknown(&group.name));
                (id, Some(Step::CreateSecurityGroup(group)), wanted::NodeRules::default())
            }
        };
        let wanted = wanted::rules(&self.settings, &self.needs.health_ports(), &id);
        let on_nodes = wanted::stages(&wanted, node_groups, &rules, self.may_revoke());
        let rules_after = wanted::after(&on_nodes, rules.clone());
        let stages = step.map(|step| vec![step]).into_iter().chain(on_nodes).collect();
        Ok(Shared {
            plan: Plan { stages },
            observed,
            rules,
            rules_after,
        })
    }

    /// What [`Backend::release`] would do once no load balancer of `leaving` carries the group. Makes no write.
    ///
    /// # Errors
    /// When AWS cannot be read.
    pub(crate) async fn preview_release(&self, leaving: &BTreeSet<Keeper>) -> Result<Shared, ProviderError> {
        let observed = self.inventory.observe_basics(&Keeper::Cluster).await?;
        let groups = observed.security_groups.iter();
        let groups: BTreeSet<GroupRef> = groups.map(|group| GroupRef::Id(group.id.clone())).collect();
        let carries = |known: &ObservedLoadBalancer| !known.spec.security_groups.is_disjoint(&groups);
        let is_needed = self.inventory.keepers().iter().any(|keeper| {
            let look = |observed: &crate::aws::observed::Observed| observed.load_balancers.iter().any(carries);
            *keeper != Keeper::Cluster && !leaving.contains(keeper) && self.inventory.look(keeper, look)
        });
        if groups.is_empty() || is_needed {
            return Ok(Shared::default());
        }
        let mut rules = wanted::NodeRules::default();
        for group in &observed.security_groups {
            add(&mut rules, self.read_admitted(&group.id).await?);
        }
        let withdrawal = wanted::withdrawal(&rules);
        let mut stages: Vec<_> = [withdrawal].into_iter().filter(|stage| !stage.is_empty()).collect();
        stages.extend(teardown(&observed, Consent::Missing).stages);
        Ok(Shared {
            plan: Plan { stages },
            observed,
            rules,
            rules_after: wanted::NodeRules::default(),
        })
    }
}

fn add(rules: &mut wanted::NodeRules, more: wanted::NodeRules) {
    for (id, more) in more {
        rules.entry(id).or_default().extend(more);
    }
}
