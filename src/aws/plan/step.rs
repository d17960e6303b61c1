//! The steps of a plan: one write to AWS each, named by resource name, because the ARN of what is created earlier in the
//! same plan is not known yet.

mod describe;

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::ids::{
    CertificateArn, ListenerArn, LoadBalancerArn, SecurityGroupId, SubnetId, TargetGroupArn, WebAclArn,
};
use crate::aws::stack::{
    AddressType, Attributes, ChosenAddresses, FrontendGroup, GroupRef, HealthCheck, IngressRule, Listener,
    LoadBalancer, ResourceName, Tags, Target, TargetGroup,
};

/// One write. `Create*` carry all that the create call can carry; the rest follows in steps of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// `CreateSecurityGroup`, without its rules.
    CreateSecurityGroup(FrontendGroup),
    /// `AuthorizeSecurityGroupIngress`.
    AuthorizeIngress {
        /// The group.
        group: GroupRef,
        /// Rules to add; not empty.
        rules: BTreeSet<IngressRule>,
        /// Description of the rules, by which their owner is told.
        description: String,
    },
    /// `RevokeSecurityGroupIngress`.
    RevokeIngress {
        /// The group.
        group: SecurityGroupId,
        /// Rules to take away; not empty.
        rules: BTreeSet<IngressRule>,
    },
    /// `CreateTargetGroup`, without attributes and targets.
    CreateTargetGroup(TargetGroup),
    /// `ModifyTargetGroup`.
    ModifyHealthCheck {
        /// The target group.
        target_group: ResourceName,
        /// The whole health check.
        health_check: HealthCheck,
    },
    /// `ModifyTargetGroupAttributes`.
    ModifyTargetGroupAttributes {
        /// The target group.
        target_group: ResourceName,
        /// Only those that differ; not empty.
        attributes: Attributes,
    },
    /// `RegisterTargets`.
    RegisterTargets {
        /// The target group.
        target_group: ResourceName,
        /// Targets to add; not empty.
        targets: BTreeSet<Target>,
    },
    /// `DeregisterTargets`.
    DeregisterTargets {
        /// The target group.
        target_group: ResourceName,
        /// Targets to take away; not empty.
        targets: BTreeSet<Target>,
    },
    /// `CreateLoadBalancer`, without attributes and listeners.
    CreateLoadBalancer(LoadBalancer),
    /// `ModifyLoadBalancerAttributes`.
    ModifyLoadBalancerAttributes {
        /// The load balancer.
        load_balancer: ResourceName,
        /// Only those that differ; not empty.
        attributes: Attributes,
    },
    /// `SetSecurityGroups`.
    SetSecurityGroups {
        /// The load balancer.
        load_balancer: ResourceName,
        /// All its groups.
        groups: BTreeSet<GroupRef>,
        /// Whether their rules hold for PrivateLink, where that differs.
        private_link_rules: Option<bool>,
    },
    /// `SetSubnets`, with what else differs and the same call can carry.
    SetSubnets {
        /// The load balancer.
        load_balancer: ResourceName,
        /// All its subnets.
        subnets: BTreeMap<SubnetId, ChosenAddresses>,
        /// The address type, where that differs.
        address_type: Option<AddressType>,
        /// Whether source NAT of IPv6 is on, where that differs.
        ipv6_source_nat: Option<bool>,
    },
    /// `SetIpAddressType`.
    SetAddressType {
        /// The load balancer.
        load_balancer: ResourceName,
        /// As it shall be.
        address_type: AddressType,
    },
    /// `ModifyCapacityReservation`.
    ModifyCapacity {
        /// The load balancer.
        load_balancer: ResourceName,
        /// Capacity units; 0 resets it.
        units: u32,
    },
    /// `AssociateWebACL` (WAF).
    AssociateWebAcl {
        /// The load balancer.
        load_balancer: ResourceName,
        /// As it shall be.
        web_acl: WebAclArn,
    },
    /// `DisassociateWebACL` (WAF).
    DisassociateWebAcl {
        /// The load balancer.
        load_balancer: ResourceName,
    },
    /// `CreateListener`, with the default certificate only.
    CreateListener {
        /// The load balancer.
        load_balancer: ResourceName,
        /// The listener.
        listener: Listener,
    },
    /// `ModifyListenerAttributes`.
    ModifyListenerAttributes {
        /// The load balancer.
        load_balancer: ResourceName,
        /// The listener, by port.
        port: crate::service::Port,
        /// Only those that differ; not empty.
        attributes: Attributes,
    },
    /// `ModifyListener`: protocol, action, default certificate, TLS and ALPN policy.
    ModifyListener {
        /// The load balancer.
        load_balancer: ResourceName,
        /// Which listener.
        arn: ListenerArn,
        /// As it shall be.
        listener: Listener,
    },
    /// `AddListenerCertificates`: certificates besides the default one.
    AddListenerCertificates {
        /// The load balancer.
        load_balancer: ResourceName,
        /// The listener, by port.
        port: crate::service::Port,
        /// Certificates to add; not empty.
        certificates: Vec<CertificateArn>,
    },
    /// `RemoveListenerCertificates`.
    RemoveListenerCertificates {
        /// The load balancer.
        load_balancer: ResourceName,
        /// The listener, by port.
        port: crate::service::Port,
        /// Certificates to take away; not empty.
        certificates: Vec<CertificateArn>,
    },
    /// `DeleteListener`.
    DeleteListener {
        /// The load balancer.
        load_balancer: ResourceName,
        /// Which listener.
        arn: ListenerArn,
    },
    /// `AddTags` (ELBv2) or `CreateTags` (EC2).
    AddTags {
        /// The resource.
        resource: TaggedResource,
        /// Tags to set; not empty.
        tags: Tags,
    },
    /// `RemoveTags` (ELBv2) or `DeleteTags` (EC2).
    RemoveTags {
        /// The resource.
        resource: TaggedResource,
        /// Keys to take away; not empty.
        keys: BTreeSet<String>,
    },
    /// `DeleteLoadBalancer`, with its listeners.
    DeleteLoadBalancer {
        /// Which.
        arn: LoadBalancerArn,
    },
    /// `DeleteTargetGroup`.
    DeleteTargetGroup {
        /// Which.
        arn: TargetGroupArn,
    },
    /// `DeleteSecurityGroup`.
    DeleteSecurityGroup {
        /// Which.
        id: SecurityGroupId,
    },
}

/// A resource of ours whose tags can change; it exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaggedResource {
    /// A load balancer.
    LoadBalancer(LoadBalancerArn),
    /// A listener.
    Listener(ListenerArn),
    /// A target group.
    TargetGroup(TargetGroupArn),
    /// A security group.
    SecurityGroup(SecurityGroupId),
}
