//! The pods: does any match the selector, and are they ready.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{ContainerPort, ContainerStatus, Pod};
use kube::ResourceExt;

use super::evidence::{Evidence, Pods};
use super::node_port;
use super::report::{Finding, Severity};

/// Reasons for which a container waits until a person helps (kubelet).
const STUCK: [&str; 6] = [
    "CrashLoopBackOff",
    "CreateContainerConfigError",
    "CreateContainerError",
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
];

/// Looks at those that the selector names; a Service without one has none of its own.
pub(super) fn look(evidence: &Evidence) -> Vec<Finding> {
    let selector = selector(evidence);
    if selector.is_empty() {
        return Vec::new();
    }
    match &evidence.pods {
        Err(unseen) => vec![unseen.finding()],
        Ok(pods) if pods.matching.is_empty() => vec![none(&selector, pods)],
        Ok(pods) => {
            let some_ready = pods.matching.iter().any(is_ready);
            pods.matching
                .iter()
                .map(|pod| judged(evidence, pod, some_ready))
                .collect()
        }
    }
}

/// The Service's selector; empty where its endpoints are kept by hand.
pub(super) fn selector(evidence: &Evidence) -> BTreeMap<String, String> {
    let spec = evidence.service.spec.as_ref();
    spec.and_then(|spec| spec.selector.clone()).unwrap_or_default()
}

/// Is it Ready and not on its way out?
pub(super) fn is_ready(pod: &Pod) -> bool {
    pod.metadata.deletion_timestamp.is_none() && condition(pod, "Ready").is_some_and(|(status, _)| status == "True")
}

/// Names of the ports of its containers, those of sidecars among them.
pub(super) fn port_names(pod: &Pod) -> Vec<String> {
    ports(pod).filter_map(|port| port.name.clone()).collect()
}

/// Numbers of the ports of this protocol that its containers declare, those of sidecars among them.
pub(super) fn port_numbers(pod: &Pod, protocol: &str) -> Vec<i32> {
    let own = |port: &&ContainerPort| port.protocol.as_deref().unwrap_or("TCP") == protocol;
    ports(pod).filter(own).map(|port| port.container_port).collect()
}

fn ports(pod: &Pod) -> impl Iterator<Item = &ContainerPort> {
    let containers = pod.spec.iter().flat_map(|spec| {
        let helpers = spec.init_containers.iter().flatten();
        spec.containers.iter().chain(helpers)
    });
    containers.flat_map(|container| container.ports.iter().flatten())
}

fn none(selector: &BTreeMap<String, String>, pods: &Pods) -> Finding {
    let shown: Vec<String> = selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let shown = shown.join(",");
    let near = near(selector, &pods.others);
    let hint = if near.is_empty() {
        String::new()
    } else {
        format!("; pods here have {near}")
    };
    Finding::broken(
        "NoPods",
        format!("no pod of the namespace has the labels {shown} of the selector{hint}"),
        "correct spec.selector or the labels of the pods' template, or start pods: kubectl get deployments,pods --show-labels",
    )
}

/// What pods have under the keys of the selector.
fn near(selector: &BTreeMap<String, String>, others: &[Pod]) -> String {
    const SHOWN: usize = 5;
    let labels = others.iter().flat_map(|pod| pod.labels().iter());
    let near: BTreeSet<String> = labels
        .filter(|(key, _)| selector.contains_key(*key))
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    near.into_iter().take(SHOWN).collect::<Vec<_>>().join(", ")
}

fn judged(evidence: &Evidence, pod: &Pod, some_ready: bool) -> Finding {
    let name = pod.name_any();
    if is_ready(pod) {
        return Finding::sound(format!("{name} is Ready"));
    }
    if let Some(node) = lost_node(evidence, pod)
        && !some_ready
    {
        return Finding::broken(
            "NodeNotReady",
            format!("{name} is not Ready, for its node {node} is not"),
            format!(
                "see what the node says: kubectl describe node {node}; where it does not come back, delete it, so that the pod is \
                 started elsewhere"
            ),
        );
    }
    let namespace = pod.namespace().unwrap_or_default();
    let (why, stuck) = trouble(pod);
    let message = format!("{name} is not Ready: {why}");
    let severity = match (some_ready, stuck) {
        (false, _) => Severity::Broken,
        (true, true) => Severity::Degraded,
        // Others serve; this one may just be starting.
        (true, false) => return Finding::notice("PodNotReady", message),
    };
    let action = format!("see why: kubectl -n {namespace} describe pod {name}; kubectl -n {namespace} logs {name}");
    Finding::fault(severity, "PodNotReady", message, action)
}

/// The pod's node, where that is not Ready itself.
fn lost_node<'a>(evidence: &Evidence, pod: &'a Pod) -> Option<&'a str> {
    let name = pod.spec.as_ref()?.node_name.as_deref()?;
    let mut nodes = evidence.nodes.iter().flatten();
    let node = nodes.find(|node| node.metadata.name.as_deref() == Some(name))?;
    node_port::readiness(node).is_err().then_some(name)
}

/// Why it is not Ready, and whether only a person can help.
fn trouble(pod: &Pod) -> (String, bool) {
    if pod.metadata.deletion_timestamp.is_some() {
        return ("it is being deleted".to_owned(), false);
    }
    let status = pod.status.clone().unwrap_or_default();
    let containers = status.init_container_statuses.into_iter().flatten();
    let mut containers = containers.chain(status.container_statuses.into_iter().flatten());
    if let Some((why, stuck)) = containers.find_map(|container| waiting(&container)) {
        return (why, stuck);
    }
    if let Some(("False", why)) = condition(pod, "PodScheduled") {
        return (format!("it has no node: {why}"), true);
    }
    match condition(pod, "Ready") {
        Some((_, why)) if !why.is_empty() => (why.to_owned(), false),
        _ => (format!("it is {}", status.phase.as_deref().unwrap_or("Pending")), false),
    }
}

fn waiting(container: &ContainerStatus) -> Option<(String, bool)> {
    let waiting = container.state.as_ref()?.waiting.as_ref()?;
    let reason = waiting.reason.as_deref()?;
    Some((
        format!("container {} waits: {reason}", container.name),
        STUCK.contains(&reason),
    ))
}

/// Status and message of a condition.
fn condition<'a>(pod: &'a Pod, name: &str) -> Option<(&'a str, &'a str)> {
    let conditions = pod.status.as_ref()?.conditions.as_ref()?;
    let found = conditions.iter().find(|condition| condition.type_ == name)?;
    Some((&found.status, found.message.as_deref().unwrap_or_default()))
}
