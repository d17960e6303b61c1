//! The narrow edge to AWS: one method for each operation that elbow uses, in elbow's own types.
//!
//! The SDK implements it, and so does the in-memory AWS of the tests. Reads follow pages to the end. Every call ends
//! within its deadline.

mod description;

use std::collections::BTreeSet;

use crate::aws::error::AwsError;
use crate::aws::ids::{
    CertificateArn, InstanceId, ListenerArn, LoadBalancerArn, SecurityGroupId, TargetGroupArn, VpcId, WebAclArn,
};
use crate::aws::quotas::Limits;
use crate::aws::stack::{
    AddressType, Attributes, FrontendGroup, HealthCheck, IngressRule, LoadBalancer, ResourceName, Tags, Target,
    TargetGroup,
};

pub use description::{
    ActionSettings, CreatedLoadBalancer, InstanceDescription, ListenerDescription, ListenerSettings,
    LoadBalancerDescription, RouteTableDescription, SecurityGroupDescription, SubnetDescription, SubnetSettings,
    TargetDescription, TargetGroupDescription, TargetGroupSettings, VpcDescription,
};

/// Result of one call.
pub type AwsResult<T> = Result<T, AwsError>;

/// The operations. All errors are [`AwsError`], classified by AWS' error code.
pub trait AwsApi: Send + Sync + 'static {
    /// `ec2:DescribeSubnets`: all of one VPC.
    fn describe_subnets(&self, vpc: &VpcId) -> impl Future<Output = AwsResult<Vec<SubnetDescription>>> + Send;
    /// `ec2:DescribeVpcs`: one VPC.
    fn describe_vpc(&self, vpc: &VpcId) -> impl Future<Output = AwsResult<VpcDescription>> + Send;
    /// `ec2:DescribeRouteTables`: all of one VPC.
    fn describe_route_tables(&self, vpc: &VpcId) -> impl Future<Output = AwsResult<Vec<RouteTableDescription>>> + Send;
    /// `ec2:DescribeInstances` by filter `instance-id`, so that an unknown one is left out instead of an error.
    fn describe_instances(
        &self,
        ids: &BTreeSet<InstanceId>,
    ) -> impl Future<Output = AwsResult<Vec<InstanceDescription>>> + Send;
    /// `ec2:DescribeSecurityGroups`, with rules.
    fn describe_security_groups(
        &self,
        selection: &SecurityGroupSelection,
    ) -> impl Future<Output = AwsResult<Vec<SecurityGroupDescription>>> + Send;
    /// `ec2:CreateSecurityGroup` with its tags, without its rules.
    fn create_security_group(&self, group: &FrontendGroup) -> impl Future<Output = AwsResult<SecurityGroupId>> + Send;
    /// `ec2:DeleteSecurityGroup`.
    fn delete_security_group(&self, id: &SecurityGroupId) -> impl Future<Output = AwsResult<()>> + Send;
    /// `ec2:AuthorizeSecurityGroupIngress`; each rule carries the description.
    fn authorize_ingress(
        &self,
        id: &SecurityGroupId,
        rules: &BTreeSet<IngressRule>,
        description: &str,
    ) -> impl Future<Output = AwsResult<()>> + Send;
    /// `ec2:RevokeSecurityGroupIngress`.
    fn revoke_ingress(
        &self,
        id: &SecurityGroupId,
        rules: &BTreeSet<IngressRule>,
    ) -> impl Future<Output = AwsResult<()>> + Send;
    /// `ec2:CreateTags` on a security group.
    fn create_group_tags(&self, id: &SecurityGroupId, tags: &Tags) -> impl Future<Output = AwsResult<()>> + Send;
    /// `ec2:DeleteTags` on a security group.
    fn delete_group_tags(
        &self,
        id: &SecurityGroupId,
        keys: &BTreeSet<String>,
    ) -> impl Future<Output = AwsResult<()>> + Send;

    /// `elasticloadbalancing:DescribeLoadBalancers`; a name or ARN that does not exist gives an empty list.
    fn describe_load_balancers(
        &self,
        selection: &LoadBalancerSelection,
    ) -> impl Future<Output = AwsResult<Vec<LoadBalancerDescription>>> + Send;
    /// `elasticloadbalancing:DescribeTargetGroups`: all of the account and region; any protocol and type.
    fn describe_target_groups(&self) -> impl Future<Output = AwsResult<Vec<TargetGroupDescription>>> + Send;
    /// `elasticloadbalancing:DescribeTags` for at most 20 ARNs; ARNs that do not exist are an error of AWS.
    fn describe_tags(&self, arns: &[String]) -> impl Future<Output = AwsResult<Vec<(String, Tags)>>> + Send;
    /// `elasticloadbalancing:DescribeListeners`.
    fn describe_listeners(
        &self,
        load_balancer: &LoadBalancerArn,
    ) -> impl Future<Output = AwsResult<Vec<ListenerDescription>>> + Send;
    /// `elasticloadbalancing:DescribeListenerCertificates`: all but the default one.
    fn describe_listener_certificates(
        &self,
        listener: &ListenerArn,
    ) -> impl Future<Output = AwsResult<Vec<CertificateArn>>> + Send;
    /// `elasticloadbalancing:DescribeLoadBalancerAttributes`.
    fn describe_load_balancer_attributes(
        &self,
        arn: &LoadBalancerArn,
    ) -> impl Future<Output = AwsResult<Attributes>> + Send;
    /// `elasticloadbalancing:DescribeTargetGroupAttributes`.
    fn describe_target_group_attributes(
        &self,
        arn: &TargetGroupArn,
    ) -> impl Future<Output = AwsResult<Attributes>> + Send;
    /// `elasticloadbalancing:DescribeAccountLimits`.
    fn describe_account_limits(&self) -> impl Future<Output = AwsResult<Limits>> + Send;
    /// `elasticloadbalancing:DescribeTargetHealth`; instance targets only.
    fn describe_target_health(
        &self,
        arn: &TargetGroupArn,
    ) -> impl Future<Output = AwsResult<Vec<TargetDescription>>> + Send;

    /// `elasticloadbalancing:CreateLoadBalancer` with subnets, groups (already resolved) and tags.
    fn create_load_balancer(
        &self,
        load_balancer: &LoadBalancer,
        groups: &BTreeSet<SecurityGroupId>,
    ) -> impl Future<Output = AwsResult<CreatedLoadBalancer>> + Send;
    /// `elasticloadbalancing:DeleteLoadBalancer`.
    fn delete_load_balancer(&self, arn: &LoadBalancerArn) -> impl Future<Output = AwsResult<()>> + Send;
    /// `elasticloadbalancing:ModifyLoadBalancerAttributes`.
    fn modify_load_balancer_attributes(
        &self,
        arn: &LoadBalancerArn,
        attributes: &Attributes,
    ) -> impl Future<Output = AwsResult<()>> + Send;
    /// `elasticloadbalancing:SetSecurityGroups`, and whether their rules hold for PrivateLink; none leaves that as it is.
    fn set_security_groups(
        &self,
        arn: &LoadBalancerArn,
        groups: &BTreeSet<SecurityGroupId>,
        private_link_rules: Option<bool>,
    ) -> impl Future<Output = AwsResult<()>> + Send;
    /// `elasticloadbalancing:SetSubnets`.
    fn set_subnets(
        &self,
        arn: &LoadBalancerArn,
        subnets: &SubnetSettings,
    ) -> impl Future<Output = AwsResult<()>> + Send;
    /// `elasticloadbalancing:SetIpAddressType`.
    fn set_address_type(
        &self,
        arn: &LoadBalancerArn,
        address_type: AddressType,
    ) -> impl Future<Output = AwsResult<()>> + Send;
    /// `elasticloadbalancing:DescribeCapacityReservation`: the reserved minimum in capacity units; 0 if there is none.
    fn describe_capacity(&self, arn: &LoadBalancerArn) -> impl Future<Output = AwsResult<u32>> + Send;
    /// `elasticloadbalancing:ModifyCapacityReservation`; 0 resets it.
    fn modify_capacity(&self, arn: &LoadBalancerArn, units: u32) -> impl Future<Output = AwsResult<()>> + Send;
    /// `wafv2:GetWebACLForResource`.
    fn describe_web_acl(&self, arn: &LoadBalancerArn) -> impl Future<Output = AwsResult<Option<WebAclArn>>> + Send;
    /// `wafv2:AssociateWebACL`, which replaces another one.
    fn associate_web_acl(
        &self,
        arn: &LoadBalancerArn,
        web_acl: &WebAclArn,
    ) -> impl Future<Output = AwsResult<()>> + Send;
    /// `wafv2:DisassociateWebACL`.
    fn disassociate_web_acl(&self, arn: &LoadBalancerArn) -> impl Future<Output = AwsResult<()>> + Send;
    /// `elasticloadbalancing:CreateTargetGroup` with health check and tags.
    fn create_target_group(&self, target_group: &TargetGroup)
    -> impl Future<Output = AwsResult<TargetGroupArn>> + Send;
    /// `elasticloadbalancing:ModifyTargetGroup`: the whole health check.
    fn modify_health_check(
        &self,
        arn: &TargetGroupArn,
        health_check: &HealthCheck,
    ) -> impl Future<Output = AwsResult<()>> + Send;
    /// `elasticloadbalancing:ModifyTargetGroupAttributes`.
    fn modify_target_group_attributes(
        &self,
        arn: &TargetGroupArn,
        attributes: &Attributes,
    ) -> impl Future<Output = AwsResult<()>> + Send;
    /// `elasticloadbalancing:DeleteTargetGroup`.
    fn delete_target_group(&self, arn: &TargetGroupArn) -> impl Future<Output = AwsResult<()>> + Send;
    /// `elasticloadbalancing:RegisterTargets`.
    fn register_targets(
        &self,
        arn: &TargetGroupArn,
        targets: &BTreeSet<Target>,
    ) -> impl Future<Output = AwsResult<()>> + Send;
    /// `elasticloadbalancing:DeregisterTargets`.
    fn deregister_targets(
        &self,
        arn: &TargetGroupArn,
        targets: &BTreeSet<Target>,
    ) -> impl Future<Output = AwsResult<()>> + Send;
    /// `elasticloadbalancing:CreateListener` with tags.
    fn create_listener(
        &self,
        load_balancer: &LoadBalancerArn,
        listener: &ListenerSettings,
        tags: &Tags,
    ) -> impl Future<Output = AwsResult<ListenerArn>> + Send;
    /// `elasticloadbalancing:ModifyListener`.
    fn modify_listener(
        &self,
        arn: &ListenerArn,
        listener: &ListenerSettings,
    ) -> impl Future<Output = AwsResult<()>> + Send;
    /// `elasticloadbalancing:DescribeListenerAttributes`.
    fn describe_listener_attributes(&self, arn: &ListenerArn) -> impl Future<Output = AwsResult<Attributes>> + Send;
    /// `elasticloadbalancing:ModifyListenerAttributes`.
    fn modify_listener_attributes(
        &self,
        arn: &ListenerArn,
        attributes: &Attributes,
    ) -> impl Future<Output = AwsResult<()>> + Send;
    /// `elasticloadbalancing:DeleteListener`.
    fn delete_listener(&self, arn: &ListenerArn) -> impl Future<Output = AwsResult<()>> + Send;
    /// `elasticloadbalancing:AddListenerCertificates`; AWS takes one certificate a call, this makes as many as needed.
    fn add_listener_certificates(
        &self,
        arn: &ListenerArn,
        certificates: &[CertificateArn],
    ) -> impl Future<Output = AwsResult<()>> + Send;
    /// `elasticloadbalancing:RemoveListenerCertificates`; as above.
    fn remove_listener_certificates(
        &self,
        arn: &ListenerArn,
        certificates: &[CertificateArn],
    ) -> impl Future<Output = AwsResult<()>> + Send;
    /// `elasticloadbalancing:AddTags`.
    fn add_tags(&self, arn: &str, tags: &Tags) -> impl Future<Output = AwsResult<()>> + Send;
    /// `elasticloadbalancing:RemoveTags`.
    fn remove_tags(&self, arn: &str, keys: &BTreeSet<String>) -> impl Future<Output = AwsResult<()>> + Send;
}

/// Which security groups to describe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecurityGroupSelection {
    /// Those with this tag (key, value).
    Tag(String, String),
    /// The one of this name in this VPC (filter `group-name`).
    Name(VpcId, String),
    /// These, by filter `group-id`, so that an unknown one is left out instead of an error.
    Ids(BTreeSet<SecurityGroupId>),
    /// Those with an ingress rule whose source is this group (filter `ip-permission.group-id`).
    Admitting(SecurityGroupId),
}

/// Which load balancers to describe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadBalancerSelection {
    /// All of account and region.
    All,
    /// The one of this name.
    Name(ResourceName),
    /// The one with this ARN.
    Arn(LoadBalancerArn),
}
