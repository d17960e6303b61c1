use proptest::prelude::*;
use rstest::rstest;

use crate::aws::desired::fixtures::Case;

const NAME: &str = "aws-load-balancer-name";
const SCHEME: &str = "aws-load-balancer-scheme";
const SUBNETS: &str = "aws-load-balancer-subnets";
const EIPS: &str = "aws-load-balancer-eip-allocations";
const PRIVATE: &str = "aws-load-balancer-private-ipv4-addresses";
const NO_GROUPS: &str = "aws-load-balancer-disable-nlb-sg";

fn name(case: &Case) -> String {
    case.stack().load_balancer.name.as_str().to_owned()
}

/// The case, whose load balancers exist, with other annotations.
fn edited(case: &Case, annotations: &[(&str, &str)]) -> Case {
    let mut case = case.clone();
    case.service.annotations.clear();
    case.annotate_all(annotations)
}

fn public(allocations: &str) -> [(&str, &str); 3] {
    [
        (SCHEME, "internet-facing"),
        (SUBNETS, "subnet-1b,subnet-2b"),
        (EIPS, allocations),
    ]
}

fn private<'a>(subnets: &'a str, addresses: &'a str) -> [(&'a str, &'a str); 2] {
    [(SUBNETS, subnets), (PRIVATE, addresses)]
}

#[test]
fn a_present_load_balancer_that_can_be_changed_into_the_wanted_one_is_kept() {
    let case = Case::new().annotate(SUBNETS, "subnet-1a").built();
    for annotations in [
        &[(SUBNETS, "subnet-1a,subnet-2a")][..],
        &[(SUBNETS, "subnet-3a")],
        &[],
        &[("aws-load-balancer-ip-address-type", "dualstack")],
        &[("aws-load-balancer-security-groups", "sg-0a")],
        &private("subnet-2a", "10.0.1.9"),
    ] {
        assert_eq!(name(&edited(&case, annotations)), name(&case), "{annotations:?}");
    }
}

#[rstest]
#[case::scheme(&[], &[(SCHEME, "internet-facing")])]
#[case::groups_go(&[], &[(NO_GROUPS, "true")])]
#[case::groups_come(&[(NO_GROUPS, "true")], &[])]
#[case::addresses_come(&[], &private("subnet-1a", "10.0.0.9"))]
#[case::addresses_change(&private("subnet-1a", "10.0.0.9"), &private("subnet-1a", "10.0.0.10"))]
#[case::allocations_change(&public("eipalloc-1,eipalloc-2"), &public("eipalloc-3,eipalloc-4"))]
#[case::ipv6_addresses_come(
    &[("aws-load-balancer-ip-address-type", "dualstack"), (SUBNETS, "subnet-1a")],
    &[("aws-load-balancer-ip-address-type", "dualstack"), (SUBNETS, "subnet-1a"),
      ("aws-load-balancer-ipv6-addresses", "2001:db8:0:1::9")])]
#[case::a_subnet_is_swapped_within_its_zone(&[(SUBNETS, "subnet-1a")], &[(SUBNETS, "subnet-1b")])]
fn what_never_changes_in_a_load_balancer_makes_a_new_one_beside_it(
    #[case] before: &[(&str, &str)],
    #[case] after: &[(&str, &str)],
) {
    let before = Case::new().annotate_all(before).built();
    let after = edited(&before, after);
    assert_ne!(name(&after), name(&before));
    let both = after.clone().built();
    assert_eq!(both.facts.load_balancers.len(), 2);
    assert_eq!(name(&both), name(&after), "stays while the old one is there");
    let mut settled = both.clone();
    settled.facts.load_balancers.remove(0);
    assert_eq!(name(&settled), name(&after), "stays once the old one is gone");
}

#[test]
fn another_kind_makes_a_new_one_beside_it() {
    let network = Case::new().built();
    assert_ne!(name(&network.clone().alb()), name(&network));
}

#[test]
fn an_application_load_balancer_may_swap_subnets_within_a_zone() {
    let case = Case::new().alb().annotate(SUBNETS, "subnet-1a,subnet-2a").built();
    assert_eq!(name(&edited(&case, &[(SUBNETS, "subnet-1b,subnet-2a")])), name(&case));
}

#[test]
fn addresses_that_are_not_asked_for_any_more_stay_because_a_subnet_keeps_what_it_has() {
    let case = Case::new().annotate_all(&private("subnet-1a", "10.0.0.9")).built();
    let edited = edited(&case, &[(SUBNETS, "subnet-1a,subnet-2a")]);
    assert_eq!(name(&edited), name(&case));
    let subnets = edited.stack().load_balancer.subnets;
    let chosen: Vec<_> = subnets.values().map(|chosen| chosen.private_ipv4).collect();
    assert_eq!(chosen, ["10.0.0.9".parse().ok(), None]);
}

#[test]
fn addresses_of_ipv6_and_prefixes_go_with_ipv6_and_source_nat() {
    let dualstack = [
        (SUBNETS, "subnet-1a"),
        ("aws-load-balancer-ip-address-type", "dualstack"),
        ("aws-load-balancer-ipv6-addresses", "2001:db8:0:1::9"),
        ("aws-load-balancer-enable-prefix-for-ipv6-source-nat", "on"),
        ("aws-load-balancer-source-nat-ipv6-prefixes", "2001:db8:0:1:1::/80"),
    ];
    let case = Case::new().annotate_all(&dualstack).built();
    let chosen = |annotations: &[(&str, &str)]| {
        let stack = edited(&case, annotations).stack();
        stack.load_balancer.subnets.into_values().next().unwrap()
    };
    let without_source_nat = chosen(&dualstack[..2]);
    assert!(without_source_nat.ipv6.is_some() && without_source_nat.source_nat_prefix.is_none());
    assert_eq!(chosen(&dualstack[..1]), crate::aws::stack::ChosenAddresses::default());
}

