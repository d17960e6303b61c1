//! The target groups: has each its targets, and what AWS thinks of the health of each.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::Node;
use kube::ResourceExt;

use super::evidence::{Cloud, Evidence, SeenTargetGroup};
use super::health::{self, Meaning, Probe};
use super::report::{Finding, Severity};
use crate::aws::api::{ActionSettings, ListenerDescription, TargetDescription};
use crate::aws::desired::KUBE_PROXY_PORT;
use crate::aws::ids::{InstanceId, TargetGroupArn};
use crate::aws::stack::{HealthCheck, HealthCheckPort};
use crate::service::{Port, Protocol, TrafficPolicy};

/// `TargetHealth.State` of a target that was deregistered and only finishes its connections.
const DRAINING: &str = "draining";

/// Looks at those that the listeners forward to.
pub(super) fn look(evidence: &Evidence) -> Vec<Finding> {
    let (Some(cloud), Some(found)) = (evidence.cloud(), evidence.load_balancer()) else {
        return Vec::new();
    };
    let nodes = evidence.nodes_by_instance();
    let forwarded = found.listeners.iter().flat_map(|listener| {
        let arns = forwards_to(listener);
        arns.map(|arn| (listener.port, arn))
    });
    forwarded
        .map(|(port, arn)| behind(evidence, cloud, &nodes, port, arn))
        .collect()
}

/// Where a listener forwards to; nothing where it answers by itself, as a redirect does.
pub(super) fn forwards_to(listener: &ListenerDescription) -> impl Iterator<Item = &TargetGroupArn> {
    let settings = listener.settings.iter();
    let forwards = settings.filter_map(|settings| match &settings.action {
        ActionSettings::Forward { to, .. } => Some(to),
        ActionSettings::Redirect(_) => None,
    });
    forwards.flat_map(BTreeMap::keys)
}

/// The targets that are not on their way out.
pub(super) fn staying(group: &SeenTargetGroup) -> impl Iterator<Item = &TargetDescription> {
    group.targets.iter().filter(|target| !target.state.contains(DRAINING))
}

/// Is every probe that goes the way of the traffic behind this port of the load balancer turned down?
pub(super) fn is_refused(evidence: &Evidence, port: i32) -> bool {
    let (Some(cloud), Some(found)) = (evidence.cloud(), evidence.load_balancer()) else {
        return false;
    };
    let listeners = found.listeners.iter().filter(|one| i32::from(one.port.get()) == port);
    let groups = listeners
        .flat_map(forwards_to)
        .filter_map(|arn| cloud.target_group(arn));
    let probed = groups.filter(|group| health_check(group).is_some_and(|check| check.port == HealthCheckPort::Traffic));
    let mut targets = probed.flat_map(staying).peekable();
    targets.peek().is_some() && targets.all(|target| target.reason == health::FAILED)
}

/// How a group probes its targets, as far as elbow knows such groups.
pub(super) fn health_check(group: &SeenTargetGroup) -> Option<&HealthCheck> {
    group
        .description
        .settings
        .as_ref()
        .map(|settings| &settings.health_check)
}

fn behind(
    evidence: &Evidence,
    cloud: &Cloud,
    nodes: &BTreeMap<InstanceId, &Node>,
    port: Port,
    arn: &TargetGroupArn,
) -> Finding {
    let Some(group) = cloud.target_group(arn) else {
        return Finding::broken(
            "TargetGroupMissing",
            format!("the listener on port {port} forwards to {arn}, which does not exist"),
            "elbow makes it anew with its next audit; look at the Service's conditions and at whether elbow runs",
        );
    };
    let name = &group.description.name;
    if staying(group).next().is_none() {
        return Finding::broken(
            "NoTargets",
            format!("{name} (port {port}) has no targets"),
            "see that the cluster has nodes that are or were Ready, with a providerID, not labelled \
             node.kubernetes.io/exclude-from-external-load-balancers, and with the labels of annotation \
             aws-load-balancer-target-node-labels if the Service has it",
        );
    }
    let probed = health_check(group).map_or_else(String::new, |check| format!(", probed at {}", health::shown(check)));
    let details = targets(evidence, group, nodes);
    let healthy = staying(group).filter(|target| target.state == "healthy").count();
    let message = format!(
        "{name} behind port {port}{probed}: {healthy} of {} targets healthy",
        details.len()
    );
    Finding::sound(message).with(details)
}

fn targets(evidence: &Evidence, group: &SeenTargetGroup, nodes: &BTreeMap<InstanceId, &Node>) -> Vec<Finding> {
    let check = health_check(group);
    let probe = Probe {
        check,
        port_is_known: check.is_none_or(|check| is_known(evidence, check)),
    };
    let with_endpoints = evidence.nodes_with_endpoints();
    let local = evidence.declared.traffic_policy == TrafficPolicy::Local && evidence.slices.is_ok();
    let some_healthy = staying(group).any(|target| target.state == "healthy");
    let judge = |target: &TargetDescription| {
        let node = nodes.get(&target.target.instance).map(|node| node.name_any());
        let idle = local && node.as_deref().is_some_and(|node| !with_endpoints.contains(node));
        judged(target, node.as_deref(), idle, some_healthy, probe)
    };
    let mut targets: Vec<Finding> = staying(group).map(judge).collect();
    targets.sort_by(|one, other| one.message.cmp(&other.message));
    targets
}

/// A node without pods of the Service is out of service under `externalTrafficPolicy: Local`, as it should be.
fn judged(target: &TargetDescription, node: Option<&str>, idle: bool, some_healthy: bool, probe: Probe<'_>) -> Finding {
    let place = node.map_or_else(
        || format!("{} (no node)", target.target),
        |node| format!("{node}:{}", target.target.port),
    );
    let Some(Meaning {
        severity,
        reason,
        action,
    }) = health::meaning(target, probe)
    else {
        return Finding::sound(format!("{place} healthy"));
    };
    let message = format!("{place} {}", said(target));
    match severity {
        Severity::Symptom if idle => Finding::sound(format!(
            "{message}, as it has no pod and externalTrafficPolicy is Local"
        )),
        Severity::Notice => Finding::notice(reason, message),
        // The others serve meanwhile.
        Severity::Symptom if some_healthy && reason == "TargetInitial" => Finding::notice(reason, message),
        Severity::Broken if some_healthy => Finding::fault(Severity::Degraded, reason, message, action),
        _ => Finding::fault(severity, reason, message, action),
    }
}

/// AWS' own words: state, reason and what it adds.
fn said(target: &TargetDescription) -> String {
    let TargetDescription {
        state,
        reason,
        description,
        ..
    } = target;
    let why = [reason.as_str(), description.as_str()];
    let why: Vec<&str> = why.into_iter().filter(|text| !text.is_empty()).collect();
    if why.is_empty() {
        state.clone()
    } else {
        format!("{state} ({})", why.join(": "))
    }
}

/// Ports where nodes answer: the nodePorts of the Service, its health check's nodePort, and kube-proxy's.
fn is_known(evidence: &Evidence, check: &HealthCheck) -> bool {
    let HealthCheckPort::Number(port) = check.port else {
        return true;
    };
    let declared = &evidence.declared;
    let tcp = declared.ports.iter().filter(|port| port.protocol == Protocol::Tcp);
    let known: BTreeSet<Port> = tcp
        .filter_map(|port| port.node_port)
        .chain(declared.health_check_node_port)
        .chain([KUBE_PROXY_PORT])
        .collect();
    known.contains(&port)
}
