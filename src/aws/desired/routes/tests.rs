use rstest::rstest;

use crate::aws::desired::annotations::keys;
use crate::aws::desired::fixtures::{Case, service_port, tcp, udp};
use crate::aws::stack::{Action, HealthCheckPort, HealthCheckProtocol, Listener, Stack, TargetGroupRef};
use crate::service::{Port, Protocol, TrafficPolicy};

const ARN: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/other/0a0a0a0a0a0a0a0a";

/// The Service forwards to port 80 of `canary`, too.
fn shared(action: &str) -> Case {
    case().annotate("actions.TCP-80", action)
}

fn case() -> Case {
    let mut case = Case::new();
    let canary = vec![tcp(80, 30099), tcp(8080, 30098), udp(53, 30053)];
    case.service.companions.insert("canary".into(), canary);
    case
}

fn forward(config: &str) -> String {
    format!(r#"{{"type":"forward","forwardConfig":{config}}}"#)
}

/// `NODEPORT or ARN x WEIGHT`, sorted, and the stickiness.
fn shares(stack: &Stack, listener: &Listener) -> (Vec<String>, Option<u32>) {
    let Action::Forward(forward) = &listener.action else {
        panic!("{listener} does not forward");
    };
    let place = |group: &TargetGroupRef| match group {
        TargetGroupRef::Own(name) => stack.target_groups[name].port.to_string(),
        TargetGroupRef::Foreign(arn) => arn.to_string(),
    };
    let line = |to: &crate::aws::stack::WeightedTargetGroup| format!("{} x {}", place(&to.target_group), to.weight);
    let mut lines: Vec<_> = forward.to.iter().map(line).collect();
    lines.sort();
    (lines, forward.stickiness)
}

fn shares_of(case: &Case, port: u16) -> (Vec<String>, Option<u32>) {
    let stack = case.stack();
    shares(&stack, &stack.listeners[&Port::new(port).unwrap()])
}

#[rstest]
#[case::by_number(r#"{"baseServiceWeight":90,"targetGroups":[{"serviceName":"canary","servicePort":8080,"weight":10}]}"#, &["30080 x 90", "30098 x 10"])]
#[case::by_number_as_text(r#"{"baseServiceWeight":90,"targetGroups":[{"serviceName":"canary","servicePort":"8080","weight":0}]}"#, &["30080 x 90", "30098 x 0"])]
#[case::by_name(r#"{"baseServiceWeight":0,"targetGroups":[{"serviceName":"canary","servicePort":"tcp-80","weight":999}]}"#, &["30080 x 0", "30099 x 999"])]
#[case::two_ports_of_one_service(
    r#"{"baseServiceWeight":5,"targetGroups":[{"serviceName":"canary","servicePort":80,"weight":6},{"serviceName":"canary","servicePort":8080,"weight":7}]}"#,
    &["30080 x 5", "30098 x 7", "30099 x 6"]
)]
#[case::weights_that_are_not_said(r#"{"targetGroups":[{"serviceName":"canary","servicePort":80}]}"#, &["30080 x 1", "30099 x 1"])]
#[case::none_beside(r#"{"baseServiceWeight":7,"targetGroups":[]}"#, &["30080 x 1"])]
fn a_listener_shares_its_traffic_with_other_services(#[case] config: &str, #[case] expected: &[&str]) {
    assert_eq!(
        shares_of(&shared(&forward(config)), 80),
        (expected.iter().map(|line| (*line).to_owned()).collect(), None)
    );
}

