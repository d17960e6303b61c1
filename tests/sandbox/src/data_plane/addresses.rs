//! The addresses of load balancers: one or two in each zone, the same for as long as the load balancer has the zone.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::model::{LoadBalancer, Model, Scheme, Zone};

/// Public addresses are of the range for benchmarks (RFC 2544), which nobody routes.
const PUBLIC_FIRST: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);
const PUBLIC_LAST: Ipv4Addr = Ipv4Addr::new(198, 19, 255, 254);

/// Where a load balancer is in one zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZoneAddress {
    /// In the subnet: where health checks and proxied connections come from.
    pub private: Ipv4Addr,
    /// Only of an internet-facing one.
    pub public: Option<Ipv4Addr>,
}

impl ZoneAddress {
    /// The address that the hostname stands for.
    #[must_use]
    pub fn named(&self) -> Ipv4Addr {
        self.public.unwrap_or(self.private)
    }

    /// Every address that listeners answer at.
    pub fn all(&self) -> impl Iterator<Item = Ipv4Addr> {
        std::iter::once(self.private).chain(self.public)
    }
}

/// The addresses of all load balancers. What a load balancer was given it keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    held: BTreeMap<(String, String), ZoneAddress>,
    /// So that an address that was given up, and may still be remembered by a client, is not given to another soon.
    last_public: Option<Ipv4Addr>,
}

impl Addresses {
    /// The addresses of a load balancer in one of its zones; none before [`Addresses::assign`] saw it, or when its subnet is
    /// used up.
    #[must_use]
    pub fn of(&self, balancer: &LoadBalancer, zone: &Zone) -> Option<ZoneAddress> {
        self.held.get(&key(balancer, zone)).copied()
    }

    /// The zones of a load balancer with their addresses.
    pub fn zones<'a>(&'a self, balancer: &'a LoadBalancer) -> impl Iterator<Item = (&'a Zone, ZoneAddress)> {
        let zones = balancer.zones.iter();
        zones.filter_map(|zone| Some((zone, self.of(balancer, zone)?)))
    }

    /// Every address of every load balancer.
    #[must_use]
    pub fn all(&self) -> BTreeSet<Ipv4Addr> {
        self.held.values().flat_map(ZoneAddress::all).collect()
    }

    /// Gives addresses to the zones that have none, and takes back those of zones and load balancers that are gone.
    pub fn assign(&mut self, model: &Model) {
        let places = || model.load_balancers.iter().flat_map(places);
        let wanted: BTreeSet<(String, String)> = places().map(|(balancer, zone)| key(balancer, zone)).collect();
        self.held.retain(|key, _| wanted.contains(key));
        let mut taken: BTreeSet<Ipv4Addr> = model.instances.values().map(|instance| instance.address).collect();
        taken.extend(self.all());
        for (balancer, zone) in places() {
            if self.of(balancer, zone).is_some() {
                continue;
            }
            if let Some(address) = self.choose(balancer.scheme, zone, &taken) {
                taken.extend(address.all());
                self.held.insert(key(balancer, zone), address);
            }
        }
    }

    fn choose(&mut self, scheme: Scheme, zone: &Zone, taken: &BTreeSet<Ipv4Addr>) -> Option<ZoneAddress> {
        let private = zone.private.or_else(|| from_the_top(zone.subnet, taken))?;
        let public = match scheme {
            Scheme::Internal => None,
            Scheme::InternetFacing => Some(zone.elastic.or_else(|| self.next_public(taken))?),
        };
        Some(ZoneAddress { private, public })
    }

    fn next_public(&mut self, taken: &BTreeSet<Ipv4Addr>) -> Option<Ipv4Addr> {
        let after = self
            .last_public
            .map_or(PUBLIC_FIRST.to_bits(), |last| last.to_bits() + 1);
        let later = after..=PUBLIC_LAST.to_bits();
        let mut candidates = later.chain(PUBLIC_FIRST.to_bits()..after).map(Ipv4Addr::from_bits);
        let chosen = candidates.find(|address| !taken.contains(address));
        self.last_public = chosen.or(self.last_public);
        chosen
    }
}

fn key(balancer: &LoadBalancer, zone: &Zone) -> (String, String) {
    (balancer.arn.clone(), zone.name.clone())
}

/// A load balancer with each of its zones.
fn places(balancer: &LoadBalancer) -> impl Iterator<Item = (&LoadBalancer, &Zone)> {
    balancer.zones.iter().map(move |zone| (balancer, zone))
}

/// The highest free address of a subnet; AWS keeps the first four and the last for itself.
fn from_the_top(subnet: Ipv4Net, taken: &BTreeSet<Ipv4Addr>) -> Option<Ipv4Addr> {
    let first = subnet.network().to_bits() + 4;
    let mut candidates = (first..subnet.broadcast().to_bits()).rev().map(Ipv4Addr::from_bits);
    candidates.find(|address| !taken.contains(address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_plane::fixture::picture;

    /// Private and public address in each zone of the first load balancer.
    fn held(addresses: &Addresses, model: &Model) -> Vec<(String, Option<String>)> {
        let zones = addresses.zones(&model.load_balancers[0]);
        let texts = |address: ZoneAddress| {
            (
                address.private.to_string(),
                address.public.map(|public| public.to_string()),
            )
        };
        zones.map(|(_, address)| texts(address)).collect()
    }

    #[test]
    fn private_addresses_are_the_last_free_of_their_subnets() {
        let mut model = picture().model;
        model.instances.get_mut("i-b").unwrap().address = "10.0.2.254".parse().unwrap();
        let mut addresses = Addresses::default();
        addresses.assign(&model);
        let private: Vec<String> = held(&addresses, &model)
            .into_iter()
            .map(|(private, _)| private)
            .collect();
        assert_eq!(private, ["10.0.1.254", "10.0.2.253", "10.0.3.254"]);
    }

    #[test]
    fn what_the_api_names_is_used_and_internal_ones_are_not_public() {
        let mut model = picture().model;
        model.load_balancers[0].zones[0].elastic = Some("203.0.113.77".parse().unwrap());
        let mut addresses = Addresses::default();
        addresses.assign(&model);
        assert_eq!(held(&addresses, &model)[0].1.as_deref(), Some("203.0.113.77"));
        model.load_balancers[0].scheme = Scheme::Internal;
        model.load_balancers[0].zones[1].private = Some("10.0.2.7".parse().unwrap());
        let mut addresses = Addresses::default();
        addresses.assign(&model);
        assert_eq!(held(&addresses, &model)[1], ("10.0.2.7".to_owned(), None));
    }

    #[test]
    fn addresses_are_kept_while_others_come_and_go_and_public_ones_are_not_given_again_soon() {
        let mut model = picture().model;
        let mut addresses = Addresses::default();
        addresses.assign(&model);
        let first = held(&addresses, &model);
        let mut second = model.load_balancers[0].clone();
        second.arn = "another".to_owned();
        model.load_balancers.insert(0, second);
        addresses.assign(&model);
        let of_second = held(&addresses, &model);
        assert_eq!(of_second[0], ("10.0.1.253".to_owned(), Some("198.18.0.4".to_owned())));
        model.load_balancers.remove(0);
        addresses.assign(&model);
        assert_eq!(held(&addresses, &model), first);
        model.load_balancers[0].arn = "a third".to_owned();
        addresses.assign(&model);
        assert_eq!(held(&addresses, &model)[0].1.as_deref(), Some("198.18.0.7"));
    }
}
