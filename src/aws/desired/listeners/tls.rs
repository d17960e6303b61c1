//! Which listeners speak TLS or HTTPS, and to which one the others redirect.

use crate::aws::stack::{AlpnPolicy, ListenerProtocol};
use crate::provider::Warning;
use crate::service::{Port, Protocol, ServicePort};

use super::super::annotations::{BackendProtocol, PortChoice, keys};
use super::super::declaration::{Declaration, named, tcp};
use super::super::health_check::without_effect;
use super::super::invalid::Faults;
use super::Listening;

/// Does TLS from clients end at the load balancer?
pub(super) fn is_secure(port: &ServicePort, declared: Declaration<'_>) -> bool {
    let tls = &declared.asked.tls;
    let chosen = match (&tls.ports, &tls.redirect) {
        (Some(PortChoice::Some(ports)), _) => ports.iter().any(|reference| reference.means(port)),
        (None, Some(redirect)) => redirect.means(port),
        (Some(PortChoice::All), _) | (None, None) => true,
    };
    port.protocol == Protocol::Tcp && !tls.certificates.is_empty() && chosen
}

/// Tells ports that are asked for and cannot be had.
pub(in crate::aws::desired) fn check(declared: Declaration<'_>, faults: &mut Faults) {
    let ports = &declared.service.ports;
    if let Some(PortChoice::Some(chosen)) = &declared.asked.tls.ports {
        for reference in chosen {
            if !tcp(ports).any(|port| reference.means(port)) {
                let why = format!("is no TCP port of the Service, which has {}", named(tcp(ports)));
                faults.add_value(&keys::SSL_PORTS, &reference.to_string(), &why);
            }
        }
    }
    let Some(reference) = &declared.asked.tls.redirect else {
        return;
    };
    let known = tcp(ports).find(|port| reference.means(port));
    let why = match known {
        _ if declared.asked.tls.certificates.is_empty() => {
            format!(
                "is no HTTPS port without a certificate in annotation {}",
                keys::SSL_CERT
            )
        }
        None => format!("is no TCP port of the Service, which has {}", named(tcp(ports))),
        Some(port) if !is_secure(port, declared) => format!("is not among annotation {}", keys::SSL_PORTS),
        Some(_) => return,
    };
    faults.add_value(&keys::SSL_REDIRECT, &reference.to_string(), &why);
}

/// Where a listener of this protocol redirects to; none if it forwards.
pub(in crate::aws::desired) fn redirect(declared: Declaration<'_>, protocol: ListenerProtocol) -> Option<Port> {
    let reference = declared
        .asked
        .tls
        .redirect
        .as_ref()
        .filter(|_| protocol == ListenerProtocol::Http)?;
    let port = tcp(&declared.service.ports).find(|port| reference.means(port) && is_secure(port, declared))?;
    Some(port.port)
}

/// What the user asked for and does not get.
pub(in crate::aws::desired) fn warnings(declared: Declaration<'_>, listeners: &[Listening<'_>]) -> Vec<Warning> {
    if listeners.iter().any(|listener| listener.protocol.is_secure()) {
        return Vec::new();
    }
    let tls = &declared.asked.tls;
    let sent_tls = tls.backend == Some(BackendProtocol::Tls) && !declared.is_application();
    let asked = [
        (&keys::SSL_PORTS, tls.ports.is_some()),
        (&keys::SSL_POLICY, tls.policy.is_some()),
        (&keys::ALPN_POLICY, tls.alpn != AlpnPolicy::None),
        (&keys::BACKEND_PROTOCOL, sent_tls),
    ];
    let protocol = if declared.is_application() { "HTTPS" } else { "TLS" };
    let why = format!(
        "no listener speaks {protocol}, which takes annotation {}",
        keys::SSL_CERT
    );
    let ignored = asked.into_iter().filter(|(_, asked)| *asked);
    ignored.map(|(key, _)| without_effect(key, &why)).collect()
}
