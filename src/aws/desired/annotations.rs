//! Annotations of a Service, read once into narrow types.

pub(super) mod actions;
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
pub(super) use ports::{PortChoice, PortRef};
pub(super) use probe::{Probe, ProbePort, ProbeProtocol, SuccessCodes};
pub(super) use reader::ListenerRef;
pub(super) use tls::{BackendProtocol, Tls};
pub(super) use tuning::Tuning;
use reader::Reader;
use values::Refusal;

/// What the annotations ask for; a field is none or empty where its key is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Annotations {
    pub(super) scheme: Option<Scheme>,
    pub(super) name: Option<ResourceName>,
    pub(super) subnets: Vec<Reference>,
    pub(super) security_groups: Vec<Reference>,
    pub(super) source_ranges: Option<Vec<String>>,
    pub(super) tls: Tls,
    pub(super) tags: Tags,
    pub(super) attributes: Attributes,
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
            security_groups: reader
                .read(&keys::SECURITY_GROUPS, |value| references(value, "sg-"))
                .unwrap_or_default(),
            source_ranges: reader.read(&keys::SOURCE_RANGES, source_ranges),
            tls: Tls::read(&mut reader),
            tags: reader.read(&keys::RESOURCE_TAGS, values::map).unwrap_or_default(),
            attributes: reader.read(&keys::ATTRIBUTES, values::map).unwrap_or_default(),
            tuning: Tuning::read(&mut reader),
            actions: actions::read(&mut reader),
            probe: Probe::read(&mut reader),
            node_labels: reader.read(&keys::NODE_LABELS, values::map).unwrap_or_default(),
            multi_cluster: reader.read(&keys::MULTI_CLUSTER, values::boolean).unwrap_or(false),
        }
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
    let reference = |element: &str| match element.strip_prefix(id_prefix) {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            Reference::Id(element.to_owned())
        }
        _ => Reference::Name(element.to_owned()),
    };
    Ok(values::list(value).into_iter().map(reference).collect())
}

/// An empty list is refused: read as "nobody" it would cut all clients off, read as "missing" it would admit the world.
fn source_ranges(value: &str) -> Result<Vec<String>, Refusal> {
    let ranges: Vec<_> = values::list(value).into_iter().map(str::to_owned).collect();
    if ranges.is_empty() {
        Err("names nobody; remove the annotation to admit all".into())
    } else {
        Ok(ranges)
    }
}

fn target_type(value: &str) -> Result<(), Refusal> {
    match value {
        "instance" => Ok(()),
        "ip" => Err("registers pods, and elbow registers nodes, which send to the pods; take the annotation out".into()),
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
