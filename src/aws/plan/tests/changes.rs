//! One change each, from a stack of one port (80) that stands: the exact calls that it takes.

use rstest::rstest;

use super::fixture::{
    build, health_check, operations, port, resource, rule, run_and_settle, settled, stack, targets, tcp, user_group,
};
use crate::aws::ids::SubnetId;
use crate::aws::observed::{Observed, ObservedListener};
use crate::aws::plan::step::Step;
use crate::aws::plan::{Consent, Plan, Replaced, plan, teardown};
use crate::aws::stack::{ChosenAddresses, GroupRef, ListenerProtocol, RuleProtocol, Scheme, Stack};

#[test]
fn a_new_service_of_one_port_takes_six_calls_in_three_stages() {
    let calls = operations(&plan(&stack(&[80]), &Observed::default(), Replaced::Keep));
    let expected = "CreateSecurityGroup + CreateTargetGroup > AuthorizeSecurityGroupIngress + CreateLoadBalancer + RegisterTargets > CreateListener";
    assert_eq!(calls, expected);
}

#[test]
fn a_stack_that_stands_takes_no_call() {
    let stack = stack(&[80, 443]);
    for replaced in [Replaced::Keep, Replaced::Remove] {
        assert_eq!(plan(&stack, &settled(&stack), replaced), Plan::default());
    }
}

#[rstest]
#[case::a_port_apart(&[80, 443])]
#[case::a_port_that_extends_the_range(&[80, 81])]
#[case::a_port_below(&[79, 80])]
fn adding_a_port_takes_four_calls(#[case] ports: &[u16]) {
    let expected = "CreateTargetGroup > AuthorizeSecurityGroupIngress + RegisterTargets > CreateListener";
    assert_calls(&settled(&stack(&[80])), &stack(ports), expected);
}

#[rstest]
#[case::a_port_apart(&[80, 443], &[80], "DeleteListener > RevokeSecurityGroupIngress > DeleteTargetGroup")]
#[case::the_end_of_a_range(&[80, 81], &[80], "AuthorizeSecurityGroupIngress > DeleteListener > RevokeSecurityGroupIngress > DeleteTargetGroup")]
fn removing_a_port_closes_its_listener_first(#[case] before: &[u16], #[case] after: &[u16], #[case] expected: &str) {
    assert_calls(&settled(&stack(before)), &stack(after), expected);
}

#[rstest]
#[case::attributes(
    |s: &mut Stack| { s.load_balancer.attributes.insert("deletion_protection.enabled".into(), "true".into()); },
    "ModifyLoadBalancerAttributes")]
#[case::target_group_attributes(
    |s: &mut Stack| each(s, |t| { t.attributes.insert("deregistration_delay.timeout_seconds".into(), "5".into()); }),
    "ModifyTargetGroupAttributes")]
#[case::an_attribute_of_unknown_default(
    |s: &mut Stack| { s.load_balancer.attributes.insert("new.one".into(), "x".into()); },
    "ModifyLoadBalancerAttributes")]
#[case::health_check(
    |s: &mut Stack| each(s, |t| t.health_check = health_check(30)), "ModifyTargetGroup")]
#[case::subnets(
    |s: &mut Stack| { s.load_balancer.subnets.insert(SubnetId::new("subnet-3"), ChosenAddresses::default()); }, "SetSubnets")]
#[case::one_more_security_group(
    |s: &mut Stack| { s.load_balancer.security_groups.insert(user_group("more")); },
    "SetSecurityGroups")]
#[case::security_groups_of_the_user(
    |s: &mut Stack| {
        s.frontend_group = None;
        s.load_balancer.security_groups = [user_group("mine")].into();
    },
    "SetSecurityGroups > DeleteSecurityGroup")]
#[case::a_node_joins(
    |s: &mut Stack| each(s, |t| t.targets = targets(&["i-1", "i-2", "i-3"], 30080)),
    "RegisterTargets")]
