//! What a Service declares: its fields, its annotations, and the kind of load balancer that its class asks for.

use crate::aws::stack::LoadBalancerKind;
use crate::service::{Protocol, Service, ServicePort};

use super::annotations::Annotations;
use super::invalid::quoted;

/// A Service whose annotations were read.
#[derive(Clone, Copy)]
pub(super) struct Declaration<'a> {
    pub(super) service: &'a Service,
    pub(super) asked: &'a Annotations,
    pub(super) kind: LoadBalancerKind,
}

impl Declaration<'_> {
    /// Does its load balancer speak HTTP?
    pub(super) fn is_application(self) -> bool {
        self.kind == LoadBalancerKind::Application
    }
}

/// TCP ports.
pub(super) fn tcp(ports: &[ServicePort]) -> impl Iterator<Item = &ServicePort> {
    ports.iter().filter(|port| port.protocol == Protocol::Tcp)
}

/// The names of ports, or the numbers of those that have none, as a message tells them.
pub(super) fn named<'a>(ports: impl Iterator<Item = &'a ServicePort>) -> String {
    let names: Vec<_> = ports
        .map(|port| port.name.clone().unwrap_or_else(|| port.port.to_string()))
        .collect();
    quoted(&names.join(", "))
}
