//! The operations by name: each goes through [`Aws::read`] or [`Aws::write`].

use std::collections::BTreeSet;

use elbow::aws::api::*;
use elbow::aws::ids::*;
use elbow::aws::quotas::Limits;
use elbow::aws::stack::{
    AddressType, Attributes, FrontendGroup, HealthCheck, IngressRule, LoadBalancer, Tags, Target, TargetGroup,
};

use super::watch::On;
use super::{Aws, State};

impl AwsApi for Aws {
    async fn describe_subnets(&self, vpc: &VpcId) -> AwsResult<Vec<SubnetDescription>> {
        self.read("ec2:DescribeSubnets", |state| Ok(state.subnets_of(vpc)))
            .await
    }

    async fn describe_vpc(&self, vpc: &VpcId) -> AwsResult<VpcDescription> {
        self.read("ec2:DescribeVpcs", |state| state.describe_vpc(vpc)).await
    }

    async fn describe_route_tables(&self, _: &VpcId) -> AwsResult<Vec<RouteTableDescription>> {
        self.read("ec2:DescribeRouteTables", |state| Ok(state.route_tables.clone()))
            .await
    }

    async fn describe_instances(&self, ids: &BTreeSet<InstanceId>) -> AwsResult<Vec<InstanceDescription>> {
        self.read("ec2:DescribeInstances", |state| Ok(state.describe_instances(ids)))
            .await
    }

    async fn describe_security_groups(
        &self,
        selection: &SecurityGroupSelection,
    ) -> AwsResult<Vec<SecurityGroupDescription>> {
        self.read("ec2:DescribeSecurityGroups", |state| {
            Ok(state.describe_groups(selection))
        })
        .await
    }

    async fn create_security_group(&self, group: &FrontendGroup) -> AwsResult<SecurityGroupId> {
        self.write(
            "ec2:CreateSecurityGroup",
            On::New(&group.tags),
            group.clone(),
            State::create_group,
        )
        .await
    }