#[case::a_node_leaves(
    |s: &mut Stack| each(s, |t| t.targets = targets(&["i-1"], 30080)), "DeregisterTargets")]
#[case::all_nodes_are_replaced(
    |s: &mut Stack| each(s, |t| t.targets = targets(&["i-8", "i-9"], 30080)),
    "RegisterTargets > DeregisterTargets")]
#[case::another_node_port(
    |s: &mut Stack| each(s, |t| t.targets = targets(&["i-1", "i-2"], 31000)),
    "RegisterTargets > DeregisterTargets")]
#[case::no_node_is_left_which_removes_nothing(
    |s: &mut Stack| each(s, |t| t.targets.clear()), "")]
#[case::the_default_port_of_a_target_group_is_not_compared(
    |s: &mut Stack| each(s, |t| t.port = port(1)), "")]
#[case::source_ranges(
    |s: &mut Stack| frontend(s).rules = [rule(RuleProtocol::Tcp, 80, 80, "10.0.0.0/8")].into(),
    "AuthorizeSecurityGroupIngress > RevokeSecurityGroupIngress")]
#[case::a_narrower_choice_of_sources(
    |s: &mut Stack| frontend(s).rules.clear(), "RevokeSecurityGroupIngress")]
#[case::the_description_of_the_group_is_immutable(
    |s: &mut Stack| frontend(s).description = "other".into(), "")]
#[case::one_tag_added_everywhere(
    |s: &mut Stack| everywhere(s, |tags| { tags.insert("team".into(), "a".into()); }),
    "AddTags + AddTags + AddTags + CreateTags")]
#[case::one_tag_removed_everywhere(
    |s: &mut Stack| everywhere(s, |tags| { tags.remove("elbow.dev/resource"); }),
    "DeleteTags + RemoveTags + RemoveTags + RemoveTags")]
fn each_change_takes_only_its_own_calls(#[case] change: fn(&mut Stack), #[case] expected: &str) {
    let mut wanted = stack(&[80]);
    let observed = settled(&wanted);
    change(&mut wanted);
    assert_calls(&observed, &wanted, expected);
}

#[test]
fn another_protocol_gets_a_target_group_of_its_own_before_the_listener_changes() {
    let mut udp = tcp(&[80]);
    udp[0].protocol = ListenerProtocol::Udp;
    let wanted = build("lb", Scheme::Internal, &udp, &["i-1"]);
    let expected = "CreateTargetGroup > AuthorizeSecurityGroupIngress + RegisterTargets > ModifyListener > RevokeSecurityGroupIngress > DeleteTargetGroup";
    assert_calls(&settled(&stack(&[80])), &wanted, expected);
}

#[rstest]
#[case::the_load_balancer(
    |o: &mut Observed| o.load_balancers.clear(), "CreateLoadBalancer > CreateListener")]
#[case::a_listener(|o: &mut Observed| o.load_balancers[0].listeners.clear(), "CreateListener")]
#[case::a_target(
    |o: &mut Observed| { o.target_groups[0].spec.targets.pop_first(); }, "RegisterTargets")]
#[case::a_rule(
    |o: &mut Observed| o.security_groups[0].spec.rules.clear(), "AuthorizeSecurityGroupIngress")]
#[case::everything(
    |o: &mut Observed| *o = Observed::default(),
    "CreateSecurityGroup + CreateTargetGroup > AuthorizeSecurityGroupIngress + CreateLoadBalancer + RegisterTargets > CreateListener")]
fn what_a_person_deletes_is_made_again(#[case] deletion: fn(&mut Observed), #[case] expected: &str) {
    assert_drift(deletion, expected);
}

#[rstest]
#[case::a_target(
    |o: &mut Observed| o.target_groups[0].spec.targets.extend(targets(&["i-7"], 1)),
    "DeregisterTargets")]
