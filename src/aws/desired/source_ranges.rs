//! Who may connect: networks of clients and prefix lists. Never widened because one could not be read.

use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::aws::ids::PrefixListId;
use crate::aws::stack::AddressType;
use crate::service::Service;

use super::annotations::{self, keys};
use super::invalid::{Faults, quoted};

/// Who may connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Clients {
    /// Without host bits, merged where that names the same addresses.
    pub(super) networks: Vec<IpNet>,
    pub(super) prefix_lists: Vec<PrefixListId>,
    /// Do they get the ICMP messages that path MTU discovery needs?
    pub(super) path_mtu: bool,
    /// Did the user name networks?
    pub(super) are_given: bool,
}

impl Clients {
    /// `spec.loadBalancerSourceRanges` wins over the annotation. Where neither names networks, all addresses are admitted
    /// that the load balancer can be reached from, unless prefix lists say who may connect.
    pub(super) fn read(
        service: &Service,
        asked: &annotations::Groups,
        family: AddressType,
        faults: &mut Faults,
    ) -> Self {
        let (place, ranges) = match &asked.source_ranges {
            Some(ranges) if service.source_ranges.is_empty() => {
                (format!("annotation {}", keys::SOURCE_RANGES), ranges.as_slice())
            }
            _ => (
                "spec.loadBalancerSourceRanges".to_owned(),
                service.source_ranges.as_slice(),
            ),
        };
        let mut networks = Vec::new();
        for range in ranges {
            match network(range, family) {
                Ok(network) => networks.push(network),
                Err(why) => faults.add("InvalidSourceRange", format!("{place}: {} {why}", quoted(range))),
            }
        }
        if ranges.is_empty() && asked.prefix_lists.is_empty() {
            networks.extend(all(family));
        }
        Self {
            networks: IpNet::aggregate(&networks),
            prefix_lists: asked.prefix_lists.clone(),
            path_mtu: asked.path_mtu,
            are_given: !ranges.is_empty(),
        }
    }
}

/// All addresses from which such a load balancer can be reached.
fn all(family: AddressType) -> impl Iterator<Item = IpNet> {
    let ipv6 = family.has_ipv6().then(|| IpNet::V6(Ipv6Net::default()));
    [IpNet::V4(Ipv4Net::default())].into_iter().chain(ipv6)
}

