//! A data plane for the load balancers that LocalStack describes: addresses, forwarding, health checks, names.
//!
//! It is driven by what the ELBv2, EC2 and ACM APIs say ([`model`]), never by who said it. From the [`Picture`] of one
//! moment everything else follows by pure functions: what the kernel of the sandbox's outer network namespace forwards and
//! drops ([`nft`]), what a proxy does (TLS, PROXY protocol and all of HTTP: see [`Model::is_proxied`]), the names that
//! resolve ([`hosts`]), the targets that are checked ([`health`]).
//!
//! What is as on AWS: one address or two in each zone, the same for the load balancer's life; forwarding of TCP and UDP with
//! the client's address kept or hidden, by a hash of the connection or, with stickiness, of the client's address; cross-zone
//! load balancing; minimum healthy targets, fail open, and zones that leave the name; deregistration delay and the end of
//! connections to targets that left or are unhealthy; stateful security groups of load balancers, nodes and pods, with
//! references to groups and prefix lists; health checks by TCP, HTTP, HTTPS and gRPC with their thresholds and reasons.
//!
//! What is not: IPv6; idle timeouts (the kernel's own apply); answers of a load balancer itself to what it cannot serve (it
//! drops what arrives where nobody listens or no target is registered); slow start; zonal shifts; target groups of type
//! `lambda` and `alb`; the time that AWS takes to make, change and remove things. A node's outgoing rules are asked about
//! the target of a connection through a load balancer, not about the load balancer.

use std::path::PathBuf;

use crate::layout::Layout;

pub mod addresses;
pub mod command;
pub mod departures;
pub mod error;
#[cfg(test)]
pub(crate) mod fixture;
pub mod haproxy;
pub mod health;
pub mod hosts;
mod kernel;
pub mod model;
pub mod nft;
mod plane;
pub mod programs;
mod publication;
pub mod reading;
pub mod routes;
pub mod routing;
pub mod run;
pub mod start;
mod summary;
pub mod verdict;

pub use addresses::Addresses;
pub use error::{Error, Result};
pub use model::Model;
pub use routes::PodRanges;
pub use run::{Settings, run, serve};
pub use verdict::Verdicts;

/// All that the data plane does at one moment follows from this.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// What the APIs say.
    pub model: Model,
    /// Where each load balancer is.
    pub addresses: Addresses,
    /// What the health checks found.
    pub verdicts: Verdicts,
    /// The ranges of the pods behind each node's address, as the routes of this network namespace say.
    pub pod_ranges: PodRanges,
}

/// The file in which LocalStack's plug-in counts writes, from which the data plane knows when to read.
#[must_use]
pub fn changes(layout: &Layout) -> PathBuf {
    layout.data_plane().join(CHANGES)
}

/// The file of [`Verdicts`], from which LocalStack's plug-in answers.
#[must_use]
pub fn verdicts(layout: &Layout) -> PathBuf {
    layout.data_plane().join(VERDICTS)
}

/// The hosts file (hosts(5)) of the load balancers' names.
#[must_use]
pub fn names(layout: &Layout) -> PathBuf {
    layout.data_plane().join(HOSTS)
}

const CHANGES: &str = "changes";
const VERDICTS: &str = "verdicts.json";
const HOSTS: &str = "hosts";
