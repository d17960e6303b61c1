//! Target groups: made, tuned and filled before a listener uses them.

use std::collections::BTreeSet;

use super::attributes::differing;
use super::matching::Matching;
use super::stages::{Stage, Stages};
use super::step::{Step, TaggedResource};
use super::tags;
use crate::aws::desired::attributes::target_group_default;
use crate::aws::observed::ObservedTargetGroup;
use crate::aws::stack::{Attributes, Surplus, Target, TargetGroup};

/// Targets of one call. AWS documents no limit; a call of this size is known to pass.
const TARGETS_PER_CALL: usize = 200;

/// Steps for all target groups of the stack.
pub(super) fn add_steps(matching: &Matching<'_>, stages: &mut Stages) {
    for wanted in matching.stack.target_groups.values() {
        match matching.target_group(wanted) {
            None => create(wanted, stages),
            Some(known) => change(matching, wanted, known, stages),
        }
    }
}

fn create(wanted: &TargetGroup, stages: &mut Stages) {
    stages.add(Stage::Prepare, Step::CreateTargetGroup(wanted.clone()));
    set_attributes(wanted, &Attributes::new(), stages);
    register(wanted, &BTreeSet::new(), stages);
}

fn change(matching: &Matching<'_>, wanted: &TargetGroup, known: &ObservedTargetGroup, stages: &mut Stages) {
    if wanted.health_check != known.spec.health_check {
        let step = Step::ModifyHealthCheck {
            target_group: wanted.name.clone(),
            health_check: wanted.health_check.clone(),
        };
        stages.add(Stage::Prepare, step);
    }
    let resource = TaggedResource::TargetGroup(known.arn.clone());
    tags::add_steps(matching, &resource, &wanted.tags, &known.spec.tags, stages);
    set_attributes(wanted, &known.spec.attributes, stages);
    register(wanted, &known.spec.targets, stages);
    deregister(wanted, &known.spec.targets, stages);
}

fn set_attributes(wanted: &TargetGroup, observed: &Attributes, stages: &mut Stages) {
    let default = |key: &str| target_group_default(wanted.protocol, key);
    let attributes = differing(&wanted.attributes, observed, default);
    if !attributes.is_empty() {
        let target_group = wanted.name.clone();
        stages.add(
            Stage::Connect,
            Step::ModifyTargetGroupAttributes {
                target_group,
                attributes,
            },
        );
    }
}

fn register(wanted: &TargetGroup, observed: &BTreeSet<Target>, stages: &mut Stages) {
    for targets in calls(wanted.targets.difference(observed)) {
        let target_group = wanted.name.clone();
        stages.add(Stage::Connect, Step::RegisterTargets { target_group, targets });
    }
}

/// Takes away surplus targets, unless none is wanted at all: health checks keep traffic off those that are really gone.
fn deregister(wanted: &TargetGroup, observed: &BTreeSet<Target>, stages: &mut Stages) {
    if wanted.targets.is_empty() {
        return;
    }
    let surplus = observed.difference(&wanted.targets);
    for targets in calls(surplus.filter(|target| leaves(&wanted.surplus, target))) {
        let target_group = wanted.name.clone();
        stages.add(Stage::Disconnect, Step::DeregisterTargets { target_group, targets });
    }
}

/// Does a target that is registered and not wanted leave?
pub(super) fn leaves(surplus: &Surplus, target: &Target) -> bool {
    match surplus {
        Surplus::Leaves => true,
        Surplus::LeavesFrom(instances) => instances.contains(&target.instance),
    }
}

/// The targets in sets for one call each.
pub(super) fn calls<'a>(targets: impl Iterator<Item = &'a Target>) -> Vec<BTreeSet<Target>> {
    let targets: Vec<&Target> = targets.collect();
    let chunks = targets.chunks(TARGETS_PER_CALL);
    chunks.map(|chunk| chunk.iter().copied().cloned().collect()).collect()
}
