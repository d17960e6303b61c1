//! PURE. All that AWS holds for a cluster, resource by resource, and who needs it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::ensure::is_without_groups;
use crate::aws::desired::tags::Extra;
use crate::aws::ids::{SecurityGroupId, VpcId};
use crate::aws::observed::{Observed, ObservedLoadBalancer, ObservedSecurityGroup};
use crate::aws::preview::changes::Kind;
use crate::aws::stack::{GroupRef, IngressRule, LoadBalancer};
use crate::service::Owner;

/// What carries the cluster's tags in its VPC.
#[derive(Clone, Debug)]
pub struct Holdings {
    /// The cluster's VPC: what is elsewhere belongs to another cluster of this name.
    pub vpc: VpcId,
    /// What is held for Services, by UID.
    pub services: Vec<Holding>,
    /// The groups that all load balancers of the cluster share.
    pub(crate) backend_groups: Vec<ObservedSecurityGroup>,
    /// Rules of nodes' groups whose source is such a group.
    pub(crate) admitted: BTreeMap<SecurityGroupId, BTreeSet<IngressRule>>,
    /// Rules of nodes' groups for load balancers without groups.
    pub(crate) openings: BTreeMap<SecurityGroupId, BTreeSet<IngressRule>>,
}

/// What is held for one Service.
#[derive(Clone, Debug)]
pub struct Holding {
    /// The Service as the tags name it; namespace and name are empty where the tags do not agree on them.
    pub owner: Owner,
    pub(crate) observed: Observed,
}

/// One resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Its name; of a group of nodes its id.
    pub name: String,
    /// Its ARN, of a security group its id.
    pub id: String,
    /// Do its tags remember that it is protected from deletion?
    pub protected: bool,
    /// Of a group of nodes: elbow's rules in it, which go alone.
    pub rules: Vec<String>,
}

impl Holding {
    /// All resources that the Service has to itself, in the order in which they are deleted. Listeners go with their load
    /// balancers and are not named.
    #[must_use]
    pub fn resources(&self) -> Vec<Resource> {
        let observed = &self.observed;
        let load_balancers = observed.load_balancers.iter().map(load_balancer);
        let target_groups = observed.target_groups.iter().map(|known| Resource {
            kind: Kind::TargetGroup,
            name: known.spec.name.to_string(),
            id: known.arn.to_string(),
            protected: false,
            rules: Vec::new(),
        });
        let groups = observed.security_groups.iter();
        let groups = groups.map(|known| security_group(Kind::SecurityGroup, known));
        load_balancers.chain(target_groups).chain(groups).collect()
    }
}

impl Holdings {
    /// What the cluster's Services share, and nobody needs once these Services, by UID, have nothing any more.
    #[must_use]
    pub fn unneeded_without(&self, gone: &BTreeSet<&str>) -> Vec<Resource> {
        let stay = self
            .services
            .iter()
            .filter(|holding| !gone.contains(holding.owner.uid.as_str()));
        let stay: Vec<&LoadBalancer> = stay
            .flat_map(|holding| &holding.observed.load_balancers)
            .map(|known| &known.spec)
            .collect();
        let mut unneeded = Vec::new();
        if !stay.iter().any(|known| is_without_groups(known)) {
            unneeded.extend(self.openings.iter().map(of_nodes));
        }
        if !stay.iter().any(|known| self.carries_backend(known)) {
            unneeded.extend(self.admitted.iter().map(of_nodes));
            let groups = self.backend_groups.iter();
            unneeded.extend(groups.map(|known| security_group(Kind::BackendSecurityGroup, known)));
        }
        unneeded
    }

    fn carries_backend(&self, load_balancer: &LoadBalancer) -> bool {
        let mut groups = self.backend_groups.iter();
        groups.any(|group| load_balancer.security_groups.contains(&GroupRef::Id(group.id.clone())))
    }
}

fn load_balancer(known: &ObservedLoadBalancer) -> Resource {
    Resource {
        kind: Kind::LoadBalancer,
        name: known.spec.name.to_string(),
        id: known.arn.to_string(),
        protected: Extra::DeletionProtection.is_in(&known.spec.tags),
        rules: Vec::new(),
    }
}

fn security_group(kind: Kind, known: &ObservedSecurityGroup) -> Resource {
    Resource {
        kind,
        name: known.spec.name.to_string(),
        id: known.id.to_string(),
        protected: false,
        rules: Vec::new(),
    }
}

fn of_nodes((id, rules): (&SecurityGroupId, &BTreeSet<IngressRule>)) -> Resource {
    Resource {
        kind: Kind::NodeSecurityGroup,
        name: id.to_string(),
        id: id.to_string(),
        protected: false,
        rules: rules.iter().map(ToString::to_string).collect(),
    }
}