#[case::a_rule(
    |o: &mut Observed| { o.security_groups[0].spec.rules.insert(rule(RuleProtocol::Other("icmp".into()), 8, 0, "10.0.0.0/8")); },
    "RevokeSecurityGroupIngress")]
#[case::a_listener_of_unknown_kind(
    |o: &mut Observed| o.load_balancers[0].listeners.push(unknown_listener(8443)), "DeleteListener")]
#[case::a_second_listener_on_our_port(
    |o: &mut Observed| o.load_balancers[0].listeners.insert(0, unknown_listener(80)), "DeleteListener")]
#[case::a_tag(
    |o: &mut Observed| { o.target_groups[0].spec.tags.insert("who".into(), "me".into()); },
    "RemoveTags")]
#[case::a_tag_of_aws_which_stays(
    |o: &mut Observed| { o.load_balancers[0].spec.tags.insert("aws:x".into(), "y".into()); }, "")]
#[case::an_attribute_that_is_not_ours_which_stays(
    |o: &mut Observed| { o.load_balancers[0].spec.attributes.insert("x".into(), "y".into()); }, "")]
fn what_a_person_adds_to_our_resources_is_removed(#[case] addition: fn(&mut Observed), #[case] expected: &str) {
    assert_drift(addition, expected);
}

#[test]
fn a_listener_made_into_something_unknown_is_made_ours_again_with_its_tags() {
    assert_drift(
        |o| o.load_balancers[0].listeners[0].spec = None,
        "ModifyListener > AddTags",
    );
}

#[test]
fn tags_that_something_else_keeps_are_neither_set_nor_removed() {
    let mut wanted = stack(&[80]);
    let mut observed = settled(&wanted);
    observed.load_balancers[0].spec.tags.insert("cost".into(), "1".into());
    observed.security_groups[0].spec.tags.insert("cost".into(), "1".into());
    wanted.external_tag_keys.insert("cost".into());
    assert_calls(&observed, &wanted, "");
}

#[test]
fn a_key_that_something_else_keeps_is_not_set_even_if_the_user_asks_for_it() {
    let mut wanted = stack(&[80]);
    let observed = settled(&wanted);
    wanted.load_balancer.tags.insert("cost".into(), "2".into());
    wanted.external_tag_keys.insert("cost".into());
    assert_calls(&observed, &wanted, "");
}

#[test]
fn a_listener_that_speaks_another_protocol_than_it_should_is_modified() {
    assert_drift(
        |o| o.load_balancers[0].listeners[0].spec.as_mut().unwrap().protocol = ListenerProtocol::Udp,
        "ModifyListener",
    );
}

#[test]
fn a_listener_that_a_person_pointed_elsewhere_forwards_to_our_target_group_again() {
    let wanted = stack(&[80, 81]);
    let mut observed = settled(&wanted);
    let listeners = &mut observed.load_balancers[0].listeners;
    let other = listeners[1].spec.as_ref().unwrap().action.clone();
    listeners[0].spec.as_mut().unwrap().action = other;
    assert_calls(&observed, &wanted, "ModifyListener");
}

#[test]
fn a_load_balancer_without_groups_is_left_without_because_aws_would_refuse() {
    let wanted = stack(&[80]);
    let mut observed = settled(&wanted);
    observed.load_balancers[0].spec.security_groups.clear();
    assert_calls(&observed, &wanted, "");
}

#[test]
fn left_over_target_groups_and_security_groups_are_deleted() {
    let wanted = stack(&[80]);
    let mut observed = settled(&wanted);
    let mut orphan = observed.target_groups[0].clone();
    orphan.arn = crate::aws::ids::TargetGroupArn::new("arn:tg/orphan");
    orphan.spec.name = resource("orphan");
    observed.target_groups.push(orphan);
    let mut old = observed.security_groups[0].clone();
    old.id = crate::aws::ids::SecurityGroupId::new("sg-old");
    old.spec.name = resource("old");
    observed.security_groups.push(old);
    assert_calls(&observed, &wanted, "DeleteSecurityGroup + DeleteTargetGroup");
}

