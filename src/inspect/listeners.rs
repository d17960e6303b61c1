//! The listeners: one for each port of the Service, of a protocol that carries it, with a certificate where TLS ends there.

use std::collections::BTreeMap;

use super::evidence::{Evidence, SeenLoadBalancer};
use super::report::{Finding, Severity};
use crate::aws::api::{ActionSettings, ListenerDescription, ListenerSettings};
use crate::aws::desired::annotations::keys;
use crate::aws::stack::ListenerProtocol;
use crate::service::{Port, Protocol, ServicePort};

/// Looks at them.
pub(super) fn look(evidence: &Evidence) -> Vec<Finding> {
    let Some(found) = evidence.load_balancer() else {
        return Vec::new();
    };
    let mut by_number: BTreeMap<Port, Vec<&ServicePort>> = BTreeMap::new();
    for port in &evidence.declared.ports {
        by_number.entry(port.port).or_default().push(port);
    }
    let wanted = by_number.iter().map(|(number, ports)| {
        match found.listeners.iter().find(|listener| listener.port == *number) {
            Some(listener) => present(evidence, listener, ports),
            None => missing(*number),
        }
    });
    wanted.chain(extra(found, &by_number)).collect()
}

fn missing(port: Port) -> Finding {
    Finding::broken(
        "ListenerMissing",
        format!("the load balancer does not listen on port {port} of the Service"),
        "elbow makes the listener: look at the Service's conditions; one that was deleted by hand comes back with the next audit",
    )
}

fn present(evidence: &Evidence, listener: &ListenerDescription, ports: &[&ServicePort]) -> Finding {
    let port = listener.port;
    let Some(settings) = &listener.settings else {
        return Finding::fault(
            Severity::Degraded,
            "ListenerForeign",
            format!(
                "the listener on port {port} has a protocol or an action that elbow never makes: it was changed by hand"
            ),
            "delete it, so that elbow makes its own, or undo the change",
        );
    };
    let protocol = settings.protocol;
    if let Some(lost) = ports.iter().find(|port| !carries(protocol, port.protocol)) {
        return Finding::broken(
            "ListenerProtocol",
            format!(
                "the listener on port {port} speaks {protocol}, but the Service has {} there",
                lost.protocol
            ),
            "elbow corrects it: look at the Service's conditions and at whether elbow runs",
        );
    }
    if let Some(fault) = certificate(evidence, settings, ports) {
        return fault;
    }
    Finding::sound(format!("{protocol} :{port}{}", leads_to(settings)))
}

/// TLS ends at a listener where the annotation says so; then it needs a certificate.
fn certificate(evidence: &Evidence, settings: &ListenerSettings, ports: &[&ServicePort]) -> Option<Finding> {
    let port = settings.port;
    if settings.protocol.is_secure() {
        return settings.certificate.is_none().then(|| {
            Finding::broken(
                "CertificateMissing",
                format!("the {} listener on port {port} has no certificate", settings.protocol),
                format!(
                    "name one in annotation {}, in ACM in the region of the load balancer",
                    keys::SSL_CERT
                ),
            )
        });
    }
    let asked = ports.iter().any(|port| wants_tls(evidence, port));
    asked.then(|| {
        Finding::broken(
            "CertificateNotUsed",
            format!(
                "port {port} shall be TLS by annotation {}, but its listener speaks {}",
                keys::SSL_CERT,
                settings.protocol
            ),
            "look at the Service's conditions: they say why the certificate cannot be used",
        )
    })
}

/// Where no port is named, all TCP ports are meant, or only the one that others redirect to. What is written wrong is
/// refused by elbow with the whole annotation, so that nothing more than a match is needed here.
fn wants_tls(evidence: &Evidence, port: &ServicePort) -> bool {
    let annotation = |key: &keys::Key| {
        let value = evidence.declared.annotations.get(&key.to_string());
        value.map(|value| value.trim()).filter(|value| !value.is_empty())
    };
    let named = |list: &str| {
        let mut names = list.split(',').map(str::trim);
        names.any(|name| name == "*" || name == port.port.to_string() || port.name.as_deref() == Some(name))
    };
    let ports = annotation(&keys::SSL_PORTS).or_else(|| annotation(&keys::SSL_REDIRECT));
    port.protocol == Protocol::Tcp && annotation(&keys::SSL_CERT).is_some() && ports.is_none_or(named)
}

fn extra<'a>(
    found: &'a SeenLoadBalancer,
    wanted: &'a BTreeMap<Port, Vec<&ServicePort>>,
) -> impl Iterator<Item = Finding> + 'a {
    let extra = found
        .listeners
        .iter()
        .filter(|listener| !wanted.contains_key(&listener.port));
    extra.map(|listener| {
        let message = format!(
            "the load balancer also listens on port {}, which the Service does not have",
            listener.port
        );
        Finding::notice("ListenerExtra", message)
    })
}

fn leads_to(settings: &ListenerSettings) -> String {
    let certificate = settings.certificate.as_ref();
    let certificate = certificate.map_or_else(String::new, |arn| format!(" with {arn}"));
    match &settings.action {
        ActionSettings::Forward { .. } => certificate,
        ActionSettings::Redirect(redirect) => format!(", redirects to HTTPS :{}", redirect.port),
    }
}

/// Does a listener of this protocol serve a port of that one?
fn carries(listener: ListenerProtocol, port: Protocol) -> bool {
    match listener {
        ListenerProtocol::Tcp | ListenerProtocol::Tls | ListenerProtocol::Http | ListenerProtocol::Https => {
            port == Protocol::Tcp
        }
        ListenerProtocol::Udp => port == Protocol::Udp,
        ListenerProtocol::TcpUdp => port != Protocol::Sctp,
    }
}
