//! Writes of EC2: security groups, their rules and tags.

use std::collections::BTreeSet;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{IpPermission, ResourceType, Tag, TagSpecification};

use super::convert::{ec2 as convert, rules};
use super::failure;
use crate::aws::api::AwsResult;
use crate::aws::ids::SecurityGroupId;
use crate::aws::stack::{FrontendGroup, IngressRule, Tags};

pub(super) async fn create_security_group(client: &Client, group: &FrontendGroup) -> AwsResult<SecurityGroupId> {
    const ACTION: &str = "ec2:CreateSecurityGroup";
    let tags = TagSpecification::builder()
        .resource_type(ResourceType::SecurityGroup)
        .set_tags(Some(convert::tag_list(&group.tags)))
        .build();
    let created = client
        .create_security_group()
        .group_name(group.name.as_str())
        .description(&group.description)
        .vpc_id(group.vpc.as_str())
        .tag_specifications(tags)
        .send()
        .await
        .map_err(failure::of(ACTION))?;
    let id = created.group_id().map(SecurityGroupId::new);
    id.ok_or_else(|| failure::incomplete(ACTION, "GroupId"))
}

pub(super) async fn delete_security_group(client: &Client, id: &SecurityGroupId) -> AwsResult<()> {
    let call = client.delete_security_group().group_id(id.as_str());
    let done = call.send().await;
    done.map(drop).map_err(failure::of("ec2:DeleteSecurityGroup"))
}

pub(super) async fn authorize_ingress(
    client: &Client,
    id: &SecurityGroupId,
    rules: &BTreeSet<IngressRule>,
    description: &str,
) -> AwsResult<()> {
    let call = client
        .authorize_security_group_ingress()
        .group_id(id.as_str())
        .set_ip_permissions(Some(permissions(rules, Some(description))));
    let done = call.send().await;
    done.map(drop).map_err(failure::of("ec2:AuthorizeSecurityGroupIngress"))
}

pub(super) async fn revoke_ingress(
    client: &Client,
    id: &SecurityGroupId,
    rules: &BTreeSet<IngressRule>,
) -> AwsResult<()> {
    let call = client
        .revoke_security_group_ingress()
        .group_id(id.as_str())
        .set_ip_permissions(Some(permissions(rules, None)));
    let done = call.send().await;
    done.map(drop).map_err(failure::of("ec2:RevokeSecurityGroupIngress"))
}

pub(super) async fn create_tags(client: &Client, id: &SecurityGroupId, tags: &Tags) -> AwsResult<()> {
    let call = client
        .create_tags()
        .resources(id.as_str())
        .set_tags(Some(convert::tag_list(tags)));
    let done = call.send().await;
    done.map(drop).map_err(failure::of("ec2:CreateTags"))
}

/// A key without a value: the tag goes whatever its value.
pub(super) async fn delete_tags(client: &Client, id: &SecurityGroupId, keys: &BTreeSet<String>) -> AwsResult<()> {
    let tags = keys.iter().map(|key| Tag::builder().key(key).build());
    let call = client
        .delete_tags()
        .resources(id.as_str())
        .set_tags(Some(tags.collect()));
    let done = call.send().await;
    done.map(drop).map_err(failure::of("ec2:DeleteTags"))
}

fn permissions(rules: &BTreeSet<IngressRule>, description: Option<&str>) -> Vec<IpPermission> {
    rules
        .iter()
        .map(|rule| rules::ip_permission(rule, description))
        .collect()
}
