//! What may be different in a generated stack: one switch each.

use super::fixture::{health_check, resource, subnets, user_group};
use crate::aws::ids::{InstanceId, TargetGroupArn, WebAclArn};
use crate::aws::stack::{
    Action, AddressType, AlpnPolicy, Attributes, Forward, Listener, ListenerProtocol, LoadBalancerKind, Redirect,
    Stack, Surplus, Tags, TargetGroupRef, TargetProtocol, WeightedTargetGroup,
};
use crate::service::IpFamily;

/// How many switches there are.
pub(super) const SWITCHES: usize = 24;

/// Tag that remembers features.
const EXTRAS: &str = "elbow.dev/extras";

/// Varies a stack by switches. Names follow what never changes, as those of real stacks do.
pub(super) fn vary(stack: &mut Stack, on: &[bool]) {
    vary_tags(stack, on);
    vary_groups(stack, on);
    vary_addresses(stack, on);
    vary_target_groups(stack, on);
    vary_listeners(stack, on);
    vary_features(stack, on);
}

fn vary_tags(stack: &mut Stack, on: &[bool]) {
    if on[3] {
        stack.load_balancer.tags.insert("team".into(), "a".into());
    }
    if on[5] {
        stack.external_tag_keys.insert("cost".into());
    }
}

fn is_network(stack: &Stack) -> bool {
    stack.load_balancer.kind == LoadBalancerKind::Network
}

fn vary_groups(stack: &mut Stack, on: &[bool]) {
    if on[1] {
        stack.frontend_group = None;
        stack.load_balancer.security_groups = [user_group("mine"), user_group("backend")].into();
    }
    if is_network(stack) && on[9] && on[10] {
        stack.frontend_group = None;
        stack.load_balancer.security_groups.clear();
    }
    stack.load_balancer.private_link_rules =
        !(is_network(stack) && on[11] && !stack.load_balancer.security_groups.is_empty());
}

fn vary_addresses(stack: &mut Stack, on: &[bool]) {
    let network = is_network(stack);
    let load_balancer = &mut stack.load_balancer;
    if on[4] {
        load_balancer.subnets.extend(subnets(&["subnet-3"]));
    }
    if on[12] {
        load_balancer.address_type = AddressType::Dualstack;
        let udp = |l: &Listener| matches!(l.protocol, ListenerProtocol::Udp | ListenerProtocol::TcpUdp);
        load_balancer.ipv6_source_nat = network && (on[13] || stack.listeners.values().any(udp));
    }
    if network && on[14] && on[15] {
        let chosen = load_balancer.subnets.values_mut().zip(1..);
        chosen.for_each(|(addresses, n)| addresses.private_ipv4 = Some([10, 0, n, 9].into()));
    }
}

fn vary_target_groups(stack: &mut Stack, on: &[bool]) {
    let dualstack = stack.load_balancer.address_type.has_ipv6();
    for target_group in stack.target_groups.values_mut() {
        target_group.health_check = health_check(if on[6] { 10 } else { 30 });
        if on[7] {
            let key = "deregistration_delay.timeout_seconds".to_owned();
            target_group.attributes.insert(key, "5".into());
        }
        if on[16] {
            target_group.surplus = Surplus::LeavesFrom(["i-1", "i-2"].map(InstanceId::new).into());
        }
        if on[17] && dualstack && target_group.protocol == TargetProtocol::Tcp {
            target_group.family = IpFamily::V6;
        }
    }
}

fn vary_listeners(stack: &mut Stack, on: &[bool]) {
    let mut more = Vec::new();
    let mut unused = Vec::new();
    for listener in stack.listeners.values_mut() {
        if on[8] && listener.protocol.is_secure() {
            listener.ssl_policy = Some("ELBSecurityPolicy-TLS13-1-2-2021-06".into());
            listener.tags.insert("team".into(), "b".into());
        }
        if on[18] && listener.protocol == ListenerProtocol::Tls {
            listener.alpn = AlpnPolicy::HTTP2Preferred;
        }
        let own: Vec<_> = listener.action.own_target_groups().cloned().collect();
        if on[19] && listener.protocol == ListenerProtocol::Http {
            let port = listener.port;
            listener.action = Action::Redirect(Redirect { port });
            unused.extend(own);
        } else if on[20] {
            let name = resource(&format!("{}-w", own[0]));
            let mut second = stack.target_groups[&own[0]].clone();
            second.name = name.clone();
            more.push(second);
            listener.action = weighted([
                (TargetGroupRef::Own(own[0].clone()), 9),
                (TargetGroupRef::Own(name), 1),
                (TargetGroupRef::Foreign(TargetGroupArn::new("arn:tg/foreign")), 0),
            ]);
        }
    }
    unused.iter().for_each(|name| drop(stack.target_groups.remove(name)));
    stack
        .target_groups
        .extend(more.into_iter().map(|group| (group.name.clone(), group)));
}

fn weighted<const N: usize>(to: [(TargetGroupRef, u16); N]) -> Action {
    let to = to.map(|(target_group, weight)| WeightedTargetGroup { target_group, weight });
    Action::Forward(Forward {
        to: to.into(),
        stickiness: None,
    })
}

fn vary_features(stack: &mut Stack, on: &[bool]) {
    let mut words = Vec::new();
    if on[21] {
        stack.load_balancer.capacity_units = if on[22] { 100 } else { 200 };
        words.push("capacity");
    }
    let protection = "deletion_protection.enabled".to_owned();
    if on[2] {
        stack.load_balancer.attributes.insert(protection, "true".into());
        words.push("deletion-protection");
    } else {
        stack.load_balancer.attributes.insert(protection, "false".into());
    }
    if !is_network(stack) && on[22] {
        stack.load_balancer.web_acl = Some(WebAclArn::new(if on[23] { "arn:acl/1" } else { "arn:acl/2" }));
        words.push("web-acl");
    }
    remember(&mut stack.load_balancer.tags, &words);
    for listener in stack.listeners.values_mut() {
        listener.attributes = listener_attributes(listener.protocol, on[23]);
        if on[23] && !listener.attributes.is_empty() {
            remember(&mut listener.tags, &["attributes"]);
        }
    }
}

fn listener_attributes(protocol: ListenerProtocol, changed: bool) -> Attributes {
    let (key, value, default) = match protocol {
        ListenerProtocol::Tcp => ("tcp.idle_timeout.seconds", "400", "350"),
        ListenerProtocol::Http | ListenerProtocol::Https => ("routing.http.response.server.enabled", "false", "true"),
        _ => return Attributes::new(),
    };
    let value = if changed { value } else { default };
    Attributes::from([(key.to_owned(), value.to_owned())])
}

fn remember(tags: &mut Tags, words: &[&str]) {
    if !words.is_empty() {
        tags.insert(EXTRAS.to_owned(), words.join(" "));
    }
}

/// What is added to the name of a load balancer for what never changes in it, besides its scheme.
pub(super) fn lasting(kind: LoadBalancerKind, on: &[bool]) -> String {
    let network = kind == LoadBalancerKind::Network;
    let bare = if network && on[9] && on[10] { "-bare" } else { "" };
    let chosen = if network && on[14] && on[15] { "-ip" } else { "" };
    format!("{bare}{chosen}")
}
