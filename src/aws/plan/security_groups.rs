//! The frontend group: made, its rules widened first and narrowed last.

use std::collections::BTreeSet;

use super::ingress;
use super::matching::Matching;
use super::stages::{Stage, Stages};
use super::step::{Step, TaggedResource};
use super::tags;
use crate::aws::desired::tags::RULE_DESCRIPTION;
use crate::aws::stack::GroupRef;

/// Steps for the stack's group. Its description is immutable and therefore not compared.
pub(super) fn add_steps(matching: &Matching<'_>, stages: &mut Stages) {
    let Some(wanted) = &matching.stack.frontend_group else {
        return;
    };
    let closed = BTreeSet::new();
    let rules = matching.frontend_group.map_or(&closed, |known| &known.spec.rules);
    let change = ingress::change(&wanted.rules, rules);
    match matching.frontend_group {
        None => stages.add(Stage::Prepare, Step::CreateSecurityGroup(wanted.clone())),
        Some(known) => {
            let resource = TaggedResource::SecurityGroup(known.id.clone());
            tags::add_steps(matching, &resource, &wanted.tags, &known.spec.tags, stages);
        }
    }
    if !change.authorize.is_empty() {
        let (group, rules) = (matching.frontend(), change.authorize);
        let description = RULE_DESCRIPTION.to_owned();
        stages.add(
            Stage::Connect,
            Step::AuthorizeIngress {
                group,
                rules,
                description,
            },
        );
    }
    if let (GroupRef::Id(group), false) = (matching.frontend(), change.revoke.is_empty()) {
        let rules = change.revoke;
        stages.add(Stage::Disconnect, Step::RevokeIngress { group, rules });
    }
}
