//! Addresses of the load balancer: which families it has, and those that the user chose in its subnets.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::aws::api::SubnetDescription;
use crate::aws::ids::SubnetId;
use crate::aws::stack::{AddressType, ChosenAddresses, LoadBalancerKind, Scheme};
use crate::service::{Protocol, Service};

use super::annotations::Addresses;
use super::annotations::keys::{self, Key};
use super::invalid::{ADDRESS_MISFIT, Faults, Invalid};

/// What contradicts each other whatever subnets there are.
pub(super) fn check(service: &Service, asked: &Addresses, kind: LoadBalancerKind, scheme: Scheme, faults: &mut Faults) {
    let mut conflict = |wrong: bool, one: &Key, other: &Key, why: &str| {
        if wrong {
            faults.add_conflict(one, other, why);
        }
    };
    let internal = scheme == Scheme::Internal;
    let (static_public, static_private) = (!asked.allocations.is_empty(), !asked.private_ipv4.is_empty());
    conflict(
        static_public && internal,
        &keys::EIP_ALLOCATIONS,
        &keys::SCHEME,
        "an internal load balancer has no public addresses; allowed with scheme internet-facing",
    );
    conflict(
        static_private && !internal,
        &keys::PRIVATE_IPV4,
        &keys::SCHEME,
        "the private addresses of an internet-facing load balancer cannot be chosen; allowed with scheme internal",
    );
    let dualstack = asked.address_type.has_ipv6();
    let needs_ipv6 = "without IPv6 there is nothing to choose; allowed with dualstack";
    conflict(
        !asked.ipv6.is_empty() && !dualstack,
        &keys::IPV6_ADDRESSES,
        &keys::ADDRESS_TYPE,
        needs_ipv6,
    );
    conflict(
        asked.source_nat && !dualstack,
        &keys::IPV6_SOURCE_NAT,
        &keys::ADDRESS_TYPE,
        needs_ipv6,
    );
    conflict(
        !asked.source_nat_prefixes.is_empty() && !asked.source_nat,
        &keys::SOURCE_NAT_PREFIXES,
        &keys::IPV6_SOURCE_NAT,
        "prefixes are for source NAT, which is off; allowed with on",
    );
    check_without_public(asked.address_type, kind, internal, faults);
    check_udp(service, asked, kind, faults);
}

fn check_without_public(address_type: AddressType, kind: LoadBalancerKind, internal: bool, faults: &mut Faults) {
    const VALUE: &str = "dualstack-without-public-ipv4";
    if address_type != AddressType::DualstackWithoutPublicIpv4 {
        return;
    }
    if kind == LoadBalancerKind::Network {
        faults.add_value(&keys::ADDRESS_TYPE, VALUE, "is for application load balancers only");
    } else if internal {
        let why = format!("{VALUE} is for internet-facing load balancers only");
        faults.add_conflict(&keys::ADDRESS_TYPE, &keys::SCHEME, &why);
    }
}

/// ELBv2 API reference, `CreateLoadBalancer`, `EnablePrefixForIpv6SourceNat`.
fn check_udp(service: &Service, asked: &Addresses, kind: LoadBalancerKind, faults: &mut Faults) {
    let udp = service.ports.iter().find(|port| port.protocol == Protocol::Udp);
    let Some(udp) = udp.filter(|_| kind == LoadBalancerKind::Network && asked.address_type.has_ipv6()) else {
        return;
    };
    if !asked.source_nat {
        let text = format!(
            "port {}: a dualstack load balancer carries UDP only with annotation {}=on; set it, or annotation {}=ipv4",
            udp.port,
            keys::IPV6_SOURCE_NAT,
            keys::ADDRESS_TYPE
        );
        faults.add("UnsupportedProtocol", text);
    }
}

