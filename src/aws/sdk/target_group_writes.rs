//! Writes of ELBv2 to target groups, and to the tags of any of its resources.

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::types::{TargetGroupAttribute, TargetTypeEnum};

use super::convert::{elbv2 as convert, health_check as convert_check};
use super::failure;
use crate::aws::api::AwsResult;
use crate::aws::ids::TargetGroupArn;
use crate::aws::stack::{Attributes, HealthCheck, Tags, Target, TargetGroup};

pub(super) async fn create_target_group(client: &Client, target_group: &TargetGroup) -> AwsResult<TargetGroupArn> {
    const ACTION: &str = "elasticloadbalancing:CreateTargetGroup";
    let check = &target_group.health_check;
    let form = convert_check::request(check);
    let answer = client
        .create_target_group()
        .name(target_group.name.as_str())
        .target_type(TargetTypeEnum::Instance)
        .protocol(convert::target_protocol(target_group.protocol))
        .set_protocol_version(convert::protocol_version(target_group.protocol))
        .set_ip_address_type(convert::family(target_group.family))
        .port(i32::from(target_group.port.get()))
        .vpc_id(target_group.vpc.as_str())
        .health_check_enabled(true)
        .health_check_protocol(form.protocol)
        .health_check_port(form.port)
        .set_health_check_path(form.path)
        .set_matcher(form.matcher)
        .health_check_interval_seconds(i32::from(check.interval))
        .health_check_timeout_seconds(i32::from(check.timeout))
        .healthy_threshold_count(i32::from(check.healthy_threshold))
        .unhealthy_threshold_count(i32::from(check.unhealthy_threshold))
        .set_tags(convert::tag_list(&target_group.tags))
        .send()
        .await
        .map_err(failure::of(ACTION))?;
    let created = answer.target_groups().first();
    let arn = created.and_then(|it| it.target_group_arn()).map(TargetGroupArn::new);
    arn.ok_or_else(|| failure::incomplete(ACTION, "TargetGroupArn"))
}

pub(super) async fn modify_health_check(client: &Client, arn: &TargetGroupArn, check: &HealthCheck) -> AwsResult<()> {
    let form = convert_check::request(check);
    let call = client
        .modify_target_group()
        .target_group_arn(arn.as_str())
        .health_check_enabled(true)
        .health_check_protocol(form.protocol)
        .health_check_port(form.port)
        .set_health_check_path(form.path)
        .set_matcher(form.matcher)
        .health_check_interval_seconds(i32::from(check.interval))
        .health_check_timeout_seconds(i32::from(check.timeout))
        .healthy_threshold_count(i32::from(check.healthy_threshold))
        .unhealthy_threshold_count(i32::from(check.unhealthy_threshold));
    let done = call.send().await;
    done.map(drop)
        .map_err(failure::of("elasticloadbalancing:ModifyTargetGroup"))
}

pub(super) async fn modify_attributes(client: &Client, arn: &TargetGroupArn, attributes: &Attributes) -> AwsResult<()> {
    let attributes = attributes
        .iter()
        .map(|(key, value)| TargetGroupAttribute::builder().key(key).value(value).build());
    let call = client
        .modify_target_group_attributes()
        .target_group_arn(arn.as_str())
        .set_attributes(Some(attributes.collect()));
    let done = call.send().await;
    done.map(drop)
        .map_err(failure::of("elasticloadbalancing:ModifyTargetGroupAttributes"))
}

pub(super) async fn delete_target_group(client: &Client, arn: &TargetGroupArn) -> AwsResult<()> {
    let call = client.delete_target_group().target_group_arn(arn.as_str());
    let done = call.send().await;
    done.map(drop)
        .map_err(failure::of("elasticloadbalancing:DeleteTargetGroup"))
}

pub(super) async fn register(client: &Client, arn: &TargetGroupArn, targets: &BTreeSet<Target>) -> AwsResult<()> {
    let call = client
        .register_targets()
        .target_group_arn(arn.as_str())
        .set_targets(Some(targets.iter().map(convert::target).collect()));
    let done = call.send().await;
    done.map(drop)
        .map_err(failure::of("elasticloadbalancing:RegisterTargets"))
}

pub(super) async fn deregister(client: &Client, arn: &TargetGroupArn, targets: &BTreeSet<Target>) -> AwsResult<()> {
    let call = client
        .deregister_targets()
        .target_group_arn(arn.as_str())
        .set_targets(Some(targets.iter().map(convert::target).collect()));
    let done = call.send().await;
    done.map(drop)
        .map_err(failure::of("elasticloadbalancing:DeregisterTargets"))
}

pub(super) async fn add_tags(client: &Client, arn: &str, tags: &Tags) -> AwsResult<()> {
    let call = client.add_tags().resource_arns(arn).set_tags(convert::tag_list(tags));
    let done = call.send().await;
    done.map(drop).map_err(failure::of("elasticloadbalancing:AddTags"))
}

pub(super) async fn remove_tags(client: &Client, arn: &str, keys: &BTreeSet<String>) -> AwsResult<()> {
    let call = client
        .remove_tags()
        .resource_arns(arn)
        .set_tag_keys(Some(keys.iter().cloned().collect()));
    let done = call.send().await;
    done.map(drop).map_err(failure::of("elasticloadbalancing:RemoveTags"))
}
