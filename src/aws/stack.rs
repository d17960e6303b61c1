//! The vocabulary: what AWS should hold for one Service. Observed state uses the same words, and `elbow plan` prints them.

mod display;
mod health_check;
mod listener;
mod load_balancer;
mod room;
mod security_group;
mod target_group;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::service::{Owner, Port};

pub use health_check::{HealthCheck, HealthCheckPort, HealthCheckProtocol, Matcher};
pub use listener::{
    Action, AlpnPolicy, Forward, Listener, ListenerProtocol, Redirect, TargetGroupRef, WeightedTargetGroup,
};
pub use load_balancer::{AddressType, ChosenAddresses, LoadBalancer, LoadBalancerKind, Scheme};
pub use room::Room;
pub use security_group::{FrontendGroup, GroupRef, IngressRule, RuleProtocol, RuleSource};
pub use target_group::{HttpVersion, Surplus, Target, TargetGroup, TargetProtocol};

/// Tags of a resource: key to value.
pub type Tags = BTreeMap<String, String>;

/// Attributes of a load balancer, listener or target group: key to value, in AWS' own spelling.
pub type Attributes = BTreeMap<String, String>;

/// All that AWS should hold for one Service. Names are keys: they are unique within an account and region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stack {
    /// The Service.
    pub owner: Owner,
    /// The group that admits clients; none where the user names groups of their own, or wants none at all.
    pub frontend_group: Option<FrontendGroup>,
    /// The load balancer.
    pub load_balancer: LoadBalancer,
    /// Its listeners by port.
    pub listeners: BTreeMap<Port, Listener>,
    /// Its target groups by name.
    pub target_groups: BTreeMap<ResourceName, TargetGroup>,
    /// Keys of tags that something else keeps on our resources: the plan neither sets nor removes them.
    pub external_tag_keys: BTreeSet<String>,
    /// How many targets fit into each target group; none where that is far away. It decides about the order of steps only.
    #[serde(skip)]
    pub room: Option<Room>,
}

/// Name of a load balancer, target group or security group of ours: at most 32 characters for the first two
/// (letters, digits, hyphens; no hyphen at an edge; ELBv2 API reference, `CreateLoadBalancer`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResourceName(String);

/// A name that AWS would refuse.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a name of 1 to 32 letters, digits and inner hyphens that does not begin with `internal-`")]
pub struct InvalidName(pub String);

impl ResourceName {
    /// Longest name of a load balancer or target group.
    pub const MAX: usize = 32;

    /// Checks the rules of `CreateLoadBalancer`, the strictest of those that apply to our names.
    ///
    /// # Errors
    /// [`InvalidName`] if one is broken.
    pub fn parse(name: &str) -> Result<Self, InvalidName> {
        let sound = (1..=Self::MAX).contains(&name.len())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !name.starts_with('-')
            && !name.ends_with('-')
            && !name.starts_with("internal-");
        if sound {
            Ok(Self(name.to_owned()))
        } else {
            Err(InvalidName(name.to_owned()))
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ResourceName {
    type Error = InvalidName;

    fn try_from(name: String) -> Result<Self, InvalidName> {
        Self::parse(&name)
    }
}

impl From<ResourceName> for String {
    fn from(name: ResourceName) -> Self {
        name.0
    }
}
