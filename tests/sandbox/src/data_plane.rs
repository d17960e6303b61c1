//! A data plane for the load balancers that LocalStack describes: addresses, forwarding, health checks, names.
//!
//! It is driven by what the ELBv2, EC2 and ACM APIs say ([`model`]), never by who said it. From the [`Picture`] of one
//! moment everything else follows by pure functions: what the kernel forwards and drops, what a proxy does
//! (TLS, PROXY protocol and all of HTTP: see [`Model::is_proxied`]), the names that resolve, the targets that are checked.

pub mod addresses;
pub mod certificates;
pub mod haproxy;
pub mod model;
pub mod routing;
pub mod verdict;

pub use addresses::Addresses;
pub use model::Model;
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
}
