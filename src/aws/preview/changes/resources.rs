//! The resources of a state of AWS, each with what identifies it and the fields that people know.

use serde::Serialize;
use serde_json::Value;

use super::Kind;
use crate::aws::observed::{Observed, ObservedLoadBalancer, ObservedSecurityGroup};

/// Fields of the vocabulary that AWS does not have: they decide how a plan is made.
const NOT_IN_AWS: [&str; 2] = ["explicitName", "surplus"];

/// A resource of AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resource {
    pub(super) kind: Kind,
    pub(super) id: String,
    pub(super) name: String,
    /// Its fields; null where elbow does not know them.
    pub(super) spec: Value,
}

impl Resource {
    fn new(kind: Kind, id: &impl ToString, name: &impl ToString, spec: &impl Serialize) -> Self {
        let mut spec = serde_json::to_value(spec).expect("the vocabulary has text and numbers as keys only");
        if let Some(fields) = spec.as_object_mut() {
            fields.retain(|name, _| !NOT_IN_AWS.contains(&name.as_str()));
        }
        Self {
            kind,
            id: id.to_string(),
            name: name.to_string(),
            spec,
        }
    }

    /// Is it the same resource?
    pub(super) fn is(&self, other: &Self) -> bool {
        (self.kind, &self.id) == (other.kind, &other.id)
    }

    /// Does it take the place of `other`? A Service has one load balancer; names and ports are unique.
    pub(super) fn succeeds(&self, other: &Self) -> bool {
        self.kind == other.kind && (self.kind == Kind::LoadBalancer || self.name == other.name)
    }
}

pub(super) fn of_service(observed: &Observed) -> Vec<Resource> {
    let groups = observed.security_groups.iter();
    let groups = groups.map(|known| security_group(Kind::SecurityGroup, known));
    let target_groups = observed.target_groups.iter();
    let target_groups =
        target_groups.map(|known| Resource::new(Kind::TargetGroup, &known.arn, &known.spec.name, &known.spec));
    let load_balancers = observed.load_balancers.iter().flat_map(load_balancer);
    groups.chain(load_balancers).chain(target_groups).collect()
}

pub(super) fn of_cluster(observed: &Observed) -> Vec<Resource> {
    let groups = observed.security_groups.iter();
    groups
        .map(|known| security_group(Kind::BackendSecurityGroup, known))
        .collect()
}

fn security_group(kind: Kind, known: &ObservedSecurityGroup) -> Resource {
    Resource::new(kind, &known.id, &known.spec.name, &known.spec)
}

fn load_balancer(known: &ObservedLoadBalancer) -> Vec<Resource> {
    let name = &known.spec.name;
    let listeners = known.listeners.iter().map(|listener| {
        let name = format!("{name}:{}", listener.port);
        Resource::new(Kind::Listener, &listener.arn, &name, &listener.spec)
    });
    let own = Resource::new(Kind::LoadBalancer, &known.arn, name, &known.spec);
    std::iter::once(own).chain(listeners).collect()
}
