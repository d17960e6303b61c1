//! The operations by name: each goes through [`Aws::call`].

use std::collections::BTreeSet;

use elbow::aws::api::*;
use elbow::aws::ids::*;
use elbow::aws::quotas::Limits;
use elbow::aws::stack::{
    AddressType, Attributes, FrontendGroup, HealthCheck, IngressRule, LoadBalancer, Tags, Target, TargetGroup,
};

use super::Aws;

impl AwsApi for Aws {
    async fn describe_subnets(&self, vpc: &VpcId) -> AwsResult<Vec<SubnetDescription>> {
        self.call("ec2:DescribeSubnets", |state| Ok(state.subnets_of(vpc)))
            .await
    }

    async fn describe_vpc(&self, vpc: &VpcId) -> AwsResult<VpcDescription> {
        self.call("ec2:DescribeVpcs", |state| state.describe_vpc(vpc)).await
    }

    async fn describe_route_tables(&self, _: &VpcId) -> AwsResult<Vec<RouteTableDescription>> {
        self.call("ec2:DescribeRouteTables", |state| Ok(state.route_tables.clone()))
            .await
    }

    async fn describe_instances(&self, ids: &BTreeSet<InstanceId>) -> AwsResult<Vec<InstanceDescription>> {
        self.call("ec2:DescribeInstances", |state| Ok(state.describe_instances(ids)))
            .await
    }

    async fn describe_security_groups(
        &self,
        selection: &SecurityGroupSelection,
    ) -> AwsResult<Vec<SecurityGroupDescription>> {
        self.call("ec2:DescribeSecurityGroups", |state| {
            Ok(state.describe_groups(selection))
        })
        .await
    }

    async fn create_security_group(&self, group: &FrontendGroup) -> AwsResult<SecurityGroupId> {
        self.call("ec2:CreateSecurityGroup", |state| state.create_group(group))
            .await
    }

    async fn delete_security_group(&self, id: &SecurityGroupId) -> AwsResult<()> {
        self.call("ec2:DeleteSecurityGroup", |state| state.delete_group(id))
            .await
    }

    async fn authorize_ingress(
        &self,
        id: &SecurityGroupId,
        rules: &BTreeSet<IngressRule>,
        description: &str,
    ) -> AwsResult<()> {
        self.call("ec2:AuthorizeSecurityGroupIngress", |state| {
            state.authorize(id, rules, description)
        })
        .await
    }

    async fn revoke_ingress(&self, id: &SecurityGroupId, rules: &BTreeSet<IngressRule>) -> AwsResult<()> {
        self.call("ec2:RevokeSecurityGroupIngress", |state| state.revoke(id, rules))
            .await
    }

    async fn create_group_tags(&self, id: &SecurityGroupId, tags: &Tags) -> AwsResult<()> {
        self.call("ec2:CreateTags", |state| {
            state.group_mut(id)?.tags.extend(tags.clone());
            Ok(())
        })
        .await
    }

    async fn delete_group_tags(&self, id: &SecurityGroupId, keys: &BTreeSet<String>) -> AwsResult<()> {
        self.call("ec2:DeleteTags", |state| {
            state.group_mut(id)?.tags.retain(|key, _| !keys.contains(key));
            Ok(())
        })
        .await
    }

    async fn describe_load_balancers(
        &self,
        selection: &LoadBalancerSelection,
    ) -> AwsResult<Vec<LoadBalancerDescription>> {
        self.call("elasticloadbalancing:DescribeLoadBalancers", |state| {
            Ok(state.describe_load_balancers(selection))
        })
        .await
    }

    async fn describe_target_groups(&self) -> AwsResult<Vec<TargetGroupDescription>> {
        self.call("elasticloadbalancing:DescribeTargetGroups", |state| {
            Ok(state.describe_target_groups())
        })
        .await
    }

    async fn describe_tags(&self, arns: &[String]) -> AwsResult<Vec<(String, Tags)>> {
        self.call("elasticloadbalancing:DescribeTags", |state| state.describe_tags(arns))
            .await
    }

    async fn describe_listeners(&self, load_balancer: &LoadBalancerArn) -> AwsResult<Vec<ListenerDescription>> {
        self.call("elasticloadbalancing:DescribeListeners", |state| {
            state.describe_listeners(load_balancer)
        })
        .await
    }

