//! Ingress rules. AWS joins rules of one protocol and port range in an `IpPermission` with many sources; elbow keeps
//! one rule a source.

use aws_sdk_ec2::types::{IpPermission, IpRange, Ipv6Range, PrefixListId, UserIdGroupPair};
use ipnet::IpNet;

use crate::aws::ids::SecurityGroupId;
use crate::aws::stack::{IngressRule, RuleProtocol, RuleSource};

/// Shown beside each rule of elbow's in the console.
const DESCRIPTION: &str = "elbow";

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

/// The request's form of a rule.
pub(in crate::aws::sdk) fn ip_permission(rule: &IngressRule) -> IpPermission {
    let permission = IpPermission::builder().ip_protocol(protocol_name(&rule.protocol));
    let permission = match &rule.source {
        RuleSource::Cidr(IpNet::V4(net)) => permission.ip_ranges(
            IpRange::builder()
                .cidr_ip(net.to_string())
                .description(DESCRIPTION)
                .build(),
        ),
        RuleSource::Cidr(IpNet::V6(net)) => permission.ipv6_ranges(
            Ipv6Range::builder()
                .cidr_ipv6(net.to_string())
                .description(DESCRIPTION)
                .build(),
        ),
        RuleSource::Group(id) => permission.user_id_group_pairs(
            UserIdGroupPair::builder()
                .group_id(id.as_str())
                .description(DESCRIPTION)
                .build(),
        ),
        RuleSource::PrefixList(id) => permission.prefix_list_ids(
            PrefixListId::builder()
                .prefix_list_id(id)
                .description(DESCRIPTION)
                .build(),
        ),
    };
    permission
        .set_from_port(request_port(&rule.protocol, rule.from))
        .set_to_port(request_port(&rule.protocol, rule.to))
        .build()
}

fn sources(permission: &IpPermission) -> Vec<RuleSource> {
    let v4 = permission.ip_ranges().iter().filter_map(IpRange::cidr_ip);
    let v6 = permission.ipv6_ranges().iter().filter_map(Ipv6Range::cidr_ipv6);
    let groups = permission.user_id_group_pairs().iter();
    let lists = permission.prefix_list_ids().iter();
    v4.chain(v6)
        .filter_map(|net| net.parse::<IpNet>().ok())
        .map(|net| RuleSource::Cidr(net.trunc()))
        .chain(groups.filter_map(|pair| Some(RuleSource::Group(SecurityGroupId::new(pair.group_id()?)))))
        .chain(lists.filter_map(|list| Some(RuleSource::PrefixList(list.prefix_list_id()?.to_owned()))))
        .collect()
}

fn protocol(name: &str) -> RuleProtocol {
    match name {
        "tcp" | "6" => RuleProtocol::Tcp,
        "udp" | "17" => RuleProtocol::Udp,
        other => RuleProtocol::Other(other.to_owned()),
    }
}

fn protocol_name(protocol: &RuleProtocol) -> &str {
    match protocol {
        RuleProtocol::Tcp => "tcp",
        RuleProtocol::Udp => "udp",
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
        RuleProtocol::Other(name) => match name.as_str() {
            "icmp" | "icmpv6" | "1" | "58" if number == u16::MAX => Some(-1),
            "icmp" | "icmpv6" | "1" | "58" => Some(i32::from(number)),
            _ => None,
        },
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
                RuleSource::PrefixList("pl-1".to_owned()),
            ]
        );
    }

    #[test]
    fn every_rule_survives_the_way_to_aws_and_back() {
        let (ping, all_icmp) = ((8, u16::MAX), (u16::MAX, u16::MAX));
        let cases = [
            (RuleProtocol::Tcp, (80, 80), "0.0.0.0/0"),
            (RuleProtocol::Udp, (53, 99), "::/0"),
            (RuleProtocol::Other("icmp".to_owned()), ping, "10.0.0.0/8"),
            (RuleProtocol::Other("icmpv6".to_owned()), all_icmp, "::/0"),
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
            let back: Vec<_> = ingress_rules(&ip_permission(&rule)).collect();
            assert_eq!(back, [rule]);
        }
    }

    #[test]
    fn rules_for_all_protocols_name_no_ports_and_icmp_names_all_by_minus_one() {
        let rule = |name: &str| IngressRule {
            protocol: RuleProtocol::Other(name.to_owned()),
            from: u16::MAX,
            to: u16::MAX,
            source: RuleSource::Group(SecurityGroupId::new("sg-1")),
        };
        assert_eq!(ip_permission(&rule("-1")).from_port(), None);
        assert_eq!(ip_permission(&rule("icmp")).from_port(), Some(-1));
    }
}
