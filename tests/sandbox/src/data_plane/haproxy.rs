//! The part of the data plane that reads or changes what it forwards, done by HAProxy.
//!
//! What it does follows from the [`Picture`](super::Picture) by a pure function ([`Configuration::of`]); [`Haproxy`] runs
//! the program and brings each new configuration into force without losing a request. For each zone of a load balancer there
//! is a frontend for each proxied listener, at the zone's addresses, and a backend for each target group, whose connections
//! come from the zone's private address.
//!
//! Modelled for Network Load Balancers: TLS listeners with their certificates, security and ALPN policies, TLS to targets,
//! PROXY protocol version 2, `source_ip` stickiness, idle timeouts. For Application Load Balancers: rules by priority with
//! all kinds of conditions, forwarding with weights, redirects, fixed responses, `lb_cookie` and group stickiness, the
//! `X-Forwarded-*` headers, HTTP/2 from clients over TLS, all protocol versions of target groups (with status 464 where a
//! client's does not fit), routing algorithms.
//!
//! Not modelled:
//! - the client's address is not preserved towards the targets of proxied listeners of Network Load Balancers: their
//!   connections come from the load balancer, as with `preserve_client_ip.enabled=false`;
//! - `app_cookie` stickiness, slow start, anomaly mitigation, the lifetime of client connections, `X-Amzn-Trace-Id`, access
//!   logs, authentication, mutual TLS, rewriting of the `Host` header;
//! - a connection that a target refuses is answered with 503, by AWS with 502; cookies are not encrypted;
//! - source_ip stickiness stays within one set of healthy targets: it is a hash, not a memory.

mod action;
mod backend;
mod certificates;
mod condition;
pub mod configuration;
mod error;
mod files;
mod frontend;
mod headers;
mod master;
mod names;
mod pattern;
mod proxy;
mod run;
mod tls;
mod word;

pub use certificates::Certificates;
pub use configuration::Configuration;
pub use error::Error;
pub use files::Files;
pub use proxy::Proxy;
pub use run::Haproxy;
