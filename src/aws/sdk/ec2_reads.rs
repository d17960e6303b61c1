//! Reads of EC2, all by filter and to the last page.

use std::collections::BTreeSet;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::Filter;

use super::convert::ec2 as convert;
use super::convert::strings;
use super::failure;
use crate::aws::api::{
    AwsResult, InstanceDescription, RouteTableDescription, SecurityGroupDescription, SecurityGroupSelection,
    SubnetDescription, VpcDescription,
};
use crate::aws::error::AwsError;
use crate::aws::ids::{InstanceId, VpcId};

/// Values that EC2 takes in one filter (EC2 API reference, `DescribeInstances`).
const FILTER_VALUES: usize = 200;
/// Largest page of `DescribeInstances`, `DescribeSecurityGroups` and `DescribeSubnets`.
const PAGE: i32 = 1000;
/// Largest page of `DescribeRouteTables`.
const ROUTE_TABLE_PAGE: i32 = 100;

pub(super) async fn subnets(client: &Client, vpc: &VpcId) -> AwsResult<Vec<SubnetDescription>> {
    let pages = client.describe_subnets().filters(in_vpc(vpc));
    let found: Result<Vec<_>, _> = pages.into_paginator().page_size(PAGE).items().send().collect().await;
    let found = found.map_err(failure::of("ec2:DescribeSubnets"))?;
    Ok(found.iter().filter_map(convert::subnet).collect())
}

pub(super) async fn vpc(client: &Client, vpc: &VpcId) -> AwsResult<VpcDescription> {
    const ACTION: &str = "ec2:DescribeVpcs";
    let found = client.describe_vpcs().filters(in_vpc(vpc)).send().await;
    let found = found.map_err(failure::of(ACTION))?;
    let found = found.vpcs().first().map(convert::vpc);
    found.ok_or_else(|| AwsError::new(ACTION, "InvalidVpcID.NotFound", format!("there is no VPC {vpc}")))
}

pub(super) async fn route_tables(client: &Client, vpc: &VpcId) -> AwsResult<Vec<RouteTableDescription>> {
    let pages = client.describe_route_tables().filters(in_vpc(vpc));
    let found: Result<Vec<_>, _> = pages
        .into_paginator()
        .page_size(ROUTE_TABLE_PAGE)
        .items()
        .send()
        .collect()
        .await;
    let found = found.map_err(failure::of("ec2:DescribeRouteTables"))?;
    Ok(found.iter().map(convert::route_table).collect())
}

pub(super) async fn instances(client: &Client, ids: &BTreeSet<InstanceId>) -> AwsResult<Vec<InstanceDescription>> {
    let mut instances = Vec::with_capacity(ids.len());
    for filter in by_values("instance-id", strings(ids)) {
        let pages = client.describe_instances().filters(filter);
        let found: Result<Vec<_>, _> = pages.into_paginator().page_size(PAGE).items().send().collect().await;
        let found = found.map_err(failure::of("ec2:DescribeInstances"))?;
        let found = found.iter().flat_map(|reservation| reservation.instances());
        instances.extend(found.filter_map(convert::instance));
    }
    Ok(instances)
}

pub(super) async fn security_groups(
    client: &Client,
    selection: &SecurityGroupSelection,
) -> AwsResult<Vec<SecurityGroupDescription>> {
    let mut groups = Vec::new();
    for filters in group_filters(selection) {
        let pages = client.describe_security_groups().set_filters(Some(filters));
        let found: Result<Vec<_>, _> = pages.into_paginator().page_size(PAGE).items().send().collect().await;
        let found = found.map_err(failure::of("ec2:DescribeSecurityGroups"))?;
        groups.extend(found.iter().filter_map(convert::security_group));
    }
    Ok(groups)
}

/// The filters of each call that a selection takes: several only for many ids, none for no id.
fn group_filters(selection: &SecurityGroupSelection) -> Vec<Vec<Filter>> {
    let filter = |name: &str, value: &str| convert::filter(name, vec![value.to_owned()]);
    match selection {
        SecurityGroupSelection::Tag(key, value) => vec![vec![filter(&format!("tag:{key}"), value)]],
        SecurityGroupSelection::Name(vpc, name) => vec![vec![in_vpc(vpc), filter("group-name", name)]],
        SecurityGroupSelection::Admitting(id) => vec![vec![filter("ip-permission.group-id", id.as_str())]],
        SecurityGroupSelection::Ids(ids) => by_values("group-id", strings(ids)).map(|filter| vec![filter]).collect(),
    }
}

fn in_vpc(vpc: &VpcId) -> Filter {
    convert::filter("vpc-id", strings([vpc]))
}

fn by_values(name: &'static str, values: Vec<String>) -> impl Iterator<Item = Filter> {
    let parts: Vec<Vec<String>> = values.chunks(FILTER_VALUES).map(<[_]>::to_vec).collect();
    parts.into_iter().map(move |part| convert::filter(name, part))
}
