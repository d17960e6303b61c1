//! Listeners of application load balancers.

use rstest::rstest;

use super::*;
use crate::aws::stack::{Action, Redirect, TargetProtocol};

const REDIRECT: &str = keys::SSL_REDIRECT.name;

fn case() -> Case {
    Case::new().alb().ports([tcp(80, 30080), tcp(443, 30443)])
}

/// `PORT PROTOCOL` of each listener, with what it redirects to.
fn protocols(case: &Case) -> Vec<String> {
    let line = |listener: &crate::aws::stack::Listener| match listener.action {
        Action::Redirect(Redirect { port }) => format!("{} {} => {port}", listener.port, listener.protocol),
        Action::Forward(_) => format!("{} {}", listener.port, listener.protocol),
    };
    case.stack().listeners.values().map(line).collect()
}

#[rstest]
#[case::no_certificate(case(), &["80 HTTP", "443 HTTP"])]
#[case::all(tls(case()), &["80 HTTPS", "443 HTTPS"])]
#[case::some(tls(case()).annotate(SSL_PORTS, "tcp-443"), &["80 HTTP", "443 HTTPS"])]
#[case::redirect(tls(case()).annotate(REDIRECT, "443"), &["80 HTTP => 443", "443 HTTPS"])]
#[case::redirect_by_name(tls(case()).annotate(REDIRECT, "tcp-443").annotate(SSL_PORTS, "443"), &["80 HTTP => 443", "443 HTTPS"])]
#[case::redirect_among_several(tls(case()).annotate(REDIRECT, "443").annotate(SSL_PORTS, "*"), &["80 HTTPS", "443 HTTPS"])]
fn ports_are_http_or_https_and_redirect_where_asked(#[case] case: Case, #[case] expected: &[&str]) {
    assert_eq!(protocols(&case), expected);
}

#[test]
fn a_port_that_redirects_needs_no_target_group_and_no_node_port() {
    let case = tls(Case::new().alb().ports([tcp(80, 0), tcp(443, 30443)])).annotate(REDIRECT, "443");
    let groups: Vec<_> = case
        .stack()
        .target_groups
        .into_values()
        .map(|group| group.port.get())
        .collect();
    assert_eq!(groups, [30443]);
}

#[rstest]
#[case::no_certificate(case().annotate(REDIRECT, "443"), "is no HTTPS port without a certificate")]
#[case::unknown(tls(case()).annotate(REDIRECT, "8443"), "`8443` is no TCP port of the Service, which has `tcp-80, tcp-443`")]
#[case::not_secure(tls(case()).annotate(REDIRECT, "80").annotate(SSL_PORTS, "443"), "`80` is not among annotation")]
#[case::empty(tls(case()).annotate(REDIRECT, ""), "ssl-redirect: `` is not allowed")]
fn a_redirect_to_what_is_no_https_port_is_refused(#[case] case: Case, #[case] why: &str) {
    let invalid = case.invalid();
    assert_eq!(invalid.reason, "InvalidAnnotation");
    assert!(invalid.message.contains(why), "{invalid}");
}

#[test]
fn udp_is_refused_by_naming_the_class_that_carries_it() {
    let invalid = Case::new().alb().ports([tcp(80, 30080), udp(53, 30053)]).invalid();
    assert_eq!(invalid.reason, "UnsupportedProtocol");
    assert!(
        invalid.message.contains("port 53") && invalid.message.contains("elbow.dev/nlb"),
        "{invalid}"
    );
}

#[rstest]
#[case(None, Some("HTTP"))]
#[case(Some("http"), Some("HTTP"))]
#[case(Some("kubernetes.io/ws"), Some("HTTP"))]
#[case(Some("https"), Some("HTTPS"))]
#[case(Some("kubernetes.io/wss"), Some("HTTPS"))]
#[case(Some("kubernetes.io/h2c"), None)]
#[case(Some("grpc"), None)]
#[case(Some("redis"), None)]
fn nodes_behind_http_are_sent_what_app_protocol_says(#[case] said: Option<&str>, #[case] expected: Option<&str>) {
    let mut case = Case::new().alb();
    case.service.ports[0].app_protocol = said.map(str::to_owned);
    match expected {
        Some(expected) => assert_eq!(sent(&case), [expected]),
        None => assert_eq!(case.invalid().reason, "UnsupportedProtocol"),
    }
}

fn sent(case: &Case) -> Vec<String> {
    let groups = case.stack().target_groups.into_values();
    groups.map(|group| group.protocol.to_string()).collect()
}

#[rstest]
#[case(Some("kubernetes.io/h2c"), None, "HTTP (HTTP2)")]
#[case(Some("grpc"), None, "HTTP (GRPC)")]
#[case(Some("grpc"), Some("https"), "HTTPS (GRPC)")]
#[case(Some("https"), Some("http"), "HTTP")]
#[case(None, Some("ssl"), "HTTPS")]
fn nodes_behind_https_may_be_sent_http2_and_grpc_too(
    #[case] said: Option<&str>,
    #[case] backend: Option<&str>,
    #[case] expected: &str,
) {
    let mut case = tls(Case::new().alb());
    case.service.ports[0].app_protocol = said.map(str::to_owned);
    let backend = backend.map(|value| (keys::BACKEND_PROTOCOL.name, value));
    assert_eq!(sent(&case.annotate_all(backend.as_slice())), [expected]);
}

#[test]
fn the_version_is_part_of_the_target_groups_name() {
    let mut case = tls(Case::new().alb());
    let plain = case.stack().target_groups;
    case.service.ports[0].app_protocol = Some("grpc".into());
    let grpc = case.stack().target_groups;
    assert!(plain.keys().all(|name| !grpc.contains_key(name)));
    let protocols: Vec<TargetProtocol> = grpc.into_values().map(|group| group.protocol).collect();
    assert_eq!(protocols, [TargetProtocol::Http(crate::aws::stack::HttpVersion::Grpc)]);
}

/// Their quota can be raised, so that AWS decides.
#[test]
fn an_application_load_balancer_may_have_more_than_fifty_listeners() {
    let case = Case::new().alb().ports((1..=51).map(|port| tcp(port, 30000 + port)));
    assert_eq!(case.stack().listeners.len(), 51);
}
