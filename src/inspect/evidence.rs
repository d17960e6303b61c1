//! What was seen of one Service in Kubernetes, AWS and DNS: plain data, gathered before anything is judged.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{self as k8s, Node, Pod};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointSlice};
use k8s_openapi::jiff::Timestamp;

use super::report::{Finding, Severity};
use crate::aws::api::{
    InstanceDescription, ListenerDescription, LoadBalancerDescription, SecurityGroupDescription, TargetDescription,
    TargetGroupDescription,
};
use crate::aws::ids::{InstanceId, TargetGroupArn};
use crate::aws::stack::Tags;
use crate::controller::claim::Claims;
use crate::controller::finalizer;
use crate::service::Service;

/// The result of a look.
pub type Look<T> = Result<T, Unseen>;

/// Why something could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// What was tried and what came of it.
    pub message: String,
    /// What to do.
    pub action: String,
}

/// All that was seen.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The Service.
    pub service: k8s::Service,
    /// The Service, read as elbow reads it.
    pub declared: Service,
    /// Values of `spec.loadBalancerClass` that are elbow's.
    pub classes: BTreeSet<String>,
    /// The moment of the look.
    pub now: Timestamp,
    /// elbow's Leases: one for each elbow of the cluster.
    pub leases: Look<Vec<Lease>>,
    /// What the published hostname resolves to, or the resolver's words; none where it was not looked up.
    pub resolution: Option<Result<BTreeSet<IpAddr>, String>>,
    /// AWS; none where the Service has no load balancer of elbow's.
    pub cloud: Option<Look<Cloud>>,
    /// All nodes of the cluster.
    pub nodes: Look<Vec<Node>>,
    /// The Service's EndpointSlices.
    pub slices: Look<Vec<EndpointSlice>>,
    /// Its pods.
    pub pods: Look<Pods>,
}

/// The pods of the Service's namespace, as far as they matter to it.
#[derive(Clone, Debug, Default)]
pub struct Pods {
    /// Those that match the selector.
    pub matching: Vec<Pod>,
    /// Where none matches: some of the others, so that a slip in a label can be told.
    pub others: Vec<Pod>,
}

/// What AWS holds.
#[derive(Clone, Debug)]
pub struct Cloud {
    /// Where it was looked.
    pub region: String,
    /// The load balancer with the published hostname, else the one with the Service's UID.
    pub load_balancer: Option<SeenLoadBalancer>,
    /// Target groups that its listeners forward to.
    pub target_groups: Vec<SeenTargetGroup>,
    /// Security groups of the load balancer and of the targets, with their rules.
    pub groups: Vec<SecurityGroupDescription>,
    /// The instances that are registered as targets.
    pub instances: Vec<InstanceDescription>,
}

/// A load balancer.
#[derive(Clone, Debug)]
pub struct SeenLoadBalancer {
    /// Itself.
    pub description: LoadBalancerDescription,
    /// Its tags.
    pub tags: Tags,
    /// Its listeners, by port.
    pub listeners: Vec<ListenerDescription>,
}

/// A target group.
#[derive(Clone, Debug)]
pub struct SeenTargetGroup {
    /// Itself.
    pub description: TargetGroupDescription,
    /// Its targets with their health; none where it went away meanwhile.
    pub targets: Vec<TargetDescription>,
}

/// A ready endpoint of one port.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) port: i32,
}

impl Unseen {
    /// The finding that says so.
    pub(super) fn finding(&self) -> Finding {
        Finding::fault(Severity::Unknown, "NotSeen", &self.message, &self.action)
    }
}

impl Evidence {
    /// Does elbow give this Service a load balancer? Told by its class, and by elbow's finalizer where that is not among the
    /// known ones.
    #[must_use]
    pub fn is_served(&self) -> bool {
        is_served(&self.service, &self.classes)
    }

    /// AWS as it was seen; none where there is nothing to see or it could not be looked at.
    pub(super) fn cloud(&self) -> Option<&Cloud> {
        self.cloud.as_ref()?.as_ref().ok()
    }

    /// The load balancer, where there is one.
    pub(super) fn load_balancer(&self) -> Option<&SeenLoadBalancer> {
        self.cloud()?.load_balancer.as_ref()
    }

    /// The nodes by their instances.
    pub(super) fn nodes_by_instance(&self) -> BTreeMap<InstanceId, &Node> {
        let nodes = self.nodes.iter().flatten();
        let instance = |node: &Node| {
            let provider_id = node.spec.as_ref()?.provider_id.as_deref()?;
            crate::aws::desired::targets::instance_id(provider_id)
        };
        nodes.filter_map(|node| Some((instance(node)?, node))).collect()
    }

    /// The ready endpoints of the port of this name, in all slices that kube-proxy reads.
    pub(super) fn ready_members(&self, port_name: &str) -> Vec<Member<'_>> {
        let mut members = Vec::new();
        for slice in self
            .slices
            .iter()
            .flatten()
            .filter(|slice| slice.address_type != "FQDN")
        {
            let ports = slice.ports.iter().flatten();
            let mut named = ports.filter(|port| port.name.as_deref().unwrap_or_default() == port_name);
            if let Some(port) = named.find_map(|port| port.port) {
                let ready = slice.endpoints.iter().filter(|endpoint| is_ready(endpoint));
                members.extend(ready.map(|endpoint| Member { endpoint, port }));
            }
        }
        members
    }

    /// Names of the nodes that have a ready endpoint of any port.
    pub(super) fn nodes_with_endpoints(&self) -> BTreeSet<&str> {
        let members = self.all_ready_members();
        members
            .filter_map(|member| member.endpoint.node_name.as_deref())
            .collect()
    }

    /// Does any port have a ready endpoint?
    pub(super) fn has_ready_members(&self) -> bool {
        self.all_ready_members().next().is_some()
    }

    fn all_ready_members(&self) -> impl Iterator<Item = Member<'_>> {
        let ports = self.declared.ports.iter();
        ports.flat_map(|port| self.ready_members(port.name.as_deref().unwrap_or_default()))
    }
}

impl Cloud {
    /// The target group with this ARN.
    pub(super) fn target_group(&self, arn: &TargetGroupArn) -> Option<&SeenTargetGroup> {
        self.target_groups.iter().find(|group| group.description.arn == *arn)
    }
}

/// See [`Evidence::is_served`].
#[must_use]
pub fn is_served(service: &k8s::Service, classes: &BTreeSet<String>) -> bool {
    let claims = Claims {
        classes: classes.clone(),
        unclassed: false,
    };
    let load_balancer = service.spec.as_ref().and_then(|spec| spec.type_.as_deref()) == Some("LoadBalancer");
    load_balancer && (finalizer::is_on(service) || claims.of(service) == crate::controller::claim::Claim::Held)
}

/// An endpoint that does not say counts as ready (Kubernetes API reference, `EndpointConditions`).
pub(super) fn is_ready(endpoint: &Endpoint) -> bool {
    let conditions = endpoint.conditions.as_ref();
    conditions.and_then(|conditions| conditions.ready).unwrap_or(true)
}
