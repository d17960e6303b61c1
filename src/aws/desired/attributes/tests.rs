use rstest::rstest;

use super::*;
use crate::aws::desired::annotations::keys;
use crate::aws::desired::fixtures::{Case, tcp, udp};
use crate::aws::stack::LoadBalancerKind::{Application, Network};
use crate::aws::stack::TargetProtocol;
use crate::service::SessionAffinity;

const ACCESS_LOGS_PREFIX: &str = "access_logs.s3.prefix";

const LB: &str = "aws-load-balancer-attributes";
const UNHEALTHY_TERMINATION: &str = "target_health_state.unhealthy.connection_termination.enabled";
const UNHEALTHY_DRAINING: &str = "target_health_state.unhealthy.draining_interval_seconds";

const TG: &str = "aws-load-balancer-target-group-attributes";

fn target_group(case: &Case) -> Attributes {
    case.stack().target_groups.into_values().next().unwrap().attributes
}

#[test]
fn a_stack_carries_every_default_so_that_a_key_taken_out_goes_back() {
    let stack = Case::new().stack();
    for (key, value) in &stack.load_balancer.attributes {
        assert_eq!(load_balancer_default(Network, key), Some(value.as_str()), "{key}");
    }
    assert_eq!(
        stack.load_balancer.attributes["load_balancing.cross_zone.enabled"],
        "false"
    );
    let attributes = target_group(&Case::new());
    for (key, value) in &attributes {
        assert_eq!(
            target_group_default(TargetProtocol::Tcp, key),
            Some(value.as_str()),
            "{key}"
        );
    }
    assert_eq!(attributes["deregistration_delay.timeout_seconds"], "300");
}

#[test]
fn an_application_load_balancer_has_attributes_and_defaults_of_its_own() {
    let attributes = Case::new().alb().stack().load_balancer.attributes;
    for (key, value) in &attributes {
        assert_eq!(load_balancer_default(Application, key), Some(value.as_str()), "{key}");
    }
    let default = |key: &str| attributes.get(key).map(String::as_str);
    assert_eq!(default("idle_timeout.timeout_seconds"), Some("60"));
    assert_eq!(default("load_balancing.cross_zone.enabled"), Some("true"));
    assert_eq!(default("dns_record.client_routing_policy"), None);
    assert_eq!(load_balancer_default(Network, "routing.http2.enabled"), None);
}

#[rstest]
#[case("aws-load-balancer-access-log-enabled", "true", "access_logs.s3.enabled", "true")]
#[case("aws-load-balancer-access-log-s3-bucket-name", "new", "access_logs.s3.bucket", "new")]
#[case(
    "aws-load-balancer-access-log-s3-bucket-prefix",
    "new",
    "access_logs.s3.prefix",
    "new"
)]
#[case(
    "aws-load-balancer-cross-zone-load-balancing-enabled",
    "True",
    "load_balancing.cross_zone.enabled",
    "true"
)]
fn the_older_form_of_an_attribute_wins(
    #[case] key: &str,
    #[case] value: &str,
    #[case] attribute: &str,
    #[case] held: &str,
) {
    let map = "access_logs.s3.enabled=true,access_logs.s3.bucket=old,access_logs.s3.prefix=old,\
               load_balancing.cross_zone.enabled=false";
    let case = Case::new().annotate(LB, map);
    let before = case.stack().load_balancer.attributes;
    assert!(key.contains("log-enabled") || before[attribute] != held);
    let with_older = case.annotate(key, value).stack().load_balancer.attributes;
    assert_eq!(with_older[attribute], held);
}

#[test]
fn deletion_protection_is_left_as_it_is_unless_the_user_speaks_of_it() {
    let wanted = |case: &Case| case.stack().load_balancer.attributes.get(DELETION_PROTECTION).cloned();
    assert_eq!(wanted(&Case::new()), None);
    assert_eq!(wanted(&Case::new().built()), None);
    for value in ["true", "false"] {
        let case = Case::new().annotate(LB, &format!("{DELETION_PROTECTION}={value}"));
        assert_eq!(wanted(&case).as_deref(), Some(value));
    }
}

