//! Which subnets a load balancer takes its addresses from: one a zone.
//!
//! In order: those that the annotation names; those tagged for the role; those whose route table fits the scheme. Subnets
//! that the load balancer uses already stay, because AWS cannot swap subnets within a zone (ELBv2, `SetSubnets`) and
//! because doubt shall take no zone out.

mod named;

use std::collections::BTreeMap;

use ipnet::IpNet;

use crate::aws::api::SubnetDescription;
use crate::aws::stack::{LoadBalancerKind, Scheme, Tags};
use crate::provider::Warning;

use super::Facts;
use super::annotations::keys;
use super::invalid::{Invalid, NO_SUBNET, joined};
use super::request::Request;
use super::tags::KUBERNETES_CLUSTER;

/// Fewest free addresses with which AWS takes a subnet (Elastic Load Balancing user guide, subnets of load balancers).
const MIN_FREE_ADDRESSES: u32 = 8;

/// The subnets: in the order in which the user names them, else ordered by zone; and what the user should know of them.
///
/// # Errors
/// [`Invalid`] where too few fit: it says which were looked at and why each was dropped.
pub(super) fn subnets<'a>(
    request: &Request,
    facts: &'a Facts,
    cluster: &str,
) -> Result<(Vec<&'a SubnetDescription>, Vec<Warning>), Invalid> {
    let wanted = Wanted {
        kind: request.kind,
        scheme: request.scheme,
        ipv6: request.addresses.address_type.has_ipv6(),
    };
    if request.subnets.is_empty() {
        wanted.discovered(facts, cluster)
    } else {
        Ok((wanted.named(&request.subnets, facts)?, Vec::new()))
    }
}

/// What the load balancer asks of its subnets.
#[derive(Clone, Copy)]
struct Wanted {
    kind: LoadBalancerKind,
    scheme: Scheme,
    ipv6: bool,
}

impl Wanted {
    /// In how many zones there must be one (ELBv2 API reference, `CreateLoadBalancer`, `Subnets`).
    fn fewest(self) -> usize {
        match self.kind {
            LoadBalancerKind::Network => 1,
            LoadBalancerKind::Application => 2,
        }
    }

    /// Does a load balancer of the Service use it, which this one is or replaces?
    fn uses(self, subnet: &SubnetDescription, facts: &Facts) -> bool {
        let mut same = facts
            .load_balancers
            .iter()
            .filter(|present| present.scheme == self.scheme);
        same.any(|present| present.subnets.contains_key(&subnet.id))
    }

    /// Why AWS would not take it, whatever it is used for.
    fn without_ipv6(self, subnet: &SubnetDescription) -> Option<&'static str> {
        let has = subnet.networks.iter().any(|network| matches!(network, IpNet::V6(_)));
        (self.ipv6 && !has).then_some("has no IPv6 network, which a dualstack load balancer needs")
    }
}

/// Are route tables needed to choose?
pub(super) fn needs_routes(request: &Request, subnets: &[SubnetDescription], cluster: &str) -> bool {
    request.subnets.is_empty() && !subnets.iter().any(|subnet| has_role(subnet, request.scheme, cluster))
}

impl Wanted {
    fn discovered<'a>(
        self,
        facts: &'a Facts,
        cluster: &str,
    ) -> Result<(Vec<&'a SubnetDescription>, Vec<Warning>), Invalid> {
        let mut zones: BTreeMap<&str, &SubnetDescription> = BTreeMap::new();
        let (fit, mut dropped) = self.sorted(facts, cluster);
        let (fit, without_ipv6): (Vec<_>, Vec<_>) =
            fit.into_iter().partition(|subnet| self.without_ipv6(subnet).is_none());
        for subnet in fit {
            let best = zones.entry(&subnet.zone).or_insert(subnet);
            if self.rank(subnet, facts, cluster) < self.rank(best, facts, cluster) {
                *best = subnet;
            }
        }
        if zones.len() < self.fewest() {
            let lacking = without_ipv6
                .iter()
                .filter_map(|subnet| Some(told(subnet, self.without_ipv6(subnet)?)));
            dropped.extend(lacking);
            return Err(self.too_few(zones.values().copied(), dropped));
        }
        let left_out = without_ipv6
            .into_iter()
            .filter(|subnet| !zones.contains_key(&*subnet.zone));
        let warning = zones_left_out(left_out);
        Ok((zones.into_values().collect(), warning.into_iter().collect()))
    }

    /// The subnets that fit but for their networks, and why the others do not.
    fn sorted<'a>(self, facts: &'a Facts, cluster: &str) -> (Vec<&'a SubnetDescription>, Vec<String>) {
        let by_role = facts
            .subnets
            .iter()
            .any(|subnet| has_role(subnet, self.scheme, cluster));
        let mut fit = Vec::new();
        let mut unfit = Vec::new();
        for subnet in &facts.subnets {
            let why = if by_role {
                role_unfit(subnet, self.scheme, cluster)
            } else {
                route_unfit(subnet, self.scheme, facts, cluster)
            };
            match why.or_else(|| too_full(subnet)).filter(|_| !self.uses(subnet, facts)) {
                Some(why) => unfit.push(told(subnet, &why)),
                None => fit.push(subnet),
            }
        }
        (fit, unfit)
    }

    /// Lower is better: used now, tagged for our cluster, lowest id.
    fn rank<'a>(self, subnet: &'a SubnetDescription, facts: &Facts, cluster: &str) -> (bool, bool, &'a str) {
        let used = self.uses(subnet, facts);
        (!used, !is_of_cluster(&subnet.tags, cluster), subnet.id.as_str())
    }

    fn too_few<'a>(self, fit: impl Iterator<Item = &'a SubnetDescription>, mut dropped: Vec<String>) -> Invalid {
        dropped.sort();
        let fit = fit.map(|subnet| told(subnet, "fits"));
        let looked_at: Vec<_> = fit.chain(dropped).collect();
        let looked_at = if looked_at.is_empty() {
            "the VPC has no subnets".to_owned()
        } else {
            joined(looked_at.iter().map(String::as_str), MAX_DROPPED)
        };
        let kind = match self.kind {
            LoadBalancerKind::Network => format!("no subnet for an {} load balancer", self.scheme),
            LoadBalancerKind::Application => format!(
                "an {} application load balancer needs subnets in two zones at least",
                self.scheme
            ),
        };
        let text = format!(
            "{kind}: {looked_at}. Tag one subnet a zone with {}=1, or name subnets in annotation {}",
            role_key(self.scheme),
            keys::SUBNETS
        );
        Invalid::new(NO_SUBNET, text)
    }
}

