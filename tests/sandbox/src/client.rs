//! The traffic client: what a user's programs do with a load balancer, asked once ([`Ask`]) or many times a second
//! ([`Load`]).
//!
//! It speaks HTTP/1.1, HTTP/2 (over TLS, or in clear text with prior knowledge), calls in gRPC's shape, TCP, TLS and UDP,
//! and says of each request which address answered what, or why there was no answer. The same program runs as the hidden
//! commands `client-ask` and `client-load`, so that tests start it where the traffic is to come from: at a [`Station`],
//! the network namespace of the sandbox's client above all. A hostname is resolved anew for each connection, as by a
//! client that heeds a load balancer's DNS record.
//!
//! Not modelled: retries (a request without an answer is a failure, because the tests ask for not a single one),
//! redirects, which are answers like others, and the cache of a resolver.

pub mod ask;
pub mod command;
mod connect;
mod connection;
pub mod failure;
mod http;
pub mod jar;
pub mod load;
pub mod reply;
pub mod report;
pub mod station;
pub mod target;
#[cfg(test)]
mod tests;
mod tls;

pub use ask::Ask;
pub use failure::Failure;
pub use jar::Jar;
pub use load::Load;
pub use reply::Reply;
pub use report::Report;
pub use station::{Running, Station};