#[test]
fn a_group_of_ours_that_the_user_names_is_not_deleted() {
    let mut wanted = stack(&[80]);
    let observed = settled(&wanted);
    let ours = GroupRef::Id(observed.security_groups[0].id.clone());
    wanted.frontend_group = None;
    wanted.load_balancer.security_groups = [ours, user_group("backend")].into();
    assert_calls(&observed, &wanted, "");
}

#[test]
fn many_targets_are_registered_in_calls_of_two_hundred() {
    let instances: Vec<String> = (0..401).map(|n| format!("i-{n}")).collect();
    let instances: Vec<&str> = instances.iter().map(String::as_str).collect();
    let wanted = build("lb", Scheme::Internal, &tcp(&[80]), &instances);
    let plan = plan(&wanted, &Observed::default(), Replaced::Keep);
    let sizes = plan.steps().filter_map(|step| match step {
        Step::RegisterTargets { targets, .. } => Some(targets.len()),
        _ => None,
    });
    assert_eq!(sizes.collect::<Vec<_>>(), [200, 200, 1]);
}

#[test]
fn teardown_of_one_service_takes_three_calls_in_two_stages() {
    let calls = operations(&teardown(&settled(&stack(&[80])), Consent::Missing));
    let expected = "DeleteLoadBalancer > DeleteSecurityGroup + DeleteTargetGroup";
    assert_eq!(calls, expected);
}

#[test]
fn teardown_of_nothing_is_empty() {
    assert_eq!(teardown(&Observed::default(), Consent::Given), Plan::default());
}

#[test]
fn a_step_reads_as_one_line() {
    let plan = plan(&stack(&[80]), &Observed::default(), Replaced::Keep);
    let lines: Vec<String> = plan.steps().map(ToString::to_string).collect();
    let expected = [
        "CreateSecurityGroup frontend",
        "CreateTargetGroup lb-80-t",
        "AuthorizeSecurityGroupIngress frontend group: tcp 80-80 from 0.0.0.0/0",
        "RegisterTargets lb-80-t: i-1:30080, i-2:30080",
        "CreateLoadBalancer lb: internal in subnet-1, subnet-2",
        "CreateListener lb: TCP 80 -> lb-80-t",
    ];
    assert_eq!(lines, expected);
}

fn assert_drift(drift: fn(&mut Observed), expected: &str) {
    let wanted = stack(&[80]);
    let mut observed = settled(&wanted);
    drift(&mut observed);
    assert_calls(&observed, &wanted, expected);
}

/// The plan takes these calls, AWS accepts them, and nothing is left to do.
fn assert_calls(observed: &Observed, wanted: &Stack, expected: &str) {
    assert_eq!(operations(&plan(wanted, observed, Replaced::Keep)), expected);
    run_and_settle(wanted, observed, Replaced::Keep);
}

fn unknown_listener(number: u16) -> ObservedListener {
    ObservedListener {
        arn: crate::aws::ids::ListenerArn::new(format!("arn:listener/unknown-{number}")),
        spec: None,
        port: port(number),
    }
}

fn each(stack: &mut Stack, change: impl Fn(&mut crate::aws::stack::TargetGroup)) {
    stack.target_groups.values_mut().for_each(change);
}

fn frontend(stack: &mut Stack) -> &mut crate::aws::stack::FrontendGroup {
    stack.frontend_group.as_mut().unwrap()
}

fn everywhere(stack: &mut Stack, change: impl Fn(&mut crate::aws::stack::Tags)) {
    change(&mut stack.load_balancer.tags);
    change(&mut frontend(stack).tags);
    stack.listeners.values_mut().for_each(|l| change(&mut l.tags));
    each(stack, |t| change(&mut t.tags));
}
