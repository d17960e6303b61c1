//! Security groups and their rules.

use std::collections::BTreeSet;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::{ResourceName, Tags};
use crate::aws::ids::{PrefixListId, SecurityGroupId, VpcId};

/// A security group by what is known of it: one of the stack's own may not exist yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GroupRef {
    /// The stack's frontend group.
    Frontend,
    /// A group that exists.
    Id(SecurityGroupId),
}

/// The security group that admits a Service's clients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FrontendGroup {
    /// `GroupName`, unique in its VPC.
    pub name: ResourceName,
    /// `GroupDescription`, immutable.
    pub description: String,
    /// The VPC.
    pub vpc: VpcId,
    /// All its ingress rules.
    pub rules: BTreeSet<IngressRule>,
    /// All its tags.
    pub tags: Tags,
}

/// One ingress rule: a port range for one source.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IngressRule {
    /// Layer 4 protocol, or ICMP.
    pub protocol: RuleProtocol,
    /// First port; of ICMP the type.
    pub from: u16,
    /// Last port; of ICMP the code.
    pub to: u16,
    /// Who is admitted.
    pub source: RuleSource,
}

/// Protocol of an [`IngressRule`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RuleProtocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP over IPv4.
    Icmp,
    /// ICMP over IPv6.
    Icmpv6,
    /// Any other, as AWS spells it (`-1`, `50`): elbow makes none, but a person may have.
    Other(String),
}

/// Source of an [`IngressRule`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RuleSource {
    /// A network, with its host bits zero.
    Cidr(IpNet),
    /// Members of a security group.
    Group(SecurityGroupId),
    /// The networks of a managed prefix list.
    PrefixList(PrefixListId),
}
