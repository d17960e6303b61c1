//! The vocabulary: what AWS should hold for one Service. Observed state uses the same words.

mod display;

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use crate::aws::ids::{CertificateArn, InstanceId, SecurityGroupId, SubnetId, VpcId};
use crate::service::{Owner, Port};

/// Tags of a resource: key to value.
pub type Tags = BTreeMap<String, String>;

/// Attributes of a load balancer or target group: key to value, in AWS' own spelling.
pub type Attributes = BTreeMap<String, String>;

/// All that AWS should hold for one Service. Names are keys: they are unique within an account and region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack {
    /// The Service.
    pub owner: Owner,
    /// The group that admits clients; none where the user names groups of their own.
    pub frontend_group: Option<FrontendGroup>,
    /// The load balancer.
    pub load_balancer: LoadBalancer,
    /// Its listeners by port.
    pub listeners: BTreeMap<Port, Listener>,
    /// Its target groups by name.
    pub target_groups: BTreeMap<ResourceName, TargetGroup>,
    /// Keys of tags that something else keeps on our resources: the plan neither sets nor removes them.
    pub external_tag_keys: BTreeSet<String>,
}

/// Name of a load balancer, target group or security group of ours: at most 32 characters for the first two
/// (letters, digits, hyphens; no hyphen at an edge; ELBv2 API reference, `CreateLoadBalancer`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceName(String);

/// A load balancer. `name`, `scheme` and `vpc` never change in its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadBalancer {
    /// Unique in account and region.
    pub name: ResourceName,
    /// Was the name chosen by the user? Then somebody else may hold it.
    pub explicit_name: bool,
    /// Where its addresses come from.
    pub scheme: Scheme,
    /// One subnet a zone.
    pub subnets: BTreeSet<SubnetId>,
    /// Groups on its network interfaces.
    pub security_groups: BTreeSet<GroupRef>,
    /// Every attribute whose default is known, and those that the user set.
    pub attributes: Attributes,
    /// All its tags.
    pub tags: Tags,
}

/// `scheme` of a load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scheme {
    /// Private addresses only.
    Internal,
    /// Public addresses.
    InternetFacing,
}

/// A security group by what is known of it: one of the stack's own may not exist yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GroupRef {
    /// The stack's frontend group.
    Frontend,
    /// A group that exists.
    Id(SecurityGroupId),
}

/// The security group that admits a Service's clients.
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IngressRule {
    /// Layer 4 protocol.
    pub protocol: RuleProtocol,
    /// First port.
    pub from: u16,
    /// Last port.
    pub to: u16,
    /// Who is admitted.
    pub source: RuleSource,
}

/// Protocol of an [`IngressRule`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RuleProtocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// Any other, as AWS spells it (`icmp`, `-1`): elbow makes none, but a person may have.
    Other(String),
}

/// Source of an [`IngressRule`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RuleSource {
    /// A network, with its host bits zero.
    Cidr(IpNet),
    /// Members of a security group.
    Group(SecurityGroupId),
    /// A managed prefix list (`pl-...`): elbow makes none yet, but a person may have.
    PrefixList(String),
}

/// A listener; its port is its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Where it listens.
    pub port: Port,
    /// What it speaks.
    pub protocol: ListenerProtocol,
    /// Where it forwards to.
    pub target_group: ResourceName,
    /// Certificates; the first is the default. Empty unless TLS.
    pub certificates: Vec<CertificateArn>,
    /// TLS policy, such as `ELBSecurityPolicy-TLS13-1-2-2021-06`; only with TLS.
    pub ssl_policy: Option<String>,
    /// All its tags.
    pub tags: Tags,
}

/// Protocol of a listener of a Network Load Balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ListenerProtocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// Both on one port.
    TcpUdp,
    /// TLS that ends at the load balancer.
    Tls,
}

/// Protocol of a target group of a Network Load Balancer; immutable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TargetProtocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// Both on one port.
    TcpUdp,
}

/// A target group of instances. `name`, `protocol`, `port` and `vpc` never change in its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetGroup {
    /// Unique in account and region.
    pub name: ResourceName,
    /// What its targets are sent.
    pub protocol: TargetProtocol,
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
    /// All its tags.
    pub tags: Tags,
}

/// A registered target: an instance and the port on it. One instance may be registered with several ports.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Target {
    /// The instance.
    pub instance: InstanceId,
    /// Its NodePort.
    pub port: Port,
}

/// How a target group probes its targets (ELBv2 API reference, `CreateTargetGroup`).
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HealthCheckProtocol {
    /// A connection is enough.
    Tcp,
    /// `GET path` must answer with a code of the matcher.
    Http {
        /// Request path, from `/`.
        path: String,
        /// HTTP codes, such as `200-399`.
        matcher: String,
    },
    /// As HTTP, over TLS without verification.
    Https {
        /// Request path, from `/`.
        path: String,
        /// HTTP codes, such as `200-399`.
        matcher: String,
    },
}

/// Port of a [`HealthCheck`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealthCheckPort {
    /// The port with which the target is registered (`traffic-port`).
    Traffic,
    /// Another one, the same on all targets.
    Number(Port),
}

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