fn network(range: &str, family: AddressType) -> Result<IpNet, String> {
    let ipv6 = family.has_ipv6();
    match IpNet::from_str(range.trim()) {
        Ok(IpNet::V6(_)) if !ipv6 => Err(format!(
            "is an IPv6 network, but the load balancer has IPv4 addresses only; allowed: IPv4 networks, or IPv6 ones too \
             with annotation {}=dualstack",
            keys::ADDRESS_TYPE
        )),
        Ok(network) => Ok(network.trunc()),
        Err(_) if ipv6 => Err("is not a network; allowed: networks such as 203.0.113.0/24 or 2001:db8::/32".into()),
        Err(_) => Err("is not a network; allowed: IPv4 networks such as 203.0.113.0/24".into()),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use crate::aws::desired::fixtures::Case;

    fn rules(case: &Case) -> Vec<String> {
        case.stack()
            .frontend_group
            .unwrap()
            .rules
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn all_of_ipv4_is_admitted_by_default() {
        assert_eq!(rules(&Case::new()), ["tcp 80-80 from 0.0.0.0/0"]);
    }

    #[test]
    fn the_annotation_is_taken_where_the_field_is_empty() {
        let mut case = Case::new().annotate("load-balancer-source-ranges", "203.0.113.0/24, 198.51.100.7/32,");
        assert_eq!(
            rules(&case),
            ["tcp 80-80 from 198.51.100.7/32", "tcp 80-80 from 203.0.113.0/24"]
        );
        case.service.source_ranges = vec!["192.0.2.0/24".into()];
        assert_eq!(rules(&case), ["tcp 80-80 from 192.0.2.0/24"]);
    }

    #[test]
    fn host_bits_are_dropped_and_networks_merged_without_admitting_more() {
        let mut case = Case::new();
        case.service.source_ranges = ["10.0.0.5/9", "10.128.0.0/9", "10.1.0.0/16"].map(str::to_owned).into();
        assert_eq!(rules(&case), ["tcp 80-80 from 10.0.0.0/8"]);
    }

    #[rstest]
    #[case("10.0.0.0")]
    #[case("not-a-cidr")]
    #[case("10.0.0.0/33")]
    #[case("")]
    #[case("2001:db8::/32")]
    fn a_range_that_cannot_be_served_is_refused(#[case] range: &str) {
        let mut case = Case::new();
        case.service.source_ranges = vec!["192.0.2.0/24".into(), range.into()];
        let invalid = case.invalid();
        assert_eq!(invalid.reason, "InvalidSourceRange");
        assert!(
            invalid
                .message
                .contains(&format!("spec.loadBalancerSourceRanges: `{range}`")),
            "{invalid}"
        );
    }

    #[test]
    fn an_annotation_that_names_nobody_is_refused_instead_of_admitting_all() {
        let invalid = Case::new().annotate("load-balancer-source-ranges", " , ").invalid();
        assert_eq!(invalid.reason, "InvalidAnnotation");
    }

    fn dualstack() -> Case {
        Case::new().annotate("aws-load-balancer-ip-address-type", "dualstack")
    }

    #[test]
    fn a_dualstack_load_balancer_admits_both_families() {
        assert_eq!(rules(&dualstack()), ["tcp 80-80 from 0.0.0.0/0", "tcp 80-80 from ::/0"]);
        let case = dualstack().annotate("load-balancer-source-ranges", "2001:db8::1/32,192.0.2.0/24");
        assert_eq!(
            rules(&case),
            ["tcp 80-80 from 192.0.2.0/24", "tcp 80-80 from 2001:db8::/32"]
        );
    }

    const LISTS: &str = "aws-load-balancer-security-group-prefix-lists";

    #[test]
    fn prefix_lists_alone_keep_all_others_out() {
        let case = dualstack().annotate(LISTS, "pl-0b,pl-0a");
        assert_eq!(rules(&case), ["tcp 80-80 from pl-0a", "tcp 80-80 from pl-0b"]);
        let case = case.annotate("load-balancer-source-ranges", "192.0.2.0/24");
        assert_eq!(rules(&case).len(), 3);
    }

    #[rstest]
    #[case("")]
    #[case("pl-")]
    #[case("com.amazonaws.us-east-1.s3")]
    #[case("pl-0a,pl-0a")]
    fn what_is_no_list_of_prefix_lists_is_refused_instead_of_admitting_all(#[case] value: &str) {
        let invalid = Case::new().annotate(LISTS, value).invalid();
        assert_eq!(invalid.reason, "InvalidAnnotation");
        assert!(invalid.message.contains(LISTS), "{invalid}");
    }

    #[test]
    fn messages_for_path_mtu_discovery_are_admitted_from_everybody_who_may_connect() {
        let key = "aws-load-balancer-enable-icmp-for-path-mtu-discovery";
        let case = dualstack()
            .annotate("load-balancer-source-ranges", "192.0.2.0/24,2001:db8::/32")
            .annotate(LISTS, "pl-0a");
        let without = rules(&case);
        let with: Vec<_> = rules(&case.clone().annotate(key, "on"))
            .into_iter()
            .filter(|rule| !without.contains(rule))
            .collect();
        assert_eq!(
            with,
            [
                "icmp 3-4 from 192.0.2.0/24",
                "icmp 3-4 from pl-0a",
                "icmpv6 2-0 from 2001:db8::/32"
            ]
        );
        assert_eq!(rules(&case.annotate(key, "off")), without);
    }
}
