//! Attributes of target groups that differ from port to port and from kind to kind.

use rstest::rstest;

use super::*;

const BY_PORT: &str = "aws-load-balancer-target-group-attributes.80";
const PROXY: &str = "aws-load-balancer-proxy-protocol";
const PROXY_PORTS: &str = "aws-load-balancer-proxy-protocol-per-target-group";
const PROXY_PROTOCOL: &str = "proxy_protocol_v2.enabled";
const DELAY: &str = "deregistration_delay.timeout_seconds";

/// An attribute of the target groups of ports 80 and 443.
fn values(annotations: &[(&str, &str)], attribute: &str) -> [String; 2] {
    let case = Case::new()
        .ports([tcp(80, 30080), tcp(443, 30443)])
        .annotate_all(annotations);
    let stack = case.stack();
    [80, 443].map(|port| {
        let listener = &stack.listeners[&crate::service::Port::new(port).unwrap()];
        let group = &stack.target_groups[crate::aws::desired::fixtures::forwards_to(listener)];
        group.attributes[attribute].clone()
    })
}

#[rstest]
#[case::for_all(&[(TG, "deregistration_delay.timeout_seconds=60")], ["60", "60"])]
#[case::for_one(&[(BY_PORT, "deregistration_delay.timeout_seconds=60")], ["60", "300"])]
#[case::for_both(&[(TG, "deregistration_delay.timeout_seconds=60"), (BY_PORT, "deregistration_delay.timeout_seconds=5")], ["5", "60"])]
#[case::empty_keeps(&[(TG, "deregistration_delay.timeout_seconds=60"), (BY_PORT, "deregistration_delay.timeout_seconds=")], ["60", "60"])]
#[case::other_key(&[(TG, "deregistration_delay.timeout_seconds=60"), (BY_PORT, "stickiness.enabled=true")], ["60", "60"])]
fn what_is_said_of_one_port_wins_over_what_is_said_of_all(
    #[case] annotations: &[(&str, &str)],
    #[case] expected: [&str; 2],
) {
    assert_eq!(values(annotations, DELAY), expected);
}

#[rstest]
#[case::unsaid(&[], ["false", "false"])]
#[case::attribute(&[(TG, "proxy_protocol_v2.enabled=true")], ["true", "true"])]
#[case::attribute_of_one(&[(BY_PORT, "proxy_protocol_v2.enabled=true")], ["true", "false"])]
#[case::some(&[(PROXY_PORTS, "tcp-443")], ["false", "true"])]
#[case::some_win_over_attributes(&[(PROXY_PORTS, "443"), (TG, "proxy_protocol_v2.enabled=true")], ["false", "true"])]
#[case::some_win_over_attributes_of_one(&[(PROXY_PORTS, "443"), (BY_PORT, "proxy_protocol_v2.enabled=true")], ["false", "true"])]
#[case::all(&[(PROXY, "*")], ["true", "true"])]
#[case::all_win(&[(PROXY, "*"), (PROXY_PORTS, "443"), (TG, "proxy_protocol_v2.enabled=false")], ["true", "true"])]
#[case::none(&[(PROXY_PORTS, ""), (TG, "proxy_protocol_v2.enabled=true")], ["false", "false"])]
fn the_proxy_protocol_is_sent_to_all_ports_or_some(#[case] annotations: &[(&str, &str)], #[case] expected: [&str; 2]) {
    assert_eq!(values(annotations, PROXY_PROTOCOL), expected);
}

#[test]
fn a_joined_port_is_sent_the_proxy_protocol_under_either_name() {
    for name in ["tcp-53", "udp-53", "53"] {
        let case = Case::new()
            .ports([tcp(53, 30053), udp(53, 30053)])
            .annotate(PROXY_PORTS, name);
        assert_eq!(target_group(&case)[PROXY_PROTOCOL], "true", "{name}");
    }
}

#[rstest]
#[case::unknown_port(
    "aws-load-balancer-target-group-attributes.81",
    "stickiness.enabled=true",
    "no such port; it has 80"
)]
#[case::unknown_key(BY_PORT, "idle=1", "is not known")]
#[case::bad_value(BY_PORT, "deregistration_delay.timeout_seconds=3601", "must be 0 to 3600")]
#[case::combination(
    BY_PORT,
    "target_health_state.unhealthy.draining_interval_seconds=60",
    "connection_termination.enabled=false"
)]
fn a_fault_of_one_port_names_its_annotation(#[case] key: &str, #[case] value: &str, #[case] why: &str) {
    let invalid = Case::new().annotate(key, value).invalid();
    assert_eq!(invalid.reason, "InvalidAnnotation");
    assert!(
        invalid
            .message
            .contains(&format!("annotation service.beta.kubernetes.io/{key}"))
            && invalid.message.contains(why),
        "{invalid}"
    );
}

