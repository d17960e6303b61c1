//! Target groups: what one sends to which port of the nodes.

mod family;
mod protocol;

use std::fmt;
use std::ops::RangeInclusive;

use crate::aws::stack::{Attributes, HealthCheck, ListenerProtocol, TargetProtocol};
use crate::service::{IpFamily, Port, ServicePort};

use super::attributes::{AskedOfTargetGroups, Behind};
use super::declaration::Declaration;
use super::health_check::Probes;
use super::invalid::{Faults, quoted};

/// A target group of the stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Backend {
    /// Name of the Service and number of its port, where they are not the listener's own.
    pub(super) other: Option<(String, Port)>,
    pub(super) protocol: TargetProtocol,
    pub(super) family: IpFamily,
    pub(super) node_port: Port,
    pub(super) health_check: HealthCheck,
    pub(super) attributes: Attributes,
}

/// Where a target group's traffic goes: the ports of one number of a Service.
#[derive(Clone, Debug)]
pub(super) struct Source<'a> {
    /// The Service, where it or the port is not the listener's own.
    pub(super) other: Option<&'a str>,
    /// Is the Service the one that has the load balancer?
    pub(super) is_owner: bool,
    pub(super) port: Port,
    /// One, or TCP and UDP.
    pub(super) ports: Vec<&'a ServicePort>,
    /// All ports of the Service.
    pub(super) all: &'a [ServicePort],
    /// Of a TLS listener: are targets sent TLS?
    pub(super) tls: bool,
}

/// What target groups of one Service have in common.
#[derive(Clone, Copy)]
pub(super) struct Backends<'a> {
    pub(super) declared: Declaration<'a>,
    pub(super) probes: &'a Probes<'a>,
    pub(super) asked: &'a AskedOfTargetGroups,
    /// Ports on which nodes admit load balancers; none where that is the user's care.
    pub(super) admitted: Option<&'a RangeInclusive<u16>>,
}

impl Backends<'_> {
    /// The target group of a listener for a source; none if that cannot be.
    pub(super) fn backend(
        self,
        listener: (ListenerProtocol, Port),
        source: &Source<'_>,
        faults: &mut Faults,
    ) -> Option<Backend> {
        let node_port = self.node_port(source, faults);
        let protocol = protocol::of(listener.0, source, self.declared)
            .map_err(|(reason, why)| faults.add(reason, format!("{source}: {why}")))
            .ok();
        let family = family::of(self.declared, listener.0, faults);
        let (protocol, node_port) = (protocol?, node_port?);
        let behind = Behind {
            port: listener.1,
            listener: listener.0,
            protocol,
            affinity: self.declared.service.session_affinity,
        };
        Some(Backend {
            other: source.other.map(|service| (service.to_owned(), source.port)),
            protocol,
            family,
            node_port,
            health_check: self.probes.of(protocol, source, faults),
            attributes: self.asked.of_target_group(behind, faults),
        })
    }

    /// The port of the nodes. Nodes admit load balancers on the range of NodePorts only: a port outside it would never be
    /// reached.
    fn node_port(self, source: &Source<'_>, faults: &mut Faults) -> Option<Port> {
        let node_ports: Vec<_> = source.ports.iter().map(|port| port.node_port).collect();
        if node_ports
            .windows(2)
            .any(|pair| matches!(pair, [one, other] if one != other))
        {
            let text = "TCP and UDP on one number need the same nodePort, because AWS joins them to one TCP_UDP listener; \
                        set nodePort of both to one value, or use two numbers";
            faults.add("InvalidPort", format!("{source}: {text}"));
            return None;
        }
        let Some(node_port) = node_ports.first().copied().flatten() else {
            let remedy = match source.is_owner {
                true => "set spec.allocateLoadBalancerNodePorts to true",
                false => "make the Service one of type NodePort",
            };
            let text = format!("{source}: it has no nodePort, over which AWS reaches the nodes; {remedy}");
            faults.add("NodePortMissing", text);
            return None;
        };
        if let Some(range) = self.admitted.filter(|range| !range.contains(&node_port.get())) {
            let (from, to) = (range.start(), range.end());
            let text = format!(
                "{source}: nodePort {node_port} is outside {from}-{to}, where the nodes' security group admits load \
                 balancers; set --node-port-range to the API server's --service-node-port-range"
            );
            faults.add("InvalidPort", text);
        }
        Some(node_port)
    }
}

impl fmt::Display for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.other {
            None => write!(f, "port {}", self.port),
            Some(service) => write!(f, "port {} of Service {}", self.port, quoted(service)),
        }
    }
}

#[cfg(test)]
mod tests;
