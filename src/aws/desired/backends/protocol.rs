//! What targets are sent.

use crate::aws::stack::{HttpVersion, ListenerProtocol, TargetProtocol};
use crate::service::ServicePort;

use super::super::annotations::BackendProtocol;
use super::super::declaration::Declaration;
use super::super::invalid::quoted;
use super::Source;

/// Reason of a fault, and the rest of the sentence "port N: ...".
type Refusal = (&'static str, String);

/// The protocol of the target group for a source behind a listener.
pub(super) fn of(
    listener: ListenerProtocol,
    source: &Source<'_>,
    declared: Declaration<'_>,
) -> Result<TargetProtocol, Refusal> {
    match listener {
        ListenerProtocol::Tcp => Ok(TargetProtocol::Tcp),
        ListenerProtocol::Udp => Ok(TargetProtocol::Udp),
        ListenerProtocol::TcpUdp => Ok(TargetProtocol::TcpUdp),
        ListenerProtocol::Tls if source.tls => Ok(TargetProtocol::Tls),
        ListenerProtocol::Tls => Ok(TargetProtocol::Tcp),
        ListenerProtocol::Http | ListenerProtocol::Https => {
            http(listener, source.ports.first().copied(), declared.asked.tls.backend)
        }
    }
}

fn http(
    listener: ListenerProtocol,
    port: Option<&ServicePort>,
    asked: Option<BackendProtocol>,
) -> Result<TargetProtocol, Refusal> {
    let said = port.and_then(|port| port.app_protocol.as_deref());
    let (tls, version) = app_protocol(said)?;
    if version != HttpVersion::Http1 && listener != ListenerProtocol::Https {
        let why = format!(
            "its appProtocol asks for {version}, which AWS forwards from HTTPS listeners only; give it a certificate, or take \
             appProtocol out"
        );
        return Err(("UnsupportedProtocol", why));
    }
    let tls = asked.map_or(tls, |asked| asked == BackendProtocol::Tls);
    Ok(match tls {
        true => TargetProtocol::Https(version),
        false => TargetProtocol::Http(version),
    })
}

/// Names of the Kubernetes API reference, `ServicePort`, and of IANA.
fn app_protocol(said: Option<&str>) -> Result<(bool, HttpVersion), Refusal> {
    match said.map(str::to_ascii_lowercase).as_deref() {
        None | Some("" | "http" | "kubernetes.io/ws") => Ok((false, HttpVersion::Http1)),
        Some("https" | "kubernetes.io/wss") => Ok((true, HttpVersion::Http1)),
        Some("kubernetes.io/h2c") => Ok((false, HttpVersion::Http2)),
        Some("grpc") => Ok((false, HttpVersion::Grpc)),
        Some(other) => {
            let why = format!(
                "its appProtocol is {}, which an Application Load Balancer does not forward; allowed: http, https, grpc, \
                 kubernetes.io/h2c, kubernetes.io/ws, kubernetes.io/wss, or spec.loadBalancerClass elbow.dev/nlb",
                quoted(other)
            );
            Err(("UnsupportedProtocol", why))
        }
    }
}
