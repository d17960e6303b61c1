//! The edge to AWS: [`AwsApi`] on the AWS SDK. Nothing outside of this module names the SDK.
//!
//! Reads and writes go through clients of their own, which differ in their deadlines; all share one pool of
//! connections, one cache of credentials, the [`fence`](crate::fence) and the call observer.

mod connect;
mod convert;
mod credentials;
mod ec2_reads;
mod ec2_writes;
mod elbv2_reads;
mod elbv2_writes;
mod failure;
mod fencing;
mod observer;
mod target_group_writes;
mod throttles;
mod wafv2;

use std::collections::BTreeSet;

use crate::aws::api::*;
use crate::aws::ids::*;
use crate::aws::quotas::Limits;
use crate::aws::stack::*;

pub use connect::{connect, region};
pub use observer::{Call, CallObserver};

/// AWS as the SDK reaches it. Clones share connections and credentials.
#[derive(Clone, Debug)]
pub struct SdkApi {
    reads: Clients,
    writes: Clients,
}

/// A client for each service.
#[derive(Clone, Debug)]
struct Clients {
    ec2: aws_sdk_ec2::Client,
    elbv2: aws_sdk_elasticloadbalancingv2::Client,
    wafv2: aws_sdk_wafv2::Client,
}

impl AwsApi for SdkApi {
    async fn describe_subnets(&self, vpc: &VpcId) -> AwsResult<Vec<SubnetDescription>> {
        ec2_reads::subnets(&self.reads.ec2, vpc).await
    }

    async fn describe_vpc(&self, vpc: &VpcId) -> AwsResult<VpcDescription> {
        ec2_reads::vpc(&self.reads.ec2, vpc).await
    }

    async fn describe_route_tables(&self, vpc: &VpcId) -> AwsResult<Vec<RouteTableDescription>> {
        ec2_reads::route_tables(&self.reads.ec2, vpc).await
    }

    async fn describe_instances(&self, ids: &BTreeSet<InstanceId>) -> AwsResult<Vec<InstanceDescription>> {
        ec2_reads::instances(&self.reads.ec2, ids).await
    }

    async fn describe_security_groups(
        &self,
        selection: &SecurityGroupSelection,
    ) -> AwsResult<Vec<SecurityGroupDescription>> {
        ec2_reads::security_groups(&self.reads.ec2, selection).await
    }

    async fn create_security_group(&self, group: &FrontendGroup) -> AwsResult<SecurityGroupId> {
        ec2_writes::create_security_group(&self.writes.ec2, group).await
    }

    async fn delete_security_group(&self, id: &SecurityGroupId) -> AwsResult<()> {
        ec2_writes::delete_security_group(&self.writes.ec2, id).await
    }

    async fn authorize_ingress(
        &self,
        id: &SecurityGroupId,
        rules: &BTreeSet<IngressRule>,
        description: &str,
    ) -> AwsResult<()> {
        ec2_writes::authorize_ingress(&self.writes.ec2, id, rules, description).await
    }

    async fn revoke_ingress(&self, id: &SecurityGroupId, rules: &BTreeSet<IngressRule>) -> AwsResult<()> {
        ec2_writes::revoke_ingress(&self.writes.ec2, id, rules).await
    }

    async fn create_group_tags(&self, id: &SecurityGroupId, tags: &Tags) -> AwsResult<()> {
        ec2_writes::create_tags(&self.writes.ec2, id, tags).await
    }

    async fn delete_group_tags(&self, id: &SecurityGroupId, keys: &BTreeSet<String>) -> AwsResult<()> {
        ec2_writes::delete_tags(&self.writes.ec2, id, keys).await
    }

    async fn describe_load_balancers(
        &self,
        selection: &LoadBalancerSelection,
    ) -> AwsResult<Vec<LoadBalancerDescription>> {
        elbv2_reads::load_balancers(&self.reads.elbv2, selection).await
    }

    async fn describe_target_groups(&self) -> AwsResult<Vec<TargetGroupDescription>> {
        elbv2_reads::target_groups(&self.reads.elbv2).await
    }

    async fn describe_tags(&self, arns: &[String]) -> AwsResult<Vec<(String, Tags)>> {
        elbv2_reads::tags(&self.reads.elbv2, arns).await
    }

    async fn describe_listeners(&self, load_balancer: &LoadBalancerArn) -> AwsResult<Vec<ListenerDescription>> {
        elbv2_reads::listeners(&self.reads.elbv2, load_balancer).await
    }

    async fn describe_listener_certificates(&self, listener: &ListenerArn) -> AwsResult<Vec<CertificateArn>> {
        elbv2_reads::listener_certificates(&self.reads.elbv2, listener).await
    }

    async fn describe_load_balancer_attributes(&self, arn: &LoadBalancerArn) -> AwsResult<Attributes> {
        elbv2_reads::load_balancer_attributes(&self.reads.elbv2, arn).await
    }

    async fn describe_target_group_attributes(&self, arn: &TargetGroupArn) -> AwsResult<Attributes> {
        elbv2_reads::target_group_attributes(&self.reads.elbv2, arn).await
    }

    async fn describe_account_limits(&self) -> AwsResult<Limits> {
        elbv2_reads::account_limits(&self.reads.elbv2).await
    }

    async fn describe_target_health(&self, arn: &TargetGroupArn) -> AwsResult<Vec<TargetDescription>> {
        elbv2_reads::target_health(&self.reads.elbv2, arn).await
    }

    async fn create_load_balancer(
        &self,
        load_balancer: &LoadBalancer,
        groups: &BTreeSet<SecurityGroupId>,
    ) -> AwsResult<CreatedLoadBalancer> {
        elbv2_writes::create_load_balancer(&self.writes.elbv2, load_balancer, groups).await
    }

