//! Annotations of a Service, read once into narrow types.

pub(super) mod actions;
mod addresses;
mod features;
mod groups;
pub mod keys;
mod ports;
mod probe;
mod reader;
mod tls;
mod tuning;
mod values;

use std::collections::BTreeMap;

use crate::aws::stack::{Attributes, LoadBalancerKind, ResourceName, Scheme, Tags};

use super::invalid::Faults;
pub(super) use addresses::Addresses;
pub(super) use features::Features;
pub(super) use groups::Groups;
pub(super) use ports::{PortChoice, PortRef};
pub(super) use probe::{Probe, ProbePort, ProbeProtocol, SuccessCodes};
pub(super) use reader::ListenerRef;
use reader::Reader;
pub(super) use tls::{BackendProtocol, Tls};
pub(super) use tuning::Tuning;
use values::Refusal;

/// What the annotations ask for; a field is none or empty where its key is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Annotations {
    pub(super) scheme: Option<Scheme>,
    pub(super) name: Option<ResourceName>,
    pub(super) subnets: Vec<Reference>,
    pub(super) addresses: Addresses,
    pub(super) groups: Groups,
    pub(super) features: Features,
    pub(super) tls: Tls,
    pub(super) tags: Tags,
    pub(super) tuning: Tuning,
    pub(super) actions: BTreeMap<ListenerRef, actions::Shares>,
    pub(super) probe: Probe,
    pub(super) node_labels: BTreeMap<String, String>,
    /// Do other clusters register nodes in the same target groups?
    pub(super) multi_cluster: bool,
}

/// Something in AWS, by id or by its tag `Name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reference {
    Id(String),
    Name(String),
}

impl Annotations {
    /// Reads all annotations of the family; keys of other families are not looked at.
    pub(super) fn read(annotations: &BTreeMap<String, String>, kind: LoadBalancerKind, faults: &mut Faults) -> Self {
        let mut reader = Reader::new(annotations, kind, faults);
        reader.read(&keys::TYPE, only("external"));
        reader.read(&keys::TARGET_TYPE, target_type);
        reader.read(&keys::TCP_UDP, joined_listeners);
        let internal = reader.read(&keys::INTERNAL, internal);
        Self {
            scheme: reader.read(&keys::SCHEME, scheme).or(internal),
            name: reader.read(&keys::NAME, |value| {
                ResourceName::parse(value).map_err(|_| Refusal::new())
            }),
            subnets: reader
                .read(&keys::SUBNETS, |value| references(value, "subnet-"))
                .unwrap_or_default(),
            addresses: Addresses::read(&mut reader),
            groups: Groups::read(&mut reader),
            features: Features::read(&mut reader),
            tls: Tls::read(&mut reader),
            tags: reader.read(&keys::RESOURCE_TAGS, values::map).unwrap_or_default(),
            tuning: Tuning::read(&mut reader),
            actions: actions::read(&mut reader),
            probe: Probe::read(&mut reader),
            node_labels: reader.read(&keys::NODE_LABELS, values::map).unwrap_or_default(),
            multi_cluster: reader.read(&keys::MULTI_CLUSTER, values::boolean).unwrap_or(false),
        }
    }
}

/// Attributes of the load balancer as written; empty where they cannot be read. For a Service of which nothing else
/// counts any more.
pub(super) fn load_balancer_attributes(annotations: &BTreeMap<String, String>) -> Attributes {
    let value = annotations.get(&keys::ATTRIBUTES.to_string());
    value
        .and_then(|value| values::map(value.trim()).ok())
        .unwrap_or_default()
}

/// Labels of the nodes that are targets; none where they cannot be read. For a Service whose other annotations are not
/// looked at.
pub(super) fn node_labels(annotations: &BTreeMap<String, String>) -> Option<BTreeMap<String, String>> {
    match annotations.get(&keys::NODE_LABELS.to_string()) {
        Some(value) => values::map(value.trim()).ok(),
        None => Some(BTreeMap::new()),
    }
}

fn only(word: &'static str) -> impl Fn(&str) -> Result<(), Refusal> {
    move |value| if value == word { Ok(()) } else { Err(Refusal::new()) }
}

fn scheme(value: &str) -> Result<Scheme, Refusal> {
    match value {
        "internal" => Ok(Scheme::Internal),
        "internet-facing" => Ok(Scheme::InternetFacing),
        _ => Err(Refusal::new()),
    }
}

fn internal(value: &str) -> Result<Scheme, Refusal> {
    values::boolean(value).map(|internal| {
        if internal {
            Scheme::Internal
        } else {
            Scheme::InternetFacing
        }
    })
}

fn references(value: &str, id_prefix: &str) -> Result<Vec<Reference>, Refusal> {
    let reference = |element: &str| match values::id(element, id_prefix) {
        Some(id) => Reference::Id(id.to_owned()),
        None => Reference::Name(element.to_owned()),
    };
    Ok(values::list(value).into_iter().map(reference).collect())
}

fn target_type(value: &str) -> Result<(), Refusal> {
    match value {
        "instance" => Ok(()),
        "ip" => {
            Err("registers pods, and elbow registers nodes, which send to the pods; take the annotation out".into())
        }
        _ => Err(Refusal::new()),
    }
}

fn joined_listeners(value: &str) -> Result<(), Refusal> {
    match value {
        "true" => Ok(()),
        "false" => Err("would leave out one of two ports of one number; use two numbers to have two listeners".into()),
        _ => Err(Refusal::new()),
    }
}

#[cfg(test)]
mod tests;
