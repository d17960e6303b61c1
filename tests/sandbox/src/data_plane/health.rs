//! Health checks: which targets are checked from where, and what the results mean.
//!
//! Elastic Load Balancing guides, "Health checks": a target is checked as soon as it is registered. One checker asks for
//! each target, from the zone that it is in (or the load balancer's first, for an address without a zone): AWS asks from
//! each zone. Intervals and timeouts are shorter by a factor, so that a test need not wait for as long as AWS takes.

mod checker;
mod probe;
mod record;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};

use super::Picture;
use super::model::{HealthCheck, LoadBalancer, Target, TargetGroup, Version};
use super::routing;
use super::verdict::{State, Verdict};

pub use checker::{Checkers, Observation};
pub use record::{Outcome, Record};

/// A target of a group: the group's ARN and [`Target::key`].
pub type Key = (String, String);

/// How one target is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The address of the load balancer that asks.
    pub from: Ipv4Addr,
    /// Where it asks.
    pub to: SocketAddrV4,
    /// What it asks.
    pub how: HealthCheck,
    /// The version of HTTP that it speaks.
    pub version: Version,
}

/// What is to be said about a target before anything is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// It is checked.
    Check(Check),
    /// It gets no traffic, so it is not.
    Unused(Verdict),
}

/// All targets of load balancers.
#[must_use]
pub fn plans(picture: &Picture) -> BTreeMap<Key, Plan> {
    let mut plans = BTreeMap::new();
    for balancer in &picture.model.load_balancers {
        let groups = balancer
            .listeners
            .iter()
            .flat_map(|listener| picture.model.groups_of(listener));
        for group in groups {
            for target in &group.targets {
                let key = (group.arn.clone(), target.key());
                plans.insert(key, plan(picture, balancer, group, target));
            }
        }
    }
    plans
}

fn plan(picture: &Picture, balancer: &LoadBalancer, group: &TargetGroup, target: &Target) -> Plan {
    let unused = |reason, description| Plan::Unused(Verdict::new(State::Unused, reason, description));
    let Some(address) = target.address else {
        return unused("Target.InvalidState", "Target is not in the running state");
    };
    let away = "Target is in an Availability Zone that is not enabled for the load balancer";
    if !routing::is_reachable(balancer, target) {
        return unused("Target.NotInUse", away);
    }
    let mut zones = picture.addresses.zones(balancer);
    let near = |name: &str| target.zone.as_deref().is_none_or(|zone| zone == name);
    let Some((_, from)) = zones.find(|(zone, _)| near(&zone.name)) else {
        return unused("Target.NotInUse", away);
    };
    Plan::Check(Check {
        from: from.private,
        to: SocketAddrV4::new(address, group.health_check.port.unwrap_or(target.port)),
        how: group.health_check.clone(),
        version: group.version,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_plane::fixture::{group, picture};

    fn plan_of(picture: &Picture, node: &str) -> Plan {
        plans(picture)[&("group".to_owned(), format!("i-{node}:30080"))].clone()
    }

    #[test]
    fn a_target_is_checked_from_the_load_balancers_address_in_its_zone() {
        let mut picture = picture();
        group(&mut picture).health_check.port = Some(10256);
        let Plan::Check(check) = plan_of(&picture, "b") else {
            panic!("not checked");
        };
        assert_eq!(
            (check.from.to_string(), check.to.to_string()),
            ("10.0.2.254".to_owned(), "10.0.32.4:10256".to_owned())
        );
    }

    #[test]
    fn what_gets_no_traffic_is_unused() {
        let mut picture = picture();
        group(&mut picture).targets[0].address = None;
        picture.model.load_balancers[0].zones.remove(1);
        for (node, reason) in [("a", "Target.InvalidState"), ("b", "Target.NotInUse")] {
            let plan = plan_of(&picture, node);
            assert!(
                matches!(plan, Plan::Unused(verdict) if verdict.reason == reason),
                "{node}"
            );
        }
        assert!(matches!(plan_of(&picture, "c"), Plan::Check(_)));
        picture.model.load_balancers[0].listeners.clear();
        assert!(plans(&picture).is_empty());
    }
}
