use std::collections::BTreeSet;

use rstest::rstest;

use super::*;
use crate::aws::desired::fixtures::{Case, subnet};
use crate::aws::ids::SubnetId;
use crate::aws::stack::{ChosenAddresses, LoadBalancer};

const KEY: &str = "aws-load-balancer-subnets";
const OURS: &str = "kubernetes.io/cluster/prod";
const OTHERS: &str = "kubernetes.io/cluster/other";

fn chosen(case: &Case) -> Vec<String> {
    case.stack()
        .load_balancer
        .subnets
        .keys()
        .map(ToString::to_string)
        .collect()
}

fn facing(case: Case) -> Case {
    case.annotate("aws-load-balancer-scheme", "internet-facing")
}

fn ids(ids: &[&str]) -> BTreeSet<SubnetId> {
    ids.iter().map(|id| SubnetId::new(*id)).collect()
}

/// The load balancer of the case, if it had these subnets.
fn present(case: &Case, subnets: &[&str]) -> Vec<LoadBalancer> {
    let mut case = case.clone();
    for subnet in &mut case.facts.subnets {
        subnet.free_addresses = 250;
    }
    let mut load_balancer = case.stack().load_balancer;
    load_balancer.subnets = subnets
        .iter()
        .map(|id| (SubnetId::new(*id), ChosenAddresses::default()))
        .collect();
    vec![load_balancer]
}

/// A case with these subnets only, all for internal load balancers.
fn with(subnets: &[(&str, &str)]) -> Case {
    let mut case = Case::new();
    case.facts.subnets = subnets
        .iter()
        .map(|(id, zone)| subnet(id, zone, "internal-elb"))
        .collect();
    case
}

fn tag(case: &mut Case, index: usize, key: &str, value: &str) {
    case.facts.subnets[index].tags.insert(key.into(), value.into());
}

#[test]
fn the_role_tag_of_the_scheme_decides() {
    assert_eq!(chosen(&Case::new()), ["subnet-1a", "subnet-2a", "subnet-3a"]);
    assert_eq!(chosen(&facing(Case::new())), ["subnet-1b", "subnet-2b", "subnet-3b"]);
    assert_eq!(
        Case::new().desired().zones,
        ["us-east-1a", "us-east-1b", "us-east-1c"].map(str::to_owned).into()
    );
}

#[rstest]
#[case("", true)]
#[case("1", true)]
#[case("0", false)]
#[case("true", false)]
fn a_role_tag_counts_with_an_empty_value_or_one(#[case] value: &str, #[case] counts: bool) {
    let mut case = with(&[("subnet-1", "a"), ("subnet-2", "b")]);
    tag(&mut case, 1, "kubernetes.io/role/internal-elb", value);
    assert_eq!(chosen(&case).contains(&"subnet-2".to_owned()), counts);
}

#[test]
fn in_each_zone_the_own_cluster_tag_goes_before_the_lowest_id() {
    let mut case = with(&[
        ("subnet-3", "a"),
        ("subnet-1", "a"),
        ("subnet-2", "a"),
        ("subnet-5", "b"),
        ("subnet-4", "b"),
    ]);
    tag(&mut case, 0, OURS, "shared");
    assert_eq!(chosen(&case), ["subnet-3", "subnet-4"]);
}

#[test]
fn a_subnet_of_another_cluster_only_is_ruled_out() {
    let mut case = with(&[("subnet-1", "a"), ("subnet-2", "b"), ("subnet-3", "c")]);
    tag(&mut case, 0, OTHERS, "owned");
    tag(&mut case, 1, OTHERS, "shared");
    tag(&mut case, 1, OURS, "shared");
    assert_eq!(chosen(&case), ["subnet-2", "subnet-3"]);
}

#[rstest]
#[case(8, true)]
#[case(7, false)]
fn a_subnet_needs_eight_free_addresses(#[case] free: u32, #[case] fits: bool) {
    let mut case = with(&[("subnet-1", "a"), ("subnet-2", "b")]);
    case.facts.subnets[0].free_addresses = free;
    assert_eq!(chosen(&case).len(), if fits { 2 } else { 1 });
}