#[test]
fn deletion_protection_that_was_asked_for_and_is_not_any_more_is_switched_off() {
    let mut case = Case::new().annotate(LB, "deletion_protection.enabled=true").built();
    case.service.annotations.clear();
    let load_balancer = case.stack().load_balancer;
    assert_eq!(load_balancer.attributes[DELETION_PROTECTION], "false");
    assert!(!load_balancer.tags.contains_key("elbow.dev/extras"));
}

#[test]
fn defaults_of_udp_target_groups_are_their_own() {
    let attributes = target_group(&Case::new().ports([udp(53, 30053)]));
    for (key, value) in &attributes {
        assert_eq!(
            target_group_default(TargetProtocol::Udp, key),
            Some(value.as_str()),
            "{key}"
        );
    }
    assert_eq!(
        attributes["deregistration_delay.connection_termination.enabled"],
        "true"
    );
    assert_eq!(
        attributes["target_health_state.unhealthy.connection_termination.enabled"],
        "false"
    );
}

#[test]
fn values_are_taken_in_the_spelling_of_aws() {
    let case = Case::new()
        .annotate(LB, "deletion_protection.enabled=True")
        .annotate(TG, "deregistration_delay.timeout_seconds=0060");
    assert_eq!(
        case.stack().load_balancer.attributes["deletion_protection.enabled"],
        "true"
    );
    assert_eq!(target_group(&case)["deregistration_delay.timeout_seconds"], "60");
}

#[rstest]
#[case(LB, "dns_record.client_routing_policy=any_availability_zone", "is not known")]
#[case(LB, "idle_timeout.timeout_seconds=4001", "1 to 4000")]
#[case(LB, "client_keep_alive.seconds=59", "60 to 604800")]
#[case(LB, "load_balancing.cross_zone.enabled=false", "must be true")]
#[case(LB, "connection_logs.s3.enabled=true", "connection_logs.s3.bucket")]
#[case(LB, "routing.http.desync_mitigation_mode=off", "monitor or defensive or strictest")]
#[case("aws-load-balancer-cross-zone-load-balancing-enabled", "false", "must be true")]
fn what_aws_would_refuse_of_an_application_load_balancer_is_refused(
    #[case] key: &str,
    #[case] value: &str,
    #[case] why: &str,
) {
    let invalid = Case::new().alb().annotate(key, value).invalid();
    assert_eq!(invalid.reason, "InvalidAnnotation");
    assert!(
        invalid.message.contains(key) && invalid.message.contains(why),
        "{invalid}"
    );
}

#[rstest]
#[case(LB, "idle_timeout.timeout_seconds=60", "is not known")]
#[case(LB, "deletion_protection.enabled=yes", "true or false")]
#[case(LB, "dns_record.client_routing_policy=nearest", "availability_zone_affinity")]
#[case(LB, "secondary_ips.auto_assigned.per_subnet=8", "0 to 7")]
#[case(LB, "access_logs.s3.enabled=true", "access_logs.s3.bucket")]
#[case(LB, "access_logs.s3.bucket=!", "name of an S3 bucket")]
#[case(LB, "access_logs.s3.bucket=Logs", "name of an S3 bucket")]
#[case(LB, "access_logs.s3.bucket=-logs", "name of an S3 bucket")]
#[case(LB, "access_logs.s3.bucket=lo", "name of an S3 bucket")]
#[case(LB, "access_logs.s3.prefix=a b", "printable")]
#[case(LB, "deletion_protection.enabled", "without `=`")]
#[case(TG, "slow_start.duration_seconds=30", "is not known")]
#[case(TG, "deregistration_delay.timeout_seconds=3601", "0 to 3600")]
#[case(TG, "deregistration_delay.timeout_seconds=-1", "0 to 3600")]
#[case(TG, "deregistration_delay.timeout_seconds=1e2", "0 to 3600")]
#[case(TG, "stickiness.type=lb_cookie", "source_ip")]
#[case(
    TG,
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count=off",
    "1 to 1000"
)]
#[case(
    TG,
    "target_group_health.dns_failover.minimum_healthy_targets.percentage=101",
    "off or 1 to 100"
)]
#[case(
    TG,
    "target_health_state.unhealthy.draining_interval_seconds=60",
    "connection_termination.enabled=false"
)]
fn what_aws_would_refuse_is_refused(#[case] key: &str, #[case] value: &str, #[case] why: &str) {
    let invalid = Case::new().annotate(key, value).invalid();
    assert_eq!(invalid.reason, "InvalidAnnotation");
    assert!(
        invalid.message.contains(key) && invalid.message.contains(why),
        "{invalid}"
    );
}

