//! ELBv2: where a load balancer's addresses come from.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use elbow::aws::api::{SubnetDescription, SubnetSettings};
use elbow::aws::ids::{AllocationId, LoadBalancerArn, SubnetId};
use elbow::aws::stack::{AddressType, ChosenAddresses, ListenerProtocol, LoadBalancerKind, Scheme};
use elbow::service::IpFamily;

use super::{Answer, LoadBalancer, State, refuse, require};

const CONFIGURATION: &str = "InvalidConfigurationRequest";

impl State {
    pub(super) fn set_subnets(&mut self, arn: &LoadBalancerArn, wanted: &SubnetSettings) -> Answer<()> {
        let known = self.load_balancer_mut(arn)?.clone();
        let mut after = known.clone();
        after.address_type = wanted.address_type.unwrap_or(known.address_type);
        after.ipv6_source_nat = wanted.ipv6_source_nat.unwrap_or(known.ipv6_source_nat);
        after.subnets.clone_from(&wanted.subnets);
        self.check_addresses(&after, Some(arn))?;
        for (subnet, chosen) in &mut after.subnets {
            let Some(present) = known.subnets.get(subnet) else {
                continue;
            };
            require(
                present.allocation == chosen.allocation && present.satisfies(chosen),
                CONFIGURATION,
                "addresses in an enabled zone cannot change",
            )?;
            *chosen = present.clone();
        }
        self.put_addresses(arn, after)
    }

    pub(super) fn set_address_type(&mut self, arn: &LoadBalancerArn, address_type: AddressType) -> Answer<()> {
        let mut after = self.load_balancer_mut(arn)?.clone();
        after.address_type = address_type;
        self.assign_addresses(&mut after);
        self.check_addresses(&after, Some(arn))?;
        self.put_addresses(arn, after)
    }

    fn put_addresses(&mut self, arn: &LoadBalancerArn, mut after: LoadBalancer) -> Answer<()> {
        self.assign_addresses(&mut after);
        *self.load_balancer_mut(arn)? = after;
        Ok(())
    }

    /// What AWS chooses of itself and reports: prefixes for source NAT.
    pub(super) fn assign_addresses(&self, load_balancer: &mut LoadBalancer) {
        for (subnet, chosen) in &mut load_balancer.subnets {
            if !load_balancer.address_type.has_ipv6() {
                chosen.ipv6 = None;
            }
            if !load_balancer.ipv6_source_nat {
                chosen.source_nat_prefix = None;
            } else if chosen.source_nat_prefix.is_none() {
                let networks = self.subnet(subnet).into_iter().flat_map(|known| &known.networks);
                let mut prefixes = networks.filter_map(|network| match network {
                    ipnet::IpNet::V6(network) => network.subnets(80).ok()?.last(),
                    ipnet::IpNet::V4(_) => None,
                });
                chosen.source_nat_prefix = prefixes.next();
            }
        }
    }

    pub(super) fn subnet(&self, id: &SubnetId) -> Option<&SubnetDescription> {
        let mut subnets = self.subnets.iter().map(|(_, subnet)| subnet);
        subnets.find(|subnet| subnet.id == *id)
    }

    /// `arn` is that of the load balancer if it is there already.
    pub(super) fn check_addresses(&mut self, wanted: &LoadBalancer, arn: Option<&LoadBalancerArn>) -> Answer<()> {
        let mut zones = BTreeSet::new();
        for (id, chosen) in &wanted.subnets {
            let Some(subnet) = self.subnet(id).cloned() else {
                return refuse("SubnetNotFound", format!("{id} does not exist"));
            };
            let fresh = zones.insert(subnet.zone.clone());
            require(fresh, CONFIGURATION, "two subnets of one zone")?;
            check_families(wanted, &subnet)?;
            check_choice(wanted, chosen, &subnet)?;
        }
        let least = match wanted.kind {
            LoadBalancerKind::Network => 1,
            LoadBalancerKind::Application => 2,
        };
        require(zones.len() >= least, "ValidationError", "too few zones")?;
        check_kind(wanted)?;
        self.check_allocations(&wanted.subnets, arn)?;
        arn.map_or(Ok(()), |arn| self.check_users(wanted, arn))
    }

    fn check_allocations(
        &mut self,
        subnets: &BTreeMap<SubnetId, ChosenAddresses>,
        arn: Option<&LoadBalancerArn>,
    ) -> Answer<()> {
        let wanted: Vec<&AllocationId> = subnets
            .values()
            .filter_map(|chosen| chosen.allocation.as_ref())
            .collect();
        let distinct: BTreeSet<_> = wanted.iter().collect();
        require(distinct.len() == wanted.len(), CONFIGURATION, "an allocation id twice")?;
        let others = self.load_balancers.iter().filter(|(other, _)| Some(*other) != arn);
        let mut held: BTreeSet<AllocationId> = others.flat_map(|(_, known)| known.allocations()).collect();
        held.extend(self.releasing().flat_map(|held| held.allocations.iter().cloned()));
        for allocation in wanted {
            let known = self.allocations.contains(allocation);
            require(known, "AllocationIdNotFound", "no such allocation id")?;
            let free = !held.contains(allocation);
            require(free, "ResourceInUse", "the allocation IDs are not available for use")?;
        }
        Ok(())
    }

