//! What AWS asks of a stack, whatever was declared (ELBv2 and EC2 API references and user guides).

use std::collections::BTreeSet;

use ipnet::IpNet;

use crate::aws::stack::{
    Action, AlpnPolicy, ChosenAddresses, FrontendGroup, HealthCheckProtocol, Listener, ListenerProtocol, LoadBalancer,
    LoadBalancerKind, ResourceName, RuleProtocol, RuleSource, Scheme, Stack, Tags, TargetGroup, TargetProtocol,
};

/// The rule that AWS would say is broken.
pub(super) fn unsound(stack: &Stack) -> Option<String> {
    let load_balancer = &stack.load_balancer;
    let mut broken = broken_of_load_balancer(load_balancer);
    if let Some(group) = &stack.frontend_group {
        broken.extend(broken_of_group(group));
    }
    for listener in stack.listeners.values() {
        let of_listener = broken_of_listener(listener, stack);
        broken.extend(
            of_listener
                .into_iter()
                .map(|why| format!("listener {}: {why}", listener.port)),
        );
    }
    for group in stack.target_groups.values() {
        let of_group = broken_of_target_group(group, load_balancer.kind);
        broken.extend(
            of_group
                .into_iter()
                .map(|why| format!("target group {}: {why}", group.name)),
        );
    }
    let used: BTreeSet<_> = stack
        .listeners
        .values()
        .flat_map(|listener| listener.action.own_target_groups())
        .collect();
    let made: BTreeSet<_> = stack.target_groups.keys().collect();
    broken.extend((used != made).then(|| "target groups are not those of the listeners".to_owned()));
    broken.extend((!(1..=50).contains(&stack.listeners.len())).then(|| "not 1 to 50 listeners".to_owned()));
    broken.extend(
        (stack.frontend_group.is_some() && load_balancer.security_groups.is_empty())
            .then(|| "a group for nobody".to_owned()),
    );
    broken.into_iter().next()
}

fn told(rules: &[(bool, &str)]) -> Vec<String> {
    let broken = rules.iter().filter(|(holds, _)| !holds);
    broken.map(|(_, rule)| (*rule).to_owned()).collect()
}

fn broken_of_load_balancer(of: &LoadBalancer) -> Vec<String> {
    let network = of.kind == LoadBalancerKind::Network;
    let dualstack = of.address_type.has_ipv6();
    let all_or_none = |has: fn(&ChosenAddresses) -> bool| {
        let count = of.subnets.values().filter(|chosen| has(chosen)).count();
        count == 0 || count == of.subnets.len()
    };
    let none = |has: fn(&ChosenAddresses) -> bool| !of.subnets.values().any(has);
    let value = |key: &str| of.attributes.get(key).map_or("", String::as_str);
    told(&[
        (ResourceName::parse(of.name.as_str()).is_ok(), "name"),
        (of.subnets.len() >= if network { 1 } else { 2 }, "too few subnets"),
        (
            network || !of.security_groups.is_empty(),
            "an application load balancer without groups",
        ),
        (
            network || of.subnets.values().all(|chosen| *chosen == ChosenAddresses::default()),
            "addresses of an ALB",
        ),
        (
            all_or_none(|chosen| chosen.allocation.is_some()),
            "allocations in some subnets only",
        ),
        (
            all_or_none(|chosen| chosen.private_ipv4.is_some()),
            "private addresses in some subnets only",
        ),
        (
            of.scheme == Scheme::InternetFacing || none(|chosen| chosen.allocation.is_some()),
            "internal with allocations",
        ),
        (
            of.scheme == Scheme::Internal || none(|chosen| chosen.private_ipv4.is_some()),
            "public with private addresses",
        ),
        (
            dualstack || none(|chosen| chosen.ipv6.is_some()),
            "IPv6 addresses without IPv6",
        ),
        (
            of.ipv6_source_nat || none(|chosen| chosen.source_nat_prefix.is_some()),
            "prefixes without source NAT",
        ),
        (!of.ipv6_source_nat || network && dualstack, "source NAT without IPv6"),
        (
            of.private_link_rules || network && !of.security_groups.is_empty(),
            "PrivateLink rules",
        ),
        (
            of.web_acl.is_none() || !network,
            "a web ACL before a network load balancer",
        ),
        (
            value("access_logs.s3.enabled") != "true" || !value("access_logs.s3.bucket").is_empty(),
            "logs into no bucket",
        ),
        (tags_are_sound(&of.tags), "tags"),
    ])
}

