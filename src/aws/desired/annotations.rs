//! Annotations of a Service, read once into narrow types.

mod addresses;
mod features;
mod groups;
pub mod keys;
mod probe;
mod reader;
mod values;

use std::collections::BTreeMap;

use crate::aws::ids::CertificateArn;
use crate::aws::stack::{Attributes, LoadBalancerKind, ResourceName, Scheme, Tags};
use crate::service::Port;

use super::invalid::{Faults, quoted};
pub(super) use addresses::Addresses;
pub(super) use features::Features;
pub(super) use groups::Groups;
pub(super) use probe::{Probe, ProbePort, ProbeProtocol};
#[expect(unused_imports, reason = "named by what is read by listener")]
pub(super) use reader::ListenerRef;
use reader::Reader;
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
    pub(super) certificates: Vec<CertificateArn>,
    /// None means all TCP ports.
    pub(super) tls_ports: Option<Vec<PortRef>>,
    pub(super) tags: Tags,
    pub(super) target_group_attributes: Attributes,
    pub(super) probe: Probe,
    pub(super) node_labels: BTreeMap<String, String>,
}

/// A port of the Service, by number or name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PortRef {
    Number(Port),
    Name(String),
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
        reader.read(&keys::TCP_UDP, only("true"));
        reader.read(&keys::TARGET_TYPE, only("instance"));
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
            certificates: reader.read(&keys::SSL_CERT, certificates).unwrap_or_default(),
            tls_ports: reader
                .read(&keys::SSL_PORTS, port_refs)
                .filter(|ports| !ports.is_empty()),
            tags: reader.read(&keys::RESOURCE_TAGS, values::map).unwrap_or_default(),
            target_group_attributes: reader
                .read(&keys::TARGET_GROUP_ATTRIBUTES, values::map)
                .unwrap_or_default(),
            probe: Probe::read(&mut reader),
            node_labels: reader.read(&keys::NODE_LABELS, values::map).unwrap_or_default(),
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

fn certificates(value: &str) -> Result<Vec<CertificateArn>, Refusal> {
    let mut certificates = Vec::new();
    for arn in values::list(value) {
        let mut fields = arn.split(':');
        let fields = (fields.next(), fields.next(), fields.next());
        let certificate = CertificateArn::new(arn);
        match fields {
            (Some("arn"), Some(_), Some("acm" | "iam")) if arn.is_ascii() && arn.contains('/') => {}
            _ => return Err(format!("holds {}, which is not such an ARN", quoted(arn))),
        }
        if !certificates.contains(&certificate) {
            certificates.push(certificate);
        }
    }
    Ok(certificates)
}

fn port_refs(value: &str) -> Result<Vec<PortRef>, Refusal> {
    values::list(value).into_iter().map(port_ref).collect()
}

/// Names of Service ports hold at least one letter, so digits alone are a number (Kubernetes, IANA service names).
fn port_ref(value: &str) -> Result<PortRef, Refusal> {
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        let number = value
            .parse()
            .map_err(|_| format!("holds {}, which is not a port", quoted(value)))?;
        Ok(PortRef::Number(number))
    } else {
        Ok(PortRef::Name(value.to_owned()))
    }
}

#[cfg(test)]
mod tests;
