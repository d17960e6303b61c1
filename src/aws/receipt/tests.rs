//! When a receipt is given, and when it is believed.

use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::aws::ids::{InstanceId, SubnetId};
use crate::aws::plan::tests::fixture::{health_check, port, resource, rule, settled, stack, targets};
use crate::aws::plan::tests::generate::stacks;
use crate::aws::stack::Attributes;

/// As a snapshot shows it.
fn shown(mut observed: Observed) -> Observed {
    for known in &mut observed.load_balancers {
        known.listeners.clear();
        (known.spec.attributes, known.spec.capacity_units, known.spec.web_acl) = (Attributes::new(), 0, None);
    }
    for known in &mut observed.target_groups {
        known.spec.attributes.clear();
        known.spec.targets.clear();
    }
    observed
}

/// Stacks whose target groups are the Service's alone.
fn unshared() -> impl Strategy<Value = Stack> {
    stacks().prop_map(|mut stack| {
        for group in stack.target_groups.values_mut() {
            group.surplus = Surplus::Leaves;
        }
        stack
    })
}

/// Where connections go: ports with what the listeners do, and target groups with their targets.
fn ways(observed: &Observed) -> BTreeSet<String> {
    let listeners = observed.load_balancers.iter().flat_map(|known| &known.listeners);
    let specs = listeners.filter_map(|known| known.spec.as_ref());
    let ways = specs.map(|spec| {
        let certificates: BTreeSet<_> = spec.certificates.iter().collect();
        format!("{spec} {:?} {certificates:?}", spec.certificates.first())
    });
    let groups = observed.target_groups.iter();
    let groups = groups.map(|known| format!("{} {:?}", known.spec.name, known.spec.targets));
    ways.chain(groups).collect()
}

proptest! {
    #[test]
    fn what_stands_is_presumed_from_what_a_snapshot_shows_and_gives_the_same_receipt(stack in unshared()) {
        let stands = settled(&stack);
        let given = receipt(&stack, &stands);
        prop_assert!(given.is_some());
        let presumed = presumed(&stack, &shown(stands.clone()), given.as_ref().unwrap());
        let presumed = presumed.unwrap();
        prop_assert_eq!(ways(&presumed), ways(&stands));
        prop_assert_eq!(receipt(&stack, &presumed), given);
    }

    #[test]
    fn the_receipt_for_one_stack_is_not_believed_for_another(one in unshared(), other in unshared()) {
        prop_assume!(one != other);
        let stands = settled(&one);
        let given = receipt(&one, &stands).unwrap();
        prop_assert_eq!(presumed(&other, &shown(stands), &given), None);
    }
}

fn tag_the_load_balancer(shown: &mut Observed) {
    let tags = &mut shown.load_balancers[0].spec.tags;
    tags.insert("extra".into(), "by hand".into());
}

fn lose_a_subnet(shown: &mut Observed) {
    shown.load_balancers[0].spec.subnets.remove(&SubnetId::new("subnet-1"));
}

fn lose_the_load_balancer(shown: &mut Observed) {
    shown.load_balancers.clear();
}

fn see_a_second_load_balancer(shown: &mut Observed) {
    let mut second = shown.load_balancers[0].clone();
    (second.arn, second.spec.name) = (LoadBalancerArn::new("other"), resource("other"));
    shown.load_balancers.push(second);
}

fn see_another_load_balancer_of_that_name(shown: &mut Observed) {
    shown.load_balancers[0].arn = LoadBalancerArn::new("another");
}

fn see_another_target_group_of_that_name(shown: &mut Observed) {
    shown.target_groups[0].arn = TargetGroupArn::new("another");
}

fn lose_a_target_group(shown: &mut Observed) {
    shown.target_groups.pop();
}

fn see_another_health_check(shown: &mut Observed) {
    shown.target_groups[0].spec.health_check = health_check(300);
}

fn see_another_rule(shown: &mut Observed) {
    let rules = &mut shown.security_groups[0].spec.rules;
    rules.insert(rule(crate::aws::stack::RuleProtocol::Tcp, 22, 22, "10.0.0.0/8"));
}

fn lose_the_rules(shown: &mut Observed) {
    shown.security_groups[0].spec.rules.clear();
}

#[rstest]
#[case(tag_the_load_balancer)]
#[case(lose_a_subnet)]
#[case(lose_the_load_balancer)]
#[case(see_a_second_load_balancer)]
#[case(see_another_load_balancer_of_that_name)]
#[case(see_another_target_group_of_that_name)]
#[case(lose_a_target_group)]
#[case(see_another_health_check)]
#[case(see_another_rule)]
#[case(lose_the_rules)]
fn nothing_is_presumed_where_a_snapshot_shows_a_change(#[case] by_hand: fn(&mut Observed)) {
    let stack = stack(&[80, 443]);
    let stands = settled(&stack);
    let given = receipt(&stack, &stands).unwrap();
    let mut shown = shown(stands);
    assert!(presumed(&stack, &shown, &given).is_some());
    by_hand(&mut shown);
    assert_eq!(presumed(&stack, &shown, &given), None);
}

fn change_targets(stack: &mut Stack) {
    let group = stack.target_groups.values_mut().next().unwrap();
    group.targets = targets(&["i-1", "i-3"], 30080);
}

fn change_an_attribute(stack: &mut Stack) {
    let attributes = &mut stack.load_balancer.attributes;
    attributes.insert("load_balancing.cross_zone.enabled".into(), "true".into());
}

fn take_a_listener(stack: &mut Stack) {
    stack.listeners.remove(&port(443));
}

#[rstest]
#[case(change_targets)]
#[case(change_an_attribute)]
#[case(take_a_listener)]
fn a_wish_for_other_details_is_seen_though_a_snapshot_looks_the_same(#[case] change: fn(&mut Stack)) {
    let mut stack = stack(&[80, 443]);
    let stands = settled(&stack);
    let given = receipt(&stack, &stands).unwrap();
    change(&mut stack);
    assert_eq!(presumed(&stack, &shown(stands), &given), None);
}

#[test]
fn there_is_no_receipt_while_something_is_left_to_do() {
    let stack = stack(&[80]);
    assert_eq!(receipt(&stack, &Observed::default()), None);
    let mut stands = settled(&stack);
    stands.target_groups[0].spec.targets.pop_first();
    assert_eq!(receipt(&stack, &stands), None);
}

#[test]
fn there_is_no_receipt_for_what_others_share() {
    let mut stack = stack(&[80]);
    let group = stack.target_groups.values_mut().next().unwrap();
    group.surplus = Surplus::LeavesFrom(BTreeSet::from([InstanceId::new("i-1")]));
    assert_eq!(receipt(&stack, &settled(&stack)), None);
}

#[test]
fn the_order_in_which_a_snapshot_shows_resources_does_not_matter() {
    let stack = stack(&[80, 443]);
    let mut stands = settled(&stack);
    let given = receipt(&stack, &stands);
    stands.target_groups.reverse();
    assert_eq!(receipt(&stack, &stands), given);
    assert!(given.unwrap().0.starts_with("v1:"));
}
