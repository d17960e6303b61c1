//! Keeping what serves where nothing can be planned, because the declaration cannot be satisfied: the target groups that
//! stand follow the nodes, so that a bad declaration does not make a load balancer lose them one by one.

use std::collections::{BTreeMap, BTreeSet};

use super::Plan;
use super::stages::{Stage, Stages};
use super::step::Step;
use super::target_groups::{calls, leaves};
use crate::aws::ids::InstanceId;
use crate::aws::observed::{Observed, ObservedTargetGroup};
use crate::aws::stack::{Surplus, Target};
use crate::service::Port;

/// The steps that make these instances the targets of all target groups that are observed, each on the port on which its
/// targets are. Nothing is taken away where there is no instance.
#[must_use]
pub(crate) fn hold(observed: &Observed, instances: &BTreeSet<InstanceId>, surplus: &Surplus) -> Plan {
    let mut stages = Stages::default();
    for known in &observed.target_groups {
        let present = &known.spec.targets;
        let registered: BTreeSet<&InstanceId> = present.iter().map(|target| &target.instance).collect();
        let missing = instances.iter().filter(|instance| !registered.contains(instance));
        let port = port(known);
        let missing: Vec<Target> = missing.cloned().map(|instance| Target { instance, port }).collect();
        let target_group = || known.spec.name.clone();
        for targets in calls(missing.iter()) {
            let target_group = target_group();
            stages.add(Stage::Connect, Step::RegisterTargets { target_group, targets });
        }
        let gone = present
            .iter()
            .filter(|target| !instances.contains(&target.instance) && !instances.is_empty());
        for targets in calls(gone.filter(|target| leaves(surplus, target))) {
            let target_group = target_group();
            stages.add(Stage::Disconnect, Step::DeregisterTargets { target_group, targets });
        }
    }
    stages.into_plan()
}

/// The port of most of its targets; of a group without targets its default port.
fn port(known: &ObservedTargetGroup) -> Port {
    let mut counts: BTreeMap<Port, usize> = BTreeMap::new();
    for target in &known.spec.targets {
        let count = counts.entry(target.port).or_default();
        *count = count.saturating_add(1);
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    most.map_or(known.spec.port, |(port, _)| port)
}
