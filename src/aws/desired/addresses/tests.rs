use rstest::rstest;

use crate::aws::desired::fixtures::{Case, tcp, udp};
use crate::aws::stack::{AddressType, ChosenAddresses};
use crate::service::IpFamily;

const TYPE: &str = "aws-load-balancer-ip-address-type";
const SCHEME: &str = "aws-load-balancer-scheme";
const SUBNETS: &str = "aws-load-balancer-subnets";
const EIPS: &str = "aws-load-balancer-eip-allocations";
const PRIVATE: &str = "aws-load-balancer-private-ipv4-addresses";
const IPV6: &str = "aws-load-balancer-ipv6-addresses";
const SOURCE_NAT: &str = "aws-load-balancer-enable-prefix-for-ipv6-source-nat";
const PREFIXES: &str = "aws-load-balancer-source-nat-ipv6-prefixes";

/// Subnet to what was chosen in it.
fn chosen<T: ToString>(case: &Case, what: fn(&ChosenAddresses) -> Option<T>) -> Vec<(String, String)> {
    let subnets = case.stack().load_balancer.subnets;
    let chosen = subnets
        .iter()
        .filter_map(|(subnet, chosen)| Some((subnet.to_string(), what(chosen)?.to_string())));
    chosen.collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected
        .iter()
        .map(|(subnet, address)| ((*subnet).to_owned(), (*address).to_owned()))
        .collect()
}

fn facing() -> Case {
    Case::new().annotate(SCHEME, "internet-facing")
}

fn dualstack() -> Case {
    Case::new().annotate(TYPE, "dualstack")
}

#[rstest]
#[case("ipv4", AddressType::Ipv4)]
#[case("dualstack", AddressType::Dualstack)]
fn a_network_load_balancer_has_ipv4_or_both(#[case] value: &str, #[case] expected: AddressType) {
    assert_eq!(
        Case::new().annotate(TYPE, value).stack().load_balancer.address_type,
        expected
    );
    assert_eq!(Case::new().stack().load_balancer.address_type, AddressType::Ipv4);
}

#[test]
fn an_internet_facing_application_load_balancer_may_do_without_public_ipv4() {
    let without = |case: Case| case.annotate(TYPE, "dualstack-without-public-ipv4");
    assert_eq!(
        without(facing().alb()).stack().load_balancer.address_type,
        AddressType::DualstackWithoutPublicIpv4
    );
    let invalid = without(Case::new().alb()).invalid();
    assert!(
        invalid.message.contains(TYPE) && invalid.message.contains(SCHEME),
        "{invalid}"
    );
    let invalid = without(facing()).invalid();
    assert!(invalid.message.contains("application load balancers only"), "{invalid}");
}

#[test]
fn allocations_follow_the_zones() {
    let case = facing().annotate(EIPS, "eipalloc-3, eipalloc-2,eipalloc-1");
    assert_eq!(
        chosen(&case, |chosen| chosen.allocation.clone()),
        pairs(&[
            ("subnet-1b", "eipalloc-3"),
            ("subnet-2b", "eipalloc-2"),
            ("subnet-3b", "eipalloc-1")
        ])
    );
}

#[test]
fn allocations_follow_the_subnets_of_the_annotation() {
    let case = facing()
        .annotate(SUBNETS, "subnet-3b,subnet-1b")
        .annotate(EIPS, "eipalloc-3,eipalloc-1");
    assert_eq!(
        chosen(&case, |chosen| chosen.allocation.clone()),
        pairs(&[("subnet-1b", "eipalloc-1"), ("subnet-3b", "eipalloc-3")])
    );
}

#[test]
fn private_and_ipv6_addresses_find_their_subnets() {
    let case = Case::new().annotate(PRIVATE, "10.0.2.9,10.0.0.254,10.0.1.4");
    assert_eq!(
        chosen(&case, |chosen| chosen.private_ipv4),
        pairs(&[
            ("subnet-1a", "10.0.0.254"),
            ("subnet-2a", "10.0.1.4"),
            ("subnet-3a", "10.0.2.9")
        ])
    );
    let case = dualstack().annotate(IPV6, "2001:db8:0:2::4,2001:db8:0:3::9,2001:db8:0:1:0:0:0:f");
    assert_eq!(
        chosen(&case, |chosen| chosen.ipv6),
        pairs(&[
            ("subnet-1a", "2001:db8:0:1::f"),
            ("subnet-2a", "2001:db8:0:2::4"),
            ("subnet-3a", "2001:db8:0:3::9")
        ])
    );
}

#[test]
fn prefixes_for_source_nat_follow_the_subnets_and_may_be_left_to_aws() {
    let case = dualstack()
        .annotate(SOURCE_NAT, "on")
        .annotate(PREFIXES, "auto_assigned,2001:db8:0:2:1::/80,auto_assigned");
    assert_eq!(
        chosen(&case, |chosen| chosen.source_nat_prefix),
        pairs(&[("subnet-2a", "2001:db8:0:2:1::/80")])
    );
    assert!(case.stack().load_balancer.ipv6_source_nat);
    assert!(
        !dualstack()
            .annotate(SOURCE_NAT, "off")
            .stack()
            .load_balancer
            .ipv6_source_nat
    );
}

