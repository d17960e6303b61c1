//! The listeners: one for each port of the Service, of a protocol that carries it, with a certificate where TLS ends there.

use super::evidence::{Evidence, SeenLoadBalancer};
use super::report::{Finding, Severity};
use crate::aws::api::{ActionSettings, ListenerDescription, ListenerSettings};
use crate::aws::desired::annotations::keys;
use crate::aws::desired::listener_protocols;
use crate::aws::stack::{ListenerProtocol, LoadBalancerKind};
use crate::service::Port;

/// Looks at them. What a port that elbow refuses would need is not asked: the Service's conditions tell why it is refused.
pub(super) fn look(evidence: &Evidence) -> Vec<Finding> {
    let Some(found) = evidence.load_balancer() else {
        return Vec::new();
    };
    let kind = found.description.kind.unwrap_or(LoadBalancerKind::Network);
    let wanted = listener_protocols(&evidence.declared, kind).into_iter();
    let judge = |(port, protocol)| match found.listeners.iter().find(|listener| listener.port == port) {
        Some(listener) => present(listener, protocol),
        None => missing(port),
    };
    wanted.map(judge).chain(extra(evidence, found)).collect()
}

fn missing(port: Port) -> Finding {
    Finding::broken(
        "ListenerMissing",
        format!("the load balancer does not listen on port {port} of the Service"),
        "elbow makes the listener: look at the Service's conditions; one that was deleted by hand comes back with the next audit",
    )
}

fn present(listener: &ListenerDescription, wanted: ListenerProtocol) -> Finding {
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
    if wanted.is_secure() && !protocol.is_secure() {
        return Finding::broken(
            "CertificateNotUsed",
            format!(
                "port {port} shall be {wanted} by annotation {}, but its listener speaks {protocol}",
                keys::SSL_CERT
            ),
            "look at the Service's conditions: they say why the certificate cannot be used",
        );
    }
    if protocol != wanted {
        return Finding::broken(
            "ListenerProtocol",
            format!("the listener on port {port} speaks {protocol}, but the Service asks for {wanted} there"),
            "elbow corrects it: look at the Service's conditions and at whether elbow runs",
        );
    }
    if protocol.is_secure() && settings.certificate.is_none() {
        return Finding::broken(
            "CertificateMissing",
            format!("the {protocol} listener on port {port} has no certificate"),
            format!(
                "name one in annotation {}, in ACM in the region of the load balancer",
                keys::SSL_CERT
            ),
        );
    }
    Finding::sound(format!("{protocol} :{port}{}", leads_to(settings)))
}

fn extra<'a>(evidence: &'a Evidence, found: &'a SeenLoadBalancer) -> impl Iterator<Item = Finding> + 'a {
    let declared = |port| evidence.declared.ports.iter().any(|known| known.port == port);
    let extra = found.listeners.iter().filter(move |listener| !declared(listener.port));
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
