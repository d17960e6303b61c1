//! What a step leaves behind, by what AWS says about the call; the planner's laws cannot tell, because they believe it.

use super::*;
use crate::aws::api::CreatedLoadBalancer;
use crate::aws::ids::{CertificateArn, ListenerArn, LoadBalancerArn, SecurityGroupId, TargetGroupArn};
use crate::aws::plan::step::Step;
use crate::aws::plan::tests::fixture::{port, stack, user_group};
use crate::aws::stack::{GroupRef, Listener, ListenerProtocol, ResourceName, Stack, Tags};

fn wanted() -> Stack {
    let mut stack = stack(&[443]);
    stack
        .load_balancer
        .attributes
        .insert("deletion_protection.enabled".into(), "true".into());
    stack
}

/// Records the creation of everything in the stack, without what follows in steps of its own.
fn created(stack: &Stack) -> Observed {
    let mut observed = Observed::default();
    observed.record(
        &create_group(stack),
        &Outcome::SecurityGroup(SecurityGroupId::new("sg-1")),
    );
    for target_group in stack.target_groups.values() {
        let arn = TargetGroupArn::new(format!("arn:{}", target_group.name));
        observed.record(
            &Step::CreateTargetGroup(target_group.clone()),
            &Outcome::TargetGroup(arn),
        );
    }
    observed.record(
        &Step::CreateLoadBalancer(stack.load_balancer.clone()),
        &load_balancer("arn:lb"),
    );
    for listener in stack.listeners.values() {
        let arn = ListenerArn::new(format!("arn:listener/{}", listener.port));
        observed.record(&create_listener(stack, listener), &Outcome::Listener(arn));
    }
    observed
}

fn create_group(stack: &Stack) -> Step {
    Step::CreateSecurityGroup(stack.frontend_group.clone().unwrap())
}

fn create_listener(stack: &Stack, listener: &Listener) -> Step {
    Step::CreateListener {
        load_balancer: stack.load_balancer.name.clone(),
        listener: listener.clone(),
    }
}

fn load_balancer(arn: &str) -> Outcome {
    Outcome::LoadBalancer(CreatedLoadBalancer {
        arn: LoadBalancerArn::new(arn),
        dns_name: "lb.elb.amazonaws.com".into(),
        active: false,
    })
}

fn certificates(names: &[&str]) -> Vec<CertificateArn> {
    names.iter().map(|name| CertificateArn::new(*name)).collect()
}

fn tls(names: &[&str], policy: Option<&str>) -> Listener {
    let mut listener = wanted().listeners[&port(443)].clone();
    listener.protocol = ListenerProtocol::Tls;
    listener.certificates = certificates(names);
    listener.ssl_policy = policy.map(Into::into);
    listener
}

/// The one listener after `ModifyListener`.
fn modified(before: Option<Listener>, listener: &Listener) -> Listener {
    let mut observed = created(&wanted());
    observed.load_balancers[0].listeners[0].spec = before;
    let step = Step::ModifyListener {
        load_balancer: name(&observed),
        arn: ListenerArn::new("arn:listener/443"),
        listener: listener.clone(),
    };
    observed.record(&step, &Outcome::Done);
    observed.load_balancers[0].listeners[0].spec.clone().unwrap()
}

fn name(observed: &Observed) -> ResourceName {
    observed.load_balancers[0].spec.name.clone()
}

#[test]
fn a_create_call_leaves_only_what_it_can_carry() {
    let mut stack = wanted();
    stack.listeners.insert(port(443), tls(&["a", "b"], Some("p")));
    let observed = created(&stack);
    assert!(observed.security_groups[0].spec.rules.is_empty());
    let target_group = &observed.target_groups[0].spec;
    assert!(target_group.attributes.is_empty() && target_group.targets.is_empty());
    assert!(observed.load_balancers[0].spec.attributes.is_empty());
    let listener = observed.load_balancers[0].listeners[0].spec.as_ref().unwrap();
    assert_eq!(listener.certificates, certificates(&["a"]));
    assert_eq!(listener.tags, stack.listeners[&port(443)].tags);
}

#[test]
fn a_load_balancer_has_its_groups_by_id() {
    let observed = created(&wanted());
    let groups = [GroupRef::Id(SecurityGroupId::new("sg-1")), user_group("backend")];
    assert_eq!(observed.load_balancers[0].spec.security_groups, groups.into());
}

