use std::net::Ipv4Addr;

use proptest::prelude::*;

use crate::aws::desired::fixtures::{Case, tcp, udp};
use crate::aws::stack::{IngressRule, RuleProtocol, RuleSource};

fn rules(case: &Case) -> Vec<IngressRule> {
    case.stack().frontend_group.unwrap().rules.into_iter().collect()
}

fn lines(case: &Case) -> Vec<String> {
    rules(case).iter().map(ToString::to_string).collect()
}

#[test]
fn ports_that_follow_each_other_make_one_rule_a_protocol() {
    let case = Case::new().ports([
        tcp(80, 30001),
        tcp(81, 30002),
        udp(82, 30003),
        tcp(53, 30053),
        udp(53, 30053),
    ]);
    let expected = [
        "tcp 53-53 from 0.0.0.0/0",
        "tcp 80-81 from 0.0.0.0/0",
        "udp 53-53 from 0.0.0.0/0",
        "udp 82-82 from 0.0.0.0/0",
    ];
    assert_eq!(lines(&case), expected);
}

#[test]
fn the_highest_port_ends_a_range() {
    let case = Case::new().ports([tcp(65534, 30001), tcp(65535, 30002)]);
    assert_eq!(lines(&case), ["tcp 65534-65535 from 0.0.0.0/0"]);
}

#[test]
fn more_rules_than_a_group_holds_are_refused_by_naming_the_quota() {
    let mut case = Case::new().ports([tcp(80, 30080), tcp(443, 30443)]);
    case.service.source_ranges = (0..30).map(|n| format!("10.{n}.1.0/24")).collect();
    assert_eq!(rules(&case).len(), 60);
    case.service.source_ranges.push("10.99.1.0/24".into());
    let invalid = case.invalid();
    assert_eq!(invalid.reason, "TooManyRules");
    assert!(
        invalid.message.contains("62 rules") && invalid.message.contains("quota"),
        "{invalid}"
    );
}

#[test]
fn rules_are_counted_for_each_family_with_prefix_lists_in_both() {
    let case = Case::new().annotate("aws-load-balancer-ip-address-type", "dualstack");
    let ranges = |families: &[&str], count: usize| -> Vec<String> {
        let networks = families
            .iter()
            .flat_map(|family| (0..count).map(move |n| family.replace('N', &n.to_string())));
        networks.collect()
    };
    let mut case = case.annotate("aws-load-balancer-security-group-prefix-lists", "pl-0a");
    case.service.source_ranges = ranges(&["10.N.1.0/24", "2001:db8:N:1::/64"], 59);
    assert_eq!(rules(&case).len(), 119);
    case.service.source_ranges.push("2001:db8:99:1::/64".into());
    assert!(case.invalid().message.contains("61 rules"), "{}", case.invalid());
    case.service.source_ranges.pop();
    let case = case.annotate("aws-load-balancer-enable-icmp-for-path-mtu-discovery", "on");
    assert!(case.invalid().message.contains("120 rules"), "{}", case.invalid());
}

#[test]
fn name_and_description_tell_whose_clients_are_admitted() {
    let group = Case::new().stack().frontend_group.unwrap();
    assert!(group.name.as_str().starts_with("k8s-shop-web-"));
    assert_eq!(group.description, "elbow: clients of Service shop/web in cluster prod");
}

proptest! {
    #[test]
    fn the_rules_admit_exactly_the_listeners_for_the_source_ranges(
        ports in proptest::collection::btree_map(1_u16..40, (any::<bool>(), any::<bool>()), 1..5),
        ranges in proptest::collection::vec((0_u8..8, 5_u8..9), 0..6),
        probe_port in 1_u16..42, probe_udp: bool, probe_address in 0_u8..16,
    ) {
        let offered = |tcp_asked: bool, udp_asked: bool| (tcp_asked || !udp_asked, udp_asked);
        let mut case = Case::new().ports(ports.iter().flat_map(|(port, (tcp_asked, udp_asked))| {
            let (with_tcp, with_udp) = offered(*tcp_asked, *udp_asked);
            let tcp = with_tcp.then(|| tcp(*port, 30000 + port));
            tcp.into_iter().chain(with_udp.then(|| udp(*port, 30000 + port)))
        }));
        case.service.source_ranges = ranges.iter().map(|(top, length)| format!("{}.0.0.0/{length}", top << 4)).collect();
        let networks: Vec<ipnet::Ipv4Net> = case.service.source_ranges.iter().map(|range| range.parse().unwrap()).collect();

        let address = Ipv4Addr::new(probe_address << 3, 1, 2, 3);
        let from = networks.is_empty() || networks.iter().any(|network| network.contains(&address));
        let listens = ports.get(&probe_port).is_some_and(|(tcp_asked, udp_asked)| {
            let (with_tcp, with_udp) = offered(*tcp_asked, *udp_asked);
            if probe_udp { with_udp } else { with_tcp }
        });
        let protocol = if probe_udp { RuleProtocol::Udp } else { RuleProtocol::Tcp };
        let admitted = rules(&case).iter().any(|rule| {
            let source = matches!(&rule.source, RuleSource::Cidr(network) if network.contains(&std::net::IpAddr::V4(address)));
            rule.protocol == protocol && (rule.from..=rule.to).contains(&probe_port) && source
        });
        prop_assert_eq!(admitted, from && listens);
    }
}
