//! Between the SDK's types and elbow's: pure. What elbow never makes is tolerated, not understood.

pub(super) mod actions;
pub(super) mod ec2;
pub(super) mod elbv2;
pub(super) mod health_check;
pub(super) mod rules;

use std::fmt::Display;

use crate::service::Port;

/// A port as the SDK writes it; none if it is not one.
fn port(number: Option<i32>) -> Option<Port> {
    Port::new(u16::try_from(number?).ok()?)
}

/// Identifiers as the SDK wants them.
pub(super) fn strings<T: Display>(ids: impl IntoIterator<Item = T>) -> Vec<String> {
    ids.into_iter().map(|id| id.to_string()).collect()
}
