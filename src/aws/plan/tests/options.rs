//! Options of load balancers and listeners: the exact calls that setting and resetting each takes.

use std::collections::BTreeSet;

use rstest::rstest;

use super::fixture::{build, operations, run_and_settle, settled, stack, targets, tcp};
use crate::aws::desired::tags::EXTRAS;
use crate::aws::ids::{InstanceId, SubnetId, TargetGroupArn, WebAclArn};
use crate::aws::observed::Observed;
use crate::aws::plan::{Consent, Replaced, hold, plan, protected, standing_targets, teardown};
use crate::aws::stack::{
    Action, AddressType, AlpnPolicy, ChosenAddresses, ListenerProtocol, LoadBalancerKind, Redirect, Scheme, Stack,
    Surplus, TargetGroupRef, WeightedTargetGroup,
};
use crate::service::IpFamily;

const PROTECTION: &str = "deletion_protection.enabled";

/// With every attribute whose default is known, as real stacks have them.
fn nlb() -> Stack {
    let mut stack = stack(&[80]);
    let listener = stack.listeners.first_entry().unwrap().into_mut();
    let default = ("tcp.idle_timeout.seconds".to_owned(), "350".to_owned());
    listener.attributes.extend([default]);
    stack
}

fn alb() -> Stack {
    let mut ports = tcp(&[80, 443]);
    ports[0].protocol = ListenerProtocol::Http;
    ports[1].protocol = ListenerProtocol::Https;
    ports[1].certificates = vec!["a"];
    let mut stack = build("alb", Scheme::Internal, &ports, &["i-1"]);
    stack.load_balancer.kind = LoadBalancerKind::Application;
    stack
}

fn remember(stack: &mut Stack, words: &str) {
    stack.load_balancer.tags.insert(EXTRAS.into(), words.into());
}

fn capacity(stack: &mut Stack) {
    stack.load_balancer.capacity_units = 100;
    remember(stack, "capacity");
}

fn web_acl(stack: &mut Stack) {
    stack.load_balancer.web_acl = Some(WebAclArn::new("arn:acl"));
    remember(stack, "web-acl");
}

fn listener_attributes(stack: &mut Stack) {
    let listener = stack.listeners.first_entry().unwrap().into_mut();
    listener
        .attributes
        .insert("tcp.idle_timeout.seconds".into(), "400".into());
    listener.tags.insert(EXTRAS.into(), "attributes".into());
}

fn dualstack(stack: &mut Stack) {
    stack.load_balancer.address_type = AddressType::Dualstack;
}

fn source_nat(stack: &mut Stack) {
    dualstack(stack);
    stack.load_balancer.ipv6_source_nat = true;
}

fn ipv6_targets(stack: &mut Stack) {
    dualstack(stack);
    let mut renamed = std::mem::take(&mut stack.target_groups).into_values().next().unwrap();
    renamed.name = super::fixture::resource("lb-80-t6");
    renamed.family = IpFamily::V6;
    let listener = stack.listeners.first_entry().unwrap().into_mut();
    listener.action = Action::Forward(crate::aws::stack::Forward::to_one(TargetGroupRef::Own(
        renamed.name.clone(),
    )));
    stack.target_groups.insert(renamed.name.clone(), renamed);
}

fn foreign_share(stack: &mut Stack) {
    let listener = stack.listeners.first_entry().unwrap().into_mut();
    let Action::Forward(forward) = &mut listener.action else {
        panic!("{listener} does not forward")
    };
    forward.to.insert(WeightedTargetGroup {
        target_group: TargetGroupRef::Foreign(TargetGroupArn::new("arn:tg/theirs")),
        weight: 3,
    });
}

#[rstest]
#[case::capacity(
    nlb,
    capacity,
    "AddTags > ModifyCapacityReservation",
    "ModifyCapacityReservation > RemoveTags"
)]
#[case::web_acl(alb, web_acl, "AddTags > AssociateWebACL", "DisassociateWebACL > RemoveTags")]
#[case::listener_attributes(
    nlb,
    listener_attributes,
    "AddTags > ModifyListenerAttributes",
    "ModifyListenerAttributes > RemoveTags"
)]
#[case::private_link(nlb, |s: &mut Stack| s.load_balancer.private_link_rules = false,
    "SetSecurityGroups", "SetSecurityGroups")]
#[case::dualstack(nlb, dualstack, "SetIpAddressType", "SetIpAddressType")]
#[case::dualstack_with_source_nat_in_one_call(nlb, source_nat, "SetSubnets", "SetSubnets")]
#[case::ipv6_targets(
    nlb,
    ipv6_targets,
    "CreateTargetGroup > RegisterTargets > SetIpAddressType > ModifyListener > DeleteTargetGroup",
    "CreateTargetGroup > RegisterTargets > ModifyListener > SetIpAddressType > DeleteTargetGroup"
)]
#[case::a_share_for_a_foreign_target_group(nlb, foreign_share, "ModifyListener", "ModifyListener")]
fn setting_an_option_and_resetting_it_takes_only_its_own_calls(
    #[case] base: fn() -> Stack,
    #[case] change: fn(&mut Stack),
    #[case] set: &str,
    #[case] reset: &str,
) {
    let plain = base();
    let mut wanted = base();
    change(&mut wanted);
    assert_calls(&settled(&plain), &wanted, set);
    assert_calls(&settled(&wanted), &plain, reset);
}

