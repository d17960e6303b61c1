use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use rstest::rstest;

use super::*;

const ANYONE: &str = "0.0.0.0/0";

fn tcp(ranges: &[PortRange]) -> BTreeSet<IngressRule> {
    ranges
        .iter()
        .map(|range| rule(RuleProtocol::Tcp, *range, ANYONE))
        .collect()
}

fn rule(protocol: RuleProtocol, (from, to): PortRange, source: &str) -> IngressRule {
    let source = RuleSource::Cidr(source.parse().unwrap());
    IngressRule {
        protocol,
        from,
        to,
        source,
    }
}

#[rstest]
#[case::nothing_open(&[], &[(80, 81)], &[(80, 81)], &[])]
#[case::all_open(&[(80, 81)], &[(80, 81)], &[], &[])]
#[case::open_in_pieces(&[(80, 80), (81, 82)], &[(80, 82)], &[], &[])]
#[case::wanted_in_pieces(&[(80, 81)], &[(80, 80), (81, 81)], &[], &[])]
#[case::open_twice(&[(80, 82), (81, 81)], &[(80, 82)], &[], &[])]
#[case::wider_above(&[(80, 80)], &[(80, 82)], &[(81, 82)], &[])]
#[case::wider_below(&[(80, 80)], &[(79, 80)], &[(79, 79)], &[])]
#[case::a_gap_filled(&[(80, 80), (82, 82)], &[(80, 82)], &[(81, 81)], &[])]
#[case::narrower(&[(80, 82)], &[(80, 80)], &[(80, 80)], &[(80, 82)])]
#[case::a_piece_less(&[(80, 80), (81, 81)], &[(80, 80)], &[], &[(81, 81)])]
#[case::moved(&[(80, 81)], &[(81, 82)], &[(81, 82)], &[(80, 81)])]
#[case::both_calls_leave_the_rules_as_wanted(
    &[(80, 80), (81, 81), (90, 91)], &[(80, 81), (90, 90)], &[(80, 81), (90, 90)],
    &[(80, 80), (81, 81), (90, 91)])]
#[case::all_ports(&[(0, 65535)], &[(0, 65535)], &[], &[])]
#[case::the_edges_of_the_port_range(&[(1, 65534)], &[(0, 65535)], &[(0, 0), (65535, 65535)], &[])]
fn ports_count_and_not_how_rules_cut_them(
    #[case] observed: &[PortRange],
    #[case] wanted: &[PortRange],
    #[case] authorize: &[PortRange],
    #[case] revoke: &[PortRange],
) {
    let expected = IngressChange {
        authorize: tcp(authorize),
        revoke: tcp(revoke),
    };
    assert_eq!(change(&tcp(wanted), &tcp(observed)), expected);
}

#[test]
fn protocols_and_sources_are_kept_apart() {
    let observed = BTreeSet::from([
        rule(RuleProtocol::Udp, (80, 80), ANYONE),
        rule(RuleProtocol::Tcp, (80, 80), "10.0.0.0/8"),
    ]);
    let change = change(&tcp(&[(80, 80)]), &observed);
    assert_eq!((change.authorize, change.revoke), (tcp(&[(80, 80)]), observed));
}

#[test]
fn a_rule_that_is_not_about_ports_is_wanted_or_not_as_it_is() {
    let ping = BTreeSet::from([rule(RuleProtocol::Other("icmp".into()), (8, 0), ANYONE)]);
    assert_eq!(change(&ping, &ping), IngressChange::default());
    assert_eq!(change(&BTreeSet::new(), &ping).revoke, ping);
    assert_eq!(change(&ping, &BTreeSet::new()).authorize, ping);
}

#[test]
fn many_small_rules_are_put_together_before_the_quota_is_reached() {
    let pieces: Vec<PortRange> = (1000..1041).map(|port| (port, port)).collect();
    let change = change(&tcp(&[(1000, 1040)]), &tcp(&pieces));
    assert_eq!((change.authorize, change.revoke), (tcp(&[(1000, 1040)]), tcp(&pieces)));
}

fn rule_sets() -> impl Strategy<Value = BTreeSet<IngressRule>> {
    let protocol = prop_oneof![Just(RuleProtocol::Tcp), Just(RuleProtocol::Udp)];
    let rules = (protocol, 0_u16..100, 0_u16..30, any::<bool>()).prop_map(|(protocol, from, length, wide)| {
        let source = if wide { ANYONE } else { "10.0.0.0/8" };
        rule(protocol, (from, from + length), source)
    });
    vec(rules, 0..60).prop_map(BTreeSet::from_iter)
}

fn open(rules: &BTreeSet<IngressRule>) -> BTreeSet<IngressRule> {
    let ports = |rule: &IngressRule| {
        let rule = rule.clone();
        (rule.from..=rule.to).map(move |port| IngressRule {
            from: port,
            to: port,
            ..rule.clone()
        })
    };
    rules.iter().flat_map(ports).collect()
}

proptest! {
    #[test]
    fn exactly_the_wanted_ports_are_open_in_the_end_and_none_of_them_is_closed_on_the_way(
        wanted in rule_sets(), observed in rule_sets(),
    ) {
        let IngressChange { authorize, revoke } = change(&wanted, &observed);
        prop_assert!(authorize.is_disjoint(&observed) && revoke.is_subset(&observed));
        let after: BTreeSet<IngressRule> =
            observed.union(&authorize).filter(|rule| !revoke.contains(rule)).cloned().collect();
        prop_assert_eq!(open(&after), open(&wanted));
        prop_assert_eq!(change(&wanted, &after), IngressChange::default());
    }

    #[test]
    fn no_call_is_made_that_is_not_needed(wanted in rule_sets(), observed in rule_sets()) {
        let IngressChange { authorize, revoke } = change(&wanted, &observed);
        let few = wanted.len() + observed.len() <= TIDY_ABOVE;
        let surplus = !open(&observed).is_subset(&open(&wanted));
        let lacking = !open(&wanted).is_subset(&open(&observed));
        prop_assert!(!few || revoke.is_empty() || surplus);
        prop_assert!(!few || authorize.is_empty() || lacking || surplus);
    }
}
