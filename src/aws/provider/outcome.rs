//! PURE. What the controller is told after a Service was served.

use std::collections::BTreeSet;
use std::time::Duration;

use super::replacement::{Address, POLL};
use crate::aws::apply::Applied;
use crate::aws::desired::Desired;
use crate::aws::desired::annotations::keys;
use crate::aws::ids::InstanceId;
use crate::aws::stack::{ListenerProtocol, ResourceName, Stack};
use crate::provider::{DELETION_PROTECTED, Ensured, ProviderError, Retry, Warning};
use crate::service::{Port, Protocol};

/// When features that AWS has refused are tried again: a person must act first.
const REFUSED_PAUSE: Duration = Duration::from_secs(300);
/// When features that have to wait for AWS are tried again.
const BUSY_PAUSE: Duration = Duration::from_secs(30);

/// `protected` are replaced load balancers that stay; `retry` is when nodes that are not treated as wanted now are looked at again.
pub(super) fn ensured(
    desired: &Desired,
    address: Address,
    applied: &Applied,
    protected: &[ResourceName],
    retry: Option<Duration>,
) -> Ensured {
    let mut warnings = desired.warnings.clone();
    warnings.extend(refused(&applied.refused));
    warnings.extend(applied.degraded.iter().map(degraded));
    warnings.extend(protected.iter().map(stays));
    let rechecks = address.recheck.into_iter().chain(retry);
    let turn = applied.held.map(|held| held.wait);
    Ensured {
        hostname: address.hostname,
        ports: ports(&desired.stack),
        writes: applied.writes,
        summary: summary(desired),
        warnings,
        recheck: rechecks.chain(features(applied)).chain(turn).min(),
        pending: applied.held.map(|held| held.describe()),
        receipt: None,
    }
}

/// When to look at optional features again.
fn features(applied: &Applied) -> Option<Duration> {
    let busy = |error: &ProviderError| matches!(error.retry(), Retry::After(_));
    let pauses = applied
        .degraded
        .iter()
        .map(|error| if busy(error) { BUSY_PAUSE } else { REFUSED_PAUSE });
    pauses.chain(applied.waits.then_some(POLL)).min()
}

fn degraded(error: &ProviderError) -> Warning {
    Warning {
        reason: error.reason(),
        message: format!("all else is as declared, but {error}"),
    }
}

/// A replaced load balancer cannot go.
pub(crate) fn stays(load_balancer: &ResourceName) -> Warning {
    Warning {
        reason: DELETION_PROTECTED,
        message: format!(
            "the replaced load balancer {load_balancer} stays because it is protected from deletion; to let it go, set \
             deletion_protection.enabled=false in annotation {}, or switch its protection off in AWS",
            keys::ATTRIBUTES
        ),
    }
}

/// What clients can connect to: a listener for both protocols counts twice.
fn ports(stack: &Stack) -> Vec<(Port, Protocol)> {
    let listeners = stack.listeners.values();
    let ports = listeners.flat_map(|listener| {
        protocols(listener.protocol)
            .iter()
            .map(|protocol| (listener.port, *protocol))
    });
    ports.collect()
}

fn protocols(listener: ListenerProtocol) -> &'static [Protocol] {
    match listener {
        ListenerProtocol::Tcp | ListenerProtocol::Tls | ListenerProtocol::Http | ListenerProtocol::Https => {
            &[Protocol::Tcp]
        }
        ListenerProtocol::Udp => &[Protocol::Udp],
        ListenerProtocol::TcpUdp => &[Protocol::Tcp, Protocol::Udp],
    }
}

fn summary(desired: &Desired) -> String {
    let load_balancer = &desired.stack.load_balancer;
    let zones: Vec<&str> = desired.zones.iter().map(String::as_str).collect();
    let targets = desired.stack.target_groups.values().flat_map(|group| &group.targets);
    let instances: BTreeSet<&InstanceId> = targets.map(|target| &target.instance).collect();
    format!(
        "{} {} load balancer {} in {}, {} to {}",
        load_balancer.scheme,
        load_balancer.kind,
        load_balancer.name,
        zones.join(", "),
        count(desired.stack.listeners.len(), "listener"),
        count(instances.len(), "node"),
    )
}

fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// Nodes without room in a target group.
pub(super) fn left_out(count: usize) -> Option<Warning> {
    (count > 0).then(|| Warning {
        reason: "TargetQuota",
        message: format!(
            "{count} more nodes are to be targets and find no room within the quotas of targets, because targets that stay \
             for now, or are other clusters', take it"
        ),
    })
}

fn refused(instances: &BTreeSet<InstanceId>) -> Option<Warning> {
    let names: Vec<&str> = instances.iter().map(InstanceId::as_str).collect();
    (!names.is_empty()).then(|| Warning {
        reason: "TargetsRefused",
        message: format!(
            "AWS refuses {} as targets; the other nodes are registered, these are tried again",
            names.join(", ")
        ),
    })
}
