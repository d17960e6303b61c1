//! What stands between a client and the pods of one Service, and where that way is broken.
//!
//! [`gather`] looks at Kubernetes, AWS and DNS and changes nothing. All else is pure: [`diagnose`] turns the
//! [`Evidence`] into a [`Report`], layer by layer from the client inwards. One file a layer.

mod client_rules;
mod endpoints;
pub mod evidence;
#[cfg(test)]
mod fixture;
pub mod gather;
mod health;
mod hostname;
mod listeners;
mod load_balancer;
mod node_port;
mod node_rules;
mod pods;
pub mod report;
mod rules;
mod service;
mod target_groups;

pub use evidence::Evidence;
pub use report::Report;

use report::{Finding, Layer, LayerKind};

/// Says what the evidence shows. Layers that the Service does not have, such as those of a load balancer on a Service of
/// another type, are left out.
#[must_use]
pub fn diagnose(evidence: &Evidence) -> Report {
    let layer = |kind, findings: Vec<Finding>| Layer { kind, findings };
    let layers = [
        layer(LayerKind::Service, service::look(evidence)),
        layer(LayerKind::Hostname, hostname::look(evidence)),
        layer(LayerKind::LoadBalancer, load_balancer::look(evidence)),
        layer(LayerKind::Listeners, listeners::look(evidence)),
        layer(LayerKind::ClientRules, client_rules::look(evidence)),
        layer(LayerKind::TargetGroups, target_groups::look(evidence)),
        layer(LayerKind::NodeRules, node_rules::look(evidence)),
        layer(LayerKind::NodePort, node_port::look(evidence)),
        layer(LayerKind::ClusterIp, endpoints::look(evidence)),
        layer(LayerKind::Pods, pods::look(evidence)),
    ];
    let present = layers.into_iter().filter(|layer| !layer.findings.is_empty());
    Report {
        namespace: evidence.declared.owner.namespace.clone(),
        name: evidence.declared.owner.name.clone(),
        layers: present.collect(),
    }
}

#[cfg(test)]
mod tests;
