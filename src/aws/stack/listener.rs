//! Listeners and what they do with a connection or request.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Attributes, ResourceName, Tags};
use crate::aws::ids::{CertificateArn, TargetGroupArn};
use crate::service::Port;

/// A listener; its port is its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listener {
    /// Where it listens.
    pub port: Port,
    /// What it speaks.
    pub protocol: ListenerProtocol,
    /// What it does where no rule says otherwise.
    pub action: Action,
    /// Certificates; the first is the default. Empty unless the protocol is secure.
    pub certificates: Vec<CertificateArn>,
    /// TLS policy, such as `ELBSecurityPolicy-TLS13-1-2-2021-06`; only where the protocol is secure.
    pub ssl_policy: Option<String>,
    /// Application protocols that a TLS listener offers; [`AlpnPolicy::None`] of any other.
    pub alpn: AlpnPolicy,
    /// Every attribute whose default is known, and those that the user set.
    pub attributes: Attributes,
    /// All its tags.
    pub tags: Tags,
}

/// Protocol of a listener: the last two of an application load balancer, the others of a network load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ListenerProtocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// Both on one port.
    TcpUdp,
    /// TLS that ends at the load balancer.
    Tls,
    /// HTTP.
    Http,
    /// HTTP over TLS that ends at the load balancer.
    Https,
}

/// What a listener does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// Sends it on to targets.
    Forward(Forward),
    /// Answers with a redirect; HTTP only.
    Redirect(Redirect),
}

/// Where a listener forwards to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Forward {
    /// One to five target groups (ELBv2 API reference, `ForwardActionConfig`), each once. The weight of a sole one is 1.
    pub to: BTreeSet<WeightedTargetGroup>,
    /// For how many seconds a client keeps its target group: 1 to 604800, or 0 of a network load balancer, for which AWS
    /// takes no duration. None where clients do not keep it.
    pub stickiness: Option<u32>,
}

/// A target group and its share.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WeightedTargetGroup {
    /// Which.
    pub target_group: TargetGroupRef,
    /// Its share of what all weights add up to, 0 to 999.
    pub weight: u16,
}

/// A target group that a listener forwards to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TargetGroupRef {
    /// One of the stack's.
    Own(ResourceName),
    /// One that somebody else keeps; elbow only forwards to it.
    Foreign(TargetGroupArn),
}

/// A permanent redirect (301) to HTTPS: same host, path and query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Redirect {
    /// Port of the HTTPS listener.
    pub port: Port,
}

/// `AlpnPolicy` of a TLS listener (ELBv2 API reference, `CreateListener`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum AlpnPolicy {
    /// Nothing is negotiated.
    #[default]
    None,
    /// HTTP/1.1 and 1.0.
    HTTP1Only,
    /// HTTP/2.
    HTTP2Only,
    /// HTTP/1.1 before HTTP/2.
    HTTP2Optional,
    /// HTTP/2 before HTTP/1.1.
    HTTP2Preferred,
}

impl ListenerProtocol {
    /// Does TLS end at the load balancer, so that the listener has certificates?
    #[must_use]
    pub fn is_secure(self) -> bool {
        matches!(self, Self::Tls | Self::Https)
    }
}

impl Forward {
    /// All to one target group.
    #[must_use]
    pub fn to_one(target_group: TargetGroupRef) -> Self {
        Self {
            to: BTreeSet::from([WeightedTargetGroup {
                target_group,
                weight: 1,
            }]),
            stickiness: None,
        }
    }
}

impl Action {
    /// The stack's target groups that the action needs.
    pub fn own_target_groups(&self) -> impl Iterator<Item = &ResourceName> {
        let to = match self {
            Self::Forward(forward) => Some(&forward.to),
            Self::Redirect(_) => None,
        };
        to.into_iter()
            .flatten()
            .filter_map(|weighted| match &weighted.target_group {
                TargetGroupRef::Own(name) => Some(name),
                TargetGroupRef::Foreign(_) => None,
            })
    }
}