#[test]
fn an_application_load_balancers_target_groups_have_attributes_and_defaults_of_their_own() {
    let group = Case::new().alb().stack().target_groups.into_values().next().unwrap();
    for (key, value) in &group.attributes {
        assert_eq!(target_group_default(group.protocol, key), Some(value.as_str()), "{key}");
    }
    assert_eq!(group.attributes["stickiness.type"], "lb_cookie");
    assert_eq!(group.attributes["load_balancing.algorithm.type"], "round_robin");
    assert_eq!(target_group_default(group.protocol, "preserve_client_ip.enabled"), None);
    assert_eq!(
        target_group_default(TargetProtocol::Tls, "preserve_client_ip.enabled"),
        Some("true")
    );
    assert_eq!(
        target_group_default(TargetProtocol::Tls, "slow_start.duration_seconds"),
        None
    );
}

#[rstest]
#[case("slow_start.duration_seconds=30", "slow_start.duration_seconds", "30")]
#[case(
    "stickiness.lb_cookie.duration_seconds=604800",
    "stickiness.lb_cookie.duration_seconds",
    "604800"
)]
#[case(
    "load_balancing.algorithm.type=weighted_random,load_balancing.algorithm.anomaly_mitigation=on",
    "load_balancing.algorithm.anomaly_mitigation",
    "on"
)]
#[case(
    "stickiness.enabled=true,stickiness.type=app_cookie,stickiness.app_cookie.cookie_name=session",
    "stickiness.app_cookie.cookie_name",
    "session"
)]
fn attributes_behind_an_application_load_balancer_are_taken(
    #[case] value: &str,
    #[case] attribute: &str,
    #[case] expected: &str,
) {
    assert_eq!(
        target_group(&Case::new().alb().annotate(TG, value))[attribute],
        expected
    );
}

#[rstest]
#[case("proxy_protocol_v2.enabled=true", "is not known")]
#[case("preserve_client_ip.enabled=true", "is not known")]
#[case("stickiness.type=source_ip", "lb_cookie or app_cookie")]
#[case("slow_start.duration_seconds=29", "0 or 30 to 900")]
#[case(
    "slow_start.duration_seconds=30,load_balancing.algorithm.type=weighted_random",
    "load_balancing.algorithm.type=round_robin"
)]
#[case(
    "load_balancing.algorithm.anomaly_mitigation=on",
    "load_balancing.algorithm.type=weighted_random"
)]
#[case(
    "stickiness.enabled=true,stickiness.type=app_cookie",
    "stickiness.app_cookie.cookie_name"
)]
#[case("stickiness.app_cookie.cookie_name=awsalbapp-1", "AWS keeps for itself")]
#[case("stickiness.app_cookie.cookie_name=a b", "characters of an HTTP header's name")]
#[case("stickiness.lb_cookie.duration_seconds=0", "1 to 604800")]
fn what_aws_would_refuse_behind_an_application_load_balancer_is_refused(#[case] value: &str, #[case] why: &str) {
    let invalid = Case::new().alb().annotate(TG, value).invalid();
    assert_eq!(invalid.reason, "InvalidAnnotation");
    assert!(
        invalid.message.contains(TG) && invalid.message.contains(why),
        "{invalid}"
    );
}

#[test]
fn behind_an_application_load_balancer_session_affinity_is_a_cookie_and_that_is_told() {
    let mut case = Case::new().alb();
    case.service.session_affinity = SessionAffinity::ClientIp { seconds: 7200 };
    let attributes = target_group(&case);
    let sticky = [
        "stickiness.enabled",
        "stickiness.type",
        "stickiness.lb_cookie.duration_seconds",
    ];
    assert_eq!(
        sticky.map(|key| attributes[key].as_str()),
        ["true", "lb_cookie", "7200"]
    );
    assert_eq!(case.warning_reasons(), ["SessionAffinityByCookie"]);
    let longer = case.annotate(TG, "stickiness.lb_cookie.duration_seconds=9000");
    assert_eq!(target_group(&longer)["stickiness.lb_cookie.duration_seconds"], "9000");
}

/// A TLS listener has no stickiness, an HTTPS one has.
#[test]
fn stickiness_on_an_https_listener_is_taken() {
    let case = Case::new().alb().annotate(keys::SSL_CERT.name, keys::SSL_CERT.example);
    assert!(case.annotate(TG, "stickiness.enabled=true").result().is_ok());
}