#[test]
fn a_listener_forwards_to_target_groups_of_others_which_are_not_the_stacks() {
    let config = format!(r#"{{"baseServiceWeight":1,"targetGroups":[{{"targetGroupARN":"{ARN}","weight":2}}]}}"#);
    let case = shared(&forward(&config));
    assert_eq!(shares_of(&case, 80).0, ["30080 x 1", &format!("{ARN} x 2")]);
    assert_eq!(case.stack().target_groups.len(), 1);
}

#[test]
fn names_are_taken_in_the_capitals_of_the_aws_api_too() {
    let action = r#"{"Type":"forward","ForwardConfig":{"BaseServiceWeight":1,"TargetGroups":[{"ServiceName":"canary","ServicePort":80,"Weight":3}]}}"#;
    assert_eq!(shares_of(&shared(action), 80).0, ["30080 x 1", "30099 x 3"]);
}

#[test]
fn another_port_of_the_service_itself_may_have_a_share() {
    let config = r#"{"targetGroups":[{"serviceName":"web","servicePort":8080,"weight":3}]}"#;
    let case = shared(&forward(config)).ports([tcp(80, 30080), tcp(8080, 30808)]);
    assert_eq!(shares_of(&case, 80).0, ["30080 x 1", "30808 x 3"]);
    assert_eq!(case.stack().target_groups.len(), 3);
}

#[test]
fn a_joined_listener_shares_with_a_joined_port() {
    let config = r#"{"targetGroups":[{"serviceName":"canary","servicePort":53}]}"#;
    let mut case = case().ports([tcp(53, 30053), udp(53, 30053)]);
    case = case.annotate("actions.TCP_UDP-53", &forward(config));
    assert!(case.invalid().message.contains("no TCP and UDP port of one number"));
    let canary = case.service.companions.get_mut("canary").unwrap();
    canary.push(tcp(53, 30053));
    assert_eq!(shares_of(&case, 53).0, ["30053 x 1", "30053 x 1"]);
}

#[test]
fn stickiness_has_a_duration_on_application_load_balancers_only() {
    let sticky = |seconds: &str| {
        let config = format!(
            r#"{{"targetGroups":[{{"serviceName":"canary","servicePort":80}}],"targetGroupStickinessConfig":{{"enabled":true{seconds}}}}}"#
        );
        forward(&config)
    };
    let seconds = r#","durationSeconds":60"#;
    assert_eq!(shares_of(&shared(&sticky("")), 80).1, Some(0));
    let invalid = shared(&sticky(seconds)).invalid();
    assert!(
        invalid.message.contains("durationSeconds is for application"),
        "{invalid}"
    );
    let alb = |seconds| case().alb().annotate("actions.HTTP-80", &sticky(seconds));
    assert_eq!(shares_of(&alb(seconds), 80).1, Some(60));
    assert_eq!(shares_of(&alb(""), 80).1, Some(3600));
    let tls = case()
        .annotate(keys::SSL_CERT.name, keys::SSL_CERT.example)
        .annotate("actions.TLS-80", &sticky(""));
    assert!(tls.invalid().message.contains("no such stickiness for TLS listeners"));
}

#[rstest]
#[case::not_json("{", "is not JSON")]
#[case::not_an_object("[]", "action: ")]
#[case::no_config(r#"{"type":"forward"}"#, "action: missing field `forwardConfig`")]
#[case::unknown_field(
    r#"{"type":"forward","forwardConfig":{},"order":1}"#,
    "action: unknown field `order`"
)]
#[case::redirect(r#"{"type":"redirect","forwardConfig":{}}"#, "type: must be forward")]
#[case::unknown_in_config(&forward(r#"{"weight":1}"#), "forwardConfig: unknown field `weight`")]
#[case::base(&forward(r#"{"baseServiceWeight":1000}"#), "forwardConfig.baseServiceWeight: must be a number from 0 to 999")]
#[case::base_as_text(&forward(r#"{"baseServiceWeight":"1"}"#), "forwardConfig.baseServiceWeight: must be a number from 0 to 999")]
#[case::weight(&forward(r#"{"targetGroups":[{"serviceName":"canary","servicePort":80,"weight":-1}]}"#), "forwardConfig.targetGroups[0].weight: must be a number from 0 to 999")]
#[case::weight_missing(
    &forward(r#"{"targetGroups":[{"serviceName":"canary","servicePort":80,"weight":1},{"serviceName":"canary","servicePort":8080}]}"#),
    "forwardConfig.targetGroups[1].weight: is missing"
)]
#[case::port_missing(&forward(r#"{"targetGroups":[{"serviceName":"canary"}]}"#), "forwardConfig.targetGroups[0].servicePort: is missing")]
#[case::port_too_high(&forward(r#"{"targetGroups":[{"serviceName":"canary","servicePort":70000}]}"#), "forwardConfig.targetGroups[0].servicePort: must be a port")]
#[case::both(&forward(&format!(r#"{{"targetGroups":[{{"serviceName":"canary","targetGroupARN":"{ARN}"}}]}}"#)), "forwardConfig.targetGroups[0]: must hold one of")]
#[case::neither(&forward(r#"{"targetGroups":[{"weight":1}]}"#), "forwardConfig.targetGroups[0]: must hold one of")]
#[case::bad_arn(&forward(r#"{"targetGroups":[{"targetGroupARN":"arn:aws:s3:::bucket"}]}"#), "forwardConfig.targetGroups[0].targetGroupARN: must be the ARN")]
#[case::six(
    &forward(r#"{"targetGroups":[{},{},{},{},{}]}"#),
    "forwardConfig.targetGroups: holds 5, but at most 4 fit beside the Service"
)]
#[case::duration(
    &forward(r#"{"targetGroupStickinessConfig":{"enabled":true,"durationSeconds":604801}}"#),
    "forwardConfig.targetGroupStickinessConfig.durationSeconds: must be a number from 1 to 604800"
)]
fn a_faulty_action_is_told_with_its_place(#[case] action: &str, #[case] place: &str) {
    let invalid = shared(action).invalid();
    assert_eq!(invalid.reason, "InvalidAnnotation");
    assert!(
        invalid.message.contains("actions.TCP-80") && invalid.message.contains(place),
        "{invalid}"
    );
}

