//! A data plane for the load balancers that LocalStack describes: addresses, forwarding, health checks, names.
//!
//! It is driven by what the ELBv2, EC2 and ACM APIs say ([`model`]), never by who said it. From the [`Picture`] of one
//! moment everything else follows by pure functions: what the kernel forwards and drops, what a proxy does
//! (TLS, PROXY protocol and all of HTTP: see [`Model::is_proxied`]), the names that resolve, the targets that are checked.

pub mod addresses;
pub mod command;
pub mod departures;
pub mod error;
#[cfg(test)]
pub(crate) mod fixture;
pub mod health;
pub mod hosts;
mod kernel;
pub mod model;
pub mod nft;
mod plane;
pub mod programs;
pub mod reading;
pub mod routes;
pub mod routing;
pub mod run;
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
