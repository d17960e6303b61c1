//! Target groups: made, tuned and filled before a listener uses them.

use std::collections::BTreeSet;

use super::attributes::differing;
use super::exchange::{Exchange, exchange};
use super::matching::Matching;
use super::stages::{Stage, Stages};
use super::step::{Step, TaggedResource};
use super::tags;
use crate::aws::desired::attributes::target_group_default;
use crate::aws::observed::ObservedTargetGroup;
use crate::aws::stack::{Attributes, ResourceName, Target, TargetGroup};

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
    let join = Exchange {
        join: wanted.targets.clone(),
        ..Exchange::default()
    };
    move_targets(&wanted.name, &join, stages);
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
    let room = matching.stack.room.as_ref();
    let exchange = exchange(&known.spec.targets, &wanted.targets, &wanted.surplus, room);
    move_targets(&wanted.name, &exchange, stages);
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

/// The steps by which targets come and go.
pub(super) fn move_targets(name: &ResourceName, exchange: &Exchange, stages: &mut Stages) {
    let mut deregister = |stage, leaving: &BTreeSet<Target>| {
        for targets in calls(leaving) {
            let target_group = name.clone();
            stages.add(stage, Step::DeregisterTargets { target_group, targets });
        }
    };
    deregister(Stage::MakeRoom, &exchange.make_room);
    deregister(Stage::Disconnect, &exchange.leave);
    let mut register = |stage, coming: &BTreeSet<Target>| {
        for targets in calls(coming) {
            let target_group = name.clone();
            stages.add(stage, Step::RegisterTargets { target_group, targets });
        }
    };
    register(Stage::Connect, &exchange.join);
    register(Stage::Refill, &exchange.follow);
}

/// The targets in sets for one call each.
fn calls(targets: &BTreeSet<Target>) -> Vec<BTreeSet<Target>> {
    let targets: Vec<&Target> = targets.iter().collect();
    let chunks = targets.chunks(TARGETS_PER_CALL);
    chunks.map(|chunk| chunk.iter().copied().cloned().collect()).collect()
}
