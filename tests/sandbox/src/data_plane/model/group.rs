//! Target groups.

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::Attributes;

/// A target group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetGroup {
    /// The ARN.
    pub arn: String,
    /// The name, unique in its region.
    pub name: String,
    /// The protocol spoken to the targets.
    pub protocol: TargetProtocol,
    /// The version of HTTP spoken to the targets; [`Version::Http1`] where HTTP is not spoken.
    pub version: Version,
    /// How targets are checked.
    pub health_check: HealthCheck,
    /// Its attributes.
    pub attributes: Attributes,
    /// The registered targets, ordered by id and port; draining ones left out.
    pub targets: Vec<Target>,
}

/// The protocol of a target group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetProtocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// Both on one port.
    TcpUdp,
    /// TLS, certificates not verified.
    Tls,
    /// HTTP in the clear.
    Http,
    /// HTTP over TLS, certificates not verified.
    Https,
}

/// The protocol version of a target group for HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2; with [`TargetProtocol::Http`] in the clear, with prior knowledge.
    Http2,
    /// gRPC over HTTP/2.
    Grpc,
}

/// A registered target.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// The instance's id, or an address.
    pub id: String,
    /// The port that traffic goes to.
    pub port: u16,
    /// Where it is; none when the instance is gone or does not run.
    pub address: Option<Ipv4Addr>,
    /// The zone it is in; none when the instance is gone, or for an address.
    pub zone: Option<String>,
}

impl Target {
    /// What tells targets of one group apart: `ID:PORT`.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}:{}", self.id, self.port)
    }
}

/// How the targets of a group are checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    /// What is asked.
    pub probe: Probe,
    /// The port; none for the port that traffic goes to.
    pub port: Option<u16>,
    /// The time from one check to the next.
    pub interval: Duration,
    /// How long an answer may take.
    pub timeout: Duration,
    /// So many successes in a row make an unhealthy target healthy.
    pub healthy_threshold: u32,
    /// So many failures in a row make a healthy target unhealthy.
    pub unhealthy_threshold: u32,
}

/// What a health check asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe {
    /// A connection.
    Tcp,
    /// A GET.
    Http {
        /// Over TLS, certificates not verified.
        tls: bool,
        /// The path with its query.
        path: String,
        /// The codes of success: of HTTP, or of gRPC where the group's version is that.
        codes: Vec<RangeInclusive<u16>>,
    },
}
