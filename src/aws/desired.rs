//! PURE. Service + nodes + facts of the cluster -> [`Stack`]: what AWS should hold. One file a concern.

pub mod annotations;
pub mod attributes;
#[cfg(test)]
pub(crate) mod fixtures;
mod frontend_group;
mod health_check;
mod invalid;
mod listeners;
mod load_balancer;
pub mod names;
mod request;
mod security_groups;
mod source_ranges;
mod subnets;
pub mod tags;
pub(super) mod targets;

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use crate::aws::api::SubnetDescription;
use crate::aws::ids::{InstanceId, SecurityGroupId, SubnetId, VpcId};
use crate::aws::settings::AwsSettings;
use crate::aws::stack::{HealthCheckPort, IngressRule, LoadBalancer, Stack};
use crate::node::NodeSet;
use crate::provider::Warning;
use crate::service::{Port, Service};

pub use health_check::KUBE_PROXY_PORT;
pub use invalid::{Invalid, is_about_vpc};
use load_balancer::Parts;
use request::Request;

/// What [`stack`] must know of AWS. [`requirements`] tells which parts a Service needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The cluster's VPC.
    pub vpc: VpcId,
    /// All subnets of the VPC.
    pub subnets: Vec<SubnetDescription>,
    /// Subnets with a route to an internet gateway; none where nobody looked, see [`Requirements::routes`].
    pub public_subnets: Option<BTreeSet<SubnetId>>,
    /// Security groups of the VPC by their tag `Name`, as far as [`Requirements::group_names`] asks for them.
    pub named_groups: BTreeMap<String, BTreeSet<SecurityGroupId>>,
    /// The cluster's shared backend group; none as long as it does not exist. Then the stack is complete but for it, so
    /// that a Service can be judged before anything is made for it; see [`Desired::backend_group`].
    pub backend_group: Option<SecurityGroupId>,
    /// The Service's load balancers that exist: none at first, two during a replacement.
    pub load_balancers: Vec<LoadBalancer>,
    /// Networks of the VPC, of both families; empty where nobody looked, see [`Requirements::vpc_networks`].
    pub vpc_networks: Vec<IpNet>,
    /// Instances that are the cluster's: those of its nodes and, where [`Requirements::cluster_instances`] asks for it, of
    /// the Service's registered targets those whose tags in EC2 name the cluster.
    pub cluster_instances: BTreeSet<InstanceId>,
    /// Instances that AWS would refuse as targets: terminated, or of another VPC.
    pub unusable_instances: BTreeSet<InstanceId>,
}

/// Which facts a Service needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirements {
    /// Are route tables needed to choose subnets ([`Facts::public_subnets`])?
    pub routes: bool,
    /// Security groups that the user names by their tag `Name` ([`Facts::named_groups`]).
    pub group_names: BTreeSet<String>,
    /// Are the networks of the VPC needed ([`Facts::vpc_networks`])?
    pub vpc_networks: bool,
    /// Is it needed whose the registered targets are ([`Facts::cluster_instances`])?
    pub cluster_instances: bool,
}

/// What AWS should hold for a Service, and what comes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desired {
    /// What AWS should hold.
    pub stack: Stack,
    /// What the user should know though the Service can be served.
    pub warnings: Vec<Warning>,
    /// Availability zones of the load balancer.
    pub zones: BTreeSet<String>,
    /// Does the load balancer carry the cluster's backend group? If so and [`Facts::backend_group`] is none, the group has
    /// to be made and the stack computed again.
    pub backend_group: bool,
    /// Health check ports outside [`AwsSettings::node_ports`] on which nodes must admit the backend group.
    pub health_ports: BTreeSet<Port>,
    /// Rules that the nodes' groups must have for a load balancer without security groups.
    pub node_openings: BTreeSet<IngressRule>,
}

/// Which facts [`stack`] needs for this Service, given the subnets of the VPC.
///
/// # Errors
/// [`Invalid`] where the Service alone shows that it cannot be satisfied.
pub fn requirements(
    service: &Service,
    settings: &AwsSettings,
    subnets: &[SubnetDescription],
) -> Result<Requirements, Invalid> {
    let request = Request::read(service, settings)?;
    Ok(Requirements {
        routes: subnets::needs_routes(&request, subnets, &settings.cluster),
        group_names: security_groups::names(&request.groups),
        vpc_networks: false,
        cluster_instances: false,
    })
}

/// What AWS should hold for this Service with these nodes as targets. The order of nodes, subnets and ports does not
/// matter.
///
/// # Errors
/// [`Invalid`] where the declaration cannot be satisfied; all faults of fields and annotations are named at once.
pub fn stack(service: &Service, nodes: &NodeSet, facts: &Facts, settings: &AwsSettings) -> Result<Desired, Invalid> {
    let request = Request::read(service, settings)?;
    let subnets = subnets::subnets(&request, facts, &settings.cluster)?;
    let security_groups = security_groups::security_groups(&request, facts)?;
    let frontend_group = request
        .has_elbow_groups()
        .then(|| frontend_group::frontend_group(&service.owner, &request, &facts.vpc, settings))
        .transpose()?;
    let (instances, target_warnings) = targets::instances(nodes, &request.node_labels, facts);
    let parts = Parts {
        owner: &service.owner,
        request: &request,
        settings,
        vpc: &facts.vpc,
    };
    let stack = Stack {
        owner: service.owner.clone(),
        frontend_group,
        load_balancer: parts.load_balancer(&subnets, security_groups),
        listeners: parts.listeners(),
        target_groups: parts.target_groups(&instances),
        external_tag_keys: settings.external_managed_tags.clone(),
    };
    Ok(Desired {
        stack,
        zones: subnets.iter().map(|subnet| subnet.zone.clone()).collect(),
        backend_group: request.has_elbow_groups(),
        health_ports: health_ports(&request, settings),
        node_openings: BTreeSet::new(),
        warnings: request.warnings.into_iter().chain(target_warnings).collect(),
    })
}

/// With groups of the user's, rules on nodes are the user's task too.
fn health_ports(request: &Request, settings: &AwsSettings) -> BTreeSet<Port> {
    let outside = |port: &Port| *port != KUBE_PROXY_PORT && !settings.node_ports.contains(&port.get());
    let ports = request.routes.iter().filter_map(|route| match route.health_check.port {
        HealthCheckPort::Number(port) => Some(port),
        HealthCheckPort::Traffic => None,
    });
    if request.has_elbow_groups() {
        ports.filter(outside).collect()
    } else {
        BTreeSet::new()
    }
}

#[cfg(test)]
mod tests;