    async fn describe_listener_certificates(&self, listener: &ListenerArn) -> AwsResult<Vec<CertificateArn>> {
        self.call("elasticloadbalancing:DescribeListenerCertificates", |state| {
            Ok(state
                .listener_mut(listener)?
                .more_certificates
                .iter()
                .cloned()
                .collect())
        })
        .await
    }

    async fn describe_load_balancer_attributes(&self, arn: &LoadBalancerArn) -> AwsResult<Attributes> {
        self.call("elasticloadbalancing:DescribeLoadBalancerAttributes", |state| {
            Ok(state.load_balancer_mut(arn)?.attributes.clone())
        })
        .await
    }

    async fn describe_target_group_attributes(&self, arn: &TargetGroupArn) -> AwsResult<Attributes> {
        self.call("elasticloadbalancing:DescribeTargetGroupAttributes", |state| {
            Ok(state.target_group_mut(arn)?.attributes.clone())
        })
        .await
    }

    async fn describe_account_limits(&self) -> AwsResult<Limits> {
        self.call("elasticloadbalancing:DescribeAccountLimits", |state| {
            Ok(state.describe_account_limits())
        })
        .await
    }

    async fn describe_target_health(&self, arn: &TargetGroupArn) -> AwsResult<Vec<TargetDescription>> {
        self.call("elasticloadbalancing:DescribeTargetHealth", |state| {
            state.describe_targets(arn)
        })
        .await
    }

    async fn create_load_balancer(
        &self,
        load_balancer: &LoadBalancer,
        groups: &BTreeSet<SecurityGroupId>,
    ) -> AwsResult<CreatedLoadBalancer> {
        self.call("elasticloadbalancing:CreateLoadBalancer", |state| {
            state.create_load_balancer(load_balancer, groups)
        })
        .await
    }

    async fn delete_load_balancer(&self, arn: &LoadBalancerArn) -> AwsResult<()> {
        self.call("elasticloadbalancing:DeleteLoadBalancer", |state| {
            state.delete_load_balancer(arn)
        })
        .await
    }

    async fn modify_load_balancer_attributes(&self, arn: &LoadBalancerArn, attributes: &Attributes) -> AwsResult<()> {
        self.call("elasticloadbalancing:ModifyLoadBalancerAttributes", |state| {
            state.modify_load_balancer_attributes(arn, attributes)
        })
        .await
    }

    async fn set_security_groups(
        &self,
        arn: &LoadBalancerArn,
        groups: &BTreeSet<SecurityGroupId>,
        private_link_rules: Option<bool>,
    ) -> AwsResult<()> {
        self.call("elasticloadbalancing:SetSecurityGroups", |state| {
            state.set_groups(arn, groups, private_link_rules)
        })
        .await
    }

    async fn set_subnets(&self, arn: &LoadBalancerArn, subnets: &SubnetSettings) -> AwsResult<()> {
        self.call("elasticloadbalancing:SetSubnets", |state| {
            state.set_subnets(arn, subnets)
        })
        .await
    }

    async fn set_address_type(&self, arn: &LoadBalancerArn, address_type: AddressType) -> AwsResult<()> {
        self.call("elasticloadbalancing:SetIpAddressType", |state| {
            state.set_address_type(arn, address_type)
        })
        .await
    }

    async fn describe_capacity(&self, arn: &LoadBalancerArn) -> AwsResult<u32> {
        self.call("elasticloadbalancing:DescribeCapacityReservation", |state| {
            Ok(state.load_balancer_mut(arn)?.capacity_units)
        })
        .await
    }

    async fn modify_capacity(&self, arn: &LoadBalancerArn, units: u32) -> AwsResult<()> {
        self.call("elasticloadbalancing:ModifyCapacityReservation", |state| {
            state.modify_capacity(arn, units)
        })
        .await
    }

    async fn describe_web_acl(&self, arn: &LoadBalancerArn) -> AwsResult<Option<WebAclArn>> {
        self.call("wafv2:GetWebACLForResource", |state| {
            Ok(state.firewalled(arn)?.web_acl.clone())
        })
        .await
    }

    async fn associate_web_acl(&self, arn: &LoadBalancerArn, web_acl: &WebAclArn) -> AwsResult<()> {
        self.call("wafv2:AssociateWebACL", |state| state.associate_web_acl(arn, web_acl))
            .await
    }

