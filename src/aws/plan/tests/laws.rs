//! Laws that hold for every stack from every state of AWS.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::Index;

use super::generate::{open, shuffled, stacks, worlds};
use super::model::Aws;
use super::stands::{assert_nothing_else, assert_stands, default};
use crate::aws::desired::tags::Extra;
use crate::aws::observed::{Observed, ObservedLoadBalancer};
use crate::aws::plan::step::Step;
use crate::aws::plan::{Consent, Plan, Replaced, plan, teardown};
use crate::aws::stack::{Attributes, GroupRef, IngressRule, ResourceName, Stack, Target};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn applying_a_plan_gives_the_stack_and_planning_again_gives_nothing(
        stack in stacks(), world in worlds(), seed: u64,
    ) {
        prop_assume!(!is_blocked(&stack, &world));
        let mut aws = Aws::from(&world);
        shuffled(&plan(&stack, &world, Replaced::Remove), seed).iter().for_each(|s| aws.step(s));
        assert_stands(&stack, &aws.observed);
        assert_nothing_else(&stack, &aws.observed);
        prop_assert_eq!(plan(&stack, &aws.observed, Replaced::Remove), Plan::default());
        prop_assert_eq!(plan(&stack, &aws.observed, Replaced::Keep), Plan::default());
    }

    #[test]
    fn a_replacement_stands_beside_the_old_load_balancers_which_nothing_touches(
        stack in stacks(), world in worlds(), seed: u64,
    ) {
        prop_assume!(!is_blocked(&stack, &world));
        let mut aws = Aws::from(&world);
        shuffled(&plan(&stack, &world, Replaced::Keep), seed).iter().for_each(|s| aws.step(s));
        assert_stands(&stack, &aws.observed);
        assert_eq!(others(&stack, &world), others(&stack, &aws.observed));
        prop_assert_eq!(plan(&stack, &aws.observed, Replaced::Keep), Plan::default());
    }

    #[test]
    fn a_plan_cut_off_anywhere_is_finished_by_the_next(
        stack in stacks(), world in worlds(), seed: u64, end: Index,
    ) {
        prop_assume!(!is_blocked(&stack, &world));
        let mut aws = Aws::from(&world);
        let steps = shuffled(&plan(&stack, &world, Replaced::Remove), seed);
        steps[..end.index(steps.len() + 1)].iter().for_each(|s| aws.step(s));
        aws.run(&plan(&stack, &aws.observed, Replaced::Remove));
        assert_stands(&stack, &aws.observed);
        assert_nothing_else(&stack, &aws.observed);
        prop_assert_eq!(plan(&stack, &aws.observed, Replaced::Remove), Plan::default());
    }

    #[test]
    fn a_plan_cut_off_while_another_stack_is_wanted_is_finished_by_the_next(
        first in stacks(), stack in stacks(), world in worlds(), seed: u64, end: Index,
    ) {
        prop_assume!(!is_blocked(&first, &world));
        let mut aws = Aws::from(&world);
        let steps = shuffled(&plan(&first, &world, Replaced::Keep), seed);
        steps[..end.index(steps.len() + 1)].iter().for_each(|s| aws.step(s));
        prop_assume!(!is_blocked(&stack, &aws.observed));
        aws.run(&plan(&stack, &aws.observed, Replaced::Remove));
        assert_stands(&stack, &aws.observed);
        assert_nothing_else(&stack, &aws.observed);
    }

    #[test]
    fn service_goes_on_at_every_step(stack in stacks(), world in worlds(), seed: u64, keep: bool) {
        prop_assume!(!is_blocked(&stack, &world));
        let replaced = if keep { Replaced::Keep } else { Replaced::Remove };
        let mut aws = Aws::from(&world);
        for step in shuffled(&plan(&stack, &world, replaced), seed) {
            let before = aws.observed.clone();
            aws.step(&step);
            assert_no_target_group_in_use_is_emptied(&before, &aws.observed);
            assert_no_wanted_port_is_closed(&stack, &before, &aws.observed, &step);
            assert_targets_are_there_before_traffic(&stack, &aws.observed, &step);
            assert_nothing_is_forgotten(&before, &aws.observed, &step);
        }
    }

    #[test]
    fn what_is_wanted_is_made_before_anything_goes(stack in stacks(), world in worlds(), seed: u64) {
        let steps = shuffled(&plan(&stack, &world, Replaced::Remove), seed);
        let last_made = steps.iter().rposition(makes).map_or(0, |position| position + 1);
        for step in steps[..last_made].iter().filter(|step| takes_away(step)) {
            prop_assert!(is_obstacle(&stack, &world, step), "{step} comes too early");
        }
    }

    #[test]
    fn a_teardown_leaves_nothing(world in worlds(), seed: u64, end: Index) {
        let mut aws = Aws::from(&world);
        let steps = shuffled(&teardown(&world, Consent::Given), seed);
        steps[..end.index(steps.len() + 1)].iter().for_each(|s| aws.step(s));
        aws.run(&teardown(&aws.observed, Consent::Given));
        prop_assert_eq!(aws.observed, Observed::default());
    }

    #[test]
    fn recording_steps_that_do_not_fit_harms_nothing(
        stack in stacks(), world in worlds(), other in worlds(),
    ) {
        let mut observed = other;
        for step in plan(&stack, &world, Replaced::Remove).steps() {
            observed.record(step, &crate::aws::observed::Outcome::Done);
        }
        prop_assume!(!is_blocked(&stack, &observed));
        let mut aws = Aws::from(&observed);
        aws.run(&plan(&stack, &aws.observed, Replaced::Remove));
        assert_stands(&stack, &aws.observed);
    }
}

