use rstest::rstest;

use super::*;
use crate::aws::desired::annotations::keys;
use crate::aws::desired::fixtures::{Case, forwards_to, service_port, tcp, udp};
use crate::aws::stack::AlpnPolicy;
use crate::service::Protocol;

const CERT: (&str, &str) = (keys::SSL_CERT.name, keys::SSL_CERT.example);
const SSL_PORTS: &str = keys::SSL_PORTS.name;

/// `PORT PROTOCOL -> PROTOCOL NODEPORT` of each listener and its target group.
fn listeners(case: &Case) -> Vec<String> {
    let stack = case.stack();
    let line = |listener: &crate::aws::stack::Listener| {
        let group = &stack.target_groups[forwards_to(listener)];
        format!(
            "{} {} -> {:?} {}",
            listener.port, listener.protocol, group.protocol, group.port
        )
    };
    stack.listeners.values().map(line).collect()
}

fn tls(case: Case) -> Case {
    case.annotate(CERT.0, CERT.1)
}

#[test]
fn each_port_has_a_listener_and_a_target_group() {
    let case = Case::new().ports([udp(53, 30053), tcp(80, 30080), tcp(8080, 30808)]);
    assert_eq!(
        listeners(&case),
        ["53 UDP -> Udp 30053", "80 TCP -> Tcp 30080", "8080 TCP -> Tcp 30808"]
    );
    assert_eq!(case.stack().target_groups.len(), 3);
}

#[test]
fn tcp_and_udp_of_one_number_and_node_port_are_joined() {
    assert_eq!(
        listeners(&Case::new().ports([tcp(53, 30053), udp(53, 30053)])),
        ["53 TCP_UDP -> TcpUdp 30053"]
    );
}

#[test]
fn a_changed_node_port_keeps_the_target_group() {
    let [one, other] = [30080, 30081].map(|node_port| Case::new().ports([tcp(80, node_port)]).stack());
    assert!(one.target_groups.keys().eq(other.target_groups.keys()));
    assert_ne!(one.target_groups, other.target_groups);
}

#[rstest]
#[case::all_tcp_ports(None, &["53 UDP -> Udp 30053", "80 TLS -> Tcp 30080", "443 TLS -> Tcp 30443"])]
#[case::by_number(Some("443"), &["53 UDP -> Udp 30053", "80 TCP -> Tcp 30080", "443 TLS -> Tcp 30443"])]
#[case::by_name(Some("tcp-80, tcp-443"), &["53 UDP -> Udp 30053", "80 TLS -> Tcp 30080", "443 TLS -> Tcp 30443"])]
#[case::all(Some("*"), &["53 UDP -> Udp 30053", "80 TLS -> Tcp 30080", "443 TLS -> Tcp 30443"])]
#[case::empty_means_all(Some(""), &["53 UDP -> Udp 30053", "80 TLS -> Tcp 30080", "443 TLS -> Tcp 30443"])]
fn with_a_certificate_tcp_ports_speak_tls_and_nodes_tcp(#[case] ports: Option<&str>, #[case] expected: &[&str]) {
    let case = tls(Case::new().ports([udp(53, 30053), tcp(80, 30080), tcp(443, 30443)]));
    let case = ports.iter().fold(case, |case, ports| case.annotate(SSL_PORTS, ports));
    assert_eq!(listeners(&case), expected);
}

#[test]
fn certificates_and_policy_are_on_tls_listeners_only() {
    let two = format!("{0},{0}b,{0}", CERT.1);
    let case = Case::new()
        .ports([tcp(80, 30080), tcp(443, 30443)])
        .annotate(CERT.0, &two)
        .annotate(SSL_PORTS, "443");
    let listeners: Vec<_> = case.stack().listeners.into_values().collect();
    assert!(listeners[0].certificates.is_empty() && listeners[0].ssl_policy.is_none());
    let certificates: Vec<_> = listeners[1]
        .certificates
        .iter()
        .map(|arn| arn.as_str().to_owned())
        .collect();
    assert_eq!(certificates, [CERT.1.to_owned(), format!("{}b", CERT.1)]);
    assert_eq!(listeners[1].ssl_policy.as_deref(), Some("ELBSecurityPolicy-2016-08"));
}

#[test]
fn tls_ports_without_a_certificate_are_told_to_have_no_effect() {
    let case = Case::new().annotate(SSL_PORTS, "80");
    assert_eq!(listeners(&case), ["80 TCP -> Tcp 30080"]);
    assert_eq!(case.warning_reasons(), ["AnnotationIgnored"]);
}

#[rstest]
#[case::unknown_number("8443")]
#[case::unknown_name("https")]
#[case::udp("udp-53")]
#[case::udp_number("53")]
fn a_tls_port_that_is_no_tcp_port_of_the_service_is_refused(#[case] value: &str) {
    let case = tls(Case::new().ports([tcp(80, 30080), udp(53, 30053)]));
    let invalid = case.annotate(SSL_PORTS, &format!("80,{value}")).invalid();
    assert_eq!(invalid.reason, "InvalidAnnotation");
    assert!(invalid.message.contains(&format!("ssl-ports: `{value}`")), "{invalid}");
    assert!(invalid.message.contains("`tcp-80`"), "{invalid}");
}

