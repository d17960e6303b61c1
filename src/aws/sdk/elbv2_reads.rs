//! Reads of ELBv2, to the last page.

use aws_sdk_elasticloadbalancingv2::Client;

use super::convert::elbv2 as convert;
use super::failure;
use crate::aws::api::{
    AwsResult, ListenerDescription, LoadBalancerDescription, LoadBalancerSelection, TargetDescription,
    TargetGroupDescription,
};
use crate::aws::error::{AwsError, ErrorKind};
use crate::aws::ids::{CertificateArn, ListenerArn, LoadBalancerArn, TargetGroupArn};
use crate::aws::quotas::Limits;
use crate::aws::stack::{Attributes, Tags};

/// Largest page that ELBv2 gives (ELBv2 API reference, `PageSize`).
const PAGE: i32 = 400;

pub(super) async fn load_balancers(
    client: &Client,
    selection: &LoadBalancerSelection,
) -> AwsResult<Vec<LoadBalancerDescription>> {
    let call = client.describe_load_balancers();
    let call = match selection {
        LoadBalancerSelection::All => call.page_size(PAGE),
        LoadBalancerSelection::Name(name) => call.names(name.as_str()),
        LoadBalancerSelection::Arn(arn) => call.load_balancer_arns(arn.as_str()),
    };
    let found: Result<Vec<_>, _> = call.into_paginator().items().send().collect().await;
    match found.map_err(failure::of("elasticloadbalancing:DescribeLoadBalancers")) {
        Ok(found) => Ok(found.iter().filter_map(convert::load_balancer).collect()),
        Err(AwsError {
            kind: ErrorKind::NotFound,
            ..
        }) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

pub(super) async fn target_groups(client: &Client) -> AwsResult<Vec<TargetGroupDescription>> {
    let call = client.describe_target_groups().page_size(PAGE);
    let found: Result<Vec<_>, _> = call.into_paginator().items().send().collect().await;
    let found = found.map_err(failure::of("elasticloadbalancing:DescribeTargetGroups"))?;
    Ok(found.iter().filter_map(convert::target_group).collect())
}

pub(super) async fn tags(client: &Client, arns: &[String]) -> AwsResult<Vec<(String, Tags)>> {
    let call = client.describe_tags().set_resource_arns(Some(arns.to_vec()));
    let found = call
        .send()
        .await
        .map_err(failure::of("elasticloadbalancing:DescribeTags"))?;
    let of_one = found
        .tag_descriptions()
        .iter()
        .filter_map(|resource| Some((resource.resource_arn()?.to_owned(), convert::tags(resource.tags()))));
    Ok(of_one.collect())
}

pub(super) async fn listeners(client: &Client, load_balancer: &LoadBalancerArn) -> AwsResult<Vec<ListenerDescription>> {
    let call = client
        .describe_listeners()
        .load_balancer_arn(load_balancer.as_str())
        .page_size(PAGE);
    let found: Result<Vec<_>, _> = call.into_paginator().items().send().collect().await;
    let found = found.map_err(failure::of("elasticloadbalancing:DescribeListeners"))?;
    Ok(found.iter().filter_map(convert::listener).collect())
}

pub(super) async fn listener_certificates(client: &Client, listener: &ListenerArn) -> AwsResult<Vec<CertificateArn>> {
    let call = client
        .describe_listener_certificates()
        .listener_arn(listener.as_str())
        .page_size(PAGE);
    let found: Result<Vec<_>, _> = call.into_paginator().items().send().collect().await;
    let found = found.map_err(failure::of("elasticloadbalancing:DescribeListenerCertificates"))?;
    let others = found
        .iter()
        .filter(|certificate| certificate.is_default() != Some(true));
    Ok(others
        .filter_map(|certificate| certificate.certificate_arn().map(CertificateArn::new))
        .collect())
}

pub(super) async fn load_balancer_attributes(client: &Client, arn: &LoadBalancerArn) -> AwsResult<Attributes> {
    let call = client
        .describe_load_balancer_attributes()
        .load_balancer_arn(arn.as_str());
    let found = call
        .send()
        .await
        .map_err(failure::of("elasticloadbalancing:DescribeLoadBalancerAttributes"))?;
    let attributes = found.attributes().iter();
    Ok(attributes.filter_map(|it| entry(it.key(), it.value())).collect())
}

pub(super) async fn listener_attributes(client: &Client, arn: &ListenerArn) -> AwsResult<Attributes> {
    let call = client.describe_listener_attributes().listener_arn(arn.as_str());
    let found = call
        .send()
        .await
        .map_err(failure::of("elasticloadbalancing:DescribeListenerAttributes"))?;
    let attributes = found.attributes().iter();
    Ok(attributes.filter_map(|it| entry(it.key(), it.value())).collect())
}

pub(super) async fn capacity(client: &Client, arn: &LoadBalancerArn) -> AwsResult<u32> {
    let call = client.describe_capacity_reservation().load_balancer_arn(arn.as_str());
    let found = call
        .send()
        .await
        .map_err(failure::of("elasticloadbalancing:DescribeCapacityReservation"))?;
    let minimum = found
        .minimum_load_balancer_capacity()
        .and_then(|it| it.capacity_units());
    Ok(minimum.and_then(|units| u32::try_from(units).ok()).unwrap_or_default())
}

pub(super) async fn target_group_attributes(client: &Client, arn: &TargetGroupArn) -> AwsResult<Attributes> {
    let call = client.describe_target_group_attributes().target_group_arn(arn.as_str());
    let found = call
        .send()
        .await
        .map_err(failure::of("elasticloadbalancing:DescribeTargetGroupAttributes"))?;
    let attributes = found.attributes().iter();
    Ok(attributes.filter_map(|it| entry(it.key(), it.value())).collect())
}

/// A limit that is no number is left out.
pub(super) async fn account_limits(client: &Client) -> AwsResult<Limits> {
    let call = client.describe_account_limits().page_size(PAGE);
    let found: Result<Vec<_>, _> = call.into_paginator().items().send().collect().await;
    let found = found.map_err(failure::of("elasticloadbalancing:DescribeAccountLimits"))?;
    let limits = found.iter();
    let limits = limits.filter_map(|limit| Some((limit.name()?.to_owned(), limit.max()?.parse().ok()?)));
    Ok(Limits::new(limits.collect()))
}

pub(super) async fn target_health(client: &Client, arn: &TargetGroupArn) -> AwsResult<Vec<TargetDescription>> {
    let call = client.describe_target_health().target_group_arn(arn.as_str());
    let found = call
        .send()
        .await
        .map_err(failure::of("elasticloadbalancing:DescribeTargetHealth"))?;
    let targets = found.target_health_descriptions().iter();
    Ok(targets.filter_map(convert::target_health).collect())
}

/// An attribute without a value is one that is not set.
fn entry(key: Option<&str>, value: Option<&str>) -> Option<(String, String)> {
    Some((key?.to_owned(), value.unwrap_or_default().to_owned()))
}