#[test]
fn each_of_several_changes_in_a_row_has_a_name_of_its_own() {
    let a = Case::new().annotate_all(&private("subnet-1a", "10.0.0.9")).built();
    let b = edited(&a, &private("subnet-1a", "10.0.0.10")).built();
    let c = edited(&b, &private("subnet-1a", "10.0.0.11")).built();
    let names = [&a, &b, &c].map(name);
    assert_eq!(c.facts.load_balancers.len(), 3, "{names:?}");
    assert_eq!(name(&edited(&c, &private("subnet-1a", "10.0.0.10"))), names[1]);
}

#[test]
fn a_change_that_is_taken_back_goes_back_to_the_old_load_balancer_while_it_is_there() {
    let old = Case::new().annotate_all(&private("subnet-1a", "10.0.0.9")).built();
    let new = edited(&old, &private("subnet-1a", "10.0.0.10")).built();
    let back = edited(&new, &private("subnet-1a", "10.0.0.9"));
    assert_eq!(name(&back), name(&old));
    let mut gone = back.clone();
    gone.facts.load_balancers.remove(0);
    assert_ne!(name(&gone), name(&new));
}

#[rstest]
#[case(&[(NO_GROUPS, "true")], "has security groups")]
#[case(&[(SUBNETS, "subnet-1b")], "has subnet-1a in zone us-east-1a instead of subnet-1b")]
#[case(&private("subnet-1a", "10.0.0.9"), "has other addresses in subnet-1a")]
fn under_a_name_of_the_users_what_never_changes_is_refused(#[case] after: &[(&str, &str)], #[case] why: &str) {
    let case = Case::new()
        .annotate(NAME, "front")
        .annotate(SUBNETS, "subnet-1a")
        .built();
    let after = edited(&case, after).annotate(NAME, "front");
    let invalid = after.invalid();
    assert_eq!(invalid.reason, "CannotChangeLoadBalancer");
    assert!(
        invalid.message.contains(NAME) && invalid.message.contains(why),
        "{invalid}"
    );
    assert!(after.annotate(NAME, "other").result().is_ok());
}

#[test]
fn under_a_name_of_the_users_another_scheme_or_kind_is_not_refused() {
    let case = Case::new().annotate(NAME, "front").built();
    assert_eq!(name(&case.clone().annotate(SCHEME, "internet-facing")), "front");
    assert_eq!(name(&case.alb()), "front");
}

#[rstest]
#[case(&public("eipalloc-1,eipalloc-2"), &public("eipalloc-3,eipalloc-2"), EIPS, "eipalloc-2")]
#[case(&private("subnet-1a,subnet-2a", "10.0.0.9,10.0.1.9"), &private("subnet-1a,subnet-2a", "10.0.0.9,10.0.1.10"), PRIVATE, "10.0.0.9")]
fn an_address_that_the_replaced_load_balancer_holds_cannot_be_moved(
    #[case] before: &[(&str, &str)],
    #[case] after: &[(&str, &str)],
    #[case] key: &str,
    #[case] address: &str,
) {
    let before = Case::new().annotate_all(before).built();
    let invalid = edited(&before, after).invalid();
    assert_eq!(invalid.reason, "CannotChangeLoadBalancer");
    for part in [key, address, name(&before).as_str(), "cannot be moved without downtime"] {
        assert!(invalid.message.contains(part), "{part}: {invalid}");
    }
}

/// Edits of which most cannot be made in place.
fn edits() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let address =
        (9_u8..12).prop_map(|last| vec![(SUBNETS, "subnet-1a".to_owned()), (PRIVATE, format!("10.0.0.{last}"))]);
    let subnets = proptest::sample::subsequence(vec!["subnet-1a", "subnet-2b", "subnet-3a"], 1..=3)
        .prop_map(|subnets| vec![(SUBNETS, subnets.join(","))]);
    let groups = any::<bool>().prop_map(|none| vec![(NO_GROUPS, none.to_string())]);
    let scheme = Just(vec![(SCHEME, "internet-facing".to_owned())]);
    prop_oneof![address, subnets, groups, scheme, Just(Vec::new())]
}

proptest! {
    #[test]
    fn the_chosen_name_is_stable_once_the_load_balancer_exists(
        edits in proptest::collection::vec((edits(), any::<bool>()), 1..7)
    ) {
        let mut case = Case::new();
        for (edit, old_ones_go) in edits {
            let annotations: Vec<_> = edit.iter().map(|(key, value)| (*key, value.as_str())).collect();
            case = edited(&case, &annotations);
            if case.result().is_err() {
                // An address is still with the replaced one.
                case.facts.load_balancers.clear();
            }
            let chosen = case.stack().load_balancer;
            case = case.built();
            prop_assert_eq!(&case.stack().load_balancer, &chosen);
            if old_ones_go {
                case.facts.load_balancers.retain(|present| present.name == chosen.name);
                prop_assert_eq!(&case.stack().load_balancer, &chosen);
            }
        }
    }
}