    async fn delete_load_balancer(&self, arn: &LoadBalancerArn) -> AwsResult<()> {
        elbv2_writes::delete_load_balancer(&self.writes.elbv2, arn).await
    }

    async fn modify_load_balancer_attributes(&self, arn: &LoadBalancerArn, attributes: &Attributes) -> AwsResult<()> {
        elbv2_writes::modify_load_balancer_attributes(&self.writes.elbv2, arn, attributes).await
    }

    async fn set_security_groups(
        &self,
        arn: &LoadBalancerArn,
        groups: &BTreeSet<SecurityGroupId>,
        private_link_rules: Option<bool>,
    ) -> AwsResult<()> {
        elbv2_writes::set_security_groups(&self.writes.elbv2, arn, groups, private_link_rules).await
    }

    async fn set_subnets(&self, arn: &LoadBalancerArn, subnets: &SubnetSettings) -> AwsResult<()> {
        elbv2_writes::set_subnets(&self.writes.elbv2, arn, subnets).await
    }

    async fn set_address_type(&self, arn: &LoadBalancerArn, address_type: AddressType) -> AwsResult<()> {
        elbv2_writes::set_address_type(&self.writes.elbv2, arn, address_type).await
    }

    async fn describe_capacity(&self, arn: &LoadBalancerArn) -> AwsResult<u32> {
        elbv2_reads::capacity(&self.reads.elbv2, arn).await
    }

    async fn modify_capacity(&self, arn: &LoadBalancerArn, units: u32) -> AwsResult<()> {
        elbv2_writes::modify_capacity(&self.writes.elbv2, arn, units).await
    }

    async fn describe_web_acl(&self, arn: &LoadBalancerArn) -> AwsResult<Option<WebAclArn>> {
        wafv2::web_acl(&self.reads.wafv2, arn).await
    }

    async fn associate_web_acl(&self, arn: &LoadBalancerArn, web_acl: &WebAclArn) -> AwsResult<()> {
        wafv2::associate(&self.writes.wafv2, arn, web_acl).await
    }

    async fn disassociate_web_acl(&self, arn: &LoadBalancerArn) -> AwsResult<()> {
        wafv2::disassociate(&self.writes.wafv2, arn).await
    }

    async fn create_target_group(&self, target_group: &TargetGroup) -> AwsResult<TargetGroupArn> {
        target_group_writes::create_target_group(&self.writes.elbv2, target_group).await
    }

    async fn modify_health_check(&self, arn: &TargetGroupArn, health_check: &HealthCheck) -> AwsResult<()> {
        target_group_writes::modify_health_check(&self.writes.elbv2, arn, health_check).await
    }

    async fn modify_target_group_attributes(&self, arn: &TargetGroupArn, attributes: &Attributes) -> AwsResult<()> {
        target_group_writes::modify_attributes(&self.writes.elbv2, arn, attributes).await
    }

    async fn delete_target_group(&self, arn: &TargetGroupArn) -> AwsResult<()> {
        target_group_writes::delete_target_group(&self.writes.elbv2, arn).await
    }

    async fn register_targets(&self, arn: &TargetGroupArn, targets: &BTreeSet<Target>) -> AwsResult<()> {
        target_group_writes::register(&self.writes.elbv2, arn, targets).await
    }

    async fn deregister_targets(&self, arn: &TargetGroupArn, targets: &BTreeSet<Target>) -> AwsResult<()> {
        target_group_writes::deregister(&self.writes.elbv2, arn, targets).await
    }

    async fn create_listener(
        &self,
        load_balancer: &LoadBalancerArn,
        listener: &ListenerSettings,
        tags: &Tags,
    ) -> AwsResult<ListenerArn> {
        elbv2_writes::create_listener(&self.writes.elbv2, load_balancer, listener, tags).await
    }

    async fn modify_listener(&self, arn: &ListenerArn, listener: &ListenerSettings) -> AwsResult<()> {
        elbv2_writes::modify_listener(&self.writes.elbv2, arn, listener).await
    }

    async fn describe_listener_attributes(&self, arn: &ListenerArn) -> AwsResult<Attributes> {
        elbv2_reads::listener_attributes(&self.reads.elbv2, arn).await
    }

    async fn modify_listener_attributes(&self, arn: &ListenerArn, attributes: &Attributes) -> AwsResult<()> {
        elbv2_writes::modify_listener_attributes(&self.writes.elbv2, arn, attributes).await
    }

    async fn delete_listener(&self, arn: &ListenerArn) -> AwsResult<()> {
        elbv2_writes::delete_listener(&self.writes.elbv2, arn).await
    }

    async fn add_listener_certificates(&self, arn: &ListenerArn, certificates: &[CertificateArn]) -> AwsResult<()> {
        elbv2_writes::add_listener_certificates(&self.writes.elbv2, arn, certificates).await
    }

    async fn remove_listener_certificates(&self, arn: &ListenerArn, certificates: &[CertificateArn]) -> AwsResult<()> {
        elbv2_writes::remove_listener_certificates(&self.writes.elbv2, arn, certificates).await
    }

    async fn add_tags(&self, arn: &str, tags: &Tags) -> AwsResult<()> {
        target_group_writes::add_tags(&self.writes.elbv2, arn, tags).await
    }

    async fn remove_tags(&self, arn: &str, keys: &BTreeSet<String>) -> AwsResult<()> {
        target_group_writes::remove_tags(&self.writes.elbv2, arn, keys).await
    }
}

#[cfg(test)]
mod tests;
