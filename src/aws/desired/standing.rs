//! What of a Service is still followed while its declaration cannot be satisfied: which nodes are its targets.

use std::collections::{BTreeMap, BTreeSet};

use super::annotations::{self, keys};
use super::attributes::is_across_zones;
use super::{Facts, Shape, targets};
use crate::aws::ids::InstanceId;
use crate::aws::stack::{LoadBalancerKind, Room, Surplus};
use crate::node::NodeSet;
use crate::service::Service;

/// Targets of a Service that stands though its declaration cannot be satisfied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The instances.
    pub instances: BTreeSet<InstanceId>,
    /// What happens to other targets.
    pub surplus: Surplus,
    /// See [`crate::aws::stack::Stack::room`].
    pub room: Option<Room>,
}

/// Which targets this Service has, whatever else is wrong with it, where its load balancers have so many target groups;
/// none where the annotation that chooses nodes cannot be read either.
#[must_use]
pub fn standing(service: &Service, nodes: &NodeSet, facts: &Facts, target_groups: usize) -> Option<Standing> {
    let labels = annotations::node_labels(&service.annotations)?;
    let (candidates, _) = targets::candidates(nodes, &labels, facts);
    let chosen = targets::choose(candidates, shape(facts, target_groups), &service.owner.uid, facts);
    let surplus = if may_be_shared(&service.annotations) {
        Surplus::LeavesFrom(facts.cluster_instances.clone())
    } else {
        Surplus::Leaves
    };
    Some(Standing {
        instances: chosen.instances,
        surplus,
        room: chosen.room,
    })
}

/// That of what stands. During a replacement the target groups are divided among two load balancers.
fn shape(facts: &Facts, target_groups: usize) -> Shape {
    let present = facts.load_balancers.first();
    Shape {
        kind: present.map_or(LoadBalancerKind::Network, |present| present.kind),
        cross_zone: present.is_some_and(|present| is_across_zones(&present.attributes)),
        groups: target_groups.div_ceil(facts.load_balancers.len().max(1)),
    }
}

/// May other clusters have targets in the Service's target groups? In doubt they may.
#[must_use]
pub fn may_be_shared(annotations: &BTreeMap<String, String>) -> bool {
    let value = annotations.get(&keys::MULTI_CLUSTER.to_string());
    value.is_some_and(|value| !value.trim().eq_ignore_ascii_case("false"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::desired::fixtures::Case;

    const LABELS: &str = "aws-load-balancer-target-node-labels";
    const SHARED: &str = "aws-load-balancer-multi-cluster-target-group";

    fn stands(case: &Case) -> Option<Standing> {
        standing(&case.service, &case.nodes, &case.facts, 1)
    }

    #[test]
    fn nodes_are_followed_whatever_else_the_annotations_say() {
        let case = Case::new().annotate("aws-load-balancer-scheme", "public");
        assert!(case.result().is_err());
        let instances = stands(&case).unwrap().instances;
        assert_eq!(instances.len(), 2);
    }

    #[test]
    fn nodes_are_chosen_by_their_labels_as_long_as_those_can_be_read() {
        let mut case = Case::new().annotate(LABELS, "role=edge");
        case.nodes.nodes[0].labels.insert("role".into(), "edge".into());
        assert_eq!(stands(&case).unwrap().instances.len(), 1);
        assert_eq!(stands(&Case::new().annotate(LABELS, "role")), None);
    }

    #[test]
    fn only_the_clusters_own_instances_leave_what_may_be_shared() {
        let alone = Case::new().annotate(SHARED, "false");
        assert_eq!(stands(&alone).unwrap().surplus, Surplus::Leaves);
        let mut shared = Case::new().annotate(SHARED, "maybe");
        let ours = BTreeSet::from([InstanceId::new("i-0000000000000000a")]);
        shared.facts.cluster_instances.clone_from(&ours);
        assert_eq!(stands(&shared).unwrap().surplus, Surplus::LeavesFrom(ours));
    }
}
