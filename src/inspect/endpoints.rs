//! The cluster IP: has each port endpoints that are ready, and if not, why not.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{Pod, ServicePort};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::evidence::{Evidence, Member};
use super::pods;
use super::report::Finding;
use super::target_groups;

/// Looks at every port.
pub(super) fn look(evidence: &Evidence) -> Vec<Finding> {
    let spec = evidence.service.spec.clone().unwrap_or_default();
    if spec.type_.as_deref() == Some("ExternalName") {
        return Vec::new();
    }
    if let Err(unseen) = &evidence.slices {
        return vec![unseen.finding()];
    }
    let address = spec.cluster_ip.as_deref().unwrap_or("none").to_owned();
    let ports = spec.ports.iter().flatten();
    ports.map(|port| behind(evidence, &address, port)).collect()
}

fn behind(evidence: &Evidence, address: &str, port: &ServicePort) -> Finding {
    let number = port.port;
    let members = evidence.ready_members(port.name.as_deref().unwrap_or_default());
    if members.is_empty() {
        return nobody(evidence, port);
    }
    if let Some(fault) = silent_target_port(evidence, port) {
        return fault;
    }
    let plural = if members.len() == 1 { "" } else { "s" };
    let message = format!("{address}:{number} leads to {} ready endpoint{plural}", members.len());
    let mut findings: Vec<Finding> = members.iter().map(|member| Finding::sound(shown(member))).collect();
    findings.sort_by(|one, other| one.message.cmp(&other.message));
    Finding::sound(message).with(findings)
}

fn shown(member: &Member<'_>) -> String {
    let endpoint = member.endpoint;
    let address = endpoint.addresses.first().map_or("", String::as_str);
    let pod = endpoint.target_ref.as_ref().and_then(|pod| pod.name.as_deref());
    let of = pod.map_or_else(String::new, |pod| format!(" of {pod}"));
    let on = endpoint
        .node_name
        .as_deref()
        .map_or_else(String::new, |node| format!(" on {node}"));
    format!("{address}:{}{of}{on}", member.port)
}

/// Why a port has no ready endpoint. Where its pods are the cause, it is only a symptom.
fn nobody(evidence: &Evidence, port: &ServicePort) -> Finding {
    let number = port.port;
    let message = format!("port {number} has no ready endpoint");
    if pods::selector(evidence).is_empty() {
        return Finding::broken(
            "NoEndpoints",
            format!("{message}; the Service has no selector, so that its EndpointSlices are kept by hand"),
            format!(
                "make an EndpointSlice with label kubernetes.io/service-name={} and a port {}, or give the Service a selector",
                evidence.declared.owner.name,
                port.name
                    .as_deref()
                    .map_or_else(|| "without a name".to_owned(), |name| format!("named {name}")),
            ),
        );
    }
    let Ok(pods) = &evidence.pods else {
        return Finding::symptom(
            "NoEndpoints",
            message,
            "see that pods match the selector and are Ready: kubectl get pods --show-labels",
        );
    };
    if let Some(fault) = wrong_target_port(&pods.matching, port) {
        return fault;
    }
    if pods.matching.iter().any(pods::is_ready) {
        return Finding::broken(
            "NoEndpoints",
            format!("{message} though pods are Ready"),
            "wait a moment; if it lasts, see that kube-controller-manager runs, which keeps EndpointSlices",
        );
    }
    Finding::symptom("NoEndpoints", message, "see the pods: they are what is missing")
}

/// A targetPort by number leads there whether anybody listens or not: containers need not declare their ports. So it takes
/// both to call it wrong: no container declares it, and AWS finds that no node gets an answer from it.
fn silent_target_port(evidence: &Evidence, port: &ServicePort) -> Option<Finding> {
    let number = port.port;
    let wanted = match &port.target_port {
        Some(IntOrString::String(_)) => return None,
        Some(IntOrString::Int(wanted)) => *wanted,
        None => number,
    };
    let pods = &evidence.pods.as_ref().ok()?.matching;
    let own = port.protocol.as_deref().unwrap_or("TCP");
    let declared: BTreeSet<i32> = pods.iter().flat_map(|pod| pods::port_numbers(pod, own)).collect();
    if declared.is_empty() || declared.contains(&wanted) || !target_groups::is_refused(evidence, number) {
        return None;
    }
    let declared = declared.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    Some(Finding::broken(
        "WrongTargetPort",
        format!(
            "port {number} leads to targetPort {wanted}, where nothing answers; the containers of the pods have {declared}"
        ),
        format!("set targetPort of port {number} to one of {declared}, or let the containers listen on {wanted}"),
    ))
}

/// A targetPort by name is looked up in each pod; pods without it are left out of the endpoints (Kubernetes API reference,
/// `ServicePort`).
fn wrong_target_port(pods: &[Pod], port: &ServicePort) -> Option<Finding> {
    let Some(IntOrString::String(wanted)) = &port.target_port else {
        return None;
    };
    let named = pods.iter().flat_map(pods::port_names);
    let mut names: Vec<String> = named.collect();
    if pods.is_empty() || names.iter().any(|name| name == wanted) {
        return None;
    }
    names.sort();
    names.dedup();
    let (have, choose) = if names.is_empty() {
        ("their ports have no names".to_owned(), "a number".to_owned())
    } else {
        let names = names.join(", ");
        (format!("they have {names}"), format!("one of {names}"))
    };
    Some(Finding::broken(
        "WrongTargetPort",
        format!(
            "port {} leads to targetPort {wanted}, which no container of the pods has; {have}",
            port.port
        ),
        format!(
            "set targetPort of port {} to {choose}, or name the containers' port {wanted}",
            port.port
        ),
    ))
}
