//! Probes of application load balancers.

use rstest::rstest;

use super::*;
use crate::aws::desired::annotations::keys;

fn case(app_protocol: &str) -> Case {
    let mut case = Case::new().alb().annotate(keys::SSL_CERT.name, keys::SSL_CERT.example);
    case.service.ports[0].app_protocol = Some(app_protocol.into());
    case
}

fn local(mut case: Case) -> Case {
    case.service.traffic_policy = TrafficPolicy::Local;
    case.service.health_check_node_port = Port::new(32000);
    case
}

fn https(path: &str, matcher: &str) -> HealthCheckProtocol {
    HealthCheckProtocol::Https {
        path: path.into(),
        matcher: Matcher::Http(matcher.into()),
    }
}

fn grpc() -> HealthCheckProtocol {
    HealthCheckProtocol::Http {
        path: "/AWS.ALB/healthcheck".into(),
        matcher: Matcher::Grpc("12".into()),
    }
}

#[rstest]
#[case::http(case("http"), http("/", "200"), HealthCheckPort::Traffic)]
#[case::https(case("https"), https("/", "200"), HealthCheckPort::Traffic)]
#[case::http2(case("kubernetes.io/h2c"), http("/", "200"), HealthCheckPort::Traffic)]
#[case::grpc(case("grpc"), grpc(), HealthCheckPort::Traffic)]
#[case::local(local(case("http")), http("/healthz", "200"), number(32000))]
#[case::local_https(local(case("https")), http("/healthz", "200"), number(32000))]
#[case::local_http2(local(case("kubernetes.io/h2c")), http("/", "200"), HealthCheckPort::Traffic)]
#[case::local_grpc(local(case("grpc")), grpc(), HealthCheckPort::Traffic)]
#[case::local_with_port(local(case("http")).annotate(keys::HEALTH_PORT.name, "traffic-port"), http("/", "200"), HealthCheckPort::Traffic)]
fn nodes_are_probed_with_what_they_speak(
    #[case] case: Case,
    #[case] protocol: HealthCheckProtocol,
    #[case] port: HealthCheckPort,
) {
    let expected = HealthCheck {
        protocol,
        port,
        interval: 15,
        timeout: 5,
        healthy_threshold: 2,
        unhealthy_threshold: 2,
    };
    assert_eq!(check(&case), expected);
}

#[rstest]
#[case("protocol", "tcp", "is for network load balancers only")]
#[case("success-codes", "200-500", "`500` is above 499")]
#[case("success-codes", "12", "is a gRPC code")]
#[case("timeout", "15", "`15` is not below the interval of 15 seconds")]
fn what_aws_would_refuse_is_refused(#[case] name: &str, #[case] value: &str, #[case] why: &str) {
    let invalid = Case::new().alb().annotate(&prefixed(name), value).invalid();
    assert_eq!(invalid.reason, "InvalidAnnotation");
    assert!(
        invalid.message.contains(&prefixed(name)) && invalid.message.contains(why),
        "{invalid}"
    );
}

#[test]
fn the_timeout_is_shorter_than_a_short_interval() {
    let case = Case::new().alb().annotate(&prefixed("interval"), "5");
    assert_eq!(check(&case).timeout, 4);
}

#[test]
fn codes_of_http_and_grpc_go_to_the_ports_that_have_them() {
    let mut ports = [tcp(80, 30080), tcp(81, 30081)];
    ports[1].app_protocol = Some("grpc".into());
    let case = case("http")
        .ports(ports)
        .annotate(&prefixed("success-codes"), "200-299,0,12-14");
    let matchers: Vec<_> = case
        .stack()
        .target_groups
        .into_values()
        .map(|group| group.health_check.protocol)
        .collect();
    assert!(matchers.contains(&http("/", "200-299")));
    let codes = |protocol: &HealthCheckProtocol| matches!(protocol, HealthCheckProtocol::Http { matcher: Matcher::Grpc(codes), .. } if codes == "0,12-14");
    assert!(matchers.iter().any(codes));
}