#[rstest]
#[case::sctp(&[service_port(Protocol::Sctp, 80, 30080)], "UnsupportedProtocol", "SCTP")]
#[case::sctp_beside_tcp(&[tcp(80, 30080), service_port(Protocol::Sctp, 80, 30080)], "UnsupportedProtocol", "SCTP")]
#[case::different_node_ports(&[tcp(53, 30053), udp(53, 30054)], "InvalidPort", "same nodePort")]
#[case::one_protocol_twice(&[tcp(80, 30080), tcp(80, 30081)], "InvalidPort", "twice")]
#[case::three_of_a_number(&[tcp(80, 30080), udp(80, 30080), tcp(80, 30080)], "InvalidPort", "twice")]
#[case::no_node_port(&[tcp(80, 0)], "NodePortMissing", "spec.allocateLoadBalancerNodePorts")]
#[case::no_node_ports_of_a_pair(&[tcp(53, 0), udp(53, 0)], "NodePortMissing", "spec.allocateLoadBalancerNodePorts")]
#[case::node_port_outside_the_range(&[tcp(80, 8080)], "InvalidPort", "--node-port-range")]
#[case::no_ports(&[], "InvalidPort", "spec.ports is empty")]
fn ports_that_cannot_be_served_are_refused(#[case] ports: &[ServicePort], #[case] reason: &str, #[case] why: &str) {
    let invalid = Case::new().ports(ports.iter().cloned()).invalid();
    assert_eq!(invalid.reason, reason);
    assert!(invalid.message.contains(why), "{invalid}");
}

#[test]
fn every_port_that_cannot_be_served_is_named() {
    let message = Case::new()
        .ports([tcp(80, 0), service_port(Protocol::Sctp, 90, 30090)])
        .invalid()
        .message;
    assert!(
        message.contains("port 80: ") && message.contains("port 90: "),
        "{message}"
    );
}

#[test]
fn tls_and_udp_on_one_number_are_refused() {
    let case = tls(Case::new().ports([tcp(443, 30443), udp(443, 30443), tcp(80, 30080)]));
    assert!(
        case.invalid()
            .message
            .contains("port 443: a load balancer cannot serve TLS and UDP")
    );
    assert_eq!(
        listeners(&case.annotate(SSL_PORTS, "80")),
        ["80 TLS -> Tcp 30080", "443 TCP_UDP -> TcpUdp 30443"]
    );
}

#[test]
fn a_node_port_outside_the_range_is_the_users_care_where_the_groups_are() {
    let case = Case::new()
        .ports([tcp(80, 8080)])
        .annotate(keys::SECURITY_GROUPS.name, "sg-0a");
    assert_eq!(listeners(&case), ["80 TCP -> Tcp 8080"]);
}

#[rstest]
#[case(50, true)]
#[case(51, false)]
fn a_load_balancer_has_fifty_listeners_at_most(#[case] count: u16, #[case] sound: bool) {
    let case = Case::new().ports((1..=count).map(|port| tcp(port, 30000 + port)));
    match case.result() {
        Ok(desired) => assert!(sound && desired.stack.listeners.len() == usize::from(count)),
        Err(invalid) => assert!(!sound && invalid.reason == "TooManyListeners"),
    }
}

#[test]
fn the_tls_policy_and_alpn_are_the_users_where_given() {
    let case = tls(Case::new().ports([tcp(80, 30080), tcp(443, 30443)]))
        .annotate(SSL_PORTS, "443")
        .annotate(keys::SSL_POLICY.name, keys::SSL_POLICY.example)
        .annotate(keys::ALPN_POLICY.name, "HTTP2Preferred");
    let listeners: Vec<_> = case.stack().listeners.into_values().collect();
    assert_eq!(
        (listeners[0].ssl_policy.as_deref(), listeners[0].alpn),
        (None, AlpnPolicy::None)
    );
    let secure = (listeners[1].ssl_policy.as_deref(), listeners[1].alpn);
    assert_eq!(secure, (Some(keys::SSL_POLICY.example), AlpnPolicy::HTTP2Preferred));
}

#[rstest]
#[case(keys::SSL_PORTS.name, "80")]
#[case(keys::SSL_POLICY.name, keys::SSL_POLICY.example)]
#[case(keys::ALPN_POLICY.name, "HTTP1Only")]
#[case(keys::BACKEND_PROTOCOL.name, "ssl")]
fn what_only_tls_listeners_have_is_told_to_have_no_effect_without_one(#[case] key: &str, #[case] value: &str) {
    let case = Case::new().annotate(key, value);
    assert_eq!(case.warning_reasons(), ["AnnotationIgnored"]);
    assert!(case.desired().warnings[0].message.contains(key));
    assert!(tls(case).warning_reasons().is_empty());
}

#[rstest]
#[case("ssl", "443 TLS -> Tls 30443")]
#[case("https", "443 TLS -> Tls 30443")]
#[case("SSL", "443 TLS -> Tls 30443")]
#[case("tcp", "443 TLS -> Tcp 30443")]
#[case("http", "443 TLS -> Tcp 30443")]
fn nodes_behind_tls_listeners_are_sent_what_the_backend_protocol_says(#[case] value: &str, #[case] expected: &str) {
    let case = tls(Case::new().ports([tcp(80, 30080), tcp(443, 30443)]))
        .annotate(SSL_PORTS, "443")
        .annotate(keys::BACKEND_PROTOCOL.name, value);
    assert_eq!(listeners(&case), ["80 TCP -> Tcp 30080", expected]);
}

/// A new target group is made beside the old one, and the listener changes over.
#[test]
fn another_protocol_to_the_nodes_gives_a_new_target_group_under_the_same_load_balancer() {
    let plain = tls(Case::new());
    let secure = plain.clone().annotate(keys::BACKEND_PROTOCOL.name, "ssl");
    let (plain, secure) = (plain.stack(), secure.stack());
    assert_eq!(plain.load_balancer, secure.load_balancer);
    assert!(
        plain
            .target_groups
            .keys()
            .all(|name| !secure.target_groups.contains_key(name))
    );
}

mod application;
