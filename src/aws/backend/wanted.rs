//! PURE. What the shared group is, which rules nodes shall have for it, and the steps to get there.

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::desired::tags::{self, RULE_DESCRIPTION, Resource};
use crate::aws::desired::{KUBE_PROXY_PORT, names};
use crate::aws::ids::{SecurityGroupId, VpcId};
use crate::aws::plan::step::Step;
use crate::aws::settings::AwsSettings;
use crate::aws::stack::{FrontendGroup, GroupRef, IngressRule, RuleProtocol, RuleSource};

/// For each security group the rules by which it admits ours.
pub(super) type NodeRules = BTreeMap<SecurityGroupId, BTreeSet<IngressRule>>;

/// Which rules may be taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rules {
    /// All that are not wanted.
    All,
    /// Those of groups that no node uses any more.
    OfForeignNodes,
}

/// The group, named after the cluster so that it is found again, without rules of its own: nobody calls a load balancer
/// through it.
pub(crate) fn group(cluster: &str, vpc: &VpcId) -> FrontendGroup {
    FrontendGroup {
        name: names::backend_group(cluster),
        description: format!("Load balancers of the Kubernetes cluster {cluster}, as seen by its nodes"),
        vpc: vpc.clone(),
        rules: BTreeSet::new(),
        tags: tags::of_cluster(cluster, Resource::BackendGroup),
    }
}

/// The rules that every group of nodes shall have for ours: nodePorts over TCP and UDP, and health checks.
pub(super) fn rules(
    settings: &AwsSettings,
    health_ports: &BTreeSet<u16>,
    backend: &SecurityGroupId,
) -> BTreeSet<IngressRule> {
    let rule = |protocol, from, to| IngressRule {
        protocol,
        from,
        to,
        source: RuleSource::Group(backend.clone()),
    };
    let (first, last) = (*settings.node_ports.start(), *settings.node_ports.end());
    let health_ports = health_ports.iter().copied().chain([KUBE_PROXY_PORT.get()]);
    let outside = health_ports.filter(|port| !settings.node_ports.contains(port));
    let health = outside.map(|port| rule(RuleProtocol::Tcp, port, port));
    let node_ports = [
        rule(RuleProtocol::Tcp, first, last),
        rule(RuleProtocol::Udp, first, last),
    ];
    node_ports.into_iter().chain(health).collect()
}

/// The steps that give each group of nodes the wanted rules, and take ours from groups that no node uses. Where no node
/// is known, nothing is taken: that is more likely a fault than a wish.
pub(super) fn stages(
    wanted: &BTreeSet<IngressRule>,
    node_groups: &BTreeSet<SecurityGroupId>,
    known: &NodeRules,
    may_revoke: Rules,
) -> Vec<Vec<Step>> {
    let authorize = authorize(wanted, node_groups, known, RULE_DESCRIPTION);
    let stages = [authorize, revoke(wanted, node_groups, known, may_revoke)];
    stages.into_iter().filter(|stage| !stage.is_empty()).collect()
}

/// The steps that give each group of nodes the wanted rules, with this description.
pub(super) fn authorize(
    wanted: &BTreeSet<IngressRule>,
    node_groups: &BTreeSet<SecurityGroupId>,
    known: &NodeRules,
    description: &str,
) -> Vec<Step> {
    let none = BTreeSet::new();
    let steps = node_groups.iter().filter_map(|id| {
        let present = known.get(id).unwrap_or(&none);
        let rules: BTreeSet<_> = wanted.difference(present).cloned().collect();
        let group = GroupRef::Id(id.clone());
        (!rules.is_empty()).then(|| Step::AuthorizeIngress {
            group,
            rules,
            description: description.to_owned(),
        })
    });
    steps.collect()
}

/// The steps that take rules which are not wanted from the known ones, all of which are ours.
pub(super) fn revoke(
    wanted: &BTreeSet<IngressRule>,
    node_groups: &BTreeSet<SecurityGroupId>,
    known: &NodeRules,
    may_revoke: Rules,
) -> Vec<Step> {
    let none = BTreeSet::new();
    let steps = known.iter().filter_map(|(id, present)| {
        let keep = match (node_groups.contains(id), may_revoke) {
            (false, _) => &none,
            (true, Rules::All) => wanted,
            (true, Rules::OfForeignNodes) => present,
        };
        let rules: BTreeSet<_> = present.difference(keep).cloned().collect();
        let group = id.clone();
        (!rules.is_empty() && !node_groups.is_empty()).then_some(Step::RevokeIngress { group, rules })
    });
    steps.collect()
}

/// The steps that take all our rules away.
pub(super) fn withdrawal(known: &NodeRules) -> Vec<Step> {
    let revoke = known.iter().map(|(group, rules)| Step::RevokeIngress {
        group: group.clone(),
        rules: rules.clone(),
    });
    revoke.collect()
}

/// The rules after these steps were done.
pub(super) fn after(stages: &[Vec<Step>], known: NodeRules) -> NodeRules {
    let mut after = known;
    for step in stages.iter().flatten() {
        match step {
            Step::AuthorizeIngress {
                group: GroupRef::Id(id),
                rules,
                ..
            } => {
                after.entry(id.clone()).or_default().extend(rules.iter().cloned());
            }
            Step::RevokeIngress { group, rules } => {
                let left = after.entry(group.clone()).or_default();
                left.retain(|rule| !rules.contains(rule));
            }
            _ => {}
        }
    }
    after.retain(|_, rules| !rules.is_empty());
    after
}
