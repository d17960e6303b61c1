//! Ingress rules. AWS joins rules of one protocol and port range in an `IpPermission` with many sources; elbow keeps
//! one rule a source.

use aws_sdk_ec2::types::{IpPermission, IpRange, Ipv6Range, PrefixListId, UserIdGroupPair};
use ipnet::IpNet;

use crate::aws::ids::{self, SecurityGroupId};
use crate::aws::stack::{IngressRule, RuleProtocol, RuleSource};

/// The rules in one `IpPermission`.
pub(in crate::aws::sdk) fn ingress_rules(permission: &IpPermission) -> impl Iterator<Item = IngressRule> {
    let protocol = protocol(permission.ip_protocol().unwrap_or("-1"));
    let from = permission.from_port().map_or(0, port);
    let to = permission.to_port().map_or(u16::MAX, port);
    sources(permission).into_iter().map(move |source| IngressRule {
        protocol: protocol.clone(),
        from,
        to,
        source,
    })
}

/// The rules in one `IpPermission` that have a description, with it.
pub(in crate::aws::sdk) fn described_rules(permission: &IpPermission) -> impl Iterator<Item = (IngressRule, String)> {
    let texts = descriptions(permission);
    let described = ingress_rules(permission).zip(texts);
    described.filter_map(|(rule, text)| Some((rule, text?)))
}

/// The request's form of a rule. A description is for rules to add: without one EC2 takes away a rule of any description.
pub(in crate::aws::sdk) fn ip_permission(rule: &IngressRule, description: Option<&str>) -> IpPermission {
    let description = description.map(str::to_owned);
    let permission = IpPermission::builder().ip_protocol(protocol_name(&rule.protocol));
    let permission = match &rule.source {
        RuleSource::Cidr(IpNet::V4(net)) => permission.ip_ranges(
            IpRange::builder()
                .cidr_ip(net.to_string())
                .set_description(description)
                .build(),
        ),
        RuleSource::Cidr(IpNet::V6(net)) => permission.ipv6_ranges(
            Ipv6Range::builder()
                .cidr_ipv6(net.to_string())
                .set_description(description)
                .build(),
        ),
        RuleSource::Group(id) => permission.user_id_group_pairs(
            UserIdGroupPair::builder()
                .group_id(id.as_str())
                .set_description(description)
                .build(),
        ),
        RuleSource::PrefixList(id) => permission.prefix_list_ids(
            PrefixListId::builder()
                .prefix_list_id(id.as_str())
                .set_description(description)
                .build(),
        ),
    };
    permission
        .set_from_port(request_port(&rule.protocol, rule.from))
        .set_to_port(request_port(&rule.protocol, rule.to))
        .build()
}

fn sources(permission: &IpPermission) -> Vec<RuleSource> {
    described_sources(permission).map(|(source, _)| source).collect()
}

fn descriptions(permission: &IpPermission) -> Vec<Option<String>> {
    described_sources(permission)
        .map(|(_, text)| text.map(str::to_owned))
        .collect()
}

fn described_sources(permission: &IpPermission) -> impl Iterator<Item = (RuleSource, Option<&str>)> {
    let v4 = permission.ip_ranges().iter().map(|it| (it.cidr_ip(), it.description()));
    let v6 = permission
        .ipv6_ranges()
        .iter()
        .map(|it| (it.cidr_ipv6(), it.description()));
    let networks = v4.chain(v6).filter_map(|(network, text)| {
        let network: IpNet = network?.parse().ok()?;
        Some((RuleSource::Cidr(network.trunc()), text))
    });
    let groups = permission.user_id_group_pairs().iter();
    let groups = groups.filter_map(|it| {
        Some((
            RuleSource::Group(SecurityGroupId::new(it.group_id()?)),
            it.description(),
        ))
    });
    let lists = permission.prefix_list_ids().iter();
    let lists = lists.filter_map(|it| {
        let list = ids::PrefixListId::new(it.prefix_list_id()?);
        Some((RuleSource::PrefixList(list), it.description()))
    });
    networks.chain(groups).chain(lists)
}

fn protocol(name: &str) -> RuleProtocol {
    match name {
        "tcp" | "6" => RuleProtocol::Tcp,
        "udp" | "17" => RuleProtocol::Udp,
        "icmp" | "1" => RuleProtocol::Icmp,
        "icmpv6" | "58" => RuleProtocol::Icmpv6,
        other => RuleProtocol::Other(other.to_owned()),
    }
}