fn broken_of_group(group: &FrontendGroup) -> Vec<String> {
    let is_ipv6 = |source: &RuleSource| matches!(source, RuleSource::Cidr(IpNet::V6(_)));
    let is_ipv4 = |source: &RuleSource| matches!(source, RuleSource::Cidr(IpNet::V4(_)));
    let without =
        |family: &dyn Fn(&RuleSource) -> bool| group.rules.iter().filter(|rule| !family(&rule.source)).count();
    let no_host_bits =
        |source: &RuleSource| !matches!(source, RuleSource::Cidr(network) if network.trunc() != *network);
    let ranges = group.rules.iter().all(|rule| match rule.protocol {
        RuleProtocol::Icmp => (rule.from, rule.to) == (3, 4) && !is_ipv6(&rule.source),
        RuleProtocol::Icmpv6 => (rule.from, rule.to) == (2, 0) && is_ipv6(&rule.source),
        _ => rule.from <= rule.to,
    });
    told(&[
        (without(&is_ipv6) <= 60 && without(&is_ipv4) <= 60, "more than 60 rules"),
        (
            group.rules.iter().all(|rule| no_host_bits(&rule.source)),
            "a network with host bits",
        ),
        (ranges, "a range of ports that is none"),
        (tags_are_sound(&group.tags), "tags"),
    ])
}

fn broken_of_listener(listener: &Listener, stack: &Stack) -> Vec<String> {
    use ListenerProtocol as P;
    let load_balancer = &stack.load_balancer;
    let network = load_balancer.kind == LoadBalancerKind::Network;
    let protocol = listener.protocol;
    let udp = matches!(protocol, P::Udp | P::TcpUdp);
    let forward = match &listener.action {
        Action::Forward(forward) => {
            let weights = forward.to.iter().all(|to| to.weight <= 999);
            let seconds = forward.stickiness.is_none_or(|seconds| match network {
                true => seconds == 0 && protocol != P::Tls,
                false => (1..=604_800).contains(&seconds),
            });
            (1..=5).contains(&forward.to.len()) && weights && seconds
        }
        Action::Redirect(redirect) => {
            let to = stack.listeners.get(&redirect.port);
            protocol == P::Http && to.is_some_and(|to| to.protocol == P::Https)
        }
    };
    told(&[
        (
            matches!(protocol, P::Http | P::Https) != network,
            "a protocol of the other kind",
        ),
        (protocol.is_secure() != listener.certificates.is_empty(), "certificates"),
        (protocol.is_secure() == listener.ssl_policy.is_some(), "TLS policy"),
        (protocol == P::Tls || listener.alpn == AlpnPolicy::None, "ALPN"),
        (
            !udp || !load_balancer.address_type.has_ipv6() || load_balancer.ipv6_source_nat,
            "UDP without source NAT",
        ),
        (
            !(network && protocol.is_secure()) || load_balancer.capacity_units == 0,
            "TLS beside reserved capacity",
        ),
        (forward, "action"),
        (tags_are_sound(&listener.tags), "tags"),
    ])
}

fn broken_of_target_group(group: &TargetGroup, kind: LoadBalancerKind) -> Vec<String> {
    let check = &group.health_check;
    let http = matches!(group.protocol, TargetProtocol::Http(_) | TargetProtocol::Https(_));
    let network = kind == LoadBalancerKind::Network;
    told(&[
        (ResourceName::parse(group.name.as_str()).is_ok(), "name"),
        (http != network, "a protocol of the other kind"),
        (
            network || check.protocol != HealthCheckProtocol::Tcp,
            "a TCP probe behind an ALB",
        ),
        (
            (5..=300).contains(&check.interval) && (2..=120).contains(&check.timeout),
            "timing of probes",
        ),
        (
            check.timeout < check.interval || network && check.timeout == check.interval,
            "a timeout above the interval",
        ),
        (
            (2..=10).contains(&check.healthy_threshold) && (2..=10).contains(&check.unhealthy_threshold),
            "thresholds",
        ),
        (tags_are_sound(&group.tags), "tags"),
    ])
}

fn tags_are_sound(tags: &Tags) -> bool {
    let short = |(key, value): (&String, &String)| {
        (1..=128).contains(&key.chars().count()) && value.chars().count() <= 256 && !key.starts_with("aws:")
    };
    tags.len() <= 50 && tags.iter().all(short)
}
