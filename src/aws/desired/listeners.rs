//! Ports of the Service -> listeners: one a port number, so that no port is ever dropped.

mod protocol;
mod tls;

use std::collections::BTreeMap;

use crate::aws::quotas::LISTENERS_OF_NETWORK;
use crate::aws::stack::{ListenerProtocol, LoadBalancerKind};
use crate::service::{Port, Service, ServicePort};

use super::annotations::Annotations;
use super::declaration::Declaration;
use super::invalid::Faults;

pub(super) use tls::{check as check_tls, redirect, warnings as tls_warnings};

/// A listener, and the ports of the Service for which it stands.
#[derive(Clone, Debug)]
pub(super) struct Listening<'a> {
    pub(super) port: Port,
    pub(super) protocol: ListenerProtocol,
    /// All of this number.
    pub(super) ports: Vec<&'a ServicePort>,
}

/// One listener for each port number, ascending.
pub(super) fn listeners<'a>(declared: Declaration<'a>, faults: &mut Faults) -> Vec<Listening<'a>> {
    let mut by_number: BTreeMap<Port, Vec<&ServicePort>> = BTreeMap::new();
    for port in &declared.service.ports {
        by_number.entry(port.port).or_default().push(port);
    }
    if by_number.is_empty() {
        faults.add(
            "InvalidPort",
            "spec.ports is empty; a load balancer needs at least one port",
        );
    }
    let most = LISTENERS_OF_NETWORK.default;
    if by_number.len() > most && !declared.is_application() {
        let count = by_number.len();
        let quota = LISTENERS_OF_NETWORK;
        let text = format!(
            "spec.ports asks for {count} listeners; a Network Load Balancer has at most {most}, and the quota {quota} \
             cannot be raised"
        );
        faults.add("TooManyListeners", text);
    }
    let mut listener = |(port, ports): (Port, Vec<&'a ServicePort>)| match protocol::of(&ports, declared) {
        Ok(protocol) => Some(Listening { port, protocol, ports }),
        Err((reason, why)) => {
            faults.add(reason, format!("port {port}: {why}"));
            None
        }
    };
    by_number.into_iter().filter_map(&mut listener).collect()
}

/// What each listener of a Service shall speak, told by the Service alone. A port that is refused is left out.
pub(crate) fn protocols(service: &Service, kind: LoadBalancerKind) -> BTreeMap<Port, ListenerProtocol> {
    // Whoever asks wants to know what is sound; the faults are told where the whole Service is read.
    let mut faults = Faults::default();
    let asked = Annotations::read(&service.annotations, kind, &mut faults);
    let declared = Declaration {
        service,
        asked: &asked,
        kind,
    };
    let listeners = listeners(declared, &mut faults).into_iter();
    listeners.map(|listener| (listener.port, listener.protocol)).collect()
}

#[cfg(test)]
mod tests;