#[test]
fn the_frontend_group_is_the_one_made_last() {
    let mut observed = created(&wanted());
    observed.record(
        &create_group(&wanted()),
        &Outcome::SecurityGroup(SecurityGroupId::new("sg-2")),
    );
    assert_eq!(
        observed.security_group(&GroupRef::Frontend),
        Some(&SecurityGroupId::new("sg-2"))
    );
}

#[test]
fn a_create_call_that_found_its_own_work_doubles_nothing() {
    let stack = wanted();
    let mut observed = created(&stack);
    observed.record(
        &create_group(&stack),
        &Outcome::SecurityGroup(SecurityGroupId::new("sg-1")),
    );
    for target_group in stack.target_groups.values() {
        let arn = TargetGroupArn::new(format!("arn:{}", target_group.name));
        observed.record(
            &Step::CreateTargetGroup(target_group.clone()),
            &Outcome::TargetGroup(arn),
        );
    }
    let listener = create_listener(&stack, &stack.listeners[&port(443)]);
    observed.record(&listener, &Outcome::Listener(ListenerArn::new("arn:listener/443")));
    assert_eq!(observed, created(&stack));
    observed.record(&Step::CreateLoadBalancer(stack.load_balancer), &load_balancer("arn:lb"));
    assert_eq!(observed.load_balancers.len(), 1);
}

#[test]
fn a_modified_listener_keeps_its_tags_and_further_certificates() {
    let before = tls(&["a", "b"], Some("old"));
    let mut wanted = tls(&["c", "d"], Some("new"));
    wanted.tags.insert("team".into(), "x".into());
    let after = modified(Some(before.clone()), &wanted);
    assert_eq!(after.certificates, certificates(&["c", "b"]));
    assert_eq!(after.tags, before.tags);
    assert_eq!(after.ssl_policy.as_deref(), Some("new"));
}

#[test]
fn a_policy_that_is_not_given_stays() {
    let after = modified(Some(tls(&["a"], Some("old"))), &tls(&["a"], None));
    assert_eq!(after.ssl_policy.as_deref(), Some("old"));
}

#[test]
fn a_listener_that_leaves_tls_has_no_certificates_and_one_that_enters_it_no_further_ones() {
    let plain = wanted().listeners[&port(443)].clone();
    assert_eq!(modified(Some(tls(&["a", "b"], Some("p"))), &plain), plain);
    let entered = modified(Some(plain), &tls(&["a", "b"], Some("p")));
    assert_eq!(entered.certificates, certificates(&["a"]));
}

#[test]
fn a_listener_of_unknown_kind_becomes_known_without_tags() {
    let after = modified(None, &tls(&["a"], Some("p")));
    assert_eq!(after.tags, Tags::new());
    assert_eq!(after.certificates, certificates(&["a"]));
}

#[test]
fn the_default_certificate_is_not_in_the_list_that_removal_is_about() {
    let mut observed = created(&wanted());
    observed.load_balancers[0].listeners[0].spec = Some(tls(&["a", "b", "a", "c"], None));
    let step = Step::RemoveListenerCertificates {
        load_balancer: name(&observed),
        port: port(443),
        certificates: certificates(&["a"]),
    };
    observed.record(&step, &Outcome::Done);
    let listener = observed.load_balancers[0].listeners[0].spec.as_ref().unwrap();
    assert_eq!(listener.certificates, certificates(&["a", "b", "c"]));
}

#[test]
fn only_the_named_certificates_are_removed() {
    let mut observed = created(&wanted());
    observed.load_balancers[0].listeners[0].spec = Some(tls(&["a", "b", "c"], None));
    let step = Step::RemoveListenerCertificates {
        load_balancer: name(&observed),
        port: port(443),
        certificates: certificates(&["b"]),
    };
    observed.record(&step, &Outcome::Done);
    let listener = observed.load_balancers[0].listeners[0].spec.as_ref().unwrap();
    assert_eq!(listener.certificates, certificates(&["a", "c"]));
}

#[test]
fn an_outcome_that_does_not_fit_and_a_delete_of_what_is_gone_change_nothing() {
    let mut observed = created(&wanted());
    let before = observed.clone();
    observed.record(&create_group(&wanted()), &Outcome::Done);
    let arn = LoadBalancerArn::new("arn:gone");
    observed.record(&Step::DeleteLoadBalancer { arn }, &Outcome::Done);
    let arn = TargetGroupArn::new("arn:gone");
    observed.record(&Step::DeleteTargetGroup { arn }, &Outcome::Done);
    assert_eq!(observed, before);
}