    async fn disassociate_web_acl(&self, arn: &LoadBalancerArn) -> AwsResult<()> {
        self.call("wafv2:DisassociateWebACL", |state| {
            state.firewalled(arn)?.web_acl = None;
            Ok(())
        })
        .await
    }

    async fn create_target_group(&self, target_group: &TargetGroup) -> AwsResult<TargetGroupArn> {
        self.call("elasticloadbalancing:CreateTargetGroup", |state| {
            state.create_target_group(target_group)
        })
        .await
    }

    async fn modify_health_check(&self, arn: &TargetGroupArn, health_check: &HealthCheck) -> AwsResult<()> {
        self.call("elasticloadbalancing:ModifyTargetGroup", |state| {
            state.modify_health_check(arn, health_check)
        })
        .await
    }

    async fn modify_target_group_attributes(&self, arn: &TargetGroupArn, attributes: &Attributes) -> AwsResult<()> {
        self.call("elasticloadbalancing:ModifyTargetGroupAttributes", |state| {
            state.modify_target_group_attributes(arn, attributes)
        })
        .await
    }

    async fn delete_target_group(&self, arn: &TargetGroupArn) -> AwsResult<()> {
        self.call("elasticloadbalancing:DeleteTargetGroup", |state| {
            state.delete_target_group(arn)
        })
        .await
    }

    async fn register_targets(&self, arn: &TargetGroupArn, targets: &BTreeSet<Target>) -> AwsResult<()> {
        self.call("elasticloadbalancing:RegisterTargets", |state| {
            state.register(arn, targets)
        })
        .await
    }

    async fn deregister_targets(&self, arn: &TargetGroupArn, targets: &BTreeSet<Target>) -> AwsResult<()> {
        self.call("elasticloadbalancing:DeregisterTargets", |state| {
            state.deregister(arn, targets)
        })
        .await
    }

    async fn create_listener(
        &self,
        load_balancer: &LoadBalancerArn,
        listener: &ListenerSettings,
        tags: &Tags,
    ) -> AwsResult<ListenerArn> {
        self.call("elasticloadbalancing:CreateListener", |state| {
            state.create_listener(load_balancer, listener, tags)
        })
        .await
    }

    async fn modify_listener(&self, arn: &ListenerArn, listener: &ListenerSettings) -> AwsResult<()> {
        self.call("elasticloadbalancing:ModifyListener", |state| {
            state.modify_listener(arn, listener)
        })
        .await
    }

    async fn describe_listener_attributes(&self, arn: &ListenerArn) -> AwsResult<Attributes> {
        self.call("elasticloadbalancing:DescribeListenerAttributes", |state| {
            Ok(state.listener_mut(arn)?.attributes.clone())
        })
        .await
    }

    async fn modify_listener_attributes(&self, arn: &ListenerArn, attributes: &Attributes) -> AwsResult<()> {
        self.call("elasticloadbalancing:ModifyListenerAttributes", |state| {
            state.modify_listener_attributes(arn, attributes)
        })
        .await
    }

    async fn delete_listener(&self, arn: &ListenerArn) -> AwsResult<()> {
        self.call("elasticloadbalancing:DeleteListener", |state| {
            state.listener_mut(arn)?;
            state.listeners.remove(arn);
            Ok(())
        })
        .await
    }

    async fn add_listener_certificates(&self, arn: &ListenerArn, certificates: &[CertificateArn]) -> AwsResult<()> {
        self.call("elasticloadbalancing:AddListenerCertificates", |state| {
            state.add_certificates(arn, certificates)
        })
        .await
    }

    async fn remove_listener_certificates(&self, arn: &ListenerArn, certificates: &[CertificateArn]) -> AwsResult<()> {
        self.call("elasticloadbalancing:RemoveListenerCertificates", |state| {
            state
                .listener_mut(arn)?
                .more_certificates
                .retain(|known| !certificates.contains(known));
            Ok(())
        })
        .await
    }

    async fn add_tags(&self, arn: &str, tags: &Tags) -> AwsResult<()> {
        self.call("elasticloadbalancing:AddTags", |state| {
            state.tags_mut(arn)?.extend(tags.clone());
            Ok(())
        })
        .await
    }

    async fn remove_tags(&self, arn: &str, keys: &BTreeSet<String>) -> AwsResult<()> {
        self.call("elasticloadbalancing:RemoveTags", |state| {
            state.tags_mut(arn)?.retain(|key, _| !keys.contains(key));
            Ok(())
        })
        .await
    }
}