    /// What listens, and to what it leads, bounds the change of the addresses.
    fn check_users(&self, wanted: &LoadBalancer, arn: &LoadBalancerArn) -> Answer<()> {
        let listeners = self.listeners.values().filter(|known| known.load_balancer == *arn);
        for listener in listeners {
            check_udp(wanted, listener.settings.protocol)?;
            for target_group in listener.target_groups() {
                let family = self.target_groups.get(target_group).map(|known| known.settings.family);
                check_family(wanted, family.unwrap_or(IpFamily::V4))?;
            }
        }
        Ok(())
    }
}

impl LoadBalancer {
    /// Elastic IP addresses that it holds.
    pub(crate) fn allocations(&self) -> impl Iterator<Item = AllocationId> {
        self.subnets.values().filter_map(|chosen| chosen.allocation.clone())
    }
}

/// UDP over IPv6 needs source NAT.
pub(super) fn check_udp(load_balancer: &LoadBalancer, protocol: ListenerProtocol) -> Answer<()> {
    let udp = matches!(protocol, ListenerProtocol::Udp | ListenerProtocol::TcpUdp);
    let bare = load_balancer.address_type.has_ipv6() && !load_balancer.ipv6_source_nat;
    require(!(udp && bare), CONFIGURATION, "UDP over IPv6 without source NAT")
}

/// Targets of IPv6 need a load balancer that has it.
pub(super) fn check_family(load_balancer: &LoadBalancer, family: IpFamily) -> Answer<()> {
    let fits = family == IpFamily::V4 || load_balancer.address_type.has_ipv6();
    require(fits, CONFIGURATION, "IPv6 targets behind an IPv4 load balancer")
}

fn check_families(wanted: &LoadBalancer, subnet: &SubnetDescription) -> Answer<()> {
    let has_ipv6 = subnet.networks.iter().any(|network| network.addr().is_ipv6());
    let fits = has_ipv6 || !wanted.address_type.has_ipv6();
    require(fits, "InvalidSubnet", "a subnet without IPv6 network")
}

fn check_choice(wanted: &LoadBalancer, chosen: &ChosenAddresses, subnet: &SubnetDescription) -> Answer<()> {
    let network = wanted.kind == LoadBalancerKind::Network;
    require(
        network || *chosen == ChosenAddresses::default(),
        CONFIGURATION,
        "an application load balancer has no addresses of one's choice",
    )?;
    require(
        chosen.allocation.is_none() || wanted.scheme == Scheme::InternetFacing,
        CONFIGURATION,
        "Elastic IP addresses are for internet-facing load balancers",
    )?;
    require(
        chosen.private_ipv4.is_none() || wanted.scheme == Scheme::Internal,
        CONFIGURATION,
        "private addresses are for internal load balancers",
    )?;
    require(
        chosen.ipv6.is_none() || wanted.address_type.has_ipv6(),
        CONFIGURATION,
        "IPv6 addresses are for dual-stack load balancers",
    )?;
    require(
        chosen.source_nat_prefix.is_none() || wanted.ipv6_source_nat,
        CONFIGURATION,
        "prefixes are for source NAT",
    )?;
    let addresses = chosen.private_ipv4.map(IpAddr::from).into_iter();
    let addresses = addresses.chain(chosen.ipv6.map(IpAddr::from));
    let mut addresses = addresses.chain(chosen.source_nat_prefix.map(|prefix| IpAddr::from(prefix.addr())));
    let inside = |address: IpAddr| subnet.networks.iter().any(|network| network.contains(&address));
    require(addresses.all(inside), CONFIGURATION, "an address outside of its subnet")
}

fn check_kind(wanted: &LoadBalancer) -> Answer<()> {
    let network = wanted.kind == LoadBalancerKind::Network;
    let bare = wanted.address_type == AddressType::DualstackWithoutPublicIpv4;
    require(
        !bare || (!network && wanted.scheme == Scheme::InternetFacing),
        CONFIGURATION,
        "without public IPv4 are internet-facing application load balancers only",
    )?;
    require(
        !wanted.ipv6_source_nat || (network && wanted.address_type == AddressType::Dualstack),
        CONFIGURATION,
        "source NAT is for dual-stack network load balancers",
    )
}
