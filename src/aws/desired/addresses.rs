//! Addresses of the load balancer: which families it has, and those that the user chose in its subnets.

mod placement;

use crate::aws::stack::{AddressType, LoadBalancerKind, Scheme};
use crate::service::{Protocol, Service};

use super::annotations::Addresses;
use super::annotations::keys::{self, Key};
use super::invalid::Faults;

pub(super) use placement::place;

/// Tells what contradicts each other whatever subnets there are.
pub(super) fn check(service: &Service, asked: &Addresses, kind: LoadBalancerKind, scheme: Scheme, faults: &mut Faults) {
    check_scheme(asked, scheme, faults);
    check_ipv6(asked, faults);
    check_without_public(asked.address_type, kind, scheme, faults);
    if kind == LoadBalancerKind::Network {
        check_udp(service, asked, faults);
    }
}

fn check_scheme(asked: &Addresses, scheme: Scheme, faults: &mut Faults) {
    let (key, why) = match scheme {
        Scheme::Internal if !asked.allocations.is_empty() => (
            &keys::EIP_ALLOCATIONS,
            "an internal load balancer has no public addresses; allowed with scheme internet-facing",
        ),
        Scheme::InternetFacing if !asked.private_ipv4.is_empty() => (
            &keys::PRIVATE_IPV4,
            "the private addresses of an internet-facing load balancer cannot be chosen; allowed with scheme internal",
        ),
        Scheme::Internal | Scheme::InternetFacing => return,
    };
    faults.add_conflict(key, &keys::SCHEME, why);
}

fn check_ipv6(asked: &Addresses, faults: &mut Faults) {
    let mut needs = |needs: bool, one: &Key, other: &Key, why: &str| {
        if needs {
            faults.add_conflict(one, other, why);
        }
    };
    let ipv4 = !asked.address_type.has_ipv6();
    let why = "without IPv6 it has no meaning; allowed with dualstack";
    needs(
        ipv4 && !asked.ipv6.is_empty(),
        &keys::IPV6_ADDRESSES,
        &keys::ADDRESS_TYPE,
        why,
    );
    needs(
        ipv4 && asked.source_nat,
        &keys::IPV6_SOURCE_NAT,
        &keys::ADDRESS_TYPE,
        why,
    );
    let prefixes = !asked.source_nat_prefixes.is_empty() && !asked.source_nat;
    let why = "prefixes are for source NAT, which is off; allowed with on";
    needs(prefixes, &keys::SOURCE_NAT_PREFIXES, &keys::IPV6_SOURCE_NAT, why);
}

/// ELBv2 API reference, `CreateLoadBalancer`, `IpAddressType`.
fn check_without_public(address_type: AddressType, kind: LoadBalancerKind, scheme: Scheme, faults: &mut Faults) {
    const VALUE: &str = "dualstack-without-public-ipv4";
    if address_type != AddressType::DualstackWithoutPublicIpv4 {
        return;
    }
    if kind == LoadBalancerKind::Network {
        faults.add_value(&keys::ADDRESS_TYPE, VALUE, "is for application load balancers only");
    } else if scheme == Scheme::Internal {
        let why = format!("{VALUE} is for internet-facing load balancers only");
        faults.add_conflict(&keys::ADDRESS_TYPE, &keys::SCHEME, &why);
    }
}

/// ELBv2 API reference, `CreateLoadBalancer`, `EnablePrefixForIpv6SourceNat`.
fn check_udp(service: &Service, asked: &Addresses, faults: &mut Faults) {
    if !asked.address_type.has_ipv6() || asked.source_nat {
        return;
    }
    if let Some(udp) = service.ports.iter().find(|port| port.protocol == Protocol::Udp) {
        let text = format!(
            "port {}: a dualstack load balancer carries UDP only with annotation {}=on; set it, or annotation {}=ipv4",
            udp.port,
            keys::IPV6_SOURCE_NAT,
            keys::ADDRESS_TYPE
        );
        faults.add("UnsupportedProtocol", text);
    }
}

#[cfg(test)]
mod tests;