    async fn delete_security_group(&self, id: &SecurityGroupId) -> AwsResult<()> {
        self.write(
            "ec2:DeleteSecurityGroup",
            On::Group(id),
            id.clone(),
            State::delete_group,
        )
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
            On::NewRules(id, rules, description),
            (id.clone(), rules.clone(), description.to_owned()),
            |state, (id, rules, description)| state.authorize(id, rules, description),
        )
        .await
    }

    async fn revoke_ingress(&self, id: &SecurityGroupId, rules: &BTreeSet<IngressRule>) -> AwsResult<()> {
        self.write(
            "ec2:RevokeSecurityGroupIngress",
            On::Rules(id, rules),
            (id.clone(), rules.clone()),
            |state, (id, rules)| state.revoke(id, rules),
        )
        .await
    }

    async fn create_group_tags(&self, id: &SecurityGroupId, tags: &Tags) -> AwsResult<()> {
        self.write(
            "ec2:CreateTags",
            On::Group(id),
            (id.clone(), tags.clone()),
            |state, (id, tags)| state.tag_group(id, tags),
        )
        .await
    }

    async fn delete_group_tags(&self, id: &SecurityGroupId, keys: &BTreeSet<String>) -> AwsResult<()> {
        self.write(
            "ec2:DeleteTags",
            On::Group(id),
            (id.clone(), keys.clone()),
            |state, (id, keys)| state.untag_group(id, keys),
        )
        .await
    }

    async fn describe_load_balancers(
        &self,
        selection: &LoadBalancerSelection,
    ) -> AwsResult<Vec<LoadBalancerDescription>> {
        self.read("elasticloadbalancing:DescribeLoadBalancers", |state| {
            Ok(state.describe_load_balancers(selection))
        })
        .await
    }

    async fn describe_target_groups(&self) -> AwsResult<Vec<TargetGroupDescription>> {
        self.read("elasticloadbalancing:DescribeTargetGroups", |state| {
            Ok(state.describe_target_groups())
        })
        .await
    }

    async fn describe_tags(&self, arns: &[String]) -> AwsResult<Vec<(String, Tags)>> {
        self.read("elasticloadbalancing:DescribeTags", |state| state.describe_tags(arns))
            .await
    }

    async fn describe_listeners(&self, load_balancer: &LoadBalancerArn) -> AwsResult<Vec<ListenerDescription>> {
        self.read("elasticloadbalancing:DescribeListeners", |state| {
            state.describe_listeners(load_balancer)
        })
        .await
    }

    async fn describe_listener_certificates(&self, listener: &ListenerArn) -> AwsResult<Vec<CertificateArn>> {
        self.read("elasticloadbalancing:DescribeListenerCertificates", |state| {
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
        self.read("elasticloadbalancing:DescribeLoadBalancerAttributes", |state| {
            Ok(state.load_balancer_mut(arn)?.attributes.clone())
        })
        .await
    }

    async fn describe_target_group_attributes(&self, arn: &TargetGroupArn) -> AwsResult<Attributes> {
        self.read("elasticloadbalancing:DescribeTargetGroupAttributes", |state| {
            Ok(state.target_group_mut(arn)?.attributes.clone())
        })
        .await
    }

    async fn describe_account_limits(&self) -> AwsResult<Limits> {
        self.read("elasticloadbalancing:DescribeAccountLimits", |state| {
            Ok(state.describe_account_limits())
        })
        .await
    }

    async fn describe_target_health(&self, arn: &TargetGroupArn) -> AwsResult<Vec<TargetDescription>> {
        self.read("elasticloadbalancing:DescribeTargetHealth", |state| {
            state.describe_targets(arn)
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
            On::New(&load_balancer.tags),
            (load_balancer.clone(), groups.clone()),
            |state, (wanted, groups)| state.create_load_balancer(wanted, groups),
        )
        .await
    }

    async fn delete_load_balancer(&self, arn: &LoadBalancerArn) -> AwsResult<()> {
        self.write(
            "elasticloadbalancing:DeleteLoadBalancer",
            On::LoadBalancer(arn),
            arn.clone(),
            State::delete_load_balancer,
        )
        .await
    }

    async fn modify_load_balancer_attributes(&self, arn: &LoadBalancerArn, attributes: &Attributes) -> AwsResult<()> {
        self.write(
            "elasticloadbalancing:ModifyLoadBalancerAttributes",
            On::LoadBalancer(arn),
            (arn.clone(), attributes.clone()),
            |state, (arn, changed)| state.modify_load_balancer_attributes(arn, changed),
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
            On::LoadBalancer(arn),
            (arn.clone(), groups.clone(), private_link_rules),
            |state, (arn, groups, rules)| state.set_groups(arn, groups, *rules),
        )
        .await
    }

    async fn set_subnets(&self, arn: &LoadBalancerArn, subnets: &SubnetSettings) -> AwsResult<()> {
        self.write(
            "elasticloadbalancing:SetSubnets",
            On::LoadBalancer(arn),
            (arn.clone(), subnets.clone()),
            |state, (arn, subnets)| state.set_subnets(arn, subnets),
        )
        .await
    }

    async fn set_address_type(&self, arn: &LoadBalancerArn, address_type: AddressType) -> AwsResult<()> {
        self.write(
            "elasticloadbalancing:SetIpAddressType",
            On::LoadBalancer(arn),
            (arn.clone(), address_type),
            |state, (arn, wanted)| state.set_address_type(arn, *wanted),
        )
        .await
    }

    async fn describe_capacity(&self, arn: &LoadBalancerArn) -> AwsResult<u32> {
        self.read("elasticloadbalancing:DescribeCapacityReservation", |state| {
            Ok(state.load_balancer_mut(arn)?.capacity_units)
        })
        .await
    }

    async fn modify_capacity(&self, arn: &LoadBalancerArn, units: u32) -> AwsResult<()> {
        self.write(
            "elasticloadbalancing:ModifyCapacityReservation",
            On::LoadBalancer(arn),
            (arn.clone(), units),
            |state, (arn, units)| state.modify_capacity(arn, *units),
        )
        .await
    }

    async fn describe_web_acl(&self, arn: &LoadBalancerArn) -> AwsResult<Option<WebAclArn>> {
        self.read("wafv2:GetWebACLForResource", |state| {
            Ok(state.firewalled(arn)?.web_acl.clone())
        })
        .await
    }

    async fn associate_web_acl(&self, arn: &LoadBalancerArn, web_acl: &WebAclArn) -> AwsResult<()> {
        self.write(
            "wafv2:AssociateWebACL",
            On::LoadBalancer(arn),
            (arn.clone(), web_acl.clone()),
            |state, (arn, web_acl)| state.associate_web_acl(arn, web_acl),
        )
        .await
    }

    async fn disassociate_web_acl(&self, arn: &LoadBalancerArn) -> AwsResult<()> {
        self.write(
            "wafv2:DisassociateWebACL",
            On::LoadBalancer(arn),
            arn.clone(),
            State::disassociate_web_acl,
        )
        .await
    }

    async fn create_target_group(&self, target_group: &TargetGroup) -> AwsResult<TargetGroupArn> {
        self.write(
            "elasticloadbalancing:CreateTargetGroup",
            On::New(&target_group.tags),
            target_group.clone(),
            State::create_target_group,
        )
        .await
    }

    async fn modify_health_check(&self, arn: &TargetGroupArn, health_check: &HealthCheck) -> AwsResult<()> {
        self.write(
            "elasticloadbalancing:ModifyTargetGroup",
            On::TargetGroup(arn),
            (arn.clone(), health_check.clone()),
            |state, (arn, wanted)| state.modify_health_check(arn, wanted),
        )
        .await
    }

    async fn modify_target_group_attributes(&self, arn: &TargetGroupArn, attributes: &Attributes) -> AwsResult<()> {
        self.write(
            "elasticloadbalancing:ModifyTargetGroupAttributes",
            On::TargetGroup(arn),
            (arn.clone(), attributes.clone()),
            |state, (arn, changed)| state.modify_target_group_attributes(arn, changed),
        )
        .await
    }

    async fn delete_target_group(&self, arn: &TargetGroupArn) -> AwsResult<()> {
        self.write(
            "elasticloadbalancing:DeleteTargetGroup",
            On::TargetGroup(arn),
            arn.clone(),
            State::delete_target_group,
        )
        .await
    }

    async fn register_targets(&self, arn: &TargetGroupArn, targets: &BTreeSet<Target>) -> AwsResult<()> {
        self.write(
            "elasticloadbalancing:RegisterTargets",
            On::TargetGroup(arn),
            (arn.clone(), targets.clone()),
            |state, (arn, targets)| state.register(arn, targets),
        )
        .await
    }

    async fn deregister_targets(&self, arn: &TargetGroupArn, targets: &BTreeSet<Target>) -> AwsResult<()> {
        self.write(
            "elasticloadbalancing:DeregisterTargets",
            On::TargetGroup(arn),
            (arn.clone(), targets.clone()),
            |state, (arn, targets)| state.deregister(arn, targets),
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
            On::LoadBalancer(load_balancer),
            (load_balancer.clone(), listener.clone(), tags.clone()),
            |state, (arn, wanted, tags)| state.create_listener(arn, wanted, tags),
        )
        .await
    }

    async fn modify_listener(&self, arn: &ListenerArn, listener: &ListenerSettings) -> AwsResult<()> {
        self.write(
            "elasticloadbalancing:ModifyListener",
            On::Listener(arn),
            (arn.clone(), listener.clone()),
            |state, (arn, wanted)| state.modify_listener(arn, wanted),
        )
        .await
    }

    async fn describe_listener_attributes(&self, arn: &ListenerArn) -> AwsResult<Attributes> {
        self.read("elasticloadbalancing:DescribeListenerAttributes", |state| {
            Ok(state.listener_mut(arn)?.attributes.clone())
        })
        .await
    }

    async fn modify_listener_attributes(&self, arn: &ListenerArn, attributes: &Attributes) -> AwsResult<()> {
        self.write(
            "elasticloadbalancing:ModifyListenerAttributes",
            On::Listener(arn),
            (arn.clone(), attributes.clone()),
            |state, (arn, changed)| state.modify_listener_attributes(arn, changed),
        )
        .await
    }

    async fn delete_listener(&self, arn: &ListenerArn) -> AwsResult<()> {
        self.write(
            "elasticloadbalancing:DeleteListener",
            On::Listener(arn),
            arn.clone(),
            State::delete_listener,
        )
        .await
    }

    async fn add_listener_certificates(&self, arn: &ListenerArn, certificates: &[CertificateArn]) -> AwsResult<()> {
        self.write(
            "elasticloadbalancing:AddListenerCertificates",
            On::Listener(arn),
            (arn.clone(), certificates.to_vec()),
            |state, (arn, certificates)| state.add_certificates(arn, certificates),
        )
        .await
    }

    async fn remove_listener_certificates(&self, arn: &ListenerArn, certificates: &[CertificateArn]) -> AwsResult<()> {
        self.write(
            "elasticloadbalancing:RemoveListenerCertificates",
            On::Listener(arn),
            (arn.clone(), certificates.to_vec()),
            |state, (arn, certificates)| state.remove_certificates(arn, certificates),
        )
        .await
    }

    async fn add_tags(&self, arn: &str, tags: &Tags) -> AwsResult<()> {
        self.write(
            "elasticloadbalancing:AddTags",
            On::Arn(arn),
            (arn.to_owned(), tags.clone()),
            |state, (arn, tags)| state.tag(arn, tags),
        )
        .await
    }

    async fn remove_tags(&self, arn: &str, keys: &BTreeSet<String>) -> AwsResult<()> {
        self.write(
            "elasticloadbalancing:RemoveTags",
            On::Arn(arn),
            (arn.to_owned(), keys.clone()),
            |state, (arn, keys)| state.untag(arn, keys),
        )
        .await
    }
}