#[test]
fn a_new_load_balancer_gets_its_options_after_it_serves() {
    let mut wanted = alb();
    capacity(&mut wanted);
    web_acl(&mut wanted);
    remember(&mut wanted, "capacity web-acl");
    let calls = operations(&plan(&wanted, &Observed::default(), Replaced::Keep));
    let last = calls.rsplit(" > ").next().unwrap();
    assert_eq!(last, "AssociateWebACL + ModifyCapacityReservation");
    run_and_settle(&wanted, &Observed::default(), Replaced::Keep);
}

#[test]
fn private_link_rules_are_switched_off_right_after_the_create() {
    let mut wanted = nlb();
    wanted.load_balancer.private_link_rules = false;
    let calls = operations(&plan(&wanted, &Observed::default(), Replaced::Keep));
    assert!(
        calls.contains("CreateLoadBalancer + RegisterTargets > SetSecurityGroups > CreateListener"),
        "{calls}"
    );
    run_and_settle(&wanted, &Observed::default(), Replaced::Keep);
}

#[test]
fn one_feature_for_another_is_remembered_together_in_between() {
    let mut before = alb();
    capacity(&mut before);
    let mut after = alb();
    web_acl(&mut after);
    let expected = "AddTags > AssociateWebACL + ModifyCapacityReservation > AddTags";
    assert_calls(&settled(&before), &after, expected);
}

#[test]
fn addresses_that_are_not_asked_for_may_be_anything() {
    let wanted = nlb();
    let mut observed = settled(&wanted);
    let addresses = observed.load_balancers[0].spec.subnets.values_mut();
    addresses
        .zip(1..)
        .for_each(|(known, n)| known.private_ipv4 = Some([10, 0, 0, n].into()));
    assert_calls(&observed, &wanted, "");
}

#[test]
fn a_zone_that_is_added_brings_its_chosen_address_and_leaves_the_others() {
    let mut wanted = nlb();
    let observed = settled(&wanted);
    let chosen = ChosenAddresses {
        private_ipv4: Some([10, 0, 3, 9].into()),
        ..ChosenAddresses::default()
    };
    wanted.load_balancer.subnets.insert(SubnetId::new("subnet-3"), chosen);
    dualstack(&mut wanted);
    assert_calls(&observed, &wanted, "SetSubnets");
}

#[test]
fn a_load_balancer_keeps_being_without_groups() {
    let mut wanted = nlb();
    wanted.frontend_group = None;
    wanted.load_balancer.security_groups.clear();
    assert_calls(&settled(&wanted), &wanted, "");
    let with_groups = settled(&nlb());
    assert_eq!(
        operations(&plan(&wanted, &with_groups, Replaced::Keep)),
        "DeleteSecurityGroup"
    );
}

#[test]
fn an_http_listener_becomes_https_and_back_in_place() {
    let plain = {
        let mut stack = alb();
        stack.listeners.values_mut().for_each(|listener| {
            listener.protocol = ListenerProtocol::Http;
            listener.certificates.clear();
            listener.ssl_policy = None;
        });
        stack
    };
    assert_calls(&settled(&plain), &alb(), "ModifyListener");
    assert_calls(&settled(&alb()), &plain, "ModifyListener");
}

#[test]
fn a_tls_listener_gets_another_alpn_policy_in_place() {
    let mut ports = tcp(&[443]);
    ports[0].protocol = ListenerProtocol::Tls;
    ports[0].certificates = vec!["a"];
    let before = build("lb", Scheme::Internal, &ports, &["i-1"]);
    let mut after = before.clone();
    after.listeners.first_entry().unwrap().into_mut().alpn = AlpnPolicy::HTTP2Only;
    assert_calls(&settled(&before), &after, "ModifyListener");
}

#[test]
fn a_port_that_only_redirects_gives_its_target_group_up() {
    let mut wanted = alb();
    let observed = settled(&wanted);
    let (_, listener) = wanted.listeners.iter_mut().next().unwrap();
    let unused = super::fixture::forwards_to(listener).clone();
    let port = super::fixture::port(443);
    listener.action = Action::Redirect(Redirect { port });
    wanted.target_groups.remove(&unused);
    assert_calls(&observed, &wanted, "ModifyListener > DeleteTargetGroup");
}

