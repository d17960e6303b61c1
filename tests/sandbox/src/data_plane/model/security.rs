//! Security groups.

use std::ops::RangeInclusive;

use ipnet::Ipv4Net;

/// A security group: what is not permitted is dropped, and answers to what was permitted pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecurityGroup {
    /// What its members may receive.
    pub ingress: Vec<Permission>,
    /// What its members may send.
    pub egress: Vec<Permission>,
}

/// A rule of a security group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// Protocol and ports.
    pub traffic: Traffic,
    /// The other sides; one must match.
    pub peers: Vec<Peer>,
}

/// Protocol and ports of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Traffic {
    /// Everything.
    Any,
    /// TCP to these ports.
    Tcp(RangeInclusive<u16>),
    /// UDP to these ports.
    Udp(RangeInclusive<u16>),
    /// ICMP of all types.
    Icmp,
}

/// The other side of what a rule permits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A range of addresses; those of prefix lists among them.
    Range(Ipv4Net),
    /// All members of a security group.
    Group(String),
}
