//! What ingress rules of security groups admit.

use std::collections::BTreeSet;

use crate::aws::api::SecurityGroupDescription;
use crate::aws::ids::SecurityGroupId;
use crate::aws::stack::{IngressRule, RuleProtocol, RuleSource};
use crate::service::{Port, Protocol};

/// How EC2 spells a rule for all protocols (EC2 API reference, `IpPermission`); it has no ports.
const ALL_PROTOCOLS: &str = "-1";

/// A port that somebody shall reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Door {
    pub(super) protocol: Protocol,
    pub(super) port: Port,
}

/// The sources that these groups admit at a door.
pub(super) fn sources<'a>(
    groups: &'a [SecurityGroupDescription],
    ids: &BTreeSet<SecurityGroupId>,
    door: Door,
) -> BTreeSet<&'a RuleSource> {
    let chosen = groups.iter().filter(|group| ids.contains(&group.id));
    let rules = chosen.flat_map(|group| &group.rules);
    rules
        .filter(|rule| opens(rule, door))
        .map(|rule| &rule.source)
        .collect()
}

fn opens(rule: &IngressRule, door: Door) -> bool {
    let within = (rule.from..=rule.to).contains(&door.port.get());
    match (&rule.protocol, door.protocol) {
        (RuleProtocol::Tcp, Protocol::Tcp) | (RuleProtocol::Udp, Protocol::Udp) => within,
        (RuleProtocol::Other(name), _) => name == ALL_PROTOCOLS,
        _ => false,
    }
}

/// Does this source stand for everybody?
pub(super) fn is_everybody(source: &RuleSource) -> bool {
    matches!(source, RuleSource::Cidr(net) if net.prefix_len() == 0)
}

/// The sources as people read them; many are cut.
pub(super) fn shown(sources: &BTreeSet<&RuleSource>) -> String {
    const SHOWN: usize = 5;
    let mut names: Vec<String> = sources.iter().take(SHOWN).map(ToString::to_string).collect();
    if sources.len() > SHOWN {
        names.push(format!("{} more", sources.len() - SHOWN));
    }
    names.join(", ")
}

/// Names of groups as people read them.
pub(super) fn ids(ids: &BTreeSet<SecurityGroupId>) -> String {
    ids.iter().map(SecurityGroupId::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn rule(protocol: RuleProtocol, from: u16, to: u16) -> IngressRule {
        IngressRule {
            protocol,
            from,
            to,
            source: RuleSource::Cidr("10.0.0.0/8".parse().unwrap()),
        }
    }

    #[rstest]
    #[case::within(rule(RuleProtocol::Tcp, 30000, 32767), Protocol::Tcp, true)]
    #[case::first(rule(RuleProtocol::Tcp, 30080, 30081), Protocol::Tcp, true)]
    #[case::last(rule(RuleProtocol::Tcp, 30079, 30080), Protocol::Tcp, true)]
    #[case::beside(rule(RuleProtocol::Tcp, 30081, 32767), Protocol::Tcp, false)]
    #[case::other_protocol(rule(RuleProtocol::Udp, 30000, 32767), Protocol::Tcp, false)]
    #[case::udp(rule(RuleProtocol::Udp, 30000, 32767), Protocol::Udp, true)]
    #[case::all_protocols(rule(RuleProtocol::Other("-1".into()), 0, 0), Protocol::Udp, true)]
    #[case::icmp(rule(RuleProtocol::Icmp, 0, 65535), Protocol::Tcp, false)]
    fn a_rule_opens_the_ports_of_its_protocol(
        #[case] rule: IngressRule,
        #[case] protocol: Protocol,
        #[case] expected: bool,
    ) {
        let port = Port::new(30080).unwrap();
        assert_eq!(opens(&rule, Door { protocol, port }), expected);
    }
}