#[test]
fn subnets_in_use_stay_whatever_became_of_them() {
    let mut case = with(&[
        ("subnet-1", "a"),
        ("subnet-2", "a"),
        ("subnet-3", "b"),
        ("subnet-4", "c"),
    ]);
    tag(&mut case, 0, OURS, "owned");
    case.facts.subnets[1].free_addresses = 0;
    case.facts.subnets[2].tags.clear();
    case.facts.load_balancers = present(&case, &["subnet-2", "subnet-3"]);
    assert_eq!(chosen(&case), ["subnet-2", "subnet-3", "subnet-4"]);
}

#[rstest]
#[case::internet_facing(true, &["subnet-2"])]
#[case::internal(false, &["subnet-1", "subnet-3"])]
fn without_role_tags_the_routes_decide(#[case] public: bool, #[case] expected: &[&str]) {
    let case = with(&[("subnet-1", "a"), ("subnet-2", "b"), ("subnet-3", "c")]);
    let mut case = if public { facing(case) } else { case };
    case.facts.subnets.iter_mut().for_each(|subnet| subnet.tags.clear());
    case.facts.public_subnets = Some(ids(&["subnet-2"]));
    assert!(case.requirements().routes);
    assert_eq!(chosen(&case), expected);
}

#[test]
fn role_tags_of_another_cluster_do_not_keep_the_routes_from_deciding() {
    let mut case = with(&[("subnet-1", "a"), ("subnet-2", "b")]);
    tag(&mut case, 0, OTHERS, "owned");
    case.facts.subnets[1].tags.clear();
    case.facts.public_subnets = Some(BTreeSet::new());
    assert!(case.requirements().routes);
    assert_eq!(chosen(&case), ["subnet-2"]);
}

#[test]
fn routes_are_not_needed_where_tags_or_the_annotation_decide() {
    assert!(!Case::new().requirements().routes);
    let mut case = Case::new().annotate(KEY, "subnet-1a");
    case.facts.subnets.iter_mut().for_each(|subnet| subnet.tags.clear());
    assert!(!case.requirements().routes);
}

#[test]
fn when_none_fits_each_subnet_is_named_with_its_reason() {
    let mut case = with(&[
        ("subnet-1", "a"),
        ("subnet-2", "b"),
        ("subnet-3", "c"),
        ("subnet-4", "d"),
    ]);
    case.facts.subnets[0].free_addresses = 3;
    tag(&mut case, 1, OTHERS, "owned");
    tag(&mut case, 2, "kubernetes.io/role/internal-elb", "no");
    case.facts.subnets[3].tags.clear();
    let invalid = case.invalid();
    assert_eq!(invalid.reason, "NoSubnetFound");
    for part in [
        "subnet-1 (a) has 3 free addresses, fewer than 8",
        "subnet-2 (b) is tagged for another cluster only (other)",
        "subnet-3 (c) has tag kubernetes.io/role/internal-elb with a value other than 1",
        "subnet-4 (d) has no tag kubernetes.io/role/internal-elb",
        "Tag one subnet a zone with kubernetes.io/role/internal-elb=1",
    ] {
        assert!(invalid.message.contains(part), "{part}: {invalid}");
    }
}

#[rstest]
#[case::facing(true, Some(ids(&[])), "has no route to an internet gateway")]
#[case::internal(false, Some(ids(&["subnet-1"])), "so that it is public")]
#[case::not_read(false, None, "was not read")]
fn when_no_route_fits_it_is_said_why(
    #[case] public: bool,
    #[case] routes: Option<BTreeSet<SubnetId>>,
    #[case] why: &str,
) {
    let mut case = with(&[("subnet-1", "a")]);
    case.facts.subnets[0].tags.clear();
    case.facts.public_subnets = routes;
    let invalid = if public { facing(case) } else { case }.invalid();
    assert_eq!(invalid.reason, "NoSubnetFound");
    assert!(invalid.message.contains(why), "{invalid}");
}

#[test]
fn with_many_subnets_the_message_stays_bounded_and_ends_with_what_to_do() {
    let mut case = with(&[]);
    assert!(case.invalid().message.contains("the VPC has no subnets"));
    case.facts.subnets = (0..200)
        .map(|n| subnet(&format!("subnet-{n:017x}"), "us-east-1a", "elb"))
        .collect();
    case.facts.public_subnets = Some(case.facts.subnets.iter().map(|subnet| subnet.id.clone()).collect());
    let message = case.invalid().message;
    assert!(message.len() <= Invalid::MAX_MESSAGE);
    assert!(
        message.contains(" more. Tag one subnet") && message.ends_with(KEY),
        "{message}"
    );
}

