//! What the ELBv2, EC2 and ACM APIs say about load balancers, typed: nothing here knows who made them.
//!
//! IPv4 only; authentication actions, mutual TLS and targets that are load balancers or functions are left out.

mod attributes;
mod group;
mod listener;
mod security;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

pub use attributes::Attributes;
pub use group::{HealthCheck, Probe, Target, TargetGroup, TargetProtocol, Version};
pub use listener::{Action, Condition, Listener, ListenerProtocol, Query, Redirect, Rule, Weighted};
pub use security::{Peer, Permission, SecurityGroup, Traffic};

/// One region of one account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Model {
    /// The load balancers with their listeners, ordered by ARN.
    pub load_balancers: Vec<LoadBalancer>,
    /// The target groups with their targets, by ARN.
    pub target_groups: BTreeMap<String, TargetGroup>,
    /// The security groups by id.
    pub security_groups: BTreeMap<String, SecurityGroup>,
    /// The instances by id, terminated ones left out.
    pub instances: BTreeMap<String, Instance>,
    /// The host names of each certificate that a listener presents, by ARN; the first is its domain name.
    pub certificates: BTreeMap<String, Vec<String>>,
}

/// A load balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadBalancer {
    /// The ARN.
    pub arn: String,
    /// The name, unique in its region.
    pub name: String,
    /// The DNS name, as users get it.
    pub hostname: String,
    /// Network or application.
    pub kind: Kind,
    /// Where its clients are.
    pub scheme: Scheme,
    /// The enabled zones, ordered by name.
    pub zones: Vec<Zone>,
    /// Ids of its security groups. A Network Load Balancer without any admits everything.
    pub security_groups: Vec<String>,
    /// Its attributes.
    pub attributes: Attributes,
    /// Its listeners, ordered by port.
    pub listeners: Vec<Listener>,
}

/// The two types of load balancers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Layer 4.
    Network,
    /// Layer 7.
    Application,
}

/// Where the clients of a load balancer are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Anywhere: the hostname stands for public addresses.
    InternetFacing,
    /// In the VPC: the hostname stands for private addresses.
    Internal,
}

/// A zone that a load balancer is enabled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// The zone's name, such as `us-east-1a`.
    pub name: String,
    /// The range of the subnet.
    pub subnet: Ipv4Net,
    /// The Elastic IP address that was chosen, if any.
    pub elastic: Option<Ipv4Addr>,
    /// The private address that was chosen, if any.
    pub private: Option<Ipv4Addr>,
}

/// An EC2 instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Its private address.
    pub address: Ipv4Addr,
    /// The name of its zone.
    pub zone: String,
    /// Whether it is in the state `running`.
    pub running: bool,
    /// Ids of the security groups of its network interfaces.
    pub security_groups: Vec<String>,
}

impl Model {
    /// The target groups that a listener forwards to, by its default action or a rule; those that are gone left out.
    pub fn groups_of<'a>(&'a self, listener: &'a Listener) -> impl Iterator<Item = &'a TargetGroup> {
        let actions = listener.rules.iter().map(|rule| &rule.action);
        let actions = std::iter::once(&listener.default_action).chain(actions);
        let arns = actions.flat_map(|action| action.groups()).map(|group| &group.arn);
        arns.filter_map(|arn| self.target_groups.get(arn))
    }

    /// Whether a listener needs a proxy: its bytes are read or changed on the way. The kernel forwards the others.
    #[must_use]
    pub fn is_proxied(&self, listener: &Listener) -> bool {
        let changed = |group: &TargetGroup| {
            group.protocol == TargetProtocol::Tls || group.attributes.is_on("proxy_protocol_v2.enabled")
        };
        match listener.protocol {
            ListenerProtocol::Tls | ListenerProtocol::Http | ListenerProtocol::Https => true,
            ListenerProtocol::Tcp | ListenerProtocol::Udp | ListenerProtocol::TcpUdp => {
                self.groups_of(listener).any(changed)
            }
        }
    }
}
