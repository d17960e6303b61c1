//! EC2: subnets, route tables, instances, security groups.

use std::collections::BTreeSet;

use ipnet::IpNet;

use aws_sdk_ec2::types::{
    Filter, Instance, InstanceStateName, RouteState, RouteTable, SecurityGroup, Subnet, SubnetCidrBlockStateCode, Tag,
    Vpc, VpcCidrBlockStateCode,
};

use super::rules::{described_rules, ingress_rules};
use crate::aws::api::{
    InstanceDescription, RouteTableDescription, SecurityGroupDescription, SubnetDescription, VpcDescription,
};
use crate::aws::ids::{InstanceId, SecurityGroupId, SubnetId, VpcId};
use crate::aws::stack::Tags;

/// A filter of a `Describe` call: any of the values matches.
pub(in crate::aws::sdk) fn filter(name: &str, values: Vec<String>) -> Filter {
    Filter::builder().name(name).set_values(Some(values)).build()
}

/// Tags as a request wants them.
pub(in crate::aws::sdk) fn tag_list(tags: &Tags) -> Vec<Tag> {
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    tags.iter().map(tag).collect()
}

/// A subnet; none without id or zone.
pub(in crate::aws::sdk) fn subnet(subnet: &Subnet) -> Option<SubnetDescription> {
    let free = subnet.available_ip_address_count().unwrap_or_default();
    Some(SubnetDescription {
        id: SubnetId::new(subnet.subnet_id()?),
        zone: subnet.availability_zone()?.to_owned(),
        networks: networks(subnet),
        free_addresses: u32::try_from(free).unwrap_or_default(),
        tags: tags(subnet.tags()),
    })
}

/// A route table.
pub(in crate::aws::sdk) fn route_table(table: &RouteTable) -> RouteTableDescription {
    let associations = table.associations();
    RouteTableDescription {
        main: associations.iter().any(|link| link.main() == Some(true)),
        subnets: associations
            .iter()
            .filter_map(|link| link.subnet_id().map(SubnetId::new))
            .collect(),
        internet_gateway: table.routes().iter().any(|route| {
            route.state() == Some(&RouteState::Active) && route.gateway_id().is_some_and(|id| id.starts_with("igw-"))
        }),
    }
}

/// An instance; none without id.
pub(in crate::aws::sdk) fn instance(instance: &Instance) -> Option<InstanceDescription> {
    let state = instance.state().and_then(|state| state.name());
    Some(InstanceDescription {
        id: InstanceId::new(instance.instance_id()?),
        vpc: instance.vpc_id().map(VpcId::new),
        zone: instance
            .placement()
            .and_then(|placement| placement.availability_zone())
            .map(str::to_owned),
        security_groups: primary_groups(instance),
        terminated: matches!(
            state,
            Some(InstanceStateName::Terminated | InstanceStateName::ShuttingDown)
        ),
        tags: tags(instance.tags()),
    })
}

/// A security group; none without id or VPC.
pub(in crate::aws::sdk) fn security_group(group: &SecurityGroup) -> Option<SecurityGroupDescription> {
    Some(SecurityGroupDescription {
        id: SecurityGroupId::new(group.group_id()?),
        name: group.group_name().unwrap_or_default().to_owned(),
        description: group.description().unwrap_or_default().to_owned(),
        vpc: VpcId::new(group.vpc_id()?),
        rules: group.ip_permissions().iter().flat_map(ingress_rules).collect(),
        rule_descriptions: group.ip_permissions().iter().flat_map(described_rules).collect(),
        tags: tags(group.tags()),
    })
}

/// A VPC.
pub(in crate::aws::sdk) fn vpc(vpc: &Vpc) -> VpcDescription {
    let v4 = vpc.cidr_block_association_set().iter().filter(|set| {
        let state = set.cidr_block_state().and_then(|it| it.state());
        is_associated(state.map(VpcCidrBlockStateCode::as_str))
    });
    let v6 = vpc.ipv6_cidr_block_association_set().iter().filter(|set| {
        let state = set.ipv6_cidr_block_state().and_then(|it| it.state());
        is_associated(state.map(VpcCidrBlockStateCode::as_str))
    });
    let v4 = v4.filter_map(|set| set.cidr_block());
    let networks = v4.chain(v6.filter_map(|set| set.ipv6_cidr_block()));
    VpcDescription {
        networks: networks.filter_map(|network| network.parse().ok()).collect(),
    }
}

fn networks(subnet: &Subnet) -> Vec<IpNet> {
    let v6 = subnet.ipv6_cidr_block_association_set().iter().filter(|set| {
        let state = set.ipv6_cidr_block_state().and_then(|it| it.state());
        is_associated(state.map(SubnetCidrBlockStateCode::as_str))
    });
    let v6 = v6.filter_map(|set| set.ipv6_cidr_block());
    let networks = subnet.cidr_block().into_iter().chain(v6);
    networks.filter_map(|network| network.parse().ok()).collect()
}

/// EC2 goes on to list a network that was taken away, or that it could not give.
fn is_associated(state: Option<&str>) -> bool {
    !matches!(state, Some("disassociating" | "disassociated" | "failing" | "failed"))
}

/// Groups of the interface with device index 0; EC2 repeats them on the instance itself.
fn primary_groups(instance: &Instance) -> BTreeSet<SecurityGroupId> {
    let primary = instance
        .network_interfaces()
        .iter()
        .find(|interface| interface.attachment().and_then(|link| link.device_index()) == Some(0));
    let groups = primary.map_or(instance.security_groups(), |interface| interface.groups());
    groups
        .iter()
        .filter_map(|group| group.group_id().map(SecurityGroupId::new))
        .collect()
}

fn tags(tags: &[Tag]) -> Tags {
    tags.iter()
        .filter_map(|tag| Some((tag.key()?.to_owned(), tag.value().unwrap_or_default().to_owned())))
        .collect()
}
