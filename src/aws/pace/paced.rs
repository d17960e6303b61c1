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
        self.sent(action, call).await
    }

    async fn write<T, F>(&self, action: &'static str, call: impl FnOnce() -> F) -> AwsResult<T>
    where
        F: Future<Output = AwsResult<T>>,
    {
        self.sent(action, call()).await
    }

    async fn sent<T>(&self, action: &'static str, call: impl Future<Output = AwsResult<T>>) -> AwsResult<T> {
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

/// One method a line: how its call is sent, and what AWS calls it.
macro_rules! calls {
    ($($how:ident $action:literal $method:ident($($name:ident: $type:ty),*) -> $answer:ty;)*) => {
        $(async fn $method(&self, $($name: $type),*) -> AwsResult<$answer> {
            self.$how($action, || self.api.$method($($name),*)).await
        })*
    };
}

impl<A: AwsApi> AwsApi for Paced<A> {
    calls! {
        read "ec2:DescribeSubnets" describe_subnets(vpc: &VpcId) -> Vec<SubnetDescription>;
        read "ec2:DescribeVpcs" describe_vpc(vpc: &VpcId) -> VpcDescription;
        read "ec2:DescribeRouteTables" describe_route_tables(vpc: &VpcId) -> Vec<RouteTableDescription>;
        read "ec2:DescribeInstances" describe_instances(ids: &BTreeSet<InstanceId>) -> Vec<InstanceDescription>;
        read "ec2:DescribeSecurityGroups"
            describe_security_groups(selection: &SecurityGroupSelection) -> Vec<SecurityGroupDescription>;
        write "ec2:CreateSecurityGroup" create_security_group(group: &FrontendGroup) -> SecurityGroupId;
        write "ec2:DeleteSecurityGroup" delete_security_group(id: &SecurityGroupId) -> ();
        write "ec2:AuthorizeSecurityGroupIngress"
            authorize_ingress(id: &SecurityGroupId, rules: &BTreeSet<IngressRule>, description: &str) -> ();
        write "ec2:RevokeSecurityGroupIngress"
            revoke_ingress(id: &SecurityGroupId, rules: &BTreeSet<IngressRule>) -> ();
        write "ec2:CreateTags" create_group_tags(id: &SecurityGroupId, tags: &Tags) -> ();
        write "ec2:DeleteTags" delete_group_tags(id: &SecurityGroupId, keys: &BTreeSet<String>) -> ();
        list "elasticloadbalancing:DescribeLoadBalancers"
            describe_load_balancers(selection: &LoadBalancerSelection) -> Vec<LoadBalancerDescription>;
        list "elasticloadbalancing:DescribeTargetGroups" describe_target_groups() -> Vec<TargetGroupDescription>;
        read "elasticloadbalancing:DescribeTags" describe_tags(arns: &[String]) -> Vec<(String, Tags)>;
        read "elasticloadbalancing:DescribeListeners"
            describe_listeners(load_balancer: &LoadBalancerArn) -> Vec<ListenerDescription>;
        read "elasticloadbalancing:DescribeListenerCertificates"
            describe_listener_certificates(listener: &ListenerArn) -> Vec<CertificateArn>;
        read "elasticloadbalancing:DescribeLoadBalancerAttributes"
            describe_load_balancer_attributes(arn: &LoadBalancerArn) -> Attributes;
        read "elasticloadbalancing:DescribeTargetGroupAttributes"
            describe_target_group_attributes(arn: &TargetGroupArn) -> Attributes;
        read "elasticloadbalancing:DescribeAccountLimits" describe_account_limits() -> Limits;
        read "elasticloadbalancing:DescribeTargetHealth"
            describe_target_health(arn: &TargetGroupArn) -> Vec<TargetDescription>;
        write "elasticloadbalancing:CreateLoadBalancer"
            create_load_balancer(load_balancer: &LoadBalancer, groups: &BTreeSet<SecurityGroupId>)
            -> CreatedLoadBalancer;
        write "elasticloadbalancing:DeleteLoadBalancer" delete_load_balancer(arn: &LoadBalancerArn) -> ();
        write "elasticloadbalancing:ModifyLoadBalancerAttributes"
            modify_load_balancer_attributes(arn: &LoadBalancerArn, attributes: &Attributes) -> ();
        write "elasticloadbalancing:SetSecurityGroups"
            set_security_groups(
                arn: &LoadBalancerArn, groups: &BTreeSet<SecurityGroupId>, private_link_rules: Option<bool>
            ) -> ();
        write "elasticloadbalancing:SetSubnets" set_subnets(arn: &LoadBalancerArn, subnets: &SubnetSettings) -> ();
        write "elasticloadbalancing:SetIpAddressType"
            set_address_type(arn: &LoadBalancerArn, address_type: AddressType) -> ();
        read "elasticloadbalancing:DescribeCapacityReservation" describe_capacity(arn: &LoadBalancerArn) -> u32;
        write "elasticloadbalancing:ModifyCapacityReservation" modify_capacity(arn: &LoadBalancerArn, units: u32) -> ();
        read "wafv2:GetWebACLForResource" describe_web_acl(arn: &LoadBalancerArn) -> Option<WebAclArn>;
        write "wafv2:AssociateWebACL" associate_web_acl(arn: &LoadBalancerArn, web_acl: &WebAclArn) -> ();
        write "wafv2:DisassociateWebACL" disassociate_web_acl(arn: &LoadBalancerArn) -> ();
        write "elasticloadbalancing:CreateTargetGroup"
            create_target_group(target_group: &TargetGroup) -> TargetGroupArn;
        write "elasticloadbalancing:ModifyTargetGroup"
            modify_health_check(arn: &TargetGroupArn, health_check: &HealthCheck) -> ();
        write "elasticloadbalancing:ModifyTargetGroupAttributes"
            modify_target_group_attributes(arn: &TargetGroupArn, attributes: &Attributes) -> ();
        write "elasticloadbalancing:DeleteTargetGroup" delete_target_group(arn: &TargetGroupArn) -> ();
        write "elasticloadbalancing:RegisterTargets"
            register_targets(arn: &TargetGroupArn, targets: &BTreeSet<Target>) -> ();
        write "elasticloadbalancing:DeregisterTargets"
            deregister_targets(arn: &TargetGroupArn, targets: &BTreeSet<Target>) -> ();
        write "elasticloadbalancing:CreateListener"
            create_listener(load_balancer: &LoadBalancerArn, listener: &ListenerSettings, tags: &Tags) -> ListenerArn;
        write "elasticloadbalancing:ModifyListener"
            modify_listener(arn: &ListenerArn, listener: &ListenerSettings) -> ();
        read "elasticloadbalancing:DescribeListenerAttributes"
            describe_listener_attributes(arn: &ListenerArn) -> Attributes;
        write "elasticloadbalancing:ModifyListenerAttributes"
            modify_listener_attributes(arn: &ListenerArn, attributes: &Attributes) -> ();
        write "elasticloadbalancing:DeleteListener" delete_listener(arn: &ListenerArn) -> ();
        write "elasticloadbalancing:AddTags" add_tags(arn: &str, tags: &Tags) -> ();
        write "elasticloadbalancing:RemoveTags" remove_tags(arn: &str, keys: &BTreeSet<String>) -> ();
    }

    async fn add_listener_certificates(&self, arn: &ListenerArn, certificates: &[CertificateArn]) -> AwsResult<()> {
        const ACTION: &str = "elasticloadbalancing:AddListenerCertificates";
        self.pace.spend(ACTION, certificates.len().saturating_sub(1));
        self.write(ACTION, || self.api.add_listener_certificates(arn, certificates))
            .await
    }

    async fn remove_listener_certificates(&self, arn: &ListenerArn, certificates: &[CertificateArn]) -> AwsResult<()> {
        const ACTION: &str = "elasticloadbalancing:RemoveListenerCertificates";
        self.pace.spend(ACTION, certificates.len().saturating_sub(1));
        self.write(ACTION, || self.api.remove_listener_certificates(arn, certificates))
            .await
    }
}
