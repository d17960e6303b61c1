//! The security group that admits a Service's clients: its listeners x its source ranges, in few rules.

use std::collections::BTreeSet;

use ipnet::IpNet;

use crate::aws::ids::VpcId;
use crate::aws::settings::AwsSettings;
use crate::aws::stack::{FrontendGroup, IngressRule, ListenerProtocol, RuleProtocol, RuleSource};
use crate::service::Owner;

use super::invalid::Invalid;
use super::names;
use super::request::{Request, Route};
use super::tags::{self, Resource};

/// Most inbound rules of a security group (EC2 quota `Inbound or outbound rules per security group`, by default).
const MAX_RULES: usize = 60;

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
        rules: rules(&request.routes, &request.sources)?,
        tags: tags::of_service(cluster, owner, Resource::FrontendGroup, &request.tags),
    })
}

fn rules(routes: &[Route], sources: &[IpNet]) -> Result<BTreeSet<IngressRule>, Invalid> {
    let ranges = port_ranges(routes);
    let needed = ranges.len() * sources.len();
    if needed > MAX_RULES {
        let text = format!(
            "{} ranges of ports x {} source ranges need {needed} rules; a security group has {MAX_RULES} (EC2 quota \
             \"Inbound or outbound rules per security group\"); use fewer, wider source ranges, or ports that follow each other",
            ranges.len(),
            sources.len()
        );
        return Err(Invalid::new("TooManyRules", text));
    }
    let rule = |(protocol, from, to): &(RuleProtocol, u16, u16), source: &IpNet| IngressRule {
        protocol: protocol.clone(),
        from: *from,
        to: *to,
        source: RuleSource::Cidr(*source),
    };
    Ok(ranges
        .iter()
        .flat_map(|range| sources.iter().map(move |source| rule(range, source)))
        .collect())
}

/// Ports that follow each other make one range.
fn port_ranges(routes: &[Route]) -> Vec<(RuleProtocol, u16, u16)> {
    let admitted = |route: &Route| {
        let port = route.forwarding.port.get();
        protocols(route.forwarding.protocol)
            .iter()
            .map(move |protocol| (protocol.clone(), port))
    };
    let ports: BTreeSet<_> = routes.iter().flat_map(admitted).collect();
    let mut ranges: Vec<(RuleProtocol, u16, u16)> = Vec::new();
    for (protocol, port) in ports {
        match ranges.last_mut() {
            Some((last, _, to)) if *last == protocol && to.checked_add(1) == Some(port) => *to = port,
            _ => ranges.push((protocol, port, port)),
        }
    }
    ranges
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
