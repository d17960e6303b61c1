//! Attributes of listeners.

use rstest::rstest;

use super::*;
use crate::aws::desired::tags::Extra;
use crate::aws::stack::{Listener, ListenerProtocol};

const IDLE: &str = "tcp.idle_timeout.seconds";

fn listener(case: &Case) -> Listener {
    case.stack().listeners.into_values().next().unwrap()
}

#[test]
fn a_listener_carries_every_default_and_remembers_only_what_was_asked() {
    let plain = listener(&Case::new());
    assert_eq!(plain.attributes[IDLE], "350");
    assert!(!Extra::Attributes.is_in(&plain.tags));
    let tuned = listener(&Case::new().annotate(
        "aws-load-balancer-listener-attributes.TCP-80",
        "tcp.idle_timeout.seconds=400",
    ));
    assert_eq!(tuned.attributes[IDLE], "400");
    assert!(Extra::Attributes.is_in(&tuned.tags));
}

#[rstest]
#[case(
    "HTTP",
    "routing.http.response.server.enabled=false",
    "routing.http.response.server.enabled",
    "false"
)]
#[case(
    "HTTP",
    "routing.http.response.strict_transport_security.header_value=max-age=31536000; includeSubDomains",
    "routing.http.response.strict_transport_security.header_value",
    "max-age=31536000; includeSubDomains"
)]
#[case(
    "HTTP",
    r"routing.http.response.access_control_allow_methods.header_value=GET\,PUT",
    "routing.http.response.access_control_allow_methods.header_value",
    "GET,PUT"
)]
#[case(
    "HTTPS",
    "routing.http.request.x_amzn_tls_version.header_name=X-Tls",
    "routing.http.request.x_amzn_tls_version.header_name",
    "X-Tls"
)]
fn attributes_of_an_application_load_balancers_listeners_are_taken(
    #[case] protocol: &str,
    #[case] value: &str,
    #[case] attribute: &str,
    #[case] expected: &str,
) {
    let certificate = (keys::SSL_CERT.name, keys::SSL_CERT.example);
    let certificate = (protocol == "HTTPS").then_some(certificate);
    let case = Case::new().alb().annotate_all(certificate.as_slice());
    let key = format!("aws-load-balancer-listener-attributes.{protocol}-80");
    let default = listener(&case).attributes[attribute].clone();
    assert_ne!(default, expected);
    assert_eq!(
        listener_default(listener(&case).protocol, attribute),
        Some(default.as_str())
    );
    assert_eq!(listener(&case.annotate(&key, value)).attributes[attribute], expected);
}

#[rstest]
#[case::tls("TLS", "tcp.idle_timeout.seconds=400", "AWS has no attributes of TLS listeners")]
#[case::udp("UDP", "tcp.idle_timeout.seconds=400", "AWS has no attributes of UDP listeners")]
#[case::joined(
    "TCP_UDP",
    "tcp.idle_timeout.seconds=400",
    "AWS has no attributes of TCP_UDP listeners"
)]
#[case::low("TCP", "tcp.idle_timeout.seconds=59", "60 to 6000")]
#[case::high("TCP", "tcp.idle_timeout.seconds=6001", "60 to 6000")]
#[case::other_kind("TCP", "routing.http.response.server.enabled=false", "is not known")]
#[case::https_only("HTTP", "routing.http.request.x_amzn_tls_version.header_name=X", "is not known")]
#[case::header(
    "HTTP",
    "routing.http.response.x_content_type_options.header_value=sniff",
    "must be nosniff"
)]
fn an_attribute_that_a_listener_does_not_have_is_refused(
    #[case] protocol: &str,
    #[case] value: &str,
    #[case] why: &str,
) {
    let case = match protocol {
        "HTTP" => Case::new().alb(),
        "TLS" => Case::new().annotate(keys::SSL_CERT.name, keys::SSL_CERT.example),
        "UDP" => Case::new().ports([udp(80, 30080)]),
        "TCP_UDP" => Case::new().ports([tcp(80, 30080), udp(80, 30080)]),
        _ => Case::new(),
    };
    let key = format!("aws-load-balancer-listener-attributes.{protocol}-80");
    let invalid = case.annotate(&key, value).invalid();
    assert_eq!(invalid.reason, "InvalidAnnotation");
    assert!(
        invalid.message.contains(&key) && invalid.message.contains(why),
        "{invalid}"
    );
}

#[test]
fn listeners_without_attributes_have_no_defaults() {
    for protocol in [ListenerProtocol::Tls, ListenerProtocol::Udp, ListenerProtocol::TcpUdp] {
        assert_eq!(listener_default(protocol, IDLE), None);
    }
}
