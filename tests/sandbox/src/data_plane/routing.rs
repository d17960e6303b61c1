//! Which targets a load balancer sends to from each of its zones, and which of its zones its name stands for.
//!
//! Elastic Load Balancing guides, "Target group health" and "Cross-zone load balancing".

use super::Picture;
use super::model::{Attributes, Kind, LoadBalancer, Target, TargetGroup, Zone};

/// The targets of a group that new connections arriving in a zone may go to: the healthy ones, or all when too few are
/// healthy (fail open). Without cross-zone load balancing only those of the zone itself. Ordered by id and port.
#[must_use]
pub fn destinations<'a>(
    picture: &Picture,
    balancer: &LoadBalancer,
    zone: &Zone,
    group: &'a TargetGroup,
) -> Vec<&'a Target> {
    let all = candidates(balancer, zone, group);
    let healthy: Vec<&Target> = healthy(picture, group, &all);
    if meets(&group.attributes, "unhealthy_state_routing", healthy.len(), all.len()) {
        healthy
    } else {
        all
    }
}

/// The zones whose addresses the name of a load balancer stands for: those where every group in use has enough healthy
/// targets, or all of them when none has (fail open). A group without any target counts nowhere.
#[must_use]
pub fn named_zones<'a>(picture: &Picture, balancer: &'a LoadBalancer) -> Vec<&'a Zone> {
    let groups: Vec<&TargetGroup> = balancer
        .listeners
        .iter()
        .flat_map(|listener| picture.model.groups_of(listener))
        .filter(|group| !group.targets.is_empty())
        .collect();
    let serves = |zone: &&Zone| {
        groups.iter().all(|group| {
            let all = candidates(balancer, zone, group);
            let healthy = healthy(picture, group, &all);
            meets(&group.attributes, "dns_failover", healthy.len(), all.len())
        })
    };
    let serving: Vec<&Zone> = balancer.zones.iter().filter(serves).collect();
    if serving.is_empty() {
        balancer.zones.iter().collect()
    } else {
        serving
    }
}

/// Whether a target is in a zone that is enabled for the load balancer. An address without a zone is in each.
#[must_use]
pub fn is_reachable(balancer: &LoadBalancer, target: &Target) -> bool {
    let enabled = |name: &String| balancer.zones.iter().any(|zone| zone.name == *name);
    target.address.is_some() && target.zone.as_ref().is_none_or(enabled)
}

/// Whether targets of other zones are sent to. The group's own setting comes before the load balancer's.
#[must_use]
pub fn is_cross_zone(balancer: &LoadBalancer, group: &TargetGroup) -> bool {
    const KEY: &str = "load_balancing.cross_zone.enabled";
    match (group.attributes.text(KEY), balancer.kind) {
        ("true", _) => true,
        ("false", _) => false,
        (_, Kind::Application) => true,
        (_, Kind::Network) => balancer.attributes.is_on(KEY),
    }
}

/// The targets that may be sent to from a zone, whatever their health.
fn candidates<'a>(balancer: &LoadBalancer, zone: &Zone, group: &'a TargetGroup) -> Vec<&'a Target> {
    let cross_zone = is_cross_zone(balancer, group);
    let near = |target: &&Target| cross_zone || target.zone.as_ref().is_none_or(|name| *name == zone.name);
    let reachable = group.targets.iter().filter(|target| is_reachable(balancer, target));
    reachable.filter(near).collect()
}

fn healthy<'a>(picture: &Picture, group: &TargetGroup, targets: &[&'a Target]) -> Vec<&'a Target> {
    let healthy = targets.iter().copied();
    healthy
        .filter(|target| picture.verdicts.is_healthy(&group.arn, target))
        .collect()
}

/// Whether enough targets are healthy for `what`: by count and, where set, by percentage.
fn meets(attributes: &Attributes, what: &str, healthy: usize, all: usize) -> bool {
    let wanted = |unit: &str| {
        let key = format!("target_group_health.{what}.minimum_healthy_targets.{unit}");
        attributes.number(&key).and_then(|number| usize::try_from(number).ok())
    };
    let count = wanted("count").unwrap_or(1).max(1);
    let percentage = wanted("percentage").unwrap_or_default();
    healthy >= count && healthy * 100 >= percentage * all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_plane::fixture::{group, judge, picture, unhealthy};
    use crate::data_plane::verdict::Verdict;

    const COUNT: &str = "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count";
    const PERCENTAGE: &str = "target_group_health.dns_failover.minimum_healthy_targets.percentage";
    const CROSS_ZONE: (&str, &str) = ("load_balancing.cross_zone.enabled", "true");

    fn names(picture: &Picture) -> Vec<&str> {
        let zones = named_zones(picture, &picture.model.load_balancers[0]);
        zones.iter().map(|zone| zone.name.as_str()).collect()
    }

    fn from_zone_a(picture: &Picture) -> Vec<&str> {
        let balancer = &picture.model.load_balancers[0];
        let targets = destinations(
            picture,
            balancer,
            &balancer.zones[0],
            &picture.model.target_groups["group"],
        );
        targets.iter().map(|target| target.id.as_str()).collect()
    }

    #[test]
    fn a_name_stands_for_the_zones_with_a_healthy_target() {
        let mut picture = picture();
        judge(&mut picture, "b", unhealthy());
        assert_eq!(names(&picture), ["us-east-1a", "us-east-1c"]);
        judge(&mut picture, "a", unhealthy());
        judge(&mut picture, "c", unhealthy());
        assert_eq!(
            names(&picture),
            ["us-east-1a", "us-east-1b", "us-east-1c"],
            "fails open"
        );
        judge(&mut picture, "c", Verdict::healthy());
        group(&mut picture).attributes = Attributes::from_iter([CROSS_ZONE]);
        assert_eq!(names(&picture).len(), 3, "each zone sends to the healthy one");
        group(&mut picture).attributes = Attributes::from_iter([CROSS_ZONE, (PERCENTAGE, "50")]);
        judge(&mut picture, "a", Verdict::healthy());
        assert_eq!(names(&picture).len(), 3);
    }

    #[test]
    fn a_group_without_targets_takes_no_zone_out_of_the_name() {
        let mut picture = picture();
        group(&mut picture).targets.clear();
        assert_eq!(names(&picture).len(), 3);
    }

    #[test]
    fn too_few_healthy_targets_count_as_none() {
        let mut picture = picture();
        judge(&mut picture, "a", unhealthy());
        assert_eq!(from_zone_a(&picture), ["i-a"]);
        group(&mut picture).attributes = Attributes::from_iter([CROSS_ZONE]);
        assert_eq!(from_zone_a(&picture), ["i-b", "i-c"]);
        group(&mut picture).attributes = Attributes::from_iter([CROSS_ZONE, (COUNT, "3")]);
        assert_eq!(from_zone_a(&picture), ["i-a", "i-b", "i-c"]);
    }

    #[test]
    fn targets_of_zones_that_are_not_enabled_get_nothing() {
        let mut picture = picture();
        group(&mut picture).attributes = Attributes::from_iter([CROSS_ZONE]);
        picture.model.load_balancers[0].zones.truncate(2);
        assert_eq!(from_zone_a(&picture), ["i-a", "i-b"]);
    }
}
