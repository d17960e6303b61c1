//! Which load balancer it is: one that exists and can be changed into what is wanted, or a new one beside it.
//!
//! Some things never change in the life of a load balancer: kind, scheme, whether it has security groups, and its subnet
//! and addresses in a zone that it keeps. Kind and scheme are part of the base of a generated name. Names of one base are
//! numbered from 0: the first that stands for a load balancer which can be kept is taken, else the first that is free. So
//! the choice does not change once the chosen one exists, and clients are led to it before the old one goes.

use std::collections::BTreeMap;

use crate::aws::ids::SubnetId;
use crate::aws::settings::AwsSettings;
use crate::aws::stack::{ChosenAddresses, LoadBalancer, LoadBalancerKind, ResourceName, Scheme};
use crate::service::Owner;

use super::annotations::{Addresses, keys};
use super::invalid::{Faults, Invalid};
use super::{Facts, names};

/// Names with lower numbers are recognized. A number is taken only while those before it are in use, so that this is far
/// more than ever exist at once.
const MAX_NUMBER: usize = 64;

/// What is wanted, as far as it never changes in a load balancer or is tied to what does not.
pub(super) struct Lasting<'a> {
    pub(super) kind: LoadBalancerKind,
    pub(super) scheme: Scheme,
    /// Does it have security groups?
    pub(super) groups: bool,
    pub(super) subnets: &'a BTreeMap<SubnetId, ChosenAddresses>,
    pub(super) addresses: &'a Addresses,
}

