//! Which subnets a load balancer takes its addresses from: one a zone.
//!
//! In order: those that the annotation names; those tagged for the role; those whose route table fits the scheme. Subnets
//! that the load balancer uses already stay, because AWS cannot swap subnets within a zone (ELBv2, `SetSubnets`) and
//! because doubt shall take no zone out.

mod named;

use std::collections::BTreeMap;

use crate::aws::api::SubnetDescription;
use crate::aws::stack::{Scheme, Tags};

use super::Facts;
use super::annotations::keys;
use super::invalid::{Invalid, NO_SUBNET, joined};
use super::request::Request;
use super::tags::KUBERNETES_CLUSTER;

/// Fewest free addresses with which AWS takes a subnet (Elastic Load Balancing user guide, subnets of load balancers).
const MIN_FREE_ADDRESSES: u32 = 8;

/// The subnets, ordered by zone.
///
/// # Errors
/// [`Invalid`] where none fits: it says which were looked at and why each was dropped.
pub(super) fn subnets<'a>(
    request: &Request,
    facts: &'a Facts,
    cluster: &str,
) -> Result<Vec<&'a SubnetDescription>, Invalid> {
    if request.subnets.is_empty() {
        discovered(request.scheme, facts, cluster)
    } else {
        named::subnets(&request.subnets, facts)
    }
}

/// Are route tables needed to choose?
pub(super) fn needs_routes(request: &Request, subnets: &[SubnetDescription], cluster: &str) -> bool {
    request.subnets.is_empty() && !subnets.iter().any(|subnet| has_role(subnet, request.scheme, cluster))
}

fn discovered<'a>(scheme: Scheme, facts: &'a Facts, cluster: &str) -> Result<Vec<&'a SubnetDescription>, Invalid> {
    let by_role = facts.subnets.iter().any(|subnet| has_role(subnet, scheme, cluster));
    let mut zones: BTreeMap<&str, &SubnetDescription> = BTreeMap::new();
    let mut dropped = Vec::new();
    for subnet in &facts.subnets {
        let used = is_used(subnet, facts);
        let unfit = if by_role {
            role_unfit(subnet, scheme, cluster)
        } else {
            route_unfit(subnet, scheme, facts, cluster)
        };
        match unfit.or_else(|| too_full(subnet)) {
            Some(why) if !used => dropped.push(format!("{} ({}) {why}", subnet.id, subnet.zone)),
            _ => {
                let best = zones.entry(&subnet.zone).or_insert(subnet);
                if rank(subnet, facts, cluster) < rank(best, facts, cluster) {
                    *best = subnet;
                }
            }
        }
    }
    if zones.is_empty() {
        Err(none_fits(scheme, dropped))
    } else {
        Ok(zones.into_values().collect())
    }
}

/// Does a load balancer of the Service use it?
fn is_used(subnet: &SubnetDescription, facts: &Facts) -> bool {
    let mut present = facts.load_balancers.iter();
    present.any(|present| present.subnets.contains_key(&subnet.id))
}

/// Lower is better: used now, tagged for our cluster, lowest id.
fn rank<'a>(subnet: &'a SubnetDescription, facts: &Facts, cluster: &str) -> (bool, bool, &'a str) {
    let used = is_used(subnet, facts);
    (!used, !is_of_cluster(&subnet.tags, cluster), subnet.id.as_str())
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

fn none_fits(scheme: Scheme, mut dropped: Vec<String>) -> Invalid {
    dropped.sort();
    let looked_at = if dropped.is_empty() {
        "the VPC has no subnets".to_owned()
    } else {
        joined(dropped.iter().map(String::as_str), MAX_DROPPED)
    };
    let text = format!(
        "no subnet for an {scheme} load balancer: {looked_at}. Tag one subnet a zone with {}=1, or name subnets in annotation {}",
        role_key(scheme),
        keys::SUBNETS
    );
    Invalid::new(NO_SUBNET, text)
}

#[cfg(test)]
mod tests;
