//! Tags of a resource that exists.

use std::collections::BTreeSet;

use super::matching::Matching;
use super::stages::{Stage, Stages};
use super::step::{Step, TaggedResource};
use crate::aws::desired::tags::EXTRAS;
use crate::aws::stack::{Stack, Tags};

/// Prefix of the keys that AWS keeps for itself.
const RESERVED: &str = "aws:";

/// Steps that give a resource the wanted tags and no other, but for those that are not ours to keep.
///
/// The tag that remembers features gets words before the features are set, and loses words after they were taken away: so
/// whatever happens in between, none is forgotten.
pub(super) fn add_steps(
    matching: &Matching<'_>,
    resource: &TaggedResource,
    wanted: &Tags,
    observed: &Tags,
    stages: &mut Stages,
) {
    let meanwhile = with_all_extras(wanted, observed);
    set_steps(matching.stack, resource, &meanwhile, observed, Stage::Prepare, stages);
    set_steps(matching.stack, resource, wanted, &meanwhile, Stage::Forget, stages);
}

/// The wanted tags and, of the one that remembers features, also the observed words. In order of the words, as the tag is
/// kept.
fn with_all_extras(wanted: &Tags, observed: &Tags) -> Tags {
    let mut tags = wanted.clone();
    if let Some(known) = observed.get(EXTRAS) {
        let new = wanted.get(EXTRAS).map(String::as_str).unwrap_or_default();
        let words: BTreeSet<&str> = known.split(' ').chain(new.split(' ')).collect();
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        tags.insert(EXTRAS.to_owned(), words.join(" "));
    }
    tags
}

fn set_steps(
    stack: &Stack,
    resource: &TaggedResource,
    wanted: &Tags,
    observed: &Tags,
    stage: Stage,
    stages: &mut Stages,
) {
    add_missing(stack, resource, wanted, observed, stage, stages);
    let unwanted = observed.keys().filter(|key| !wanted.contains_key(*key));
    let keys: BTreeSet<String> = unwanted.filter(|key| is_ours(stack, key)).cloned().collect();
    if !keys.is_empty() {
        let resource = resource.clone();
        stages.add(stage, Step::RemoveTags { resource, keys });
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
