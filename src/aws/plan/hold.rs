//! Keeping what serves where nothing can be planned, because the declaration cannot be satisfied: the target groups that
//! stand follow the nodes, so that a bad declaration does not make a load balancer lose them one by one.

use std::collections::{BTreeMap, BTreeSet};

use super::Plan;
use super::exchange::exchange;
use super::stages::Stages;
use super::target_groups::move_targets;
use crate::aws::ids::InstanceId;
use crate::aws::observed::{Observed, ObservedTargetGroup};
use crate::aws::stack::{ResourceName, Room, Surplus, Target};
use crate::service::Port;

/// The targets of each target group that is observed where these instances are to be its targets: those that are keep their
/// ports, the others get the port on which most are.
pub(crate) fn standing_targets(
    observed: &Observed,
    instances: &BTreeSet<InstanceId>,
) -> BTreeMap<ResourceName, BTreeSet<Target>> {
    let of_group = |known: &ObservedTargetGroup| {
        let present = known.spec.targets.iter();
        let staying = present.filter(|target| instances.contains(&target.instance));
        let mut targets: BTreeSet<Target> = staying.cloned().collect();
        let port = port(known);
        let registered: BTreeSet<InstanceId> = targets.iter().map(|target| target.instance.clone()).collect();
        let missing = instances.difference(&registered).cloned();
        targets.extend(missing.map(|instance| Target { instance, port }));
        (known.spec.name.clone(), targets)
    };
    observed.target_groups.iter().map(of_group).collect()
}

/// The steps that give all target groups that are observed these targets. Nothing is taken away where there is no target.
#[must_use]
pub(crate) fn hold(
    observed: &Observed,
    targets: &BTreeMap<ResourceName, BTreeSet<Target>>,
    surplus: &Surplus,
    room: Option<&Room>,
) -> Plan {
    let mut stages = Stages::default();
    for known in &observed.target_groups {
        if let Some(wanted) = targets.get(&known.spec.name) {
            let exchange = exchange(&known.spec.targets, wanted, surplus, room);
            move_targets(&known.spec.name, &exchange, &mut stages);
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