fn told(subnet: &SubnetDescription, why: &str) -> String {
    format!("{} ({}) {why}", subnet.id, subnet.zone)
}

fn zones_left_out<'a>(subnets: impl Iterator<Item = &'a SubnetDescription>) -> Option<Warning> {
    let mut zones: Vec<_> = subnets
        .map(|subnet| format!("{} ({})", subnet.zone, subnet.id))
        .collect();
    zones.sort();
    let zones = joined(zones.iter().map(String::as_str), MAX_DROPPED);
    (!zones.is_empty()).then(|| Warning {
        reason: "ZoneLeftOut",
        message: format!(
            "left out because its subnet has no IPv6 network, which a dualstack load balancer needs: {zones}"
        ),
    })
}

fn has_role(subnet: &SubnetDescription, scheme: Scheme, cluster: &str) -> bool {
    role_unfit(subnet, scheme, cluster).is_none()
}

fn role_unfit(subnet: &SubnetDescription, scheme: Scheme, cluster: &str) -> Option<String> {
    let key = role_key(scheme);
    match subnet.tags.get(key).map(String::as_str) {
        Some("" | "1") => foreign(&subnet.tags, cluster),
        Some(_) => Some(format!("has tag {key} with a value other than 1")),
        None => Some(format!("has no tag {key}")),
    }
}

fn route_unfit(subnet: &SubnetDescription, scheme: Scheme, facts: &Facts, cluster: &str) -> Option<String> {
    let foreign = foreign(&subnet.tags, cluster);
    let public = facts.public_subnets.as_ref().map(|public| public.contains(&subnet.id));
    let unfit = match (scheme, public) {
        (Scheme::InternetFacing, Some(false)) => Some("has no route to an internet gateway"),
        (Scheme::Internal, Some(true)) => Some("has a route to an internet gateway, so that it is public"),
        (_, None) => Some("has a route table that was not read"),
        (Scheme::InternetFacing, Some(true)) | (Scheme::Internal, Some(false)) => None,
    };
    foreign.or_else(|| unfit.map(str::to_owned))
}

fn too_full(subnet: &SubnetDescription) -> Option<String> {
    let free = subnet.free_addresses;
    (free < MIN_FREE_ADDRESSES).then(|| format!("has {free} free addresses, fewer than {MIN_FREE_ADDRESSES}"))
}

/// A subnet tagged for clusters, but not for ours.
fn foreign(tags: &Tags, cluster: &str) -> Option<String> {
    let other = tags.keys().find_map(|key| key.strip_prefix(KUBERNETES_CLUSTER))?;
    (!is_of_cluster(tags, cluster)).then(|| format!("is tagged for another cluster only ({other})"))
}

fn is_of_cluster(tags: &Tags, cluster: &str) -> bool {
    tags.keys()
        .any(|key| key.strip_prefix(KUBERNETES_CLUSTER) == Some(cluster))
}

fn role_key(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Internal => "kubernetes.io/role/internal-elb",
        Scheme::InternetFacing => "kubernetes.io/role/elb",
    }
}

/// Room for the subnets in the message; the rest of it says what to do.
const MAX_DROPPED: usize = 650;

#[cfg(test)]
mod tests;
