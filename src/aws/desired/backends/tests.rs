use std::collections::BTreeSet;

use rstest::rstest;

use crate::aws::desired::annotations::keys;
use crate::aws::desired::fixtures::{Case, tcp, udp};
use crate::aws::ids::InstanceId;
use crate::aws::stack::Surplus;
use crate::service::IpFamily;

const DUALSTACK: (&str, &str) = (keys::ADDRESS_TYPE.name, "dualstack");
const SOURCE_NAT: (&str, &str) = (keys::IPV6_SOURCE_NAT.name, "on");

fn case(families: &[IpFamily], annotations: &[(&str, &str)]) -> Case {
    let mut case = Case::new().ports([tcp(80, 30080), udp(53, 30053)]);
    case.service.ip_families = families.to_vec();
    for (subnet, number) in case.facts.subnets.iter_mut().zip(1..) {
        subnet
            .networks
            .push(format!("2001:db8:0:{number}::/64").parse().unwrap());
    }
    case.annotate_all(annotations)
}

fn families(case: &Case) -> Vec<(u16, IpFamily)> {
    let groups = case.stack().target_groups.into_values();
    let mut families: Vec<_> = groups.map(|group| (group.port.get(), group.family)).collect();
    families.sort();
    families
}

#[rstest]
#[case::ipv4_only(&[IpFamily::V4], &[], [IpFamily::V4; 2])]
#[case::not_said(&[], &[], [IpFamily::V4; 2])]
#[case::both(&[IpFamily::V6, IpFamily::V4], &[], [IpFamily::V4; 2])]
#[case::udp_of_a_dual_stack_load_balancer(&[IpFamily::V4, IpFamily::V6], &[DUALSTACK, SOURCE_NAT], [IpFamily::V6, IpFamily::V4])]
#[case::ipv6_only(&[IpFamily::V6], &[DUALSTACK, SOURCE_NAT], [IpFamily::V6; 2])]
fn nodes_are_reached_over_ipv4_where_the_service_has_it_and_aws_allows(
    #[case] service: &[IpFamily],
    #[case] annotations: &[(&str, &str)],
    #[case] expected: [IpFamily; 2],
) {
    let [udp, tcp] = expected;
    assert_eq!(families(&case(service, annotations)), [(30053, udp), (30080, tcp)]);
}

#[rstest]
#[case::ipv6_only(&[IpFamily::V6], &[], "ip-address-type=dualstack")]
#[case::udp_without_ipv6(&[IpFamily::V4], &[DUALSTACK, SOURCE_NAT], "put IPv6 among spec.ipFamilies")]
#[case::udp_without_source_nat(&[IpFamily::V4, IpFamily::V6], &[DUALSTACK], "ipv6-source-nat=on")]
fn a_family_that_cannot_be_had_is_refused(
    #[case] service: &[IpFamily],
    #[case] annotations: &[(&str, &str)],
    #[case] why: &str,
) {
    let invalid = case(service, annotations).invalid();
    assert!(invalid.message.contains(why), "{invalid}");
}

#[test]
fn another_family_gives_another_target_group() {
    let one = case(&[IpFamily::V4], &[DUALSTACK]).ports([tcp(80, 30080)]).stack();
    let other = case(&[IpFamily::V6], &[DUALSTACK]).ports([tcp(80, 30080)]).stack();
    assert_eq!(one.load_balancer, other.load_balancer);
    assert!(
        one.target_groups
            .keys()
            .all(|name| !other.target_groups.contains_key(name))
    );
}

#[test]
fn targets_of_other_clusters_stay_where_target_groups_are_shared() {
    let mut case = Case::new();
    case.facts.cluster_instances = [InstanceId::new("i-0000000000000000a")].into();
    let surplus = |case: &Case| -> Vec<Surplus> {
        let groups = case.stack().target_groups.into_values();
        groups.map(|group| group.surplus).collect()
    };
    assert_eq!(surplus(&case), [Surplus::Leaves]);
    assert!(!case.requirements().cluster_instances);
    let shared = case.annotate(keys::MULTI_CLUSTER.name, "true");
    let own: BTreeSet<_> = [InstanceId::new("i-0000000000000000a")].into();
    assert_eq!(surplus(&shared), [Surplus::LeavesFrom(own)]);
    assert!(shared.requirements().cluster_instances);
    assert_eq!(
        surplus(&shared.annotate(keys::MULTI_CLUSTER.name, "false")),
        [Surplus::Leaves]
    );
}