#[rstest]
#[case::service(
    "stage",
    "80",
    "BackendNotFound",
    "targetGroups[0].serviceName: Service `stage` is not in the namespace"
)]
#[case::port(
    "canary",
    "81",
    "BackendNotFound",
    "targetGroups[0].servicePort: `81` is no TCP port of Service `canary`"
)]
#[case::port_name(
    "canary",
    "\"web\"",
    "BackendNotFound",
    "`web` is no TCP port of Service `canary`, which has `tcp-80"
)]
#[case::protocol("canary", "53", "BackendNotFound", "`53` is no TCP port")]
#[case::itself("web", "80", "InvalidAnnotation", "names the Service itself")]
fn what_is_not_there_is_named(#[case] service: &str, #[case] port: &str, #[case] reason: &str, #[case] why: &str) {
    let config = format!(r#"{{"targetGroups":[{{"serviceName":"{service}","servicePort":{port}}}]}}"#);
    let invalid = shared(&forward(&config)).invalid();
    assert_eq!(invalid.reason, reason);
    assert!(
        invalid.message.contains("actions.TCP-80") && invalid.message.contains(why),
        "{invalid}"
    );
}

#[test]
fn a_target_group_cannot_have_two_shares() {
    let one = r#"{"serviceName":"canary","servicePort":80,"weight":1}"#;
    let invalid = shared(&forward(&format!(r#"{{"targetGroups":[{one},{one}]}}"#))).invalid();
    assert!(
        invalid
            .message
            .contains("targetGroups[1]: names a target group that is there already"),
        "{invalid}"
    );
}

#[rstest]
#[case::no_node_port(0, "NodePortMissing", "type NodePort")]
#[case::outside_the_range(8080, "InvalidPort", "--node-port-range")]
fn a_backend_that_nodes_cannot_be_asked_for_is_named(#[case] node_port: u16, #[case] reason: &str, #[case] why: &str) {
    let config = r#"{"targetGroups":[{"serviceName":"canary","servicePort":80}]}"#;
    let mut case = shared(&forward(config));
    case.service
        .companions
        .insert("canary".into(), vec![tcp(80, node_port)]);
    let invalid = case.invalid();
    assert_eq!(invalid.reason, reason);
    assert!(
        invalid.message.contains("port 80 of Service `canary`") && invalid.message.contains(why),
        "{invalid}"
    );
}

/// healthCheckNodePort says where the Service's own pods are.
#[test]
fn under_local_another_services_target_group_is_probed_at_its_own_node_port() {
    let config = r#"{"targetGroups":[{"serviceName":"canary","servicePort":80}]}"#;
    let mut case = shared(&forward(config));
    case.service.traffic_policy = TrafficPolicy::Local;
    case.service.health_check_node_port = Port::new(32000);
    for group in case.stack().target_groups.into_values() {
        let check = (
            group.health_check.port,
            group.health_check.protocol == HealthCheckProtocol::Tcp,
        );
        match group.port.get() {
            30080 => assert_eq!(check, (HealthCheckPort::Number(Port::new(32000).unwrap()), false)),
            _ => assert_eq!(check, (HealthCheckPort::Traffic, true)),
        }
    }
}

#[test]
fn a_named_health_check_port_is_that_of_the_service_that_is_probed() {
    let config = r#"{"targetGroups":[{"serviceName":"canary","servicePort":8080}]}"#;
    let case = shared(&forward(config)).annotate(keys::HEALTH_PORT.name, "tcp-80");
    for group in case.stack().target_groups.into_values() {
        let expected = if group.port.get() == 30080 { 30080 } else { 30099 };
        assert_eq!(
            group.health_check.port,
            HealthCheckPort::Number(Port::new(expected).unwrap())
        );
    }
    let invalid = case
        .ports([tcp(80, 30080), tcp(443, 30443)])
        .annotate(keys::HEALTH_PORT.name, "tcp-443")
        .invalid();
    assert!(invalid.message.contains("no TCP port of Service `canary`"), "{invalid}");
}

#[rstest]
#[case("TCP-81")]
#[case("TLS-80")]
#[case("HTTP-80")]
fn a_listener_that_is_not_there_is_refused_by_naming_those_that_are(#[case] listener: &str) {
    for (key, value) in [
        (keys::ACTIONS.name, forward("{}")),
        (keys::LISTENER_ATTRIBUTES.name, "tcp.idle_timeout.seconds=60".to_owned()),
    ] {
        let invalid = Case::new().annotate(&format!("{key}.{listener}"), &value).invalid();
        assert!(
            invalid.message.contains(&format!("{key}.{listener}")) && invalid.message.contains("it has TCP-80"),
            "{invalid}"
        );
    }
}

#[test]
fn a_listener_that_redirects_shares_nothing() {
    let case = case()
        .alb()
        .ports([tcp(80, 30080), tcp(443, 30443)])
        .annotate(keys::SSL_CERT.name, keys::SSL_CERT.example)
        .annotate(keys::SSL_REDIRECT.name, "443")
        .annotate("actions.HTTP-80", &forward(r#"{"targetGroups":[]}"#));
    assert!(case.invalid().message.contains("HTTP-80 redirects"));
}

#[test]
fn companions_are_the_services_that_actions_name() {
    let config = |service: &str| {
        forward(&format!(
            r#"{{"targetGroups":[{{"serviceName":"{service}","servicePort":80}}]}}"#
        ))
    };
    let case = Case::new()
        .annotate("actions.TCP-80", &config("canary"))
        .annotate("actions.TLS-443", &config("stage"))
        .annotate("actions.TCP-81", "{")
        .annotate(keys::NAME.name, &config("other"));
    let names = crate::aws::desired::companions(&case.service.annotations);
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["canary", "stage"]);
}

#[test]
fn other_target_groups_behind_a_tls_listener_are_sent_tls_unless_it_is_decrypted() {
    let config = r#"{"targetGroups":[
        {"serviceName":"canary","servicePort":80,"weight":1},{"serviceName":"canary","servicePort":8080,"weight":1,"decrypt":true}]}"#;
    let case = case()
        .annotate(keys::SSL_CERT.name, keys::SSL_CERT.example)
        .annotate("actions.TLS-80", &forward(config));
    let groups = case.stack().target_groups.into_values();
    let mut sent: Vec<_> = groups
        .map(|group| format!("{} {}", group.port, group.protocol))
        .collect();
    sent.sort();
    assert_eq!(sent, ["30080 TCP", "30098 TCP", "30099 TLS"]);
    let alb = Case::new().alb();
    let mut alb = alb.annotate("actions.HTTP-80", &forward(config));
    alb.service.companions = case.service.companions.clone();
    assert!(alb.invalid().message.contains("decrypt is for TLS listeners"));
}

#[test]
fn sctp_of_another_service_is_no_backend() {
    let config = r#"{"targetGroups":[{"serviceName":"canary","servicePort":80}]}"#;
    let mut case = shared(&forward(config));
    let sctp = vec![service_port(Protocol::Sctp, 80, 30080)];
    case.service.companions.insert("canary".into(), sctp);
    assert_eq!(case.invalid().reason, "BackendNotFound");
}
