//! The load balancer itself.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::Ipv6Net;
use serde::{Deserialize, Serialize};

use super::{Attributes, GroupRef, ResourceName, Tags};
use crate::aws::ids::{AllocationId, SubnetId, WebAclArn};

/// A load balancer. `name`, `kind` and `scheme` never change in its life, nor do the addresses in a zone that it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoadBalancer {
    /// Unique in account and region.
    pub name: ResourceName,
    /// Was the name chosen by the user? Then somebody else may hold it.
    pub explicit_name: bool,
    /// Network or application.
    pub kind: LoadBalancerKind,
    /// Where its addresses come from.
    pub scheme: Scheme,
    /// Which families of addresses it has.
    pub address_type: AddressType,
    /// One subnet a zone, each with the addresses that the user chose in it.
    pub subnets: BTreeMap<SubnetId, ChosenAddresses>,
    /// `EnablePrefixForIpv6SourceNat`: lets UDP be served over IPv6. Always false of an application load balancer.
    pub ipv6_source_nat: bool,
    /// Groups on its network interfaces. Empty only of a network load balancer, which then never gets any.
    pub security_groups: BTreeSet<GroupRef>,
    /// `EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic`: do the groups' rules hold for clients that come by
    /// PrivateLink too? AWS' default is true, which also stands for load balancers that have no such setting.
    pub private_link_rules: bool,
    /// Every attribute whose default is known, and those that the user set.
    pub attributes: Attributes,
    /// Reserved minimum of capacity in load balancer capacity units; 0 if none is reserved.
    pub capacity_units: u32,
    /// The web ACL in front of an application load balancer.
    pub web_acl: Option<WebAclArn>,
    /// All its tags.
    pub tags: Tags,
}

/// `Type` of a load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoadBalancerKind {
    /// Layer 4: TCP, UDP, TLS.
    Network,
    /// Layer 7: HTTP, HTTPS.
    Application,
}

/// `Scheme` of a load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// Private addresses only.
    Internal,
    /// Public addresses.
    InternetFacing,
}

/// `IpAddressType` of a load balancer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddressType {
    /// IPv4 only.
    #[default]
    Ipv4,
    /// IPv4 and IPv6.
    Dualstack,
    /// Public IPv6 and private IPv4; internet-facing application load balancers only.
    DualstackWithoutPublicIpv4,
}

/// Addresses in one subnet that the user chose; what is none is left to AWS.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ChosenAddresses {
    /// Elastic IP address, of an internet-facing load balancer.
    pub allocation: Option<AllocationId>,
    /// Private address, of an internal load balancer.
    pub private_ipv4: Option<Ipv4Addr>,
    /// IPv6 address, of a dual-stack load balancer.
    pub ipv6: Option<Ipv6Addr>,
    /// Prefix of 80 bits for source NAT of UDP over IPv6.
    pub source_nat_prefix: Option<Ipv6Net>,
}

impl LoadBalancer {
    /// Is it in exactly the wanted subnets, with addresses that can be left as they are?
    #[must_use]
    pub fn is_in(&self, wanted: &BTreeMap<SubnetId, ChosenAddresses>) -> bool {
        self.subnets.keys().eq(wanted.keys())
            && self.subnets.iter().all(|(subnet, present)| {
                let wanted = wanted.get(subnet);
                wanted.is_some_and(|wanted| present.satisfies(wanted))
            })
    }
}

impl AddressType {
    /// Does the load balancer have IPv6 addresses?
    #[must_use]
    pub fn has_ipv6(self) -> bool {
        self != Self::Ipv4
    }
}

impl ChosenAddresses {
    /// Can a load balancer that has these addresses in a subnet be left as it is where `wanted` is asked for? An Elastic
    /// IP address that is not asked for is given back; any other that is not asked for may be AWS' own choice.
    #[must_use]
    pub fn satisfies(&self, wanted: &Self) -> bool {
        fn fits<T: PartialEq>(wanted: Option<&T>, present: Option<&T>) -> bool {
            wanted.is_none() || wanted == present
        }
        self.allocation == wanted.allocation
            && fits(wanted.private_ipv4.as_ref(), self.private_ipv4.as_ref())
            && fits(wanted.ipv6.as_ref(), self.ipv6.as_ref())
            && fits(wanted.source_nat_prefix.as_ref(), self.source_nat_prefix.as_ref())
    }
}
