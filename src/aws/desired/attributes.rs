//! Attributes of load balancers, listeners and target groups: which there are, what they may hold, and AWS' defaults.
//!
//! A stack carries every attribute whose default is known, so that one which the user takes out goes back to AWS' default.
//! Names, ranges and defaults: ELBv2 API reference, `LoadBalancerAttribute`, `ListenerAttribute` and
//! `TargetGroupAttribute`.

mod listener;
mod load_balancer;
mod table;
mod target_group;

use crate::aws::stack::Attributes;

pub use listener::listener_default;
pub(super) use listener::of_listener;
pub(in crate::aws) use load_balancer::DELETION_PROTECTION;
pub use load_balancer::load_balancer_default;
pub(super) use load_balancer::{extras, of_load_balancer, unprotected};
use table::Row;
pub use target_group::target_group_default;
pub(super) use target_group::{AskedOfTargetGroups, Behind, PRESERVE_CLIENT_IP, affinity_warning};

/// Is traffic sent to targets in other zones? Of load balancers and of target groups.
const CROSS_ZONE: &str = "load_balancing.cross_zone.enabled";

/// Do these attributes, of a load balancer or a target group, send traffic to targets in other zones than its own?
pub(super) fn is_across_zones(attributes: &Attributes) -> bool {
    let value = attributes.get(CROSS_ZONE);
    value.is_some_and(|value| value == "true")
}

fn defaults<'a>(
    table: impl IntoIterator<Item = &'a Row>,
    default: impl Fn(&Row) -> Option<&'static str>,
) -> Attributes {
    let entry = |row: &Row| Some((row.key.to_owned(), default(row)?.to_owned()));
    table.into_iter().filter_map(entry).collect()
}

/// Those that the table knows with a value that it allows, in one spelling; the others are told to `refuse`.
fn checked<'a>(
    asked: &Attributes,
    table: impl IntoIterator<Item = &'a Row> + Clone,
    mut refuse: impl FnMut(&str, &str),
) -> Attributes {
    let mut sound = Attributes::new();
    for (key, value) in asked {
        let Some(row) = table.clone().into_iter().find(|row| row.key == key) else {
            let known: Vec<_> = table.clone().into_iter().map(|row| row.key).collect();
            refuse(key, &format!("is not known; known are {}", known.join(", ")));
            continue;
        };
        match row.values.parse(value) {
            Some(value) => drop(sound.insert(key.clone(), value)),
            None => refuse(&format!("{key}={value}"), &format!("must be {}", row.values)),
        }
    }
    sound
}

#[cfg(test)]
mod tests;