#[test]
fn a_fixed_name_with_another_kind_is_deleted_before_it_is_made_again() {
    let mut network = build("alb", Scheme::Internal, &tcp(&[80]), &["i-1"]);
    network.load_balancer.kind = LoadBalancerKind::Network;
    let calls = operations(&plan(&alb(), &settled(&network), Replaced::Keep));
    assert!(calls.starts_with("DeleteLoadBalancer > "), "{calls}");
    run_and_settle(&alb(), &settled(&network), Replaced::Remove);
}

#[test]
fn other_clusters_keep_their_targets_in_a_shared_target_group() {
    let ours = |ids: &[&str]| Surplus::LeavesFrom(ids.iter().map(|id| InstanceId::new(*id)).collect());
    let mut wanted = nlb();
    let mut observed = settled(&wanted);
    let group = wanted.target_groups.first_entry().unwrap().into_mut();
    group.surplus = ours(&["i-1", "i-2", "i-gone"]);
    observed.target_groups[0]
        .spec
        .targets
        .extend(targets(&["i-theirs"], 30080));
    assert_calls(&observed, &wanted, "");
    observed.target_groups[0]
        .spec
        .targets
        .extend(targets(&["i-gone"], 30080));
    assert_eq!(
        operations(&plan(&wanted, &observed, Replaced::Keep)),
        "DeregisterTargets"
    );
}

#[rstest]
#[case::nobody_says_so("true", Replaced::Remove, "")]
#[case::the_user_says_so(
    "false",
    Replaced::Remove,
    "ModifyLoadBalancerAttributes > DeleteLoadBalancer > DeleteTargetGroup"
)]
#[case::not_yet("false", Replaced::Keep, "")]
fn a_replaced_load_balancer_that_is_protected_goes_only_by_consent(
    #[case] wanted_protection: &str,
    #[case] replaced: Replaced,
    #[case] expected: &str,
) {
    let protect = |stack: &mut Stack, value: &str| {
        stack.load_balancer.attributes.insert(PROTECTION.into(), value.into());
    };
    let mut old = build("old", Scheme::Internal, &tcp(&[80]), &["i-1"]);
    protect(&mut old, "true");
    let mut new = build("new", Scheme::InternetFacing, &tcp(&[80]), &["i-1"]);
    protect(&mut new, wanted_protection);
    let both = run_and_settle(&new, &settled(&old), Replaced::Keep);
    assert_eq!(operations(&plan(&new, &both, replaced)), expected);
    let stays = protected(&new, &both).map(|known| known.spec.name.to_string());
    assert_eq!(
        stays.collect::<Vec<_>>(),
        if wanted_protection == "true" {
            vec!["old"]
        } else {
            vec![]
        }
    );
}

#[rstest]
#[case(Consent::Missing, "DeleteLoadBalancer > DeleteSecurityGroup + DeleteTargetGroup")]
#[case(
    Consent::Given,
    "ModifyLoadBalancerAttributes > DeleteLoadBalancer > DeleteSecurityGroup + DeleteTargetGroup"
)]
fn a_teardown_lifts_protection_only_by_consent(#[case] consent: Consent, #[case] expected: &str) {
    let mut protected = nlb();
    protected
        .load_balancer
        .attributes
        .insert(PROTECTION.into(), "true".into());
    assert_eq!(operations(&teardown(&settled(&protected), consent)), expected);
    assert!(!operations(&teardown(&settled(&nlb()), consent)).contains("Modify"));
}

#[rstest]
#[case::nodes_change(&["i-2", "i-3"], Surplus::Leaves, "RegisterTargets > DeregisterTargets")]
#[case::nothing_changes(&["i-1", "i-2"], Surplus::Leaves, "")]
#[case::no_node_is_left(&[], Surplus::Leaves, "")]
#[case::the_gone_one_is_not_ours(&["i-2"], Surplus::LeavesFrom(BTreeSet::new()), "")]
fn what_stands_follows_the_nodes_on_the_port_of_its_targets(
    #[case] instances: &[&str],
    #[case] surplus: Surplus,
    #[case] expected: &str,
) {
    let mut observed = settled(&nlb());
    // The default port of the group is as old as the group; targets may have moved since.
    observed.target_groups[0].spec.port = super::fixture::port(1);
    let ids = instances.iter().map(|id| InstanceId::new(*id)).collect();
    let held = hold(&observed, &standing_targets(&observed, &ids), &surplus, None);
    assert_eq!(operations(&held), expected);
    let mut aws = super::model::Aws::from(&observed);
    aws.run(&held);
    if !instances.is_empty() && surplus == Surplus::Leaves {
        assert_eq!(aws.observed.target_groups[0].spec.targets, targets(instances, 30080));
    }
}

fn assert_calls(observed: &Observed, wanted: &Stack, expected: &str) {
    assert_eq!(operations(&plan(wanted, observed, Replaced::Keep)), expected);
    run_and_settle(wanted, observed, Replaced::Keep);
}
