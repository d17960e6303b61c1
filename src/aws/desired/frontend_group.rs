//! The security group that admits a Service's clients: its listeners x its clients, in few rules.

use std::collections::BTreeSet;

use ipnet::IpNet;

use crate::aws::ids::VpcId;
use crate::aws::quotas::RULES_OF_GROUP;
use crate::aws::settings::AwsSettings;
use crate::aws::stack::{FrontendGroup, IngressRule, ListenerProtocol, RuleProtocol, RuleSource};
use crate::service::Owner;

use super::invalid::Invalid;
use super::names;
use super::request::Request;
use super::routes::Route;
use super::rules::{PortRange, port_ranges, product};
use super::source_ranges::Clients;
use super::tags::{self, Resource};

/// Most inbound rules of a security group for one family of addresses; a rule about a prefix list counts for both. How
/// many entries a prefix list counts for is known to AWS only.
const MAX_RULES: usize = RULES_OF_GROUP.default;

/// Type and code of "fragmentation needed" (RFC 792).
const FRAGMENTATION_NEEDED: PortRange = (RuleProtocol::Icmp, 3, 4);
/// Type and code of "packet too big" (RFC 4443).
const PACKET_TOO_BIG: PortRange = (RuleProtocol::Icmpv6, 2, 0);

/// The group.
///
/// # Errors
/// [`Invalid`] if it needs more rules than a group holds.
pub(super) fn frontend_group(
    owner: &Owner,
    request: &Request,
    vpc: &VpcId,
    settings: &AwsSettings,
) -> Result<FrontendGroup, Invalid> {
    let cluster = &settings.cluster;
    Ok(FrontendGroup {
        name: names::frontend_group(cluster, owner),
        description: format!("elbow: clients of Service {owner} in cluster {cluster}"),
        vpc: vpc.clone(),
        rules: rules(&request.routes, &request.clients)?,
        tags: tags::of_service(cluster, owner, Resource::FrontendGroup, &request.tags),
    })
}

fn rules(routes: &[Route], clients: &Clients) -> Result<BTreeSet<IngressRule>, Invalid> {
    let ranges = ranges(routes);
    let networks = clients.networks.iter().copied().map(RuleSource::Cidr);
    let lists = clients.prefix_lists.iter().cloned().map(RuleSource::PrefixList);
    let sources: Vec<_> = networks.chain(lists).collect();
    let mut rules = product(&ranges, &sources);
    if clients.path_mtu {
        let (ipv6, others): (Vec<_>, Vec<_>) = sources.iter().cloned().partition(is_ipv6);
        rules.extend(product(&[FRAGMENTATION_NEEDED], &others));
        rules.extend(product(&[PACKET_TOO_BIG], &ipv6));
    }
    let ipv6 = rules.iter().filter(|rule| is_ipv6(&rule.source)).count();
    let lists = rules
        .iter()
        .filter(|rule| matches!(rule.source, RuleSource::PrefixList(_)))
        .count();
    let needed = (rules.len() - ipv6).max(ipv6 + lists);
    if needed > MAX_RULES {
        let text = format!(
            "{} ranges of ports x {} source ranges and prefix lists need {needed} rules of one family of addresses; a \
             security group has {MAX_RULES} (EC2 quota {RULES_OF_GROUP}); use fewer, wider source ranges, or ports that follow \
             each other",
            ranges.len(),
            sources.len()
        );
        return Err(Invalid::new("TooManyRules", text));
    }
    Ok(rules)
}

fn is_ipv6(source: &RuleSource) -> bool {
    matches!(source, RuleSource::Cidr(IpNet::V6(_)))
}

fn ranges(routes: &[Route]) -> Vec<PortRange> {
    let admitted = |route: &Route| {
        let port = route.port.get();
        let protocols = protocols(route.protocol).iter();
        protocols.map(move |protocol| (protocol.clone(), port))
    };
    port_ranges(routes.iter().flat_map(admitted).collect())
}

fn protocols(protocol: ListenerProtocol) -> &'static [RuleProtocol] {
    match protocol {
        ListenerProtocol::Tcp | ListenerProtocol::Tls | ListenerProtocol::Http | ListenerProtocol::Https => {
            &[RuleProtocol::Tcp]
        }
        ListenerProtocol::Udp => &[RuleProtocol::Udp],
        ListenerProtocol::TcpUdp => &[RuleProtocol::Tcp, RuleProtocol::Udp],
    }
}

#[cfg(test)]
mod tests;
