//! Listeners, their rules and actions.

use std::time::Duration;

use ipnet::Ipv4Net;

use super::Attributes;

/// A listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// The ARN.
    pub arn: String,
    /// The port.
    pub port: u16,
    /// The protocol.
    pub protocol: ListenerProtocol,
    /// ARNs of its certificates, the default one first; empty without TLS.
    pub certificates: Vec<String>,
    /// The security policy; empty without TLS.
    pub policy: String,
    /// The ALPN policy of a TLS listener, such as `HTTP2Preferred`; empty without one.
    pub alpn: String,
    /// What is done with what no rule matches.
    pub default_action: Action,
    /// The other rules by priority, the first that matches wins; none on a Network Load Balancer.
    pub rules: Vec<Rule>,
    /// Its attributes.
    pub attributes: Attributes,
}

/// The protocol of a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListenerProtocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// Both on one port.
    TcpUdp,
    /// TLS that ends at the load balancer.
    Tls,
    /// HTTP in the clear.
    Http,
    /// HTTP over TLS that ends at the load balancer.
    Https,
}

/// A rule of a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// 1 to 50000; the lowest is looked at first.
    pub priority: u32,
    /// All must hold.
    pub conditions: Vec<Condition>,
    /// What is done then.
    pub action: Action,
}

/// A condition of a rule: one of its values must match. In patterns `*` stands for any text and `?` for one character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Patterns of the host name, without regard to case.
    Host(Vec<String>),
    /// Patterns of the path.
    Path(Vec<String>),
    /// Patterns of the value of a header, without regard to case.
    Header {
        /// The header's name.
        name: String,
        /// The patterns.
        values: Vec<String>,
    },
    /// Methods.
    Method(Vec<String>),
    /// Parts of the query string.
    Query(Vec<Query>),
    /// Ranges of client addresses.
    Source(Vec<Ipv4Net>),
}

/// A part of a query string; both are patterns, without regard to case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The key; none for any.
    pub key: Option<String>,
    /// The value.
    pub value: String,
}

/// What is done with a connection or request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// It goes to one of the target groups.
    Forward {
        /// The groups with their shares.
        groups: Vec<Weighted>,
        /// How long a client stays with the group it got; none when it does not.
        stickiness: Option<Duration>,
    },
    /// The client is sent elsewhere.
    Redirect(Redirect),
    /// The load balancer answers itself.
    Respond {
        /// The status code.
        status: u16,
        /// The content type; may be empty.
        content_type: String,
        /// The body; may be empty.
        body: String,
    },
}

impl Action {
    /// The target groups that it forwards to.
    #[must_use]
    pub fn groups(&self) -> &[Weighted] {
        match self {
            Self::Forward { groups, .. } => groups,
            Self::Redirect(_) | Self::Respond { .. } => &[],
        }
    }
}

/// A target group with its share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weighted {
    /// The target group's ARN.
    pub arn: String,
    /// 0 to 999; the share is this in proportion to the sum.
    pub weight: u32,
}

/// Where a client is sent; each text may hold `#{protocol}`, `#{host}`, `#{port}`, `#{path}` and `#{query}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// `HTTP`, `HTTPS` or `#{protocol}`.
    pub protocol: String,
    /// The host name.
    pub host: String,
    /// A port or `#{port}`.
    pub port: String,
    /// The path, with its slash.
    pub path: String,
    /// The query, without its question mark.
    pub query: String,
    /// 301 or 302.
    pub status: u16,
}