/// The chosen addresses in each subnet.
///
/// # Errors
/// [`Invalid`] if they do not fit the subnets, each of which needs exactly one of a kind that is chosen.
pub(super) fn place(
    asked: &Addresses,
    subnets: &[&SubnetDescription],
) -> Result<BTreeMap<SubnetId, ChosenAddresses>, Invalid> {
    let mut faults = Faults::default();
    let mut chosen = vec![ChosenAddresses::default(); subnets.len()];
    if counted(&keys::EIP_ALLOCATIONS, asked.allocations.len(), subnets, &mut faults) {
        for (chosen, allocation) in chosen.iter_mut().zip(&asked.allocations) {
            chosen.allocation = Some(allocation.clone());
        }
    }
    if counted(
        &keys::SOURCE_NAT_PREFIXES,
        asked.source_nat_prefixes.len(),
        subnets,
        &mut faults,
    ) {
        let prefixes = asked.source_nat_prefixes.iter().zip(subnets);
        for (chosen, (prefix, subnet)) in chosen.iter_mut().zip(prefixes) {
            chosen.source_nat_prefix = *prefix;
            let outside = |prefix| {
                !subnet
                    .networks
                    .iter()
                    .any(|network| network.contains(&IpNet::V6(prefix)))
            };
            if let Some(prefix) = prefix.filter(|prefix| outside(*prefix)) {
                misfit(
                    &keys::SOURCE_NAT_PREFIXES,
                    &format!("{prefix} is not in {}", shown(subnet)),
                    &mut faults,
                );
            }
        }
    }
    if counted(&keys::PRIVATE_IPV4, asked.private_ipv4.len(), subnets, &mut faults) {
        for (index, address) in placed(&keys::PRIVATE_IPV4, &asked.private_ipv4, subnets, &mut faults) {
            chosen
                .get_mut(index)
                .into_iter()
                .for_each(|chosen| chosen.private_ipv4 = Some(address));
        }
    }
    if counted(&keys::IPV6_ADDRESSES, asked.ipv6.len(), subnets, &mut faults) {
        for (index, address) in placed(&keys::IPV6_ADDRESSES, &asked.ipv6, subnets, &mut faults) {
            chosen
                .get_mut(index)
                .into_iter()
                .for_each(|chosen| chosen.ipv6 = Some(address));
        }
    }
    faults.finish()?;
    Ok(subnets.iter().map(|subnet| subnet.id.clone()).zip(chosen).collect())
}

/// Is there one for each subnet? None at all is no fault.
fn counted(key: &Key, count: usize, subnets: &[&SubnetDescription], faults: &mut Faults) -> bool {
    if count != 0 && count != subnets.len() {
        let listed: Vec<_> = subnets.iter().map(|subnet| shown(subnet)).collect();
        let text = format!(
            "has {count} for {} subnets ({}); allowed: one for each",
            subnets.len(),
            listed.join(", ")
        );
        misfit(key, &text, faults);
    }
    count == subnets.len()
}

/// Which address is for which subnet, by their networks.
fn placed<A: Copy + Into<IpAddr>>(
    key: &Key,
    addresses: &[A],
    subnets: &[&SubnetDescription],
    faults: &mut Faults,
) -> BTreeMap<usize, A> {
    let mut placed: BTreeMap<usize, A> = BTreeMap::new();
    for address in addresses {
        let ip: IpAddr = (*address).into();
        let home = subnets.iter().enumerate().find_map(|(index, subnet)| {
            let network = subnet.networks.iter().find(|network| network.contains(&ip))?;
            Some((index, subnet, network))
        });
        let Some((index, subnet, network)) = home else {
            let listed: Vec<_> = subnets.iter().map(|subnet| shown(subnet)).collect();
            misfit(
                key,
                &format!("{ip} is in none of the subnets {}", listed.join(", ")),
                faults,
            );
            continue;
        };
        if is_reserved(ip, network) {
            let text = format!("{ip} is one of the first four addresses or the last one of {network}, which AWS keeps");
            misfit(key, &text, faults);
        }
        if let Some(other) = placed.insert(index, *address) {
            let other: IpAddr = other.into();
            let text = format!(
                "{other} and {ip} are both in {}; allowed is one in each subnet",
                shown(subnet)
            );
            misfit(key, &text, faults);
        }
    }
    placed
}

/// VPC user guide, subnet CIDR blocks: the first four addresses and the last one cannot be had.
fn is_reserved(ip: IpAddr, network: &IpNet) -> bool {
    let offset = match (ip, network.network()) {
        (IpAddr::V4(ip), IpAddr::V4(first)) => u128::from(ip.to_bits()) - u128::from(first.to_bits()),
        (IpAddr::V6(ip), IpAddr::V6(first)) => ip.to_bits() - first.to_bits(),
        _ => return false,
    };
    offset < 4 || ip == network.broadcast()
}

fn shown(subnet: &SubnetDescription) -> String {
    let networks: Vec<_> = subnet.networks.iter().map(ToString::to_string).collect();
    format!("{} ({}: {})", subnet.id, subnet.zone, networks.join(", "))
}

fn misfit(key: &Key, why: &str, faults: &mut Faults) {
    faults.add(ADDRESS_MISFIT, format!("annotation {key}: {why}"));
}

#[cfg(test)]
mod tests;
