//! The operations by name: each goes through [`Aws::call`].

use std::collections::BTreeSet;

use elbow::aws::api::*;
use elbow::aws::ids::*;
use elbow::aws::stack::{Attributes, FrontendGroup, HealthCheck, IngressRule, LoadBalancer, Tags, Target, TargetGroup};

use super::Aws;

impl AwsApi for Aws {
    async fn describe_subnets(&self, vpc: &VpcId) -> AwsResult<Vec<SubnetDescription>> {
        self.call("ec2:DescribeSubnets", |state| Ok(state.subnets_of(vpc)))
            .await
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

    async fn authorize_ingress(&self, id: &SecurityGroupId, rules: &BTreeSet<IngressRule>) -> AwsResult<()> {
        self.call("ec2:AuthorizeSecurityGroupIngress", |state| state.authorize(id, rules))
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
            state.load_balancer_mut(arn)?.attributes.extend(attributes.clone());
            Ok(())
        })
        .await
    }

    async fn set_security_groups(&self, arn: &LoadBalancerArn, groups: &BTreeSet<SecurityGroupId>) -> AwsResult<()> {
        self.call("elasticloadbalancing:SetSecurityGroups", |state| {
            state.set_groups(arn, groups)
        })
        .await
    }

    async fn set_subnets(&self, arn: &LoadBalancerArn, subnets: &BTreeSet<SubnetId>) -> AwsResult<()> {
        self.call("elasticloadbalancing:SetSubnets", |state| {
            state.load_balancer_mut(arn)?.subnets = subnets.clone();
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
            state.target_group_mut(arn)?.settings.health_check = health_check.clone();
            Ok(())
        })
        .await
    }

    async fn modify_target_group_attributes(&self, arn: &TargetGroupArn, attributes: &Attributes) -> AwsResult<()> {
        self.call("elasticloadbalancing:ModifyTargetGroupAttributes", |state| {
            state.target_group_mut(arn)?.attributes.extend(attributes.clone());
            Ok(())
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
            state
                .listener_mut(arn)?
                .more_certificates
                .extend(certificates.iter().cloned());
            Ok(())
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