fn protocol_name(protocol: &RuleProtocol) -> &str {
    match protocol {
        RuleProtocol::Tcp => "tcp",
        RuleProtocol::Udp => "udp",
        RuleProtocol::Icmp => "icmp",
        RuleProtocol::Icmpv6 => "icmpv6",
        RuleProtocol::Other(name) => name,
    }
}

/// ICMP has types and codes in place of ports, with -1 for all; as a port that is 65535, which no type or code is.
fn port(number: i32) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

/// The inverse of [`port`]. Protocols other than TCP, UDP and ICMP have no ports, and AWS refuses them there.
fn request_port(protocol: &RuleProtocol, number: u16) -> Option<i32> {
    match protocol {
        RuleProtocol::Tcp | RuleProtocol::Udp => Some(i32::from(number)),
        RuleProtocol::Icmp | RuleProtocol::Icmpv6 if number == u16::MAX => Some(-1),
        RuleProtocol::Icmp | RuleProtocol::Icmpv6 => Some(i32::from(number)),
        RuleProtocol::Other(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_of_several_sources_becomes_one_rule_for_each() {
        let permission = IpPermission::builder()
            .ip_protocol("tcp")
            .from_port(80)
            .to_port(81)
            .ip_ranges(IpRange::builder().cidr_ip("10.0.0.5/8").build())
            .ipv6_ranges(Ipv6Range::builder().cidr_ipv6("::/0").build())
            .user_id_group_pairs(UserIdGroupPair::builder().group_id("sg-1").build())
            .prefix_list_ids(PrefixListId::builder().prefix_list_id("pl-1").build())
            .build();
        let sources: Vec<_> = ingress_rules(&permission)
            .map(|rule| {
                assert_eq!((&rule.protocol, rule.from, rule.to), (&RuleProtocol::Tcp, 80, 81));
                rule.source
            })
            .collect();
        assert_eq!(
            sources,
            [
                RuleSource::Cidr("10.0.0.0/8".parse().unwrap()),
                RuleSource::Cidr("::/0".parse().unwrap()),
                RuleSource::Group(SecurityGroupId::new("sg-1")),
                RuleSource::PrefixList(ids::PrefixListId::new("pl-1")),
            ]
        );
    }

    #[test]
    fn every_rule_survives_the_way_to_aws_and_back() {
        let (ping, all_icmp) = ((8, u16::MAX), (u16::MAX, u16::MAX));
        let cases = [
            (RuleProtocol::Tcp, (80, 80), "0.0.0.0/0"),
            (RuleProtocol::Udp, (53, 99), "::/0"),
            (RuleProtocol::Icmp, ping, "10.0.0.0/8"),
            (RuleProtocol::Icmpv6, all_icmp, "::/0"),
            (RuleProtocol::Other("-1".to_owned()), (0, u16::MAX), "10.0.0.0/8"),
            (RuleProtocol::Other("50".to_owned()), (0, u16::MAX), "10.0.0.0/8"),
        ];
        for (protocol, (from, to), net) in cases {
            let source = RuleSource::Cidr(net.parse().unwrap());
            let rule = IngressRule {
                protocol,
                from,
                to,
                source,
            };
            let back: Vec<_> = ingress_rules(&ip_permission(&rule, None)).collect();
            assert_eq!(back, std::slice::from_ref(&rule));
            let described: Vec<_> = described_rules(&ip_permission(&rule, Some("elbow blue"))).collect();
            assert_eq!(described, [(rule, "elbow blue".to_owned())]);
        }
    }

    #[test]
    fn rules_for_all_protocols_name_no_ports_and_icmp_names_all_by_minus_one() {
        let rule = |protocol| IngressRule {
            protocol,
            from: u16::MAX,
            to: u16::MAX,
            source: RuleSource::Group(SecurityGroupId::new("sg-1")),
        };
        assert_eq!(
            ip_permission(&rule(RuleProtocol::Other("-1".to_owned())), None).from_port(),
            None
        );
        assert_eq!(ip_permission(&rule(RuleProtocol::Icmp), None).from_port(), Some(-1));
    }
}