#[rstest]
#[case("preserve_client_ip.enabled=false")]
#[case("target_health_state.unhealthy.connection_termination.enabled=true")]
fn what_udp_target_groups_do_not_have_is_refused_for_udp_ports_only(#[case] value: &str) {
    assert!(Case::new().annotate(TG, value).result().is_ok());
    let invalid = Case::new()
        .annotate(TG, value)
        .ports([tcp(80, 30080), udp(53, 30053)])
        .invalid();
    assert!(invalid.message.contains("UDP port 53"), "{invalid}");
}

#[rstest]
#[case(tcp(80, 30080))]
#[case(udp(80, 30080))]
fn session_affinity_turns_on_stickiness_by_source_address(#[case] port: crate::service::ServicePort) {
    let mut case = Case::new().ports([port]);
    assert_eq!(target_group(&case)["stickiness.enabled"], "false");
    case.service.session_affinity = SessionAffinity::ClientIp { seconds: 10_800 };
    let attributes = target_group(&case);
    assert_eq!(
        (
            attributes["stickiness.enabled"].as_str(),
            attributes["stickiness.type"].as_str()
        ),
        ("true", "source_ip")
    );
}

#[test]
fn with_session_affinity_every_zones_address_leads_a_client_to_the_same_target() {
    let mut case = Case::new();
    let across_zones = |case: &Case| target_group(case)["load_balancing.cross_zone.enabled"].clone();
    assert_eq!(across_zones(&case), "use_load_balancer_configuration");
    case.service.session_affinity = SessionAffinity::ClientIp { seconds: 10_800 };
    assert_eq!(across_zones(&case), "true");
}

#[rstest]
#[case(LB, "load_balancing.cross_zone.enabled=false", "use_load_balancer_configuration")]
#[case(keys::CROSS_ZONE.name, "false", "use_load_balancer_configuration")]
#[case(TG, "load_balancing.cross_zone.enabled=false", "false")]
#[case(TG, "stickiness.enabled=false", "use_load_balancer_configuration")]
fn with_session_affinity_what_is_said_of_zones_stands(#[case] key: &str, #[case] value: &str, #[case] expected: &str) {
    let mut case = Case::new().annotate(key, value);
    case.service.session_affinity = SessionAffinity::ClientIp { seconds: 10_800 };
    assert_eq!(target_group(&case)["load_balancing.cross_zone.enabled"], expected);
}

#[test]
fn the_annotation_wins_over_session_affinity() {
    let mut case = Case::new().annotate(TG, "stickiness.enabled=false");
    case.service.session_affinity = SessionAffinity::ClientIp { seconds: 10_800 };
    assert_eq!(target_group(&case)["stickiness.enabled"], "false");
}

#[test]
fn stickiness_on_a_tls_listener_is_refused() {
    let mut case = Case::new().annotate(keys::SSL_CERT.name, keys::SSL_CERT.example);
    case.service.session_affinity = SessionAffinity::ClientIp { seconds: 10_800 };
    let invalid = case.invalid();
    assert_eq!(invalid.reason, "UnsupportedSessionAffinity");
    assert!(invalid.message.contains("port 80"), "{invalid}");
    assert!(case.annotate(TG, "stickiness.enabled=false").result().is_ok());
}

#[test]
fn attributes_that_only_work_beside_another_are_left_out_without_it() {
    let logs = |value: &str| Case::new().annotate(LB, value).stack().load_balancer.attributes;
    assert!(!logs("access_logs.s3.enabled=false").contains_key(ACCESS_LOGS_PREFIX));
    assert_eq!(
        logs("access_logs.s3.enabled=true,access_logs.s3.bucket=logs")[ACCESS_LOGS_PREFIX],
        ""
    );
    assert!(!target_group(&Case::new()).contains_key(UNHEALTHY_DRAINING));
    let drains = format!("{UNHEALTHY_TERMINATION}=false,{UNHEALTHY_DRAINING}=60");
    assert_eq!(
        target_group(&Case::new().annotate(TG, &drains))[UNHEALTHY_DRAINING],
        "60"
    );
}

mod listeners;
mod ports;