impl Lasting<'_> {
    /// The name of the load balancer; `explicit` is the user's.
    ///
    /// # Errors
    /// [`Invalid`] where the wanted one can neither be had in place nor beside the present one.
    pub(super) fn name(
        &self,
        explicit: Option<&ResourceName>,
        owner: &Owner,
        facts: &Facts,
        settings: &AwsSettings,
    ) -> Result<ResourceName, Invalid> {
        let name = match explicit {
            Some(name) => self.explicit(name, facts)?,
            None => self.generated(owner, facts, settings),
        };
        self.check_moved(&name, facts)?;
        Ok(name)
    }

    /// The subnets with what the load balancer of this name has in them besides: AWS takes subnets that stay only with
    /// the addresses that they have (ELBv2 API reference, `SetSubnets`).
    pub(super) fn with_present(&self, name: &ResourceName, facts: &Facts) -> BTreeMap<SubnetId, ChosenAddresses> {
        let present = facts.load_balancers.iter().find(|present| present.name == *name);
        let present = present.filter(|present| (present.kind, present.scheme) == (self.kind, self.scheme));
        let completed = |(id, wanted): (&SubnetId, &ChosenAddresses)| {
            let has = present
                .and_then(|present| present.subnets.get(id))
                .cloned()
                .unwrap_or_default();
            let chosen = ChosenAddresses {
                allocation: wanted.allocation.clone().or(has.allocation),
                private_ipv4: wanted.private_ipv4.or(has.private_ipv4),
                ipv6: wanted
                    .ipv6
                    .or(has.ipv6.filter(|_| self.addresses.address_type.has_ipv6())),
                source_nat_prefix: wanted
                    .source_nat_prefix
                    .or(has.source_nat_prefix.filter(|_| self.addresses.source_nat)),
            };
            (id.clone(), chosen)
        };
        self.subnets.iter().map(completed).collect()
    }

    fn generated(&self, owner: &Owner, facts: &Facts, settings: &AwsSettings) -> ResourceName {
        let numbered = |number| names::load_balancer(&settings.cluster, owner, self.kind, self.scheme, number);
        let present = |name: &ResourceName| facts.load_balancers.iter().find(|present| present.name == *name);
        let kept = |name: &ResourceName| present(name).is_some_and(|present| self.obstacle(present, facts).is_none());
        let known = if facts.load_balancers.is_empty() { 0 } else { MAX_NUMBER };
        let kept = (0..known).map(numbered).find(kept);
        let free = || (0..).map(numbered).find(|name| present(name).is_none());
        kept.or_else(free).expect("there are more numbers than load balancers")
    }

    fn explicit(&self, name: &ResourceName, facts: &Facts) -> Result<ResourceName, Invalid> {
        let present = facts.load_balancers.iter().find(|present| present.name == *name);
        // One of another kind or scheme goes before the new one is made: the user chose the name, and with it the gap.
        let changed = present.filter(|present| present.kind == self.kind && present.scheme == self.scheme);
        if let Some(obstacle) = changed.and_then(|present| self.obstacle(present, facts)) {
            let text = format!(
                "annotation {}: load balancer {name} {obstacle}, which never changes in its life, and no second one can be \
                 made under this name; choose another name, or take the annotation out",
                keys::NAME
            );
            return Err(Invalid::new(CANNOT_CHANGE, text));
        }
        Ok(name.clone())
    }

    /// Why this one cannot become what is wanted; none if it can.
    fn obstacle(&self, present: &LoadBalancer, facts: &Facts) -> Option<String> {
        if (present.kind, present.scheme) != (self.kind, self.scheme) {
            return Some("is of another kind or scheme".into());
        }
        if self.kind == LoadBalancerKind::Application {
            return None;
        }
        if present.security_groups.is_empty() == self.groups {
            let has = if self.groups {
                "has no security groups"
            } else {
                "has security groups"
            };
            return Some(has.into());
        }
        let mut subnets = present.subnets.iter();
        subnets.find_map(|(subnet, addresses)| self.swapped(subnet, addresses, facts))
    }

    /// A subnet of the present one that the wanted one has with other addresses, or swaps for another in its zone, which a
    /// network load balancer cannot do in one action (Elastic Load Balancing user guide, Availability Zones of Network
    /// Load Balancers).
    fn swapped(&self, present: &SubnetId, addresses: &ChosenAddresses, facts: &Facts) -> Option<String> {
        if let Some(wanted) = self.subnets.get(present) {
            return (!addresses.satisfies(wanted)).then(|| format!("has other addresses in {present}"));
        }
        let zone = |id: &SubnetId| {
            facts
                .subnets
                .iter()
                .find(|subnet| subnet.id == *id)
                .map(|subnet| &subnet.zone)
        };
        let here = zone(present)?;
        let instead = self.subnets.keys().find(|wanted| zone(wanted) == Some(here))?;
        Some(format!("has {present} in zone {here} instead of {instead}"))
    }

    /// An address is with one load balancer at a time.
    fn check_moved(&self, name: &ResourceName, facts: &Facts) -> Result<(), Invalid> {
        let mut faults = Faults::default();
        for other in facts.load_balancers.iter().filter(|other| other.name != *name) {
            for held in other.subnets.values() {
                for (key, address) in self.subnets.values().filter_map(|wanted| shared(wanted, held)) {
                    let text = format!(
                        "annotation {key}: {address} is with load balancer {}, which the new one replaces, and cannot be \
                         moved without downtime; name another one",
                        other.name
                    );
                    faults.add(CANNOT_CHANGE, text);
                }
            }
        }
        faults.finish()
    }
}

/// Reason where the load balancer that exists is in the way.
const CANNOT_CHANGE: &str = "CannotChangeLoadBalancer";

/// An address that both have, and the annotation that asks for it.
fn shared(wanted: &ChosenAddresses, held: &ChosenAddresses) -> Option<(&'static keys::Key, String)> {
    fn both<T: PartialEq + ToString>(wanted: Option<&T>, held: Option<&T>) -> Option<String> {
        wanted.filter(|wanted| held == Some(*wanted)).map(ToString::to_string)
    }
    let allocation = both(wanted.allocation.as_ref(), held.allocation.as_ref()).map(|id| (&keys::EIP_ALLOCATIONS, id));
    let ipv4 = || both(wanted.private_ipv4.as_ref(), held.private_ipv4.as_ref()).map(|ip| (&keys::PRIVATE_IPV4, ip));
    let ipv6 = || both(wanted.ipv6.as_ref(), held.ipv6.as_ref()).map(|ip| (&keys::IPV6_ADDRESSES, ip));
    allocation.or_else(ipv4).or_else(ipv6)
}

#[cfg(test)]
mod tests;