#[rstest]
#[case(&[(EIPS, "eipalloc-1,eipalloc-2,eipalloc-3")], EIPS, SCHEME)]
#[case(&[(SCHEME, "internet-facing"), (PRIVATE, "10.0.10.9,10.0.11.9,10.0.12.9")], PRIVATE, SCHEME)]
#[case(&[(IPV6, "2001:db8:0:1::9,2001:db8:0:2::9,2001:db8:0:3::9")], IPV6, TYPE)]
#[case(&[(TYPE, "ipv4"), (SOURCE_NAT, "on")], SOURCE_NAT, TYPE)]
#[case(&[(TYPE, "dualstack"), (PREFIXES, "auto_assigned,auto_assigned,auto_assigned")], PREFIXES, SOURCE_NAT)]
fn annotations_that_contradict_each_other_are_both_named(
    #[case] annotations: &[(&str, &str)],
    #[case] one: &str,
    #[case] other: &str,
) {
    let invalid = Case::new().annotate_all(annotations).invalid();
    assert_eq!(invalid.reason, "InvalidAnnotation");
    assert!(
        invalid.message.contains(one) && invalid.message.contains(other),
        "{invalid}"
    );
}

#[rstest]
#[case(EIPS, "eipalloc-x")]
#[case(EIPS, "eip-1")]
#[case(EIPS, "")]
#[case(EIPS, "eipalloc-1,eipalloc-1,eipalloc-2")]
#[case(PRIVATE, "10.0.0.256")]
#[case(PRIVATE, "10.0.0.9/32")]
#[case(PRIVATE, "2001:db8::1")]
#[case(IPV6, "10.0.0.9")]
#[case(PREFIXES, "auto")]
#[case(PREFIXES, "2001:db8:0:2:1::/81")]
#[case(PREFIXES, "2001:db8:0:2:1::1/80")]
#[case(PREFIXES, "2001:db8:0:2:1::/80,2001:db8:0:2:1::/80")]
#[case(SOURCE_NAT, "true")]
#[case(TYPE, "ipv6")]
fn a_value_that_is_no_address_is_refused(#[case] key: &str, #[case] value: &str) {
    let invalid = Case::new().annotate(key, value).invalid();
    assert_eq!(invalid.reason, "InvalidAnnotation");
    assert!(
        invalid.message.contains(key) && invalid.message.contains("allowed: "),
        "{invalid}"
    );
}

#[rstest]
#[case::too_few(&[(SCHEME, "internet-facing"), (EIPS, "eipalloc-1")], EIPS, "has 1 for 3 subnets")]
#[case::too_many(&[(SUBNETS, "subnet-1a"), (PRIVATE, "10.0.0.9,10.0.1.9")], PRIVATE, "has 2 for 1 subnets (subnet-1a (us-east-1a: 10.0.0.0/24")]
#[case::elsewhere(&[(SUBNETS, "subnet-1a"), (PRIVATE, "10.0.1.9")], PRIVATE, "10.0.1.9 is in none of the subnets subnet-1a")]
#[case::two_in_one(&[(SUBNETS, "subnet-1a,subnet-2a"), (PRIVATE, "10.0.1.9,10.0.1.10")], PRIVATE, "10.0.1.9 and 10.0.1.10 are both in subnet-2a")]
#[case::first(&[(SUBNETS, "subnet-1a"), (PRIVATE, "10.0.0.3")], PRIVATE, "10.0.0.3 is one of the first four")]
#[case::last(&[(SUBNETS, "subnet-1a"), (PRIVATE, "10.0.0.255")], PRIVATE, "which AWS keeps")]
#[case::first_ipv6(&[(TYPE, "dualstack"), (SUBNETS, "subnet-1a"), (IPV6, "2001:db8:0:1::3")], IPV6, "which AWS keeps")]
#[case::prefix_elsewhere(
    &[(TYPE, "dualstack"), (SUBNETS, "subnet-1a"), (SOURCE_NAT, "on"), (PREFIXES, "2001:db8:0:2:1::/80")],
    PREFIXES, "2001:db8:0:2:1::/80 is not in subnet-1a")]
fn addresses_that_do_not_fit_the_subnets_are_refused(
    #[case] annotations: &[(&str, &str)],
    #[case] key: &str,
    #[case] why: &str,
) {
    let invalid = Case::new().annotate_all(annotations).invalid();
    assert_eq!(invalid.reason, "AddressMisfit");
    assert!(
        invalid.message.contains(key) && invalid.message.contains(why),
        "{invalid}"
    );
    assert!(crate::aws::desired::is_about_vpc(invalid.reason));
}

#[test]
fn udp_on_a_dualstack_load_balancer_needs_source_nat() {
    let mut case = dualstack().ports([tcp(80, 30080), udp(53, 30053)]);
    case.service.ip_families = vec![IpFamily::V4, IpFamily::V6];
    let invalid = case.invalid();
    assert!(
        invalid.message.contains("port 53") && invalid.message.contains(SOURCE_NAT),
        "{invalid}"
    );
    assert!(case.annotate(SOURCE_NAT, "on").result().is_ok());
}