fn makes(step: &Step) -> bool {
    use Step as S;
    matches!(
        step,
        S::CreateSecurityGroup(_)
            | S::AuthorizeIngress { .. }
            | S::CreateTargetGroup(_)
            | S::RegisterTargets { .. }
            | S::CreateLoadBalancer(_)
            | S::CreateListener { .. }
            | S::ModifyListener { .. }
            | S::AddListenerCertificates { .. }
    )
}

fn takes_away(step: &Step) -> bool {
    use Step as S;
    matches!(
        step,
        S::RevokeIngress { .. } | S::DeregisterTargets { .. } | S::RemoveListenerCertificates { .. }
    ) || step.is_delete()
}

/// May the step come before the stack stands? Only where AWS leaves no other way: the name or the port is taken.
fn is_obstacle(stack: &Stack, world: &Observed, step: &Step) -> bool {
    let wrong = |name: &ResourceName| {
        let known = world.target_groups.iter().find(|t| t.spec.name == *name);
        let wanted = stack.target_groups.get(name);
        known
            .zip(wanted)
            .is_some_and(|(known, wanted)| (known.spec.protocol, known.spec.family) != (wanted.protocol, wanted.family))
    };
    match step {
        Step::DeleteLoadBalancer { arn } => {
            let known = world.load_balancers.iter().find(|l| l.arn == *arn).unwrap();
            is_namesake(stack, known)
        }
        Step::DeleteTargetGroup { arn } => {
            wrong(&world.target_groups.iter().find(|t| t.arn == *arn).unwrap().spec.name)
        }
        Step::DeleteListener { load_balancer, arn } => {
            let owner = world
                .load_balancers
                .iter()
                .find(|l| l.spec.name == *load_balancer)
                .unwrap();
            let known = owner.listeners.iter().find(|l| l.arn == *arn).unwrap();
            let doubled = owner.listeners.iter().filter(|l| l.port == known.port).count() > 1;
            doubled
                || known
                    .spec
                    .as_ref()
                    .is_some_and(|spec| spec.action.own_target_groups().any(wrong))
        }
        _ => false,
    }
}

/// It has the name, and can never become the stack's.
fn is_namesake(stack: &Stack, known: &ObservedLoadBalancer) -> bool {
    let (wanted, known) = (&stack.load_balancer, &known.spec);
    known.name == wanted.name && (known.scheme, known.kind) != (wanted.scheme, wanted.kind)
}

/// Is something in the way that AWS refuses to delete? Then nothing can be done until the user says so.
fn is_blocked(stack: &Stack, world: &Observed) -> bool {
    let is_true = |attributes: &Attributes| attributes["deletion_protection.enabled"] == "true";
    let protects = is_true(&stack.load_balancer.attributes);
    let mut namesakes = world.load_balancers.iter().filter(|known| is_namesake(stack, known));
    namesakes.any(|known| {
        let attributes = &known.spec.attributes;
        protects && attributes.contains_key("deletion_protection.enabled") && is_true(attributes)
    })
}

/// Features that are set are remembered by a tag, unless somebody took it off before.
fn assert_nothing_is_forgotten(before: &Observed, after: &Observed, step: &Step) {
    let forgets = |observed: &Observed| {
        let lbs = observed.load_balancers.iter();
        let forgotten = lbs.flat_map(|known| {
            let (spec, tags) = (&known.spec, &known.spec.tags);
            let capacity = spec.capacity_units > 0 && !Extra::Capacity.is_in(tags);
            let web_acl = spec.web_acl.is_some() && !Extra::WebAcl.is_in(tags);
            let listeners = known.listeners.iter().filter_map(|l| Some((l, l.spec.as_ref()?)));
            let listeners = listeners.filter(|(_, spec)| {
                let set = |(key, value): (&String, &String)| default(key) != *value;
                spec.attributes.iter().any(set) && !Extra::Attributes.is_in(&spec.tags)
            });
            let own = (capacity || web_acl).then(|| known.arn.to_string());
            own.into_iter()
                .chain(listeners.map(|(l, _)| l.arn.to_string()))
                .collect::<Vec<_>>()
        });
        forgotten.collect::<BTreeSet<String>>()
    };
    assert!(forgets(after).is_subset(&forgets(before)), "{step} forgets a feature");
}

