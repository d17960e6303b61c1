//! Does AWS hold what a stack says, and nothing else?

use std::collections::BTreeSet;

use super::generate::open;
use super::laws::ours;
use crate::aws::observed::{Observed, ObservedListener, ObservedLoadBalancer};
use crate::aws::plan::protected;
use crate::aws::stack::{Attributes, GroupRef, Listener, ResourceName, Stack, Surplus, Tags, Target};

/// AWS holds what the stack says.
pub(super) fn assert_stands(stack: &Stack, observed: &Observed) {
    let wanted = &stack.load_balancer;
    let known = ours(stack, observed).expect("the load balancer");
    assert!(known.spec.is_in(&wanted.subnets));
    assert_eq!(known.spec.address_type, wanted.address_type);
    assert_eq!(known.spec.ipv6_source_nat, wanted.ipv6_source_nat);
    assert_eq!(known.spec.capacity_units, wanted.capacity_units);
    assert_eq!(known.spec.web_acl, wanted.web_acl);
    assert_tags(stack, &wanted.tags, &known.spec.tags);
    assert_attributes(&wanted.attributes, &known.spec.attributes);
    assert_groups(stack, observed, known);
    let ports: Vec<_> = known
        .listeners
        .iter()
        .map(|l| l.port)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    assert_eq!(known.listeners.len(), ports.len(), "one listener a port");
    assert_eq!(ports, stack.listeners.keys().copied().collect::<Vec<_>>());
    for listener in &known.listeners {
        assert_listener(stack, &stack.listeners[&listener.port], listener);
    }
    for wanted in stack.target_groups.values() {
        let known = observed
            .target_groups
            .iter()
            .find(|t| t.spec.name == wanted.name)
            .unwrap();
        assert_eq!(
            (known.spec.protocol, known.spec.family, &known.spec.health_check),
            (wanted.protocol, wanted.family, &wanted.health_check)
        );
        let staying = |target: &&Target| match &wanted.surplus {
            Surplus::Leaves => false,
            Surplus::LeavesFrom(ours) => !ours.contains(&target.instance),
        };
        let others = known.spec.targets.difference(&wanted.targets);
        let surplus = others.filter(|target| !staying(target)).count();
        assert!(known.spec.targets.is_superset(&wanted.targets));
        assert!(surplus == 0 || wanted.targets.is_empty());
        assert_tags(stack, &wanted.tags, &known.spec.tags);
        assert_attributes(&wanted.attributes, &known.spec.attributes);
    }
}

fn assert_groups(stack: &Stack, observed: &Observed, known: &ObservedLoadBalancer) {
    let mut groups = stack.load_balancer.security_groups.clone();
    if let Some(wanted) = &stack.frontend_group {
        let frontend = observed
            .security_groups
            .iter()
            .find(|g| g.spec.name == wanted.name)
            .unwrap();
        assert_eq!(open(&frontend.spec.rules), open(&wanted.rules));
        assert_tags(stack, &wanted.tags, &frontend.spec.tags);
        groups.remove(&GroupRef::Frontend);
        groups.insert(GroupRef::Id(frontend.id.clone()));
    }
    let fixed = known.spec.security_groups.is_empty() || groups.is_empty();
    assert!(known.spec.security_groups == groups || fixed);
    assert!(fixed || known.spec.private_link_rules == stack.load_balancer.private_link_rules);
}

fn assert_listener(stack: &Stack, wanted: &Listener, known: &ObservedListener) {
    let known = known.spec.as_ref().expect("a listener of a known kind");
    assert_eq!(known.to_string(), wanted.to_string());
    assert_eq!((known.alpn, &known.action), (wanted.alpn, &wanted.action));
    assert_attributes(&wanted.attributes, &known.attributes);
    assert_eq!(known.ssl_policy, wanted.ssl_policy);
    assert_eq!(known.certificates.first(), wanted.certificates.first());
    let all = |listener: &Listener| listener.certificates.iter().cloned().collect::<BTreeSet<_>>();
    assert_eq!(all(known), all(wanted));
    assert_tags(stack, &wanted.tags, &known.tags);
}

fn assert_tags(stack: &Stack, wanted: &Tags, known: &Tags) {
    let mut known = known.clone();
    known.retain(|key, _| !key.starts_with("aws:") && !stack.external_tag_keys.contains(key));
    assert_eq!(known, *wanted);
}

/// AWS' defaults of the attributes of the generated stacks.
pub(super) fn default(key: &str) -> &'static str {
    match key {
        "deletion_protection.enabled" => "false",
        "tcp.idle_timeout.seconds" => "350",
        "routing.http.response.server.enabled" => "true",
        _ => "300",
    }
}

fn assert_attributes(wanted: &Attributes, known: &Attributes) {
    for (key, value) in wanted {
        assert_eq!(known.get(key).map_or(default(key), String::as_str), value, "{key}");
    }
}

/// AWS holds nothing but the stack, and what is protected from deletion.
pub(super) fn assert_nothing_else(stack: &Stack, observed: &Observed) {
    let protected = protected(stack, observed).count();
    assert_eq!(observed.load_balancers.len(), 1 + protected);
    if protected > 0 {
        return;
    }
    let names: Vec<&ResourceName> = observed.target_groups.iter().map(|t| &t.spec.name).collect();
    assert_eq!(names.len(), stack.target_groups.len(), "{names:?}");
    let groups = usize::from(stack.frontend_group.is_some());
    assert_eq!(observed.security_groups.len(), groups);
}
