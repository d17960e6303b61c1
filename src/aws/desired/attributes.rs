//! Attributes of load balancers and target groups: which there are, what they may hold, and AWS' defaults.
//!
//! A stack carries every attribute whose default is known, so that one which the user takes out goes back to AWS' default.
//! Names, ranges and defaults: ELBv2 API reference, `LoadBalancerAttribute` and `TargetGroupAttribute`.

mod load_balancer;
mod table;

use crate::aws::stack::{Attributes, ListenerProtocol, TargetProtocol};
use crate::service::Port;

use super::annotations::keys;
use super::invalid::Faults;
pub(in crate::aws) use load_balancer::DELETION_PROTECTION;
pub use load_balancer::load_balancer_default;
pub(super) use load_balancer::{extras, of_load_balancer, unprotected};
use table::{Row, TARGET_GROUP};

/// Do targets see the client's address?
pub(super) const PRESERVE_CLIENT_IP: &str = "preserve_client_ip.enabled";
const UNHEALTHY_TERMINATION: &str = "target_health_state.unhealthy.connection_termination.enabled";
const UNHEALTHY_DRAINING: &str = "target_health_state.unhealthy.draining_interval_seconds";
const STICKINESS: &str = "stickiness.enabled";

/// AWS' default of an attribute of a listener; none if it is not known.
#[must_use]
pub fn listener_default(protocol: ListenerProtocol, key: &str) -> Option<&'static str> {
    (protocol == ListenerProtocol::Tcp && key == "tcp.idle_timeout.seconds").then_some("350")
}

/// AWS' default of an attribute of a target group of instances behind a Network Load Balancer; none if it is not known.
#[must_use]
pub fn target_group_default(protocol: TargetProtocol, key: &str) -> Option<&'static str> {
    TARGET_GROUP.iter().find(|row| row.key == key)?.default_for(protocol)
}

/// What the annotation asks of every target group, checked for what does not depend on its protocol.
pub(super) fn asked_of_target_groups(asked: &Attributes, faults: &mut Faults) -> Attributes {
    let key = &keys::TARGET_GROUP_ATTRIBUTES;
    let asked = checked(asked, TARGET_GROUP, |pair, why| faults.add_value(key, pair, why));
    let drains = asked.get(UNHEALTHY_DRAINING).is_some_and(|seconds| seconds != "0");
    if drains
        && asked
            .get(UNHEALTHY_TERMINATION)
            .is_none_or(|termination| termination != "false")
    {
        let why = format!("needs {UNHEALTHY_TERMINATION}=false beside it");
        faults.add_value(key, UNHEALTHY_DRAINING, &why);
    }
    asked
}

/// A target group as far as its attributes depend on it.
#[derive(Clone, Copy)]
pub(super) struct Behind {
    pub(super) port: Port,
    pub(super) protocol: TargetProtocol,
    pub(super) tls: bool,
    /// Does `spec.sessionAffinity` ask for stickiness? The annotation wins.
    pub(super) client_ip_affinity: bool,
}

/// All attributes of one target group, out of those that [`asked_of_target_groups`] passed.
pub(super) fn of_target_group(asked: &Attributes, behind: Behind, faults: &mut Faults) -> Attributes {
    let mut attributes = defaults(TARGET_GROUP, |row| row.default_for(behind.protocol));
    if behind.client_ip_affinity {
        attributes.insert(STICKINESS.into(), "true".into());
    }
    attributes.extend(asked.clone());
    if attributes
        .get(UNHEALTHY_TERMINATION)
        .is_some_and(|termination| termination == "true")
    {
        // AWS lets it be set only where connections to unhealthy targets are kept.
        attributes.remove(UNHEALTHY_DRAINING);
    }
    refuse_combinations(&attributes, behind, faults);
    attributes
}

fn refuse_combinations(attributes: &Attributes, behind: Behind, faults: &mut Faults) {
    let holds = |key: &str, value: &str| attributes.get(key).is_some_and(|held| held == value);
    let key = &keys::TARGET_GROUP_ATTRIBUTES;
    let port = behind.port;
    if behind.tls && holds(STICKINESS, "true") {
        faults.add(
            "UnsupportedSessionAffinity",
            format!(
                "port {port}: a TLS listener has no source_ip stickiness in AWS; set spec.sessionAffinity to None (or \
                 {STICKINESS}=false in annotation {key}), or take the port out of annotation {}",
                keys::SSL_PORTS
            ),
        );
    }
    if behind.protocol == TargetProtocol::Tcp {
        return;
    }
    if holds(PRESERVE_CLIENT_IP, "false") {
        faults.add_value(
            key,
            "preserve_client_ip.enabled=false",
            &format!("is not possible with UDP port {port}"),
        );
    }
    if holds(UNHEALTHY_TERMINATION, "true") {
        let pair = format!("{UNHEALTHY_TERMINATION}=true");
        faults.add_value(key, &pair, &format!("is not possible with UDP port {port}"));
    }
}

fn defaults(table: &[Row], default: impl Fn(&Row) -> Option<&'static str>) -> Attributes {
    let entry = |row: &Row| Some((row.key.to_owned(), default(row)?.to_owned()));
    table.iter().filter_map(entry).collect()
}

/// Those that the table knows with a value that it allows, in one spelling; the others are told to `refuse`.
fn checked(asked: &Attributes, table: &[Row], mut refuse: impl FnMut(&str, &str)) -> Attributes {
    let mut sound = Attributes::new();
    for (key, value) in asked {
        let Some(row) = table.iter().find(|row| row.key == key) else {
            let known: Vec<_> = table.iter().map(|row| row.key).collect();
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
