mod generate;
mod shared;
mod sound;

use proptest::prelude::*;
use rstest::rstest;

use super::fixtures::{Case, node, tcp, text_map, udp};
use super::*;
use crate::service::IpFamily;

#[rstest]
#[case::address(|case: &mut Case| case.service.load_balancer_ip = Some("192.0.2.1".into()), "spec.loadBalancerIP `192.0.2.1`")]
#[case::ipv6_only(|case: &mut Case| case.service.ip_families = vec![IpFamily::V6], "spec.ipFamilies")]
fn a_field_that_cannot_be_satisfied_is_refused(#[case] spoil: fn(&mut Case), #[case] field: &str) {
    let mut case = Case::new();
    spoil(&mut case);
    let invalid = case.invalid();
    assert_eq!(invalid.reason, "UnsupportedField");
    assert!(invalid.message.contains(field), "{invalid}");
}

#[rstest]
#[case(&[])]
#[case(&[IpFamily::V4, IpFamily::V6])]
#[case(&[IpFamily::V6, IpFamily::V4])]
fn a_service_with_ipv4_among_its_families_is_served(#[case] families: &[IpFamily]) {
    let mut case = Case::new();
    case.service.ip_families = families.to_vec();
    assert!(case.result().is_ok());
}

#[test]
fn faults_of_fields_and_annotations_are_told_together_and_before_aws_is_asked() {
    let mut case = Case::new()
        .annotate("aws-load-balancer-scheme", "public")
        .ports([tcp(80, 0)]);
    case.service.source_ranges = vec!["x".into()];
    let invalid = requirements(&case.service, &case.settings, &[]).unwrap_err();
    for part in ["aws-load-balancer-scheme", "port 80", "spec.loadBalancerSourceRanges"] {
        assert!(invalid.message.contains(part), "{part}: {invalid}");
    }
    assert_eq!(case.invalid(), invalid);
}

#[test]
fn a_changed_scheme_or_name_gives_a_new_load_balancer_with_target_groups_of_its_own() {
    let old = Case::new().stack();
    for (name, value) in [
        ("aws-load-balancer-scheme", "internet-facing"),
        ("aws-load-balancer-name", "front"),
    ] {
        let new = Case::new().annotate(name, value).stack();
        assert_ne!(old.load_balancer.name, new.load_balancer.name);
        assert!(
            old.target_groups
                .keys()
                .all(|name| !new.target_groups.contains_key(name))
        );
        assert_eq!(
            old.frontend_group.as_ref().unwrap().name,
            new.frontend_group.unwrap().name
        );
    }
}

#[test]
fn keys_that_others_keep_are_passed_on_to_the_plan() {
    let mut case = Case::new();
    case.settings.external_managed_tags.insert("billing".into());
    assert_eq!(case.stack().external_tag_keys, case.settings.external_managed_tags);
}

#[test]
fn an_invalid_declaration_is_an_invalid_error_of_the_provider() {
    let invalid = Invalid {
        reason: "Some",
        message: "why".into(),
    };
    let error = crate::provider::ProviderError::from(invalid);
    assert!(error.reason() == "Some" && error.to_string() == "why" && error.is_stalled());
}

/// Generated Services that are mostly valid.
fn cases() -> impl Strategy<Value = Case> {
    let ports = proptest::collection::btree_map(1_u16..60, 0..3, 1..6);
    let nodes = proptest::collection::btree_set(0_u32..40, 0..8);
    let ranges = proptest::collection::vec((0_u8..20, 8_u8..20), 0..5);
    let tags = proptest::collection::btree_map("[a-z]{1,4}", "[a-z0-9]{0,4}", 0..4);
    (ports, nodes, ranges, tags, any::<bool>()).prop_map(|(ports, nodes, ranges, tags, public)| {
        let port = |(port, kind): (u16, i32)| {
            let tcp = (kind != 1).then(|| tcp(port, 30000 + port));
            tcp.into_iter().chain((kind != 0).then(|| udp(port, 30000 + port)))
        };
        let pairs: Vec<_> = tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let mut case = Case::new().ports(ports.into_iter().flat_map(port));
        case = case.annotate("aws-load-balancer-additional-resource-tags", &pairs.join(","));
        case = case.annotate("aws-load-balancer-internal", if public { "false" } else { "true" });
        case.nodes.nodes = nodes
            .iter()
            .map(|n| node(&format!("n{n}"), &format!("aws:///z/i-{n:08x}")))
            .collect();
        case.service.source_ranges = ranges
            .iter()
            .map(|(top, length)| format!("{top}.1.2.3/{length}"))
            .collect();
        case.settings.default_tags = text_map(&[("a", "default")]);
        case
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_accepted_stack_of_either_kind_obeys_the_rules_of_aws(
        annotations in generate::annotations(), alb in any::<bool>(), with_udp in proptest::bool::weighted(0.2),
    ) {
        let ports = [tcp(80, 30080), tcp(443, 30443)].into_iter().chain(with_udp.then(|| udp(53, 30053)));
        let case = Case::new().ports(ports);
        let case = if alb { case.alb() } else { case };
        let case = annotations.iter().fold(case, |case, (key, value)| case.annotate(key, value));
        if let Ok(desired) = case.result() {
            prop_assert_eq!(sound::unsound(&desired.stack), None);
        }
    }
}

fn shuffled<T: Clone + std::fmt::Debug>(items: &[T], seed: usize) -> Vec<T> {
    let mut items = items.to_vec();
    let middle = seed % items.len().max(1);
    items.rotate_left(middle);
    if seed % 2 == 1 {
        items.reverse();
    }
    items
}

proptest! {
    #[test]
    fn the_order_of_nodes_subnets_ports_and_ranges_does_not_matter(case in cases(), seed in 0_usize..100) {
        let mut other = case.clone();
        other.nodes.nodes = shuffled(&case.nodes.nodes, seed);
        other.facts.subnets = shuffled(&case.facts.subnets, seed);
        other.service.ports = shuffled(&case.service.ports, seed);
        other.service.source_ranges = shuffled(&case.service.source_ranges, seed);
        prop_assert_eq!(case.result(), other.result());
    }

    #[test]
    fn every_port_is_served_by_a_listener_with_a_target_group_of_all_nodes(case in cases()) {
        let stack = case.stack();
        for port in &case.service.ports {
            let group = &stack.target_groups[super::fixtures::forwards_to(&stack.listeners[&port.port])];
            let targets: BTreeSet<_> = group.targets.iter().map(|target| (target.instance.as_str(), target.port)).collect();
            let ids: Vec<_> = case.nodes.nodes.iter().map(|node| node.provider_id.replace("aws:///z/", "")).collect();
            prop_assert_eq!(targets, ids.iter().map(|id| (id.as_str(), port.node_port.unwrap())).collect());
        }
        prop_assert_eq!(stack.target_groups.len(), stack.listeners.len());
    }
}
