//! The facts file is checked strictly, and all at once.

use rstest::rstest;

use super::*;

const LEAST: &str = "clusterName: prod\nvpc: {id: vpc-1}\n";

fn faults(text: &str) -> String {
    match FactsFile::parse("facts.yaml", text) {
        Err(Unusable::Faults(_, faults)) => faults,
        other => panic!("{other:?}"),
    }
}

#[test]
fn cluster_and_vpc_are_enough() {
    let file = FactsFile::parse("facts.yaml", LEAST).unwrap();
    let flags: Vec<_> = file.flags().collect();
    assert_eq!(flags, ["--cluster-name=prod", "--aws-vpc-id=vpc-1"]);
}

#[rstest]
#[case("region: [a]", "region must be a text")]
#[case("vpcs: 1", "vpcs is unknown")]
#[case("subnets: {}", "subnets must be a list")]
#[case("subnets: [{id: a, zone: b, color: red}]", "subnets[0].color is unknown")]
#[case("subnets: [{id: a}]", "subnets[0].zone is required")]
#[case(
    "subnets: [{id: a, zone: b, cidr: 10.0.0.1/16}]",
    "subnets[0].cidr must be a network"
)]
#[case(
    "subnets: [{id: a, zone: b, public: perhaps}]",
    "subnets[0].public must be true or false"
)]
#[case(
    "subnets: [{id: a, zone: b, freeAddresses: -1}]",
    "subnets[0].freeAddresses must be a whole number"
)]
#[case("subnets: [{id: a, zone: b, tags: {a: [1]}}]", "subnets[0].tags.a must be a text")]
#[case("securityGroups: [{name: a}]", "securityGroups[0].id is required")]
#[case("nodes: [{name: a}]", "nodes[0].providerId is required")]
#[case(
    "nodes: [{name: a, providerId: b, taints: [{key: 1}]}]",
    "nodes[0].taints cannot be read"
)]
#[case("settings: {no-such-flag: 1}", "settings.no-such-flag is no flag of elbow run")]
#[case("settings: {cluster-name: a}", "settings.cluster-name must be given as clusterName")]
#[case("settings: {default-tags: {a: b}}", "settings.default-tags must be a text")]
#[case("observed: [{loadBalancers: []}]", "observed[0].owner is required")]
#[case(
    "observed: [{owner: {namespace: a, name: b, uid: c, kind: d}}]",
    "observed[0].owner.kind is unknown"
)]
#[case(
    "observed: [{owner: {namespace: a, name: b, uid: c}, targetGroups: [{}]}]",
    "observed[0] cannot be read"
)]
fn a_field_that_is_wrong_is_named_with_its_place(#[case] text: &str, #[case] expected: &str) {
    let faults = faults(&format!("{LEAST}{text}\n"));
    assert!(faults.contains(expected), "{faults}");
}

#[test]
fn all_faults_are_told_at_once() {
    let faults = faults("a: 1\nvpc: {id: 7, b: 2}\n");
    for expected in [
        "clusterName is required",
        "a is unknown",
        "vpc.id must be",
        "vpc.b is unknown",
    ] {
        assert!(faults.contains(expected), "{faults}");
    }
    assert!(self::faults("[]").contains("the file must be an object"));
}

#[test]
fn targets_are_told_by_the_rule_of_the_controller() {
    let nodes = "nodes:\n- {name: a, providerId: 'aws:///z/i-0123456789abcdef0'}\n\
        - {name: b, providerId: 'aws:///z/i-0123456789abcdef1', ready: false}\n\
        - {name: c, providerId: 'aws:///z/i-0123456789abcdef2', taints: [{key: karpenter.sh/disrupted, effect: NoSchedule}]}\n\
        - {name: d, providerId: 'aws:///z/i-0123456789abcdef3', labels: {node.kubernetes.io/exclude-from-external-load-balancers: ''}}\n";
    let file = FactsFile::parse("facts.yaml", &format!("{LEAST}{nodes}")).unwrap();
    let names: Vec<_> = file.nodes.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["a"]);
}
