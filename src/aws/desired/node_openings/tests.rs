use rstest::rstest;

use crate::aws::desired::fixtures::{Case, tcp, udp};

const HIDDEN: (&str, &str) = (
    "aws-load-balancer-target-group-attributes",
    "preserve_client_ip.enabled=false",
);

/// TCP 80 on nodePort 30080, on one subnet of network 10.0.0.0/24.
fn groupless() -> Case {
    Case::new()
        .annotate("aws-load-balancer-disable-nlb-sg", "true")
        .annotate("aws-load-balancer-subnets", "subnet-1a")
}

fn facing() -> Case {
    groupless().annotate("aws-load-balancer-scheme", "internet-facing")
}

fn openings(case: &Case) -> Vec<String> {
    case.desired().node_openings.iter().map(ToString::to_string).collect()
}

#[test]
fn with_groups_on_the_load_balancer_nodes_admit_no_network() {
    for case in [
        Case::new(),
        Case::new().annotate("aws-load-balancer-security-groups", "sg-0a"),
    ] {
        assert!(case.desired().node_openings.is_empty());
        assert!(!case.requirements().vpc_networks);
    }
}

#[test]
fn a_load_balancer_without_groups_needs_none_of_elbows() {
    let desired = groupless().desired();
    assert!(desired.stack.load_balancer.security_groups.is_empty());
    assert_eq!(desired.stack.frontend_group, None);
    assert!(!desired.backend_group);
    assert!(desired.health_ports.is_empty());
}

#[test]
fn clients_are_admitted_by_source_ranges_and_probes_from_the_subnets() {
    let mut case = facing();
    case.service.source_ranges = vec!["203.0.113.0/24".into()];
    assert_eq!(
        openings(&case),
        [
            "tcp 30080-30080 from 10.0.0.0/24",
            "tcp 30080-30080 from 203.0.113.0/24"
        ]
    );
}

#[test]
fn without_source_ranges_an_internal_one_is_open_to_the_vpc_and_a_public_one_to_all() {
    assert!(groupless().requirements().vpc_networks);
    assert_eq!(
        openings(&groupless()),
        ["tcp 30080-30080 from 10.0.0.0/16", "tcp 30080-30080 from 10.0.0.0/24"]
    );
    assert!(!facing().requirements().vpc_networks);
    assert_eq!(
        openings(&facing()),
        ["tcp 30080-30080 from 0.0.0.0/0", "tcp 30080-30080 from 10.0.0.0/24"]
    );
}

#[test]
fn where_the_clients_address_is_not_kept_nodes_admit_the_subnets_alone() {
    let case = facing().annotate(HIDDEN.0, HIDDEN.1);
    assert_eq!(openings(&case), ["tcp 30080-30080 from 10.0.0.0/24"]);
}

#[test]
fn clients_of_ipv6_come_from_the_subnets_because_the_load_balancer_translates_them() {
    let mut case = facing().annotate("aws-load-balancer-ip-address-type", "dualstack");
    case.service.source_ranges = vec!["203.0.113.0/24".into(), "2001:db8:9::/48".into()];
    assert_eq!(
        openings(&case),
        [
            "tcp 30080-30080 from 10.0.0.0/24",
            "tcp 30080-30080 from 203.0.113.0/24"
        ]
    );
}

#[test]
fn udp_ports_are_open_to_clients_and_the_port_of_the_probe_to_the_subnets() {
    let mut case = facing().ports([udp(53, 30053), tcp(53, 30053), udp(54, 30054)]);
    case.service.source_ranges = vec!["203.0.113.0/24".into()];
    assert_eq!(
        openings(&case),
        [
            "tcp 10256-10256 from 10.0.0.0/24",
            "tcp 30053-30053 from 10.0.0.0/24",
            "tcp 30053-30053 from 203.0.113.0/24",
            "udp 30053-30054 from 203.0.113.0/24",
        ]
    );
}

#[rstest]
#[case("aws-load-balancer-security-groups", "sg-0a")]
#[case("aws-load-balancer-security-group-prefix-lists", "pl-0a")]
fn what_says_who_may_connect_by_groups_contradicts_none(#[case] key: &str, #[case] value: &str) {
    let invalid = groupless().annotate(key, value).invalid();
    assert_eq!(invalid.reason, "InvalidAnnotation");
    assert!(
        invalid.message.contains(key) && invalid.message.contains("aws-load-balancer-disable-nlb-sg"),
        "{invalid}"
    );
}

#[rstest]
#[case("aws-load-balancer-inbound-sg-rules-on-private-link-traffic", "off")]
#[case("aws-load-balancer-enable-icmp-for-path-mtu-discovery", "on")]
#[case("aws-load-balancer-manage-backend-security-group-rules", "true")]
fn what_needs_a_group_is_told_to_have_no_effect_without_one(#[case] key: &str, #[case] value: &str) {
    let desired = groupless().annotate(key, value).desired();
    assert_eq!(desired.warnings[0].reason, "AnnotationIgnored");
    assert!(desired.warnings[0].message.contains(key));
    assert!(!desired.backend_group);
    assert!(desired.stack.load_balancer.private_link_rules, "AWS' default");
}

#[test]
fn source_ranges_that_nodes_cannot_see_are_told_to_have_no_effect() {
    let mut case = facing().annotate(HIDDEN.0, HIDDEN.1);
    case.service.source_ranges = vec!["203.0.113.0/24".into()];
    assert_eq!(case.warning_reasons(), ["SourceRangesIgnored"]);
}

#[test]
fn false_is_the_default() {
    let case = Case::new().annotate("aws-load-balancer-disable-nlb-sg", "false");
    assert_eq!(case.stack(), Case::new().stack());
}
