//! Chosen addresses -> subnets.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::aws::api::SubnetDescription;
use crate::aws::ids::SubnetId;
use crate::aws::stack::ChosenAddresses;

use super::super::annotations::Addresses;
use super::super::annotations::keys::{self, Key};
use super::super::invalid::{ADDRESS_MISFIT, Faults, Invalid};

/// The chosen addresses in each subnet.
///
/// # Errors
/// [`Invalid`] if they do not fit the subnets, each of which needs exactly one of a kind that is chosen.
pub(in crate::aws::desired) fn place(
    asked: &Addresses,
    subnets: &[&SubnetDescription],
) -> Result<BTreeMap<SubnetId, ChosenAddresses>, Invalid> {
    let mut placement = Placement {
        subnets,
        chosen: vec![ChosenAddresses::default(); subnets.len()],
        faults: Faults::default(),
    };
    placement.in_order(&keys::EIP_ALLOCATIONS, &asked.allocations, |chosen, allocation| {
        chosen.allocation = Some(allocation);
    });
    placement.in_order(
        &keys::SOURCE_NAT_PREFIXES,
        &asked.source_nat_prefixes,
        |chosen, prefix| {
            chosen.source_nat_prefix = prefix;
        },
    );
    placement.by_network(&keys::PRIVATE_IPV4, &asked.private_ipv4, |chosen, address| {
        chosen.private_ipv4 = Some(address);
    });
    placement.by_network(&keys::IPV6_ADDRESSES, &asked.ipv6, |chosen, address| {
        chosen.ipv6 = Some(address);
    });
    placement.check_prefixes();
    placement.faults.finish()?;
    let ids = subnets.iter().map(|subnet| subnet.id.clone());
    Ok(ids.zip(placement.chosen).collect())
}

struct Placement<'a> {
    subnets: &'a [&'a SubnetDescription],
    /// One for each subnet.
    chosen: Vec<ChosenAddresses>,
    faults: Faults,
}

impl Placement<'_> {
    /// The first for the first subnet, and so on.
    fn in_order<T: Clone>(&mut self, key: &Key, items: &[T], choose: impl Fn(&mut ChosenAddresses, T)) {
        if self.are_counted(key, items.len()) {
            let places = self.chosen.iter_mut().zip(items);
            places.for_each(|(chosen, item)| choose(chosen, item.clone()));
        }
    }

    /// Each for the subnet in whose network it is.
    fn by_network<A: Copy + Into<IpAddr>>(
        &mut self,
        key: &Key,
        addresses: &[A],
        choose: impl Fn(&mut ChosenAddresses, A),
    ) {
        if !self.are_counted(key, addresses.len()) {
            return;
        }
        let mut taken: BTreeMap<usize, IpAddr> = BTreeMap::new();
        for address in addresses {
            let ip: IpAddr = (*address).into();
            let Some(index) = self.home(key, ip) else {
                continue;
            };
            if let (Some(other), Some(subnet)) = (taken.insert(index, ip), self.subnets.get(index)) {
                let text = format!(
                    "{other} and {ip} are both in {}; allowed is one in each subnet",
                    shown(subnet)
                );
                self.misfit(key, &text);
            }
            if let Some(chosen) = self.chosen.get_mut(index) {
                choose(chosen, *address);
            }
        }
    }

    /// Is there one for each subnet? None at all is no fault.
    fn are_counted(&mut self, key: &Key, count: usize) -> bool {
        let wanted = self.subnets.len();
        if count != 0 && count != wanted {
            let text = format!(
                "has {count} for {wanted} subnets ({}); allowed: one for each",
                self.listed()
            );
            self.misfit(key, &text);
        }
        count == wanted
    }

    /// Index of the subnet in whose network it is.
    fn home(&mut self, key: &Key, ip: IpAddr) -> Option<usize> {
        let home = self.subnets.iter().enumerate().find_map(|(index, subnet)| {
            let network = subnet.networks.iter().find(|network| network.contains(&ip))?;
            Some((index, *network))
        });
        match home {
            None => self.misfit(key, &format!("{ip} is in none of the subnets {}", self.listed())),
            Some((_, network)) if is_reserved(ip, &network) => {
                let text =
                    format!("{ip} is one of the first four addresses or the last one of {network}, which AWS keeps");
                self.misfit(key, &text);
            }
            Some(_) => {}
        }
        home.map(|(index, _)| index)
    }

    fn check_prefixes(&mut self) {
        let prefixes = self.chosen.iter().map(|chosen| chosen.source_nat_prefix);
        let misplaced = self.subnets.iter().zip(prefixes).filter_map(|(subnet, prefix)| {
            let prefix = IpNet::V6(prefix?);
            let fits = subnet.networks.iter().any(|network| network.contains(&prefix));
            (!fits).then(|| format!("{prefix} is not in {}", shown(subnet)))
        });
        for why in misplaced.collect::<Vec<_>>() {
            self.misfit(&keys::SOURCE_NAT_PREFIXES, &why);
        }
    }

    fn listed(&self) -> String {
        let listed: Vec<_> = self.subnets.iter().map(|subnet| shown(subnet)).collect();
        listed.join(", ")
    }

    fn misfit(&mut self, key: &Key, why: &str) {
        self.faults.add(ADDRESS_MISFIT, format!("annotation {key}: {why}"));
    }
}

/// VPC user guide, subnet CIDR blocks: the first four addresses and the last one cannot be had.
fn is_reserved(ip: IpAddr, network: &IpNet) -> bool {
    let offset = match (ip, network.network()) {
        (IpAddr::V4(ip), IpAddr::V4(first)) => u128::from(ip.to_bits() - first.to_bits()),
        (IpAddr::V6(ip), IpAddr::V6(first)) => ip.to_bits() - first.to_bits(),
        _ => return false,
    };
    offset < 4 || ip == network.broadcast()
}

fn shown(subnet: &SubnetDescription) -> String {
    let networks: Vec<_> = subnet.networks.iter().map(ToString::to_string).collect();
    format!("{} ({}: {})", subnet.id, subnet.zone, networks.join(", "))
}