#[test]
fn the_annotation_names_subnets_by_id_or_tag_and_asks_no_other_tag() {
    let mut case = Case::new().annotate(KEY, "subnet-3b, edge one,subnet-3b");
    tag(&mut case, 0, "Name", "edge one");
    tag(&mut case, 0, OTHERS, "owned");
    assert_eq!(chosen(&case), ["subnet-1a", "subnet-3b"]);
}

#[rstest]
#[case::unknown_id("subnet-0f", "`subnet-0f`: no subnet of the VPC vpc-1 has this id")]
#[case::unknown_name("edge", "`edge`: no subnet of the VPC vpc-1 has this tag Name")]
#[case::ambiguous_name("twin", "`twin`: several subnets")]
#[case::one_zone_twice("subnet-1a,subnet-1b", "subnet-1a and subnet-1b are both in zone us-east-1a")]
#[case::full("subnet-2a", "subnet-2a has 0 free addresses")]
fn a_subnet_of_the_annotation_that_cannot_be_used_is_refused(#[case] value: &str, #[case] why: &str) {
    let mut case = Case::new().annotate(KEY, value);
    tag(&mut case, 0, "Name", "twin");
    tag(&mut case, 2, "Name", "twin");
    case.facts.subnets[1].free_addresses = 0;
    let invalid = case.invalid();
    assert_eq!(invalid.reason, "NoSubnetFound");
    assert!(
        invalid.message.contains(KEY) && invalid.message.contains(why),
        "{invalid}"
    );
    assert!(!invalid.message.contains("; annotation"), "only one fault: {invalid}");
}

#[test]
fn a_full_subnet_of_the_annotation_stays_once_the_load_balancer_uses_it() {
    let mut case = Case::new().annotate(KEY, "subnet-2a");
    case.facts.subnets[1].free_addresses = 0;
    case.facts.load_balancers = present(&case, &["subnet-2a"]);
    assert_eq!(chosen(&case), ["subnet-2a"]);
}

const DUALSTACK: (&str, &str) = ("aws-load-balancer-ip-address-type", "dualstack");

#[test]
fn a_dualstack_load_balancer_takes_subnets_with_ipv6_only_and_says_which_zones_are_left_out() {
    let mut case = Case::new().annotate(DUALSTACK.0, DUALSTACK.1).built();
    for index in [1, 3] {
        case.facts.subnets[index].networks.truncate(1);
    }
    assert_eq!(chosen(&case), ["subnet-1a", "subnet-3a"]);
    let warning = case.desired().warnings.remove(0);
    assert_eq!(warning.reason, "ZoneLeftOut");
    assert!(
        warning.message.ends_with("needs: us-east-1b (subnet-2a)"),
        "{}",
        warning.message
    );
    case.service.annotations.clear();
    assert_eq!(chosen(&case).len(), 3);
}

#[test]
fn where_no_subnet_has_ipv6_a_dualstack_load_balancer_is_refused() {
    let case = with(&[("subnet-1", "a")]).annotate(DUALSTACK.0, DUALSTACK.1);
    let why = "subnet-1 (a) has no IPv6 network, which a dualstack load balancer needs";
    assert!(case.invalid().message.contains(why), "{}", case.invalid());
    let named = case.annotate(KEY, "subnet-1").invalid();
    assert_eq!(named.reason, "NoSubnetFound");
    assert!(named.message.contains("subnet-1 has no IPv6 network"), "{named}");
}

#[test]
fn an_application_load_balancer_needs_two_zones() {
    let case = with(&[("subnet-1", "a"), ("subnet-2", "a"), ("subnet-3", "b")]).alb();
    assert_eq!(chosen(&case), ["subnet-1", "subnet-3"]);
    let mut case = with(&[("subnet-1", "a"), ("subnet-3", "b")]).alb();
    case.facts.subnets[1].free_addresses = 1;
    let invalid = case.invalid();
    assert_eq!(invalid.reason, "NoSubnetFound");
    for part in [
        "two zones at least",
        "subnet-1 (a) fits",
        "subnet-3 (b) has 1 free addresses",
    ] {
        assert!(invalid.message.contains(part), "{part}: {invalid}");
    }
    let invalid = Case::new().alb().annotate(KEY, "subnet-1a").invalid();
    assert_eq!(invalid.reason, "NoSubnetFound");
    assert!(invalid.message.contains("two zones at least"), "{invalid}");
}
