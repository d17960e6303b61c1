//! What AWS describes, as far as elbow reads it, and settings that it takes in the same shape.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use crate::aws::ids::{
    CertificateArn, InstanceId, ListenerArn, LoadBalancerArn, SecurityGroupId, SubnetId, TargetGroupArn, VpcId,
};
use crate::aws::stack::{
    AddressType, AlpnPolicy, ChosenAddresses, HealthCheck, IngressRule, ListenerProtocol, LoadBalancerKind, Redirect,
    Scheme, Tags, Target, TargetProtocol,
};
use crate::service::{IpFamily, Port};

/// A VPC as EC2 describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VpcDescription {
    /// Its networks, of both families.
    pub networks: Vec<IpNet>,
}

/// A subnet as EC2 describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubnetDescription {
    /// `SubnetId`.
    pub id: SubnetId,
    /// `AvailabilityZone`, such as `us-east-1a`.
    pub zone: String,
    /// Its networks, of both families.
    pub networks: Vec<IpNet>,
    /// `AvailableIpAddressCount`.
    pub free_addresses: u32,
    /// Tags.
    pub tags: Tags,
}

/// A route table as EC2 describes it, as far as public subnets are told by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteTableDescription {
    /// Is it the VPC's main table, which serves every subnet without a table of its own?
    pub main: bool,
    /// Subnets associated with it explicitly.
    pub subnets: BTreeSet<SubnetId>,
    /// Does an active route lead to an internet gateway (`igw-...`)?
    pub internet_gateway: bool,
}

/// An instance as EC2 describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceDescription {
    /// `InstanceId`.
    pub id: InstanceId,
    /// `VpcId`; none once it is terminated.
    pub vpc: Option<VpcId>,
    /// `Placement.AvailabilityZone`, such as `us-east-1a`; none where EC2 does not tell it.
    pub zone: Option<String>,
    /// Groups on its primary network interface (device index 0).
    pub security_groups: BTreeSet<SecurityGroupId>,
    /// Is its state `terminated` or `shutting-down`?
    pub terminated: bool,
    /// Tags.
    pub tags: Tags,
}

/// A security group as EC2 describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroupDescription {
    /// `GroupId`.
    pub id: SecurityGroupId,
    /// `GroupName`, of up to 255 characters.
    pub name: String,
    /// `Description`.
    pub description: String,
    /// `VpcId`.
    pub vpc: VpcId,
    /// Ingress rules, one for each source.
    pub rules: BTreeSet<IngressRule>,
    /// Their descriptions, where they have one.
    pub rule_descriptions: BTreeMap<IngressRule, String>,
    /// Tags.
    pub tags: Tags,
}

/// A load balancer as ELBv2 describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadBalancerDescription {
    /// `LoadBalancerArn`.
    pub arn: LoadBalancerArn,
    /// `LoadBalancerName`.
    pub name: String,
    /// `DNSName`, lower case.
    pub dns_name: String,
    /// `Scheme`; none for a Gateway Load Balancer.
    pub scheme: Option<Scheme>,
    /// `Type`; none for a Gateway Load Balancer.
    pub kind: Option<LoadBalancerKind>,
    /// Is its state `active` (or `active_impaired`)?
    pub active: bool,
    /// `VpcId`.
    pub vpc: VpcId,
    /// Subnets of its zones, with the addresses that AWS reports as chosen.
    pub subnets: BTreeMap<SubnetId, ChosenAddresses>,
    /// `IpAddressType`.
    pub address_type: AddressType,
    /// Is `EnablePrefixForIpv6SourceNat` `on`?
    pub ipv6_source_nat: bool,
    /// `SecurityGroups`.
    pub security_groups: BTreeSet<SecurityGroupId>,
    /// Is `EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic` anything but `off`?
    pub private_link_rules: bool,
}

/// What `SetSubnets` sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubnetSettings {
    /// All subnets, with chosen addresses.
    pub subnets: BTreeMap<SubnetId, ChosenAddresses>,
    /// `IpAddressType`; none leaves it as it is.
    pub address_type: Option<AddressType>,
    /// `EnablePrefixForIpv6SourceNat`; none leaves it as it is.
    pub ipv6_source_nat: Option<bool>,
}

/// What `CreateLoadBalancer` answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedLoadBalancer {
    /// `LoadBalancerArn`.
    pub arn: LoadBalancerArn,
    /// `DNSName`, lower case.
    pub dns_name: String,
    /// Is its state `active` already?
    pub active: bool,
}

/// A target group as ELBv2 describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetGroupDescription {
    /// `TargetGroupArn`.
    pub arn: TargetGroupArn,
    /// `TargetGroupName`.
    pub name: String,
    /// The VPC; none for a Lambda target group.
    pub vpc: Option<VpcId>,
    /// What elbow knows to compare; none where type, protocol or health check is one that elbow never makes.
    pub settings: Option<TargetGroupSettings>,
}

/// The settings of a target group of instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetGroupSettings {
    /// `Protocol` and `ProtocolVersion`.
    pub protocol: TargetProtocol,
    /// `IpAddressType`.
    pub family: IpFamily,
    /// `Port`.
    pub port: Port,
    /// Health check.
    pub health_check: HealthCheck,
}

/// A listener as ELBv2 describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerDescription {
    /// `ListenerArn`.
    pub arn: ListenerArn,
    /// `Port`.
    pub port: Port,
    /// What elbow knows to compare; none where protocol or default action is one that elbow never makes.
    pub settings: Option<ListenerSettings>,
}

/// The settings of a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerSettings {
    /// `Port`.
    pub port: Port,
    /// `Protocol`.
    pub protocol: ListenerProtocol,
    /// The default action.
    pub action: ActionSettings,
    /// The default certificate.
    pub certificate: Option<CertificateArn>,
    /// `SslPolicy`.
    pub ssl_policy: Option<String>,
    /// `AlpnPolicy`.
    pub alpn: AlpnPolicy,
}

/// An action, with target groups by ARN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionSettings {
    /// To targets.
    Forward {
        /// Target groups and their weights, 0 to 999; not empty. The weight of a sole one is 1.
        to: BTreeMap<TargetGroupArn, u16>,
        /// `TargetGroupStickinessConfig`: seconds; none where it is off.
        stickiness: Option<u32>,
    },
    /// To HTTPS.
    Redirect(Redirect),
}

/// A target as `DescribeTargetHealth` describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetDescription {
    /// Instance and port.
    pub target: Target,
    /// `TargetHealth.State`, such as `healthy`, `initial`, `unused`, `draining`.
    pub state: String,
    /// `TargetHealth.Reason`, such as `Target.FailedHealthChecks`; empty if AWS gives none.
    pub reason: String,
    /// `TargetHealth.Description`, such as `Health checks failed with these codes: [503]`; empty if AWS gives none.
    pub description: String,
}