fn assert_no_target_group_in_use_is_emptied(before: &Observed, after: &Observed) {
    let targets = |observed: &Observed, name: &ResourceName| -> BTreeSet<Target> {
        let known = observed.target_groups.iter().find(|t| t.spec.name == *name);
        known.map(|t| t.spec.targets.clone()).unwrap_or_default()
    };
    for listener in after.load_balancers.iter().flat_map(|l| &l.listeners) {
        let Some(spec) = &listener.spec else { continue };
        for used in spec.action.own_target_groups() {
            let had_some = !targets(before, used).is_empty();
            assert!(!had_some || !targets(after, used).is_empty(), "{spec} has no targets");
        }
    }
}

/// Neither its listener nor its rules go, unless AWS allows no other way.
fn assert_no_wanted_port_is_closed(stack: &Stack, before: &Observed, after: &Observed, step: &Step) {
    let obstacle = is_delete_of_known(step) && is_obstacle(stack, before, step);
    for port in stack.listeners.keys() {
        let listens =
            |observed: &Observed| ours(stack, observed).is_some_and(|l| l.listeners.iter().any(|l| l.port == *port));
        assert!(!listens(before) || listens(after) || obstacle, "{step} closes {port}");
    }
    let wanted = stack
        .frontend_group
        .as_ref()
        .map(|g| open(&g.rules))
        .unwrap_or_default();
    let closed: BTreeSet<IngressRule> = frontend_rules(stack, before)
        .difference(&frontend_rules(stack, after))
        .cloned()
        .collect();
    assert!(closed.is_disjoint(&wanted), "{step} closes {closed:?}");
}

fn is_delete_of_known(step: &Step) -> bool {
    matches!(step, Step::DeleteListener { .. } | Step::DeleteLoadBalancer { .. })
}

fn assert_targets_are_there_before_traffic(stack: &Stack, after: &Observed, step: &Step) {
    let (Step::CreateListener { listener, .. } | Step::ModifyListener { listener, .. }) = step else {
        return;
    };
    for used in listener.action.own_target_groups() {
        let wanted = &stack.target_groups[used];
        let known = after.target_groups.iter().find(|t| t.spec.name == wanted.name).unwrap();
        assert!(known.spec.targets.is_superset(&wanted.targets));
    }
    assert!(
        frontend_rules(stack, after).is_superset(
            &stack
                .frontend_group
                .as_ref()
                .map(|g| open(&g.rules))
                .unwrap_or_default()
        )
    );
}

fn frontend_rules(stack: &Stack, observed: &Observed) -> BTreeSet<IngressRule> {
    let Some(wanted) = &stack.frontend_group else {
        return BTreeSet::new();
    };
    let known = observed.security_groups.iter().find(|g| g.spec.name == wanted.name);
    known.map(|g| open(&g.spec.rules)).unwrap_or_default()
}

pub(super) fn ours<'a>(stack: &Stack, observed: &'a Observed) -> Option<&'a ObservedLoadBalancer> {
    let wanted = &stack.load_balancer;
    let mut all = observed.load_balancers.iter();
    all.find(|l| l.spec.name == wanted.name && l.spec.scheme == wanted.scheme && l.spec.kind == wanted.kind)
}

/// Load balancers of another name, and all that they use.
fn others(stack: &Stack, observed: &Observed) -> Observed {
    let other = |l: &&ObservedLoadBalancer| l.spec.name != stack.load_balancer.name;
    let load_balancers: Vec<_> = observed.load_balancers.iter().filter(other).cloned().collect();
    let listeners = || load_balancers.iter().flat_map(|l| &l.listeners);
    let specs = listeners().filter_map(|l| l.spec.as_ref());
    let used: BTreeSet<&ResourceName> = specs.flat_map(|spec| spec.action.own_target_groups()).collect();
    let groups: BTreeSet<&GroupRef> = load_balancers.iter().flat_map(|l| &l.spec.security_groups).collect();
    Observed {
        target_groups: observed
            .target_groups
            .iter()
            .filter(|t| used.contains(&t.spec.name))
            .cloned()
            .collect(),
        security_groups: observed
            .security_groups
            .iter()
            .filter(|g| groups.contains(&GroupRef::Id(g.id.clone())))
            .filter(|g| {
                stack
                    .frontend_group
                    .as_ref()
                    .is_none_or(|ours| ours.name != g.spec.name)
            })
            .cloned()
            .collect(),
        load_balancers: load_balancers.clone(),
    }
}
