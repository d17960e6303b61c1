//! What a listener speaks.

use crate::aws::stack::ListenerProtocol;
use crate::service::{Protocol, ServicePort};

use super::super::annotations::keys;
use super::super::declaration::Declaration;
use super::tls::is_secure;

/// Reason of a fault, and the rest of the sentence "port N: ...".
type Refusal = (&'static str, String);

/// Reason where the kind of load balancer cannot carry a protocol.
const UNSUPPORTED: &str = "UnsupportedProtocol";
/// Reason where ports of one number do not fit together.
const INVALID: &str = "InvalidPort";

/// The protocol of the one listener for all ports of one number.
pub(super) fn of(ports: &[&ServicePort], declared: Declaration<'_>) -> Result<ListenerProtocol, Refusal> {
    let has = |protocol| ports.iter().any(|port| port.protocol == protocol);
    if has(Protocol::Sctp) {
        let why = "no AWS load balancer carries SCTP; allowed are TCP and UDP";
        return Err((UNSUPPORTED, why.into()));
    }
    if declared.is_application() && has(Protocol::Udp) {
        let why = "an Application Load Balancer carries HTTP only, and no UDP; put the port into a Service with \
                   spec.loadBalancerClass elbow.dev/nlb, which asks for a Network Load Balancer";
        return Err((UNSUPPORTED, why.into()));
    }
    let secure = ports.iter().any(|port| is_secure(port, declared));
    match ports {
        [_] if declared.is_application() => Ok(http(secure)),
        [one] => Ok(single(one.protocol, secure)),
        [one, other] if one.protocol != other.protocol => joined(secure),
        _ => Err((INVALID, "one protocol stands twice".into())),
    }
}

fn http(secure: bool) -> ListenerProtocol {
    match secure {
        true => ListenerProtocol::Https,
        false => ListenerProtocol::Http,
    }
}

fn single(protocol: Protocol, secure: bool) -> ListenerProtocol {
    match (protocol, secure) {
        (Protocol::Udp, _) => ListenerProtocol::Udp,
        (_, true) => ListenerProtocol::Tls,
        (_, false) => ListenerProtocol::Tcp,
    }
}

/// A TCP and a UDP port of one number are one listener and one target group, which sends both to one port of the node.
fn joined(secure: bool) -> Result<ListenerProtocol, Refusal> {
    if !secure {
        return Ok(ListenerProtocol::TcpUdp);
    }
    let why = format!(
        "a load balancer cannot serve TLS and UDP on one port number; take the port out of annotation {}, or use two numbers",
        keys::SSL_PORTS
    );
    Err((INVALID, why))
}
