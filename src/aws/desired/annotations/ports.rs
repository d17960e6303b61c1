//! How annotations name ports of the Service.

use std::fmt;

use crate::service::{Port, ServicePort};

use super::super::invalid::quoted;
use super::values::{self, Refusal};

/// A port of a Service, by number or name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::aws::desired) enum PortRef {
    Number(Port),
    Name(String),
}

/// Some of the ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::aws::desired) enum PortChoice {
    /// All, written `*`.
    All,
    /// These; not empty.
    Some(Vec<PortRef>),
}

impl PortRef {
    /// Is this the port?
    pub(in crate::aws::desired) fn means(&self, port: &ServicePort) -> bool {
        match self {
            Self::Number(number) => port.port == *number,
            Self::Name(name) => port.name.as_ref() == Some(name),
        }
    }
}

impl fmt::Display for PortRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// None where nothing is named, which is the same as a missing key.
pub(super) fn port_choice(value: &str) -> Result<Option<PortChoice>, Refusal> {
    if value == "*" {
        return Ok(Some(PortChoice::All));
    }
    let ports = port_refs(value)?;
    Ok((!ports.is_empty()).then_some(PortChoice::Some(ports)))
}

pub(super) fn port_refs(value: &str) -> Result<Vec<PortRef>, Refusal> {
    values::list(value).into_iter().map(port_ref).collect()
}

/// Names of Service ports hold at least one letter and no `*`, so digits alone are a number (Kubernetes, IANA service
/// names).
pub(super) fn port_ref(value: &str) -> Result<PortRef, Refusal> {
    let refused = || format!("holds {}, which is not a port", quoted(value));
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        value.parse().map(PortRef::Number).map_err(|_| refused())
    } else if value.contains('*') {
        Err(refused())
    } else {
        Ok(PortRef::Name(value.to_owned()))
    }
}
