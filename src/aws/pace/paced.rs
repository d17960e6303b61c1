//! AWS as everything above it sees it: each read takes its token first and is repeated where AWS throttles it, and what AWS
//! says of any call decides how fast the next ones are.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Pace;
use crate::aws::api::*;
use crate::aws::error::{AwsError, ErrorKind};
use crate::aws::ids::*;
use crate::aws::quotas::Limits;
use crate::aws::stack::*;

/// How often a read is sent that AWS throttles: each time more slowly, so that more is seldom needed.
const READ_ATTEMPTS: u32 = 5;
/// Pause before the second attempt, where the pace itself asks for none; it grows with each.
const PAUSE: Duration = Duration::from_millis(100);
/// Items in a page of the listings of ELBv2 (ELBv2 API reference, `PageSize`).
const PAGE: usize = 400;

/// An AWS whose calls keep the pace. Writes take no token here: whoever sends one has asked [`super::Turns`].
#[derive(Debug)]
pub(crate) struct Paced<A> {
    api: A,
    pace: Arc<Pace>,
}

impl<A> Paced<A> {
    /// `api` at this pace.
    pub(crate) fn new(api: A, pace: Arc<Pace>) -> Self {
        Self { api, pace }
    }

    async fn read<T, F>(&self, action: &'static str, call: impl Fn() -> F) -> AwsResult<T>
    where
        F: Future<Output = AwsResult<T>>,
    {
        for attempt in 1..READ_ATTEMPTS {
            match self.admitted(action, call()).await {
                Err(AwsError {
                    kind: ErrorKind::Throttled,
                    ..
                }) => sleep(PAUSE * attempt).await,
                end => return end,
            }
        }
        self.admitted(action, call()).await
    }

    async fn admitted<T>(&self, action: &'static str, call: impl Future<Output = AwsResult<T>>) -> AwsResult<T> {
        self.pace.admit(action).await;
        self.write(action, call).await
    }

    async fn write<T>(&self, action: &'static str, call: impl Future<Output = AwsResult<T>>) -> AwsResult<T> {
        let sent = Instant::now();
        let end = call.await;
        if let Err(error) = &end
            && error.kind == ErrorKind::Throttled
        {
            self.pace.throttled(action, sent);
        }
        end
    }

    /// A listing is one call a page, and only its end tells how many those were: the pages behind the first are paid then.
    async fn list<T, F>(&self, action: &'static str, call: impl Fn() -> F) -> AwsResult<Vec<T>>
    where
        F: Future<Output = AwsResult<Vec<T>>>,
    {
        let found = self.read(action, call).await?;
        self.pace.spend(action, found.len().saturating_sub(1) / PAGE);
        Ok(found)
    }
}

impl<A: AwsApi> AwsApi for Paced<A> {
    async fn describe_subnets(&self, vpc: &VpcId) -> AwsResult<Vec<SubnetDescription>> {
        self.read("ec2:DescribeSubnets", || self.api.describe_subnets(vpc))
            .await
    }

    async fn describe_vpc(&self, vpc: &VpcId) -> AwsResult<VpcDescription> {
        self.read("ec2:DescribeVpcs", || self.api.describe_vpc(vpc)).await
    }

    async fn describe_route_tables(&self, vpc: &VpcId) -> AwsResult<Vec<RouteTableDescription>> {
        self.read("ec2:DescribeRouteTables", || self.api.describe_route_tables(vpc))
            .await
    }

    async fn describe_instances(&self, ids: &BTreeSet<InstanceId>) -> AwsResult<Vec<InstanceDescription>> {
        self.read("ec2:DescribeInstances", || self.api.describe_instances(ids))
            .await
    }

    async fn describe_security_groups(
        &self,
        selection: &SecurityGroupSelection,
    ) -> AwsResult<Vec<SecurityGroupDescription>> {
        self.read("ec2:DescribeSecurityGroups", || {
            self.api.describe_security_groups(selection)
        })
        .await
    }

    async fn create_security_group(&self, group: &FrontendGroup) -> AwsResult<SecurityGroupId> {
        self.write("ec2:CreateSecurityGroup", self.api.create_security_group(group))
            .await
    }

    async fn delete_security_group(&self, id: &SecurityGroupId) -> AwsResult<()> {
        self.write("ec2:DeleteSecurityGroup", self.api.delete_security_group(id))
            .await
    }

    async fn authorize_ingress(
        &self,
        id: &SecurityGroupId,
        rules: &BTreeSet<IngressRule>,
        description: &str,
    ) -> AwsResult<()> {
        self.write(
            "ec2:AuthorizeSecurityGroupIngress",
            self.api.authorize_ingress(id, rules, description),
        )
        .await
    }

    async fn revoke_ingress(&self, id: &SecurityGroupId, rules: &BTreeSet<IngressRule>) -> AwsResult<()> {
        self.write("ec2:RevokeSecurityGroupIngress", self.api.revoke_ingress(id, rules))
            .await
    }

    async fn create_group_tags(&self, id: &SecurityGroupId, tags: &Tags) -> AwsResult<()> {
        self.write("ec2:CreateTags", self.api.create_group_tags(id, tags)).await
    }

    async fn delete_group_tags(&self, id: &SecurityGroupId, keys: &BTreeSet<String>) -> AwsResult<()> {
        self.write("ec2:DeleteTags", self.api.delete_group_tags(id, keys)).await
    }

    async fn describe_load_balancers(
        &self,
        selection: &LoadBalancerSelection,
    ) -> AwsResult<Vec<LoadBalancerDescription>> {
        self.list("elasticloadbalancing:DescribeLoadBalancers", || {
            self.api.describe_load_balancers(selection)
        })
        .await
    }

    async fn describe_target_groups(&self) -> AwsResult<Vec<TargetGroupDescription>> {
        self.list("elasticloadbalancing:DescribeTargetGroups", || {
            self.api.describe_target_groups()
        })
        .await
    }

    async fn describe_tags(&self, arns: &[String]) -> AwsResult<Vec<(String, Tags)>> {
        self.read("elasticloadbalancing:DescribeTags", || self.api.describe_tags(arns))
            .await
    }

    async fn describe_listeners(&self, load_balancer: &LoadBalancerArn) -> AwsResult<Vec<ListenerDescription>> {
        self.read("elasticloadbalancing:DescribeListeners", || {
            self.api.describe_listeners(load_balancer)
        })
        .await
    }

    async fn describe_listener_certificates(&self, listener: &ListenerArn) -> AwsResult<Vec<CertificateArn>> {
        self.read("elasticloadbalancing:DescribeListenerCertificates", || {
            self.api.describe_listener_certificates(listener)
        })
        .await
    }

    async fn describe_load_balancer_attributes(&self, arn: &LoadBalancerArn) -> AwsResult<Attributes> {
        self.read("elasticloadbalancing:DescribeLoadBalancerAttributes", || {
            self.api.describe_load_balancer_attributes(arn)
        })
        .await
    }

    async fn describe_target_group_attributes(&self, arn: &TargetGroupArn) -> AwsResult<Attributes> {
        self.read("elasticloadbalancing:DescribeTargetGroupAttributes", || {
            self.api.describe_target_group_attributes(arn)
        })
        .await
    }

    async fn describe_account_limits(&self) -> AwsResult<Limits> {
        self.read("elasticloadbalancing:DescribeAccountLimits", || {
            self.api.describe_account_limits()
        })
        .await
    }

    async fn describe_target_health(&self, arn: &TargetGroupArn) -> AwsResult<Vec<TargetDescription>> {
        self.read("elasticloadbalancing:DescribeTargetHealth", || {
            self.api.describe_target_health(arn)
        })
        .await
    }

    async fn create_load_balancer(
        &self,
        load_balancer: &LoadBalancer,
        groups: &BTreeSet<SecurityGroupId>,
    ) -> AwsResult<CreatedLoadBalancer> {
        self.write(
            "elasticloadbalancing:CreateLoadBalancer",
            self.api.create_load_balancer(load_balancer, groups),
        )
        .await
    }

    async fn delete_load_balancer(&self, arn: &LoadBalancerArn) -> AwsResult<()> {
        self.write(
            "elasticloadbalancing:DeleteLoadBalancer",
            self.api.delete_load_balancer(arn),
        )
        .await
    }

    async fn modify_load_balancer_attributes(&self, arn: &LoadBalancerArn, attributes: &Attributes) -> AwsResult<()> {
        self.write(
            "elasticloadbalancing:ModifyLoadBalancerAttributes",
            self.api.modify_load_balancer_attributes(arn, attributes),
        )
        .await
    }

    async fn set_security_groups(
        &self,
        arn: &LoadBalancerArn,
        groups: &BTreeSet<SecurityGroupId>,
        private_link_rules: Option<bool>,
    ) -> AwsResult<()> {
        self.write(
            "elasticloadbalancing:SetSecurityGroups",
            self.api.set_security_groups(arn, groups, private_link_rules),
        )
        .await
    }

    async fn set_subnets(&self, arn: &LoadBalancerArn, subnets: &SubnetSettings) -> AwsResult<()> {
        self.write("elasticloadbalancing:SetSubnets", self.api.set_subnets(arn, subnets))
            .await
    }

    async fn set_address_type(&self, arn: &LoadBalancerArn, address_type: AddressType) -> AwsResult<()> {
        self.write(
            "elasticloadbalancing:SetIpAddressType",
            self.api.set_address_type(arn, address_type),
        )
        .await
    }

    async fn describe_capacity(&self, arn: &LoadBalancerArn) -> AwsResult<u32> {
        self.read("elasticloadbalancing:DescribeCapacityReservation", || {
            self.api.describe_capacity(arn)
        })
        .await
    }

    async fn modify_capacity(&self, arn: &LoadBalancerArn, units: u32) -> AwsResult<()> {
        self.write(
            "elasticloadbalancing:ModifyCapacityReservation",
            self.api.modify_capacity(arn, units),
        )
        .await
    }

    async fn describe_web_acl(&self, arn: &LoadBalancerArn) -> AwsResult<Option<WebAclArn>> {
        self.read("wafv2:GetWebACLForResource", || self.api.describe_web_acl(arn))
            .await
    }

    async fn associate_web_acl(&self, arn: &LoadBalancerArn, web_acl: &WebAclArn) -> AwsResult<()> {
        self.write("wafv2:AssociateWebACL", self.api.associate_web_acl(arn, web_acl))
            .await
    }

    async fn disassociate_web_acl(&self, arn: &LoadBalancerArn) -> AwsResult<()> {
        self.write("wafv2:DisassociateWebACL", self.api.disassociate_web_acl(arn))
            .await
    }

    async fn create_target_group(&self, target_group: &TargetGroup) -> AwsResult<TargetGroupArn> {
        self.write(
            "elasticloadbalancing:CreateTargetGroup",
            self.api.create_target_group(target_group),
        )
        .await
    }

    async fn modify_health_check(&self, arn: &TargetGroupArn, health_check: &HealthCheck) -> AwsResult<()> {
        self.write(
            "elasticloadbalancing:ModifyTargetGroup",
            self.api.modify_health_check(arn, health_check),
        )
        .await
    }

    async fn modify_target_group_attributes(&self, arn: &TargetGroupArn, attributes: &Attributes) -> AwsResult<()> {
        self.write(
            "elasticloadbalancing:ModifyTargetGroupAttributes",
            self.api.modify_target_group_attributes(arn, attributes),
        )
        .await
    }

    async fn delete_target_group(&self, arn: &TargetGroupArn) -> AwsResult<()> {
        self.write(
            "elasticloadbalancing:DeleteTargetGroup",
            self.api.delete_target_group(arn),
        )
        .await
    }

    async fn register_targets(&self, arn: &TargetGroupArn, targets: &BTreeSet<Target>) -> AwsResult<()> {
        self.write(
            "elasticloadbalancing:RegisterTargets",
            self.api.register_targets(arn, targets),
        )
        .await
    }

    async fn deregister_targets(&self, arn: &TargetGroupArn, targets: &BTreeSet<Target>) -> AwsResult<()> {
        self.write(
            "elasticloadbalancing:DeregisterTargets",
            self.api.deregister_targets(arn, targets),
        )
        .await
    }

    async fn create_listener(
        &self,
        load_balancer: &LoadBalancerArn,
        listener: &ListenerSettings,
        tags: &Tags,
    ) -> AwsResult<ListenerArn> {
        self.write(
            "elasticloadbalancing:CreateListener",
            self.api.create_listener(load_balancer, listener, tags),
        )
        .await
    }

    async fn modify_listener(&self, arn: &ListenerArn, listener: &ListenerSettings) -> AwsResult<()> {
        self.write(
            "elasticloadbalancing:ModifyListener",
            self.api.modify_listener(arn, listener),
        )
        .await
    }

    async fn describe_listener_attributes(&self, arn: &ListenerArn) -> AwsResult<Attributes> {
        self.read("elasticloadbalancing:DescribeListenerAttributes", || {
            self.api.describe_listener_attributes(arn)
        })
        .await
    }

    async fn modify_listener_attributes(&self, arn: &ListenerArn, attributes: &Attributes) -> AwsResult<()> {
        self.write(
            "elasticloadbalancing:ModifyListenerAttributes",
            self.api.modify_listener_attributes(arn, attributes),
        )
        .await
    }

    async fn delete_listener(&self, arn: &ListenerArn) -> AwsResult<()> {
        self.write("elasticloadbalancing:DeleteListener", self.api.delete_listener(arn))
            .await
    }

    async fn add_listener_certificates(&self, arn: &ListenerArn, certificates: &[CertificateArn]) -> AwsResult<()> {
        self.pace.spend(
            "elasticloadbalancing:AddListenerCertificates",
            certificates.len().saturating_sub(1),
        );
        self.write(
            "elasticloadbalancing:AddListenerCertificates",
            self.api.add_listener_certificates(arn, certificates),
        )
        .await
    }

    async fn remove_listener_certificates(&self, arn: &ListenerArn, certificates: &[CertificateArn]) -> AwsResult<()> {
        self.pace.spend(
            "elasticloadbalancing:RemoveListenerCertificates",
            certificates.len().saturating_sub(1),
        );
        self.write(
            "elasticloadbalancing:RemoveListenerCertificates",
            self.api.remove_listener_certificates(arn, certificates),
        )
        .await
    }

    async fn add_tags(&self, arn: &str, tags: &Tags) -> AwsResult<()> {
        self.write("elasticloadbalancing:AddTags", self.api.add_tags(arn, tags))
            .await
    }

    async fn remove_tags(&self, arn: &str, keys: &BTreeSet<String>) -> AwsResult<()> {
        self.write("elasticloadbalancing:RemoveTags", self.api.remove_tags(arn, keys))
            .await
    }
}
