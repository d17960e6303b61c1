//! PURE. Service + nodes + facts of the cluster -> [`Stack`]: what AWS should hold. One file a concern.

mod addresses;
pub mod annotations;
pub mod attributes;
mod backends;
mod declaration;
mod deletion;
mod excess;
#[cfg(test)]
pub(crate) mod fixtures;
mod frontend_group;
mod health_check;
mod identity;
mod invalid;
mod listeners;
pub mod names;
mod node_openings;
mod parts;
mod request;
mod routes;
mod rules;
mod security_groups;
mod source_ranges;
mod standing;
mod subnets;
pub mod tags;
pub(crate) mod targets;

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use crate::aws::api::SubnetDescription;
use crate::aws::ids::{InstanceId, SecurityGroupId, SubnetId, VpcId};
use crate::aws::quotas::Limits;
use crate::aws::settings::AwsSettings;
use crate::aws::stack::{HealthCheckPort, IngressRule, LoadBalancer, ResourceName, Stack, Tags};
use crate::node::NodeSet;
use crate::provider::Warning;
use crate::service::{Port, Service};

pub use annotations::actions::companions;
use attributes::is_across_zones;
pub use deletion::{allows_deletion, may_have_node_openings};
pub use health_check::KUBE_PROXY_PORT;
use identity::Lasting;
pub use invalid::{Invalid, is_about_vpc};
pub(crate) use listeners::protocols as listener_protocols;
use parts::Parts;
use request::Request;
use routes::Route;
use security_groups::Groups;
pub use standing::{Standing, may_be_shared, standing};
pub use targets::Ceiling;
use targets::Shape;

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
    /// Zones of the nodes' instances as EC2 tells them, for nodes without a label that does.
    pub instance_zones: BTreeMap<InstanceId, String>,
    /// The quotas of the account; the defaults where nobody looked, see [`Desired::is_short_of_quota`].
    pub limits: Limits,
    /// What AWS has let through, where that is less than the quotas promise.
    pub ceiling: Option<Ceiling>,
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
    /// What the nodes' groups must admit, for a load balancer without security groups; else empty.
    pub node_openings: BTreeSet<IngressRule>,
    /// Is more asked for than [`Facts::limits`] allow, such as targets? Then these should be what the account really has.
    pub is_short_of_quota: bool,
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
        vpc_networks: request.groups == Groups::Nobody && node_openings::needs_vpc_networks(&request),
        group_names: request.groups.names(),
        cluster_instances: request.multi_cluster,
    })
}

/// What AWS should hold for this Service with these nodes as targets. The order of nodes, subnets and ports does not
/// matter.
///
/// # Errors
/// [`Invalid`] where the declaration cannot be satisfied; all faults of fields and annotations are named at once.
pub fn stack(service: &Service, nodes: &NodeSet, facts: &Facts, settings: &AwsSettings) -> Result<Desired, Invalid> {
    let request = Request::read(service, settings)?;
    let is_beyond_default = excess::check(&request, &facts.limits)?;
    let (subnets, subnet_warnings) = subnets::subnets(&request, facts, &settings.cluster)?;
    let placed = addresses::place(&request.addresses, &subnets)?;
    let security_groups = request.groups.resolve(facts)?;
    let lasting = Lasting {
        kind: request.kind,
        scheme: request.scheme,
        groups: request.groups != Groups::Nobody,
        subnets: &placed,
        addresses: &request.addresses,
    };
    let name = lasting.name(request.name.as_ref(), &service.owner, facts, settings)?;
    let frontend_group = (request.groups == Groups::Elbow)
        .then(|| frontend_group::frontend_group(&service.owner, &request, &facts.vpc, settings))
        .transpose()?;
    let (candidates, target_warnings) = targets::candidates(nodes, &request.node_labels, facts);
    let chosen = targets::choose(candidates, shape(&request), &service.owner.uid, facts);
    let parts = Parts {
        name: &name,
        owner: &service.owner,
        request: &request,
        settings,
        vpc: &facts.vpc,
    };
    let stack = Stack {
        owner: service.owner.clone(),
        frontend_group,
        load_balancer: parts.load_balancer(
            lasting.with_present(&name, facts),
            security_groups,
            present_tags(&name, facts),
        ),
        listeners: parts.listeners(),
        target_groups: parts.target_groups(&chosen.instances, &facts.cluster_instances),
        external_tag_keys: settings.external_managed_tags.clone(),
        room: chosen.room,
    };
    let is_short_of_quota = is_beyond_default || chosen.warning.is_some();
    let mut warnings = request.warnings.clone();
    warnings.extend(subnet_warnings.into_iter().chain(target_warnings).chain(chosen.warning));
    Ok(Desired {
        is_short_of_quota,
        zones: subnets.iter().map(|subnet| subnet.zone.clone()).collect(),
        backend_group: request.groups.has_backend(),
        health_ports: health_ports(&request, &stack, settings),
        node_openings: node_openings(&request, &stack, &subnets, facts),
        stack,
        warnings,
    })
}

/// What decides how many targets there may be.
fn shape(request: &Request) -> Shape {
    let backends = || request.routes.iter().flat_map(Route::backends);
    Shape {
        kind: request.kind,
        cross_zone: is_across_zones(&request.attributes)
            || backends().any(|backend| is_across_zones(&backend.attributes)),
        groups: backends().count(),
    }
}

fn present_tags<'a>(name: &ResourceName, facts: &'a Facts) -> &'a Tags {
    static NONE: Tags = Tags::new();
    let present = facts.load_balancers.iter().find(|present| present.name == *name);
    present.map_or(&NONE, |present| &present.tags)
}

/// With groups on the load balancer the nodes admit those.
fn node_openings(
    request: &Request,
    stack: &Stack,
    subnets: &[&SubnetDescription],
    facts: &Facts,
) -> BTreeSet<IngressRule> {
    if request.groups == Groups::Nobody {
        node_openings::node_openings(request, stack.target_groups.values(), subnets, facts)
    } else {
        BTreeSet::new()
    }
}

/// Without the backend group, rules on nodes are others'.
fn health_ports(request: &Request, stack: &Stack, settings: &AwsSettings) -> BTreeSet<Port> {
    let outside = |port: &Port| *port != KUBE_PROXY_PORT && !settings.node_ports.contains(&port.get());
    let ports = stack
        .target_groups
        .values()
        .filter_map(|group| match group.health_check.port {
            HealthCheckPort::Number(port) => Some(port),
            HealthCheckPort::Traffic => None,
        });
    if request.groups.has_backend() {
        ports.filter(outside).collect()
    } else {
        BTreeSet::new()
    }
}

#[cfg(test)]
mod tests;
