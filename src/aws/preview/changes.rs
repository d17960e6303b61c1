//! The difference between two states of AWS, resource by resource and field by field.

mod fields;
mod resources;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

use self::resources::Resource;
use crate::aws::ids::SecurityGroupId;
use crate::aws::observed::Observed;
use crate::aws::stack::IngressRule;

pub use self::fields::FieldChange;

/// What happens to one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// What happens.
    pub action: Action,
    /// To what kind of resource.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Its name: of a listener that of its load balancer, a colon and the port; of a group of nodes its id.
    pub name: String,
    /// Its ARN, of a security group its id; none before it is made.
    pub id: Option<String>,
    /// What it takes the place of, where `action` is [`Action::Replace`].
    pub replaces: Option<Replaces>,
    /// Its fields that change: of what is made all, of what goes none.
    pub fields: Vec<FieldChange>,
}

/// What happens to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// It is made.
    Create,
    /// It is changed in place.
    Update,
    /// It is made, and takes the place of another.
    Replace,
    /// It goes.
    Delete,
}

/// The kinds of resources, in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// The security group that all load balancers of the cluster share.
    BackendSecurityGroup,
    /// A security group of nodes, of which only elbow's rules are told.
    NodeSecurityGroup,
    /// The security group that admits a Service's clients.
    SecurityGroup,
    /// A load balancer.
    LoadBalancer,
    /// A listener.
    Listener,
    /// A target group.
    TargetGroup,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BackendSecurityGroup => "backend security group",
            Self::NodeSecurityGroup => "node security group",
            Self::SecurityGroup => "security group",
            Self::LoadBalancer => "load balancer",
            Self::Listener => "listener",
            Self::TargetGroup => "target group",
        })
    }
}

/// The resource whose place another takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Replaces {
    /// Its name.
    pub name: String,
    /// Its ARN or id.
    pub id: String,
    /// Does it go only when the new one serves? Not where both have the same name or port, which AWS keeps unique.
    pub create_first: bool,
}

/// What changes for a Service.
pub(super) fn between(before: &Observed, after: &Observed) -> Vec<Change> {
    differences(resources::of_service(before), resources::of_service(after))
}

/// What changes of the backend group.
pub(super) fn of_backend(before: &Observed, after: &Observed) -> Vec<Change> {
    differences(resources::of_cluster(before), resources::of_cluster(after))
}

/// What changes of elbow's rules on groups of nodes.
pub(super) fn of_nodes(
    before: &BTreeMap<SecurityGroupId, BTreeSet<IngressRule>>,
    after: &BTreeMap<SecurityGroupId, BTreeSet<IngressRule>>,
) -> Vec<Change> {
    let none = BTreeSet::new();
    let groups: BTreeSet<&SecurityGroupId> = before.keys().chain(after.keys()).collect();
    let changes = groups.into_iter().filter_map(|id| {
        let rules = |of: &BTreeMap<_, _>| json!({"rules": of.get(id).unwrap_or(&none)});
        let fields = fields::changes(&rules(before), &rules(after));
        (!fields.is_empty()).then(|| Change {
            action: Action::Update,
            kind: Kind::NodeSecurityGroup,
            name: id.to_string(),
            id: Some(id.to_string()),
            replaces: None,
            fields,
        })
    });
    changes.collect()
}

fn differences(before: Vec<Resource>, after: Vec<Resource>) -> Vec<Change> {
    let (mut gone, kept): (Vec<_>, Vec<_>) = before.into_iter().partition(|old| !after.iter().any(|new| new.is(old)));
    let mut changes: Vec<Change> = after
        .iter()
        .filter_map(|new| match kept.iter().find(|old| new.is(old)) {
            Some(old) => update(old, new),
            None => {
                let old = gone.iter().position(|old| new.succeeds(old));
                Some(creation(new, old.map(|place| gone.remove(place))))
            }
        })
        .collect();
    changes.extend(gone.iter().map(deletion));
    changes.sort_by(|one, other| (one.kind, &one.name).cmp(&(other.kind, &other.name)));
    changes
}

fn update(old: &Resource, new: &Resource) -> Option<Change> {
    let fields = fields::changes(&old.spec, &new.spec);
    (!fields.is_empty()).then(|| Change {
        action: Action::Update,
        kind: new.kind,
        name: new.name.clone(),
        id: Some(new.id.clone()),
        replaces: None,
        fields,
    })
}

fn creation(new: &Resource, old: Option<Resource>) -> Change {
    Change {
        action: if old.is_some() { Action::Replace } else { Action::Create },
        kind: new.kind,
        name: new.name.clone(),
        id: None,
        fields: fields::changes(&Value::Null, &new.spec),
        replaces: old.map(|old| Replaces {
            create_first: old.name != new.name,
            name: old.name,
            id: old.id,
        }),
    }
}

fn deletion(old: &Resource) -> Change {
    Change {
        action: Action::Delete,
        kind: old.kind,
        name: old.name.clone(),
        id: Some(old.id.clone()),
        replaces: None,
        fields: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
