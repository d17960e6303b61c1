//! What nodes must admit for a load balancer without security groups, which reaches them by its clients' addresses or its
//! own, but never as a member of a group.
//!
//! Where the client's address is kept, nodes see it: they admit the source ranges or, where none are given, what can reach
//! the load balancer: the VPC if it is internal, else everybody. Where it is not kept, and in probes, nodes see the load
//! balancer's own addresses, which are in its subnets. (Elastic Load Balancing user guide, target groups of Network Load
//! Balancers, client IP preservation.)

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use crate::aws::api::SubnetDescription;
use crate::aws::stack::{HealthCheckPort, IngressRule, RuleProtocol, RuleSource, Scheme, TargetGroup, TargetProtocol};
use crate::service::{IpFamily, Port};

use super::Facts;
use super::attributes::PRESERVE_CLIENT_IP;
use super::request::Request;
use super::rules::{port_ranges, product};

/// Are the networks of the VPC needed to tell what nodes must admit?
pub(super) fn needs_vpc_networks(request: &Request) -> bool {
    request.scheme == Scheme::Internal && !request.clients.are_given
}

/// The rules for these target groups, each with its ports and all of its sources.
pub(super) fn node_openings<'a>(
    request: &Request,
    target_groups: impl Iterator<Item = &'a TargetGroup>,
    subnets: &[&SubnetDescription],
    facts: &Facts,
) -> BTreeSet<IngressRule> {
    let clients = if needs_vpc_networks(request) {
        &facts.vpc_networks
    } else {
        &request.clients.networks
    };
    let sources = Sources {
        clients: clients.iter().copied().collect(),
        own: subnets.iter().flat_map(|subnet| subnet.networks.clone()).collect(),
        translates: request.addresses.address_type.has_ipv6(),
    };
    let mut ports: BTreeMap<IpNet, BTreeSet<(RuleProtocol, u16)>> = BTreeMap::new();
    for group in target_groups {
        for (network, admitted) in sources.admitted(group) {
            ports.entry(network).or_default().extend(admitted);
        }
    }
    let rules = ports.into_iter().map(|(network, ports)| {
        let source = RuleSource::Cidr(network);
        product(&port_ranges(ports), &[source])
    });
    rules.flatten().collect()
}

/// Whose addresses nodes see.
struct Sources {
    clients: BTreeSet<IpNet>,
    /// The load balancer's own.
    own: BTreeSet<IpNet>,
    /// Do clients of the other family reach the targets through the load balancer's own addresses?
    translates: bool,
}

impl Sources {
    /// Networks, and what a target group needs from them.
    fn admitted(&self, group: &TargetGroup) -> Vec<(IpNet, Vec<(RuleProtocol, u16)>)> {
        let traffic = protocols(group.protocol).iter();
        let traffic: Vec<_> = traffic.map(|protocol| (protocol.clone(), group.port.get())).collect();
        let probe = (RuleProtocol::Tcp, probe_port(group).get());
        let kept = keeps_client_ip(group);
        let clients = self.clients.iter().filter(|_| kept);
        let of_clients = clients.map(|network| (*network, traffic.clone()));
        let of_own = self.own.iter().map(|network| {
            let traffic = traffic.iter().filter(|_| !kept || self.translates).cloned();
            (*network, traffic.chain([probe.clone()]).collect())
        });
        let all = of_clients.chain(of_own);
        all.filter(|(network, _)| is_of(group.family, network)).collect()
    }
}

/// AWS always keeps it for UDP.
fn keeps_client_ip(group: &TargetGroup) -> bool {
    let off = group
        .attributes
        .get(PRESERVE_CLIENT_IP)
        .is_some_and(|kept| kept == "false");
    !off || matches!(group.protocol, TargetProtocol::Udp | TargetProtocol::TcpUdp)
}

fn probe_port(group: &TargetGroup) -> Port {
    match group.health_check.port {
        HealthCheckPort::Traffic => group.port,
        HealthCheckPort::Number(port) => port,
    }
}

fn protocols(protocol: TargetProtocol) -> &'static [RuleProtocol] {
    match protocol {
        TargetProtocol::Udp => &[RuleProtocol::Udp],
        TargetProtocol::TcpUdp => &[RuleProtocol::Tcp, RuleProtocol::Udp],
        TargetProtocol::Tcp | TargetProtocol::Tls | TargetProtocol::Http(_) | TargetProtocol::Https(_) => {
            &[RuleProtocol::Tcp]
        }
    }
}

fn is_of(family: IpFamily, network: &IpNet) -> bool {
    match family {
        IpFamily::V4 => matches!(network, IpNet::V4(_)),
        IpFamily::V6 => matches!(network, IpNet::V6(_)),
    }
}

#[cfg(test)]
mod tests;
