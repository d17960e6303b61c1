//! Tags of a resource that exists.

use std::collections::BTreeSet;

use super::matching::Matching;
use super::stages::{Stage, Stages};
use super::step::{Step, TaggedResource};
use crate::aws::stack::{Stack, Tags};

/// Prefix of the keys that AWS keeps for itself.
const RESERVED: &str = "aws:";

/// Steps that give a resource the wanted tags and no other, but for those that are not ours to keep.
pub(super) fn add_steps(
    matching: &Matching<'_>,
    resource: &TaggedResource,
    wanted: &Tags,
    observed: &Tags,
    stages: &mut Stages,
) {
    add_missing(matching.stack, resource, wanted, observed, Stage::Prepare, stages);
    let unwanted = observed.keys().filter(|key| !wanted.contains_key(*key));
    let keys: BTreeSet<String> = unwanted.filter(|key| is_ours(matching.stack, key)).cloned().collect();
    if !keys.is_empty() {
        let resource = resource.clone();
        stages.add(Stage::Prepare, Step::RemoveTags { resource, keys });
    }
}

/// The step that sets tags which are missing or differ.
pub(super) fn add_missing(
    stack: &Stack,
    resource: &TaggedResource,
    wanted: &Tags,
    observed: &Tags,
    stage: Stage,
    stages: &mut Stages,
) {
    let differing = wanted
        .iter()
        .filter(|(key, value)| is_ours(stack, key) && observed.get(*key) != Some(value));
    let tags: Tags = differing.map(|(key, value)| (key.clone(), value.clone())).collect();
    if !tags.is_empty() {
        let resource = resource.clone();
        stages.add(stage, Step::AddTags { resource, tags });
    }
}

fn is_ours(stack: &Stack, key: &str) -> bool {
    !key.starts_with(RESERVED) && !stack.external_tag_keys.contains(key)
}
