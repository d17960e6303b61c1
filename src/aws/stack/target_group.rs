//! Target groups and their targets.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Attributes, HealthCheck, ResourceName, Tags};
use crate::aws::ids::{InstanceId, VpcId};
use crate::service::{IpFamily, Port};

/// A target group of instances. `name`, `protocol`, `family`, `port` and `vpc` never change in its life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TargetGroup {
    /// Unique in account and region.
    pub name: ResourceName,
    /// What its targets are sent.
    pub protocol: TargetProtocol,
    /// Over which family of addresses (`IpAddressType`).
    pub family: IpFamily,
    /// Default port of targets; each target carries its own, so this is only what AWS shows. Not compared.
    pub port: Port,
    /// The VPC.
    pub vpc: VpcId,
    /// How targets are probed.
    pub health_check: HealthCheck,
    /// Every attribute whose default is known, and those that the user set.
    pub attributes: Attributes,
    /// The targets.
    pub targets: BTreeSet<Target>,
    /// What happens to other targets.
    pub surplus: Surplus,
    /// All its tags.
    pub tags: Tags,
}

/// Protocol of a target group: the last two behind an application load balancer, the others behind a network load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TargetProtocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// Both on one port.
    TcpUdp,
    /// TLS, which the nodes' pods end; their certificates are not verified.
    Tls,
    /// HTTP of this version.
    Http(HttpVersion),
    /// HTTP of this version over TLS, without verification.
    Https(HttpVersion),
}

/// `ProtocolVersion` of a target group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HttpVersion {
    /// HTTP/1.1.
    #[default]
    Http1,
    /// HTTP/2.
    Http2,
    /// gRPC.
    Grpc,
}

/// A registered target: an instance and the port on it. One instance may be registered with several ports.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// The instance.
    pub instance: InstanceId,
    /// Its NodePort.
    pub port: Port,
}

/// What happens to targets that are registered and not wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Surplus {
    /// They leave: the target group is the Service's alone.
    #[default]
    Leaves,
    /// Those on these instances leave, which are the cluster's; other clusters keep theirs in the same target group.
    LeavesFrom(BTreeSet<InstanceId>),
}
