//! What goes: in a teardown, after a replacement, as left over by a crash, or because it stands in the way.

use super::Consent;
use super::matching::Matching;
use super::stages::{Stage, Stages};
use super::step::Step;
use crate::aws::desired::attributes::DELETION_PROTECTION;
use crate::aws::observed::{Observed, ObservedLoadBalancer, ObservedSecurityGroup, ObservedTargetGroup};
use crate::aws::stack::{Attributes, Stack};

/// Steps that delete all that is observed.
pub(super) fn add_everything(observed: &Observed, consent: Consent, stages: &mut Stages) {
    if consent == Consent::Given {
        lift_protection(&observed.load_balancers, stages);
    }
    delete_load_balancers(&observed.load_balancers, Stage::DeleteLoadBalancers, stages);
    delete_target_groups(&observed.target_groups, Stage::DeleteGroups, stages);
    delete_security_groups(&observed.security_groups, stages);
}

/// Steps that delete what the stack does not have, once the stack stands.
pub(super) fn add_surplus(matching: &Matching<'_>, stages: &mut Stages) {
    lift_protection(matching.replaced.iter().copied(), stages);
    delete_load_balancers(matching.replaced.iter().copied(), Stage::DeleteLoadBalancers, stages);
    delete_target_groups(matching.orphans(), Stage::DeleteGroups, stages);
    delete_security_groups(matching.surplus_groups(), stages);
}

/// Steps that delete what keeps the stack from being made: a load balancer of its name but another scheme or kind, a second
/// listener on one of its ports, a target group of its name but another protocol or family.
pub(super) fn add_obstacles(matching: &Matching<'_>, stages: &mut Stages) {
    let namesakes = matching.namesakes.iter().copied();
    lift_protection(namesakes.filter(|known| !stays(matching.stack, known)), stages);
    delete_load_balancers(matching.namesakes.iter().copied(), Stage::ClearTheWay, stages);
    for listener in matching.listeners_in_the_way() {
        let step = Step::DeleteListener {
            load_balancer: matching.stack.load_balancer.name.clone(),
            arn: listener.arn.clone(),
        };
        stages.add(Stage::ClearTheWay, step);
    }
    delete_target_groups(matching.misfits(), Stage::ClearNames, stages);
}

/// Does a load balancer that is not the stack's stay although it is replaced? So it does if AWS would refuse to delete it, and
/// the stack does not say that there shall be no protection.
pub(super) fn stays(stack: &Stack, known: &ObservedLoadBalancer) -> bool {
    let wanted = stack.load_balancer.attributes.get(DELETION_PROTECTION);
    is_protected(known) && wanted.is_none_or(|enabled| enabled != "false")
}

fn lift_protection<'a>(load_balancers: impl IntoIterator<Item = &'a ObservedLoadBalancer>, stages: &mut Stages) {
    for known in load_balancers.into_iter().filter(|known| is_protected(known)) {
        let step = Step::ModifyLoadBalancerAttributes {
            load_balancer: known.spec.name.clone(),
            attributes: Attributes::from([(DELETION_PROTECTION.to_owned(), "false".to_owned())]),
        };
        stages.add(Stage::Unprotect, step);
    }
}

fn is_protected(known: &ObservedLoadBalancer) -> bool {
    known
        .spec
        .attributes
        .get(DELETION_PROTECTION)
        .is_some_and(|enabled| enabled == "true")
}

fn delete_load_balancers<'a>(
    load_balancers: impl IntoIterator<Item = &'a ObservedLoadBalancer>,
    stage: Stage,
    stages: &mut Stages,
) {
    for known in load_balancers {
        let arn = known.arn.clone();
        stages.add(stage, Step::DeleteLoadBalancer { arn });
    }
}

fn delete_target_groups<'a>(
    target_groups: impl IntoIterator<Item = &'a ObservedTargetGroup>,
    stage: Stage,
    stages: &mut Stages,
) {
    for known in target_groups {
        let arn = known.arn.clone();
        stages.add(stage, Step::DeleteTargetGroup { arn });
    }
}

fn delete_security_groups<'a>(groups: impl IntoIterator<Item = &'a ObservedSecurityGroup>, stages: &mut Stages) {
    for known in groups {
        let id = known.id.clone();
        stages.add(Stage::DeleteGroups, Step::DeleteSecurityGroup { id });
    }
}
