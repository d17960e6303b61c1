//! How targets are probed.

use serde::{Deserialize, Serialize};

use crate::service::Port;

/// How a target group probes its targets (ELBv2 API reference, `CreateTargetGroup`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HealthCheck {
    /// What is spoken, with what belongs to it.
    pub protocol: HealthCheckProtocol,
    /// Where.
    pub port: HealthCheckPort,
    /// Seconds between two probes, 5 to 300.
    pub interval: u16,
    /// Seconds until a probe has failed, 2 to 120.
    pub timeout: u16,
    /// Successes that make a target healthy, 2 to 10.
    pub healthy_threshold: u16,
    /// Failures that make a target unhealthy, 2 to 10.
    pub unhealthy_threshold: u16,
}

/// Protocol of a [`HealthCheck`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HealthCheckProtocol {
    /// A connection is enough.
    Tcp,
    /// `GET path` must answer with a code of the matcher.
    Http {
        /// Request path, from `/`; of gRPC the method.
        path: String,
        /// Codes of success.
        matcher: Matcher,
    },
    /// As HTTP, over TLS without verification.
    Https {
        /// Request path, from `/`; of gRPC the method.
        path: String,
        /// Codes of success.
        matcher: Matcher,
    },
}

/// Codes that count as success.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Matcher {
    /// HTTP codes, such as `200-399`.
    Http(String),
    /// gRPC codes, such as `12` or `0-99`.
    Grpc(String),
}

/// Port of a [`HealthCheck`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HealthCheckPort {
    /// The port with which the target is registered (`traffic-port`).
    Traffic,
    /// Another one, the same on all targets.
    Number(Port),
}
