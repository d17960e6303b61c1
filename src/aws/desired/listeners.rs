//! Ports of the Service -> listeners: one a port number, so that no port is ever dropped.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::aws::stack::{HttpVersion, ListenerProtocol, TargetProtocol};
use crate::service::{Port, Protocol, Service, ServicePort};

use super::annotations::{Annotations, PortRef, keys};
use super::invalid::{Faults, quoted};

/// Most listeners of a Network Load Balancer; the quota cannot be raised.
const MAX_LISTENERS: usize = 50;

/// A listener, and the NodePort behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Forwarding {
    pub(super) port: Port,
    pub(super) protocol: ListenerProtocol,
    pub(super) node_port: Port,
}

impl Forwarding {
    pub(super) fn is_tls(self) -> bool {
        self.protocol == ListenerProtocol::Tls
    }

    /// What the nodes are sent: TLS ends at the load balancer.
    pub(super) fn target_protocol(self) -> TargetProtocol {
        match self.protocol {
            ListenerProtocol::Tcp | ListenerProtocol::Tls => TargetProtocol::Tcp,
            ListenerProtocol::Http | ListenerProtocol::Https => TargetProtocol::Http(HttpVersion::Http1),
            ListenerProtocol::Udp => TargetProtocol::Udp,
            ListenerProtocol::TcpUdp => TargetProtocol::TcpUdp,
        }
    }
}

/// One forwarding for each port number, ascending.
pub(super) fn forwardings(service: &Service, asked: &Annotations, faults: &mut Faults) -> Vec<Forwarding> {
    check_tls_ports(service, asked, faults);
    let mut by_number: BTreeMap<Port, Vec<&ServicePort>> = BTreeMap::new();
    for port in &service.ports {
        by_number.entry(port.port).or_default().push(port);
    }
    if by_number.is_empty() {
        faults.add(
            "InvalidPort",
            "spec.ports is empty; a load balancer needs at least one port",
        );
    }
    if by_number.len() > MAX_LISTENERS {
        let count = by_number.len();
        let text =
            format!("spec.ports asks for {count} listeners; a Network Load Balancer has at most {MAX_LISTENERS}");
        faults.add("TooManyListeners", text);
    }
    by_number
        .values()
        .filter_map(|ports| forwarding(ports, asked, faults))
        .collect()
}

/// Nodes admit load balancers on the range of NodePorts only: a port outside it would never be reached.
pub(super) fn check_node_ports(forwardings: &[Forwarding], range: &RangeInclusive<u16>, faults: &mut Faults) {
    for Forwarding { port, node_port, .. } in forwardings {
        if !range.contains(&node_port.get()) {
            let (from, to) = (range.start(), range.end());
            let text = format!(
                "port {port}: nodePort {node_port} is outside {from}-{to}, where the nodes' security group admits load \
                 balancers; set --node-port-range to the API server's --service-node-port-range"
            );
            faults.add("InvalidPort", text);
        }
    }
}

/// The forwarding of all ports that share one number.
fn forwarding(ports: &[&ServicePort], asked: &Annotations, faults: &mut Faults) -> Option<Forwarding> {
    let node_port = ports.first()?.node_port;
    let port = ports.first()?.port;
    let mut refuse = |reason, text: &str| faults.add(reason, format!("port {port}: {text}"));
    let protocol = match ports {
        _ if ports.iter().any(|port| port.protocol == Protocol::Sctp) => {
            refuse(
                "UnsupportedProtocol",
                "no AWS load balancer carries SCTP; allowed are TCP and UDP",
            );
            return None;
        }
        [one] if one.protocol == Protocol::Udp => ListenerProtocol::Udp,
        [one] if is_tls(one, asked) => ListenerProtocol::Tls,
        [_] => ListenerProtocol::Tcp,
        [one, other] if one.protocol != other.protocol => match joined(one, other, asked) {
            Ok(protocol) => protocol,
            Err(text) => {
                refuse("InvalidPort", text);
                return None;
            }
        },
        _ => {
            refuse("InvalidPort", "one protocol stands twice");
            return None;
        }
    };
    if node_port.is_none() {
        let text =
            "it has no nodePort, over which AWS reaches the nodes; set spec.allocateLoadBalancerNodePorts to true";
        refuse("NodePortMissing", text);
    }
    Some(Forwarding {
        port,
        protocol,
        node_port: node_port?,
    })
}

/// A TCP and a UDP port of one number are one listener and one target group, which sends both to one port of the node.
fn joined(one: &ServicePort, other: &ServicePort, asked: &Annotations) -> Result<ListenerProtocol, &'static str> {
    if is_tls(one, asked) || is_tls(other, asked) {
        return Err(
            "a load balancer cannot serve TLS and UDP on one port number; take the port out of annotation \
                    service.beta.kubernetes.io/aws-load-balancer-ssl-ports, or use two numbers",
        );
    }
    if one.node_port != other.node_port {
        return Err(
            "TCP and UDP on one number need the same nodePort, because AWS joins them to one TCP_UDP listener; \
                    set nodePort of both to one value, or use two numbers",
        );
    }
    Ok(ListenerProtocol::TcpUdp)
}

fn is_tls(port: &ServicePort, asked: &Annotations) -> bool {
    let chosen = asked
        .tls_ports
        .as_ref()
        .is_none_or(|refs| refs.iter().any(|reference| reference.means(port)));
    port.protocol == Protocol::Tcp && !asked.certificates.is_empty() && chosen
}

impl PortRef {
    fn means(&self, port: &ServicePort) -> bool {
        match self {
            Self::Number(number) => port.port == *number,
            Self::Name(name) => port.name.as_ref() == Some(name),
        }
    }
}

fn check_tls_ports(service: &Service, asked: &Annotations, faults: &mut Faults) {
    for reference in asked.tls_ports.iter().flatten() {
        let known = service
            .ports
            .iter()
            .any(|port| port.protocol == Protocol::Tcp && reference.means(port));
        if !known {
            let shown = match reference {
                PortRef::Number(number) => number.to_string(),
                PortRef::Name(name) => name.clone(),
            };
            let tcp = service.ports.iter().filter(|port| port.protocol == Protocol::Tcp);
            let ports: Vec<_> = tcp
                .map(|port| port.name.clone().unwrap_or_else(|| port.port.to_string()))
                .collect();
            let why = format!("is no TCP port of the Service, which has {}", quoted(&ports.join(", ")));
            faults.add_value(&keys::SSL_PORTS, &shown, &why);
        }
    }
}

#[cfg(test)]
mod tests;
