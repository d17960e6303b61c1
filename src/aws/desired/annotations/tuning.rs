//! What annotations say of attributes of target groups and listeners.

use std::collections::BTreeMap;

use crate::aws::stack::Attributes;
use crate::service::Port;

use super::ports::{PortChoice, port_refs};
use super::values::{self, Refusal};
use super::{ListenerRef, Reader, keys};

/// Attributes as they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::aws::desired) struct Tuning {
    pub(in crate::aws::desired) target_groups: Attributes,
    /// Without those that are written with an empty value, which keep what is said for all ports.
    pub(in crate::aws::desired) target_groups_by_port: BTreeMap<Port, Attributes>,
    /// Ports whose targets are sent the proxy protocol; none where nothing is said.
    pub(in crate::aws::desired) proxy_protocol: Option<PortChoice>,
    pub(in crate::aws::desired) listeners: BTreeMap<ListenerRef, Attributes>,
}

impl Tuning {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let all = reader.read(&keys::PROXY_PROTOCOL, proxy_protocol);
        let some = reader.read(&keys::PROXY_PROTOCOL_PORTS, |value| {
            port_refs(value).map(PortChoice::Some)
        });
        Self {
            target_groups: reader
                .read(&keys::TARGET_GROUP_ATTRIBUTES, values::map)
                .unwrap_or_default(),
            target_groups_by_port: reader.read_by_port(&keys::PORT_TARGET_GROUP_ATTRIBUTES, given),
            proxy_protocol: all.or(some),
            listeners: reader.read_by_listener(&keys::LISTENER_ATTRIBUTES, values::map),
        }
    }
}

fn proxy_protocol(value: &str) -> Result<PortChoice, Refusal> {
    if value == "*" {
        Ok(PortChoice::All)
    } else {
        Err(Refusal::new())
    }
}

fn given(value: &str) -> Result<Attributes, Refusal> {
    let mut attributes = values::map(value)?;
    attributes.retain(|_, value| !value.is_empty());
    Ok(attributes)
}
