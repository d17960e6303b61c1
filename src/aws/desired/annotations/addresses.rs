//! What annotations say of the load balancer's addresses.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::Ipv6Net;

use crate::aws::ids::AllocationId;
use crate::aws::stack::AddressType;

use super::values::{self, Refusal};
use super::{Reader, keys};

/// The addresses that are asked for; lists are empty where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::aws::desired) struct Addresses {
    pub(in crate::aws::desired) address_type: AddressType,
    /// In the order of the subnets.
    pub(in crate::aws::desired) allocations: Vec<AllocationId>,
    pub(in crate::aws::desired) private_ipv4: Vec<Ipv4Addr>,
    pub(in crate::aws::desired) ipv6: Vec<Ipv6Addr>,
    pub(in crate::aws::desired) source_nat: bool,
    /// In the order of the subnets; none where AWS chooses.
    pub(in crate::aws::desired) source_nat_prefixes: Vec<Option<Ipv6Net>>,
}

impl Addresses {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let allocation = |id: &str| values::id(id, "eipalloc-").map(AllocationId::new);
        Self {
            address_type: reader.read(&keys::ADDRESS_TYPE, address_type).unwrap_or_default(),
            allocations: reader
                .read(&keys::EIP_ALLOCATIONS, |value| values::distinct(value, allocation))
                .unwrap_or_default(),
            private_ipv4: reader
                .read(&keys::PRIVATE_IPV4, |value| {
                    values::distinct(value, |text| text.parse().ok())
                })
                .unwrap_or_default(),
            ipv6: reader
                .read(&keys::IPV6_ADDRESSES, |value| {
                    values::distinct(value, |text| text.parse().ok())
                })
                .unwrap_or_default(),
            source_nat: reader.read(&keys::IPV6_SOURCE_NAT, values::switch).unwrap_or(false),
            source_nat_prefixes: reader.read(&keys::SOURCE_NAT_PREFIXES, prefixes).unwrap_or_default(),
        }
    }
}

fn address_type(value: &str) -> Result<AddressType, Refusal> {
    match value {
        "ipv4" => Ok(AddressType::Ipv4),
        "dualstack" => Ok(AddressType::Dualstack),
        "dualstack-without-public-ipv4" => Ok(AddressType::DualstackWithoutPublicIpv4),
        _ => Err(Refusal::new()),
    }
}

/// Length of a prefix for source NAT (ELBv2 API reference, `SubnetMapping`).
const PREFIX_LENGTH: u8 = 80;

fn prefixes(value: &str) -> Result<Vec<Option<Ipv6Net>>, Refusal> {
    let prefix = |text: &str| match text {
        "auto_assigned" => Some(None),
        _ => text.parse().ok().filter(is_prefix).map(Some),
    };
    let prefixes = values::several(value, prefix)?;
    let mut given: Vec<_> = prefixes.iter().flatten().collect();
    given.sort();
    if given
        .windows(2)
        .any(|pair| matches!(pair, [one, other] if one == other))
    {
        Err("names one twice".into())
    } else {
        Ok(prefixes)
    }
}

fn is_prefix(network: &Ipv6Net) -> bool {
    network.prefix_len() == PREFIX_LENGTH && *network == network.trunc()
}
