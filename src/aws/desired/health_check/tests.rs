use rstest::rstest;

use super::*;
use crate::aws::desired::fixtures::{Case, tcp, udp};
use crate::aws::stack::Matcher;
use crate::service::{ServicePort, TrafficPolicy};

fn prefixed(name: &str) -> String {
    format!("aws-load-balancer-healthcheck-{name}")
}

fn check(case: &Case) -> HealthCheck {
    case.stack().target_groups.into_values().next().unwrap().health_check
}

fn http(path: &str, matcher: &str) -> HealthCheckProtocol {
    HealthCheckProtocol::Http {
        path: path.into(),
        matcher: Matcher::Http(matcher.into()),
    }
}

fn number(port: u16) -> HealthCheckPort {
    HealthCheckPort::Number(Port::new(port).unwrap())
}

fn local() -> Case {
    let mut case = Case::new();
    case.service.traffic_policy = TrafficPolicy::Local;
    case.service.health_check_node_port = Port::new(32000);
    case
}

#[test]
fn under_cluster_a_connection_to_the_node_port_is_enough() {
    let expected = HealthCheck {
        protocol: HealthCheckProtocol::Tcp,
        port: HealthCheckPort::Traffic,
        interval: 10,
        timeout: 10,
        healthy_threshold: 3,
        unhealthy_threshold: 3,
    };
    assert_eq!(check(&Case::new()), expected);
}

#[test]
fn under_local_kube_proxy_says_whether_the_node_has_endpoints() {
    let expected = HealthCheck {
        protocol: http("/healthz", "200-399"),
        port: number(32000),
        interval: 10,
        timeout: 6,
        healthy_threshold: 2,
        unhealthy_threshold: 2,
    };
    assert_eq!(check(&local()), expected);
    assert_eq!(check(&local().ports([udp(53, 30053)])), expected);
}

#[test]
fn a_udp_port_is_probed_at_kube_proxys_own_health_port() {
    let check = check(&Case::new().ports([udp(53, 30053)]));
    assert_eq!(
        (check.protocol, check.port),
        (http("/healthz", "200-399"), number(10256))
    );
    assert_eq!((check.interval, check.timeout, check.healthy_threshold), (10, 10, 3));
}

#[test]
fn a_joined_tcp_and_udp_port_is_probed_over_tcp_at_the_node_port() {
    let check = check(&Case::new().ports([tcp(53, 30053), udp(53, 30053)]));
    assert_eq!(
        (check.protocol, check.port),
        (HealthCheckProtocol::Tcp, HealthCheckPort::Traffic)
    );
}

#[test]
fn every_setting_can_be_overridden() {
    let values = [
        ("protocol", "HTTPS"),
        ("port", "8443"),
        ("path", "/ready"),
        ("success-codes", "200, 204-299"),
        ("interval", "30"),
        ("timeout", "20"),
        ("healthy-threshold", "4"),
        ("unhealthy-threshold", "5"),
    ];
    let expected = HealthCheck {
        protocol: HealthCheckProtocol::Https {
            path: "/ready".into(),
            matcher: Matcher::Http("200,204-299".into()),
        },
        port: number(8443),
        interval: 30,
        timeout: 20,
        healthy_threshold: 4,
        unhealthy_threshold: 5,
    };
    for base in [Case::new(), local(), Case::new().ports([udp(53, 30053)])] {
        let case = values
            .iter()
            .fold(base, |case, (name, value)| case.annotate(&prefixed(name), value));
        assert_eq!(check(&case), expected);
    }
}

#[rstest]
#[case::http_under_cluster(Case::new(), "http", http("/", "200-399"), HealthCheckPort::Traffic)]
#[case::tcp_under_local(local(), "tcp", HealthCheckProtocol::Tcp, number(32000))]
#[case::tcp_for_udp(Case::new().ports([udp(53, 30053)]), "tcp", HealthCheckProtocol::Tcp, number(10256))]
fn a_protocol_alone_leaves_the_port(
    #[case] case: Case,
    #[case] value: &str,
    #[case] protocol: HealthCheckProtocol,
    #[case] port: HealthCheckPort,
) {
    let check = check(&case.annotate(&prefixed("protocol"), value));
    assert_eq!((check.protocol, check.port), (protocol, port));
}

#[rstest]
#[case("traffic-port", HealthCheckPort::Traffic)]
#[case("tcp-8080", number(30808))]
#[case("9000", number(9000))]
fn a_port_is_named_by_number_or_by_port_of_the_service(#[case] value: &str, #[case] expected: HealthCheckPort) {
    for case in [Case::new(), local()] {
        let case = case
            .ports([tcp(80, 30080), tcp(8080, 30808)])
            .annotate(&prefixed("port"), value);
        assert_eq!(check(&case).port, expected);
    }
}

#[rstest]
#[case::unknown("metrics", &[tcp(80, 30080)])]
#[case::udp("udp-53", &[tcp(80, 30080), udp(53, 30053)])]
fn a_port_that_is_no_tcp_port_of_the_service_is_refused(#[case] value: &str, #[case] ports: &[ServicePort]) {
    let invalid = Case::new()
        .ports(ports.iter().cloned())
        .annotate(&prefixed("port"), value)
        .invalid();
    assert!(
        invalid.message.contains(&format!("healthcheck-port: `{value}`")),
        "{invalid}"
    );
}

#[test]
fn the_timeout_follows_a_shorter_interval_unless_it_is_given() {
    let case = Case::new().annotate(&prefixed("interval"), "5");
    assert_eq!(check(&case).timeout, 5);
    let invalid = case.annotate(&prefixed("timeout"), "6").invalid();
    assert!(
        invalid.message.contains("`6` is above the interval of 5 seconds"),
        "{invalid}"
    );
}

#[test]
fn local_without_a_health_check_node_port_is_refused_unless_a_port_is_given() {
    let mut case = local();
    case.service.health_check_node_port = None;
    assert_eq!(case.invalid().reason, "HealthCheckPortMissing");
    assert_eq!(
        check(&case.annotate(&prefixed("port"), "traffic-port")).port,
        HealthCheckPort::Traffic
    );
}

#[rstest]
#[case::path("path", "/x")]
#[case::codes("success-codes", "200")]
fn what_tcp_probes_do_not_use_is_told(#[case] name: &str, #[case] value: &str) {
    assert_eq!(
        Case::new().annotate(&prefixed(name), value).warning_reasons(),
        ["AnnotationIgnored"]
    );
    assert!(local().annotate(&prefixed(name), value).warning_reasons().is_empty());
}

#[test]
fn a_probe_that_cannot_pass_is_told() {
    let case = Case::new().annotate(&prefixed("port"), "traffic-port");
    assert!(case.warning_reasons().is_empty());
    assert_eq!(
        case.ports([udp(53, 30053)]).warning_reasons(),
        ["HealthCheckCannotPass"]
    );
}

#[rstest]
#[case("9000", &[9000])]
#[case("10256", &[])]
#[case("30999", &[])]
#[case("traffic-port", &[])]
fn ports_that_nodes_must_admit_besides_node_ports_are_told(#[case] value: &str, #[case] expected: &[u16]) {
    let ports = Case::new().annotate(&prefixed("port"), value).desired().health_ports;
    assert_eq!(ports.into_iter().map(Port::get).collect::<Vec<_>>(), expected);
}

mod application;
