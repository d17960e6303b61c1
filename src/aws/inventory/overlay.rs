//! PURE. A snapshot shows resources without their details; those that are known already stay valid.

use std::collections::BTreeSet;

use crate::aws::observed::{Observed, ObservedLoadBalancer, ObservedTargetGroup};
use crate::aws::stack::{LoadBalancer, TargetGroup};

/// What a snapshot found, with the details that are known. The second value tells whether all details are known: not so
/// where something is there that was not known at all.
pub(super) fn with_known_details(found: Observed, known: &Observed) -> (Observed, bool) {
    let mut complete = true;
    let mut observed = found;
    for load_balancer in &mut observed.load_balancers {
        match known.load_balancers.iter().find(|known| known.arn == load_balancer.arn) {
            Some(known) => keep_load_balancer_details(load_balancer, known),
            None => complete = false,
        }
    }
    for target_group in &mut observed.target_groups {
        match known.target_groups.iter().find(|known| known.arn == target_group.arn) {
            Some(known) => keep_target_group_details(target_group, known),
            None => complete = false,
        }
    }
    (observed, complete)
}

/// Adds what AWS lists while it denies its tags: whether it is gone is open, so it stays as it was known.
pub(super) fn with_untagged(mut found: Observed, known: &Observed, untagged: &BTreeSet<String>) -> Observed {
    let load_balancers = known.load_balancers.iter().cloned();
    let target_groups = known.target_groups.iter().cloned();
    found
        .load_balancers
        .extend(load_balancers.filter(|known| untagged.contains(known.arn.as_str())));
    found
        .target_groups
        .extend(target_groups.filter(|known| untagged.contains(known.arn.as_str())));
    found
}

/// Presumed listeners have no ARN yet: each takes that of the one that was found on its port.
pub(super) fn with_listeners_of(read: &Observed, mut presumed: Observed) -> Observed {
    for load_balancer in &mut presumed.load_balancers {
        let found = read.load_balancers.iter().find(|found| found.arn == load_balancer.arn);
        for listener in &mut load_balancer.listeners {
            let mut found = found.into_iter().flat_map(|found| &found.listeners);
            if let Some(found) = found.find(|found| found.port == listener.port) {
                listener.arn = found.arn.clone();
            }
        }
    }
    presumed
}

fn keep_load_balancer_details(found: &mut ObservedLoadBalancer, known: &ObservedLoadBalancer) {
    found.listeners.clone_from(&known.listeners);
    found.spec = LoadBalancer {
        attributes: known.spec.attributes.clone(),
        capacity_units: known.spec.capacity_units,
        web_acl: known.spec.web_acl.clone(),
        explicit_name: known.spec.explicit_name,
        ..found.spec.clone()
    };
}

fn keep_target_group_details(found: &mut ObservedTargetGroup, known: &ObservedTargetGroup) {
    found.spec = TargetGroup {
        attributes: known.spec.attributes.clone(),
        targets: known.spec.targets.clone(),
        ..found.spec.clone()
    };
}
