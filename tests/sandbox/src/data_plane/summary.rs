//! What is served, in plain words, for the log.

use std::fmt::Write as _;

use super::Picture;
use super::model::{Listener, LoadBalancer, TargetGroup};

/// A line for each load balancer and for each of its listeners.
pub(super) fn of(picture: &Picture) -> String {
    let mut text = String::new();
    for balancer in &picture.model.load_balancers {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{} ({:?}, {:?}) is at {}",
            balancer.name,
            balancer.kind,
            balancer.scheme,
            places(picture, balancer)
        );
        for listener in &balancer.listeners {
            let _ = writeln!(text, "  {}", line(picture, listener));
        }
    }
    text
}

fn places(picture: &Picture, balancer: &LoadBalancer) -> String {
    let zones = picture.addresses.zones(balancer);
    let zones = zones.map(|(zone, address)| format!("{} in {}", address.named(), zone.name));
    zones.collect::<Vec<_>>().join(", ")
}

fn line(picture: &Picture, listener: &Listener) -> String {
    let how = if picture.model.is_proxied(listener) {
        "proxied"
    } else {
        "forwarded"
    };
    let groups = picture
        .model
        .groups_of(listener)
        .map(|group| group_words(picture, group));
    let groups = groups.collect::<Vec<_>>().join(", ");
    format!("{:?} {} is {how} to {groups}", listener.protocol, listener.port)
}

fn group_words(picture: &Picture, group: &TargetGroup) -> String {
    let healthy = group
        .targets
        .iter()
        .filter(|target| picture.verdicts.is_healthy(&group.arn, target));
    format!(
        "{} ({} of {} targets healthy)",
        group.name,
        healthy.count(),
        group.targets.len()
    )
}
