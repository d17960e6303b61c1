//! The nodePorts, and the nodes that answer there.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::Node;
use kube::ResourceExt;
use kube::runtime::watcher::Event;

use super::evidence::Evidence;
use super::report::{Finding, Severity};
use super::target_groups::{forwards_to, staying};
use crate::aws::desired::annotations::keys;
use crate::aws::desired::targets::instance_id;
use crate::aws::ids::InstanceId;
use crate::aws::stack::Target;
use crate::controller::nodes::StableNodes;
use crate::service::{Port, TrafficPolicy};

/// Looks at them.
pub(super) fn look(evidence: &Evidence) -> Vec<Finding> {
    let kind = evidence.service.spec.as_ref().and_then(|spec| spec.type_.as_deref());
    if !matches!(kind, Some("LoadBalancer" | "NodePort")) {
        return Vec::new();
    }
    let mut findings: Vec<Finding> = evidence.declared.ports.iter().map(port).collect();
    let targets = targets(evidence);
    findings.extend(stale(evidence, &targets));
    findings.extend(match &evidence.nodes {
        Err(unseen) => vec![unseen.finding()],
        Ok(_) => nodes(evidence, &targets),
    });
    findings
}

fn port(port: &crate::service::ServicePort) -> Finding {
    let (number, protocol) = (port.port, port.protocol);
    port.node_port.map_or_else(
        || {
            Finding::broken(
                "NodePortMissing",
                format!("port {number} has no nodePort, over which AWS reaches the nodes"),
                "set spec.allocateLoadBalancerNodePorts: true",
            )
        },
        |node_port| Finding::sound(format!("{protocol} {number} is nodePort {node_port}")),
    )
}

/// The registered targets behind each port of the load balancer.
fn targets(evidence: &Evidence) -> BTreeMap<Port, BTreeSet<&Target>> {
    let (Some(cloud), Some(found)) = (evidence.cloud(), evidence.load_balancer()) else {
        return BTreeMap::new();
    };
    let behind = found.listeners.iter().map(|listener| {
        let groups = forwards_to(listener).filter_map(|arn| cloud.target_group(arn));
        (
            listener.port,
            groups.flat_map(staying).map(|target| &target.target).collect(),
        )
    });
    behind.collect()
}

/// Targets at a port that is not the Service's nodePort any more.
fn stale(evidence: &Evidence, targets: &BTreeMap<Port, BTreeSet<&Target>>) -> Vec<Finding> {
    let stale = |(number, targets): (&Port, &BTreeSet<&Target>)| {
        let mut ports = evidence.declared.ports.iter().filter(|port| port.port == *number);
        let node_port = ports.find_map(|port| port.node_port)?;
        let wrong = targets.iter().find(|target| target.port != node_port)?;
        let right = targets.iter().any(|target| target.port == node_port);
        let severity = if right { Severity::Degraded } else { Severity::Broken };
        Some(Finding::fault(
            severity,
            "TargetPort",
            format!(
                "targets of port {number} are registered at {}, but its nodePort is {node_port}",
                wrong.port
            ),
            "elbow registers the right port: look at the Service's conditions and at whether elbow runs",
        ))
    };
    targets.iter().filter_map(stale).collect()
}

fn nodes(evidence: &Evidence, targets: &BTreeMap<Port, BTreeSet<&Target>>) -> Vec<Finding> {
    let by_instance = evidence.nodes_by_instance();
    let registered: BTreeSet<&InstanceId> = targets.values().flatten().map(|target| &target.instance).collect();
    let serving: BTreeMap<&InstanceId, Option<&&Node>> = registered
        .iter()
        .map(|instance| (*instance, by_instance.get(instance)))
        .collect();
    let some_ready = serving.values().flatten().any(|node| readiness(node).is_ok());
    let mut findings: Vec<Finding> = serving
        .iter()
        .map(|(instance, node)| judged(instance, node.copied(), some_ready))
        .collect();
    findings.extend(unregistered(evidence, &registered));
    findings.extend(local(evidence, &serving));
    findings
}

fn judged(instance: &InstanceId, node: Option<&Node>, some_ready: bool) -> Finding {
    let severity = if some_ready {
        Severity::Degraded
    } else {
        Severity::Broken
    };
    let Some(node) = node else {
        return Finding::fault(
            severity,
            "NodeUnknown",
            format!("target {instance} is no node of this cluster"),
            "elbow takes it out: look at the Service's conditions; if it is a node, its spec.providerID must name the instance",
        );
    };
    let name = node.name_any();
    match readiness(node) {
        Ok(()) => Finding::sound(format!("node {name} is Ready")),
        Err(why) => Finding::fault(
            severity,
            "NodeNotReady",
            format!("node {name} is not Ready: {why}"),
            format!(
                "see what the node says: kubectl describe node {name}; health checks keep traffic off it meanwhile"
            ),
        ),
    }
}

/// Is the node Ready? If not, why.
pub(super) fn readiness(node: &Node) -> Result<(), String> {
    let mut conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
    match conditions.find(|condition| condition.type_ == "Ready") {
        Some(ready) if ready.status == "True" => Ok(()),
        Some(ready) => Err(ready
            .message
            .clone()
            .or_else(|| ready.reason.clone())
            .unwrap_or_default()),
        None => Err("its kubelet has never reported".to_owned()),
    }
}

/// Nodes that may be targets and are none. A Service may narrow the choice by labels; then all may be well.
fn unregistered(evidence: &Evidence, registered: &BTreeSet<&InstanceId>) -> Vec<Finding> {
    let narrowed = evidence
        .declared
        .annotations
        .contains_key(&keys::NODE_LABELS.to_string());
    if registered.is_empty() || narrowed {
        return Vec::new();
    }
    let mut stable = StableNodes::default();
    stable.apply(Event::Init);
    for node in evidence.nodes.iter().flatten() {
        stable.apply(Event::InitApply(node.clone()));
    }
    stable.apply(Event::InitDone);
    let missing = stable
        .current()
        .nodes
        .into_iter()
        .filter(|node| instance_id(&node.provider_id).is_some_and(|instance| !registered.contains(&instance)));
    let notice = |node: crate::node::Node| {
        Finding::notice("NodeNotRegistered", format!("node {} is no target (yet)", node.name))
    };
    missing.map(notice).collect()
}

/// Under `externalTrafficPolicy: Local` a node answers for its own pods only. Where there is no endpoint at all, that is
/// the next layer's to tell.
fn local(evidence: &Evidence, serving: &BTreeMap<&InstanceId, Option<&&Node>>) -> Option<Finding> {
    let with_endpoints = evidence.nodes_with_endpoints();
    let served = serving
        .values()
        .flatten()
        .any(|node| with_endpoints.contains(node.name_any().as_str()));
    let local = evidence.declared.traffic_policy == TrafficPolicy::Local;
    let lost = local && !serving.is_empty() && !served && evidence.has_ready_members();
    lost.then(|| {
        Finding::broken(
            "NoLocalEndpoint",
            "externalTrafficPolicy is Local, and no target has a ready endpoint of the Service",
            "let pods of the Service run on nodes that are targets, or set spec.externalTrafficPolicy: Cluster; endpoints kept by \
             hand need a nodeName",
        )
    })
}
