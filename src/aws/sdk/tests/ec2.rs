use std::collections::BTreeSet;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::operation::authorize_security_group_ingress::AuthorizeSecurityGroupIngressOutput;
use aws_sdk_ec2::operation::create_security_group::CreateSecurityGroupOutput;
use aws_sdk_ec2::operation::create_tags::CreateTagsOutput;
use aws_sdk_ec2::operation::delete_security_group::DeleteSecurityGroupOutput;
use aws_sdk_ec2::operation::delete_tags::DeleteTagsOutput;
use aws_sdk_ec2::operation::describe_instances::DescribeInstancesOutput;
use aws_sdk_ec2::operation::describe_route_tables::DescribeRouteTablesOutput;
use aws_sdk_ec2::operation::describe_security_groups::DescribeSecurityGroupsOutput;
use aws_sdk_ec2::operation::describe_subnets::DescribeSubnetsOutput;
use aws_sdk_ec2::operation::describe_vpcs::DescribeVpcsOutput;
use aws_sdk_ec2::operation::revoke_security_group_ingress::RevokeSecurityGroupIngressOutput;
use aws_sdk_ec2::types::{
    Filter, GroupIdentifier, Instance, InstanceNetworkInterface, InstanceNetworkInterfaceAttachment, InstanceState,
    InstanceStateName, IpPermission, IpRange, Placement, Reservation, ResourceType, Route, RouteState, RouteTable,
    RouteTableAssociation, SecurityGroup, Subnet, SubnetIpv6CidrBlockAssociation, Tag, Vpc, VpcCidrBlockAssociation,
    VpcCidrBlockState, VpcCidrBlockStateCode, VpcIpv6CidrBlockAssociation,
};
use aws_smithy_mocks::mock;

use super::*;
use crate::aws::api::*;
use crate::aws::ids::*;
use crate::aws::stack::*;

fn vpc() -> VpcId {
    VpcId::new("vpc-1")
}

fn sg() -> SecurityGroupId {
    SecurityGroupId::new("sg-1")
}

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build()
}

fn has_filter(filters: &[Filter], name: &str, values: &[&str]) -> bool {
    filters
        .iter()
        .any(|filter| filter.name() == Some(name) && filter.values() == values)
}

fn a_subnet(id: &str) -> Subnet {
    Subnet::builder()
        .subnet_id(id)
        .availability_zone("us-east-1a")
        .available_ip_address_count(251)
        .cidr_block("10.0.1.0/24")
        .ipv6_cidr_block_association_set(
            SubnetIpv6CidrBlockAssociation::builder()
                .ipv6_cidr_block("2001:db8:0:1::/64")
                .build(),
        )
        .tags(tag("kubernetes.io/role/elb", "1"))
        .build()
}

#[tokio::test]
async fn subnets_are_those_of_the_vpc_on_all_pages() {
    let first = mock!(Client::describe_subnets)
        .match_requests(|call| call.next_token().is_none() && has_filter(call.filters(), "vpc-id", &["vpc-1"]))
        .then_output(|| {
            let page = DescribeSubnetsOutput::builder().subnets(a_subnet("subnet-1"));
            page.next_token("more").build()
        });
    let second = mock!(Client::describe_subnets)
        .match_requests(|call| call.next_token() == Some("more"))
        .then_output(|| DescribeSubnetsOutput::builder().subnets(a_subnet("subnet-2")).build());
    let found = ec2(&[&first, &second]).describe_subnets(&vpc()).await.unwrap();
    assert_eq!((first.num_calls(), second.num_calls()), (1, 1));
    let ids: Vec<_> = found.iter().map(|subnet| subnet.id.as_str()).collect();
    assert_eq!(ids, ["subnet-1", "subnet-2"]);
    assert_eq!(found[0].zone, "us-east-1a");
    assert_eq!(found[0].free_addresses, 251);
    let networks: Vec<String> = found[0].networks.iter().map(ToString::to_string).collect();
    assert_eq!(networks, ["10.0.1.0/24", "2001:db8:0:1::/64"]);
    assert_eq!(found[0].tags["kubernetes.io/role/elb"], "1");
}

fn vpc_network(network: &str, state: VpcCidrBlockStateCode) -> VpcCidrBlockAssociation {
    let state = VpcCidrBlockState::builder().state(state).build();
    VpcCidrBlockAssociation::builder()
        .cidr_block(network)
        .cidr_block_state(state)
        .build()
}

#[tokio::test]
async fn a_vpc_has_the_networks_of_both_families_that_were_not_taken_away() {
    let rule = mock!(Client::describe_vpcs)
        .match_requests(|call| has_filter(call.filters(), "vpc-id", &["vpc-1"]))
        .then_output(|| {
            let v6 = VpcIpv6CidrBlockAssociation::builder().ipv6_cidr_block("2001:db8::/56");
            let found = Vpc::builder()
                .vpc_id("vpc-1")
                .cidr_block_association_set(vpc_network("10.0.0.0/16", VpcCidrBlockStateCode::Associated))
                .cidr_block_association_set(vpc_network("10.9.0.0/16", VpcCidrBlockStateCode::Disassociated))
                .ipv6_cidr_block_association_set(v6.build());
            DescribeVpcsOutput::builder().vpcs(found.build()).build()
        });
    let found = ec2(&[&rule]).describe_vpc(&vpc()).await.unwrap();
    let networks: Vec<String> = found.networks.iter().map(ToString::to_string).collect();
    assert_eq!(networks, ["10.0.0.0/16", "2001:db8::/56"]);
}

#[tokio::test]
async fn a_vpc_that_is_not_there_is_an_error() {
    let rule = mock!(Client::describe_vpcs).then_output(|| DescribeVpcsOutput::builder().build());
    let error = ec2(&[&rule]).describe_vpc(&vpc()).await.unwrap_err();
    assert_eq!(
        (error.action, error.code.as_str()),
        ("ec2:DescribeVpcs", "InvalidVpcID.NotFound")
    );
}

#[tokio::test]
async fn a_route_table_is_public_by_an_active_route_to_an_internet_gateway() {
    let table = |gateway: &str, state: RouteState, link: RouteTableAssociation| {
        let route = Route::builder().gateway_id(gateway).state(state).build();
        RouteTable::builder().routes(route).associations(link).build()
    };
    let rule = mock!(Client::describe_route_tables)
        .match_requests(|call| has_filter(call.filters(), "vpc-id", &["vpc-1"]))
        .then_output(move || {
            let main = RouteTableAssociation::builder().main(true).build();
            let of_subnet = RouteTableAssociation::builder().subnet_id("subnet-1").build();
            DescribeRouteTablesOutput::builder()
                .route_tables(table("igw-1", RouteState::Active, of_subnet))
                .route_tables(table("igw-1", RouteState::Blackhole, main.clone()))
                .route_tables(table("local", RouteState::Active, main))
                .build()
        });
    let found = ec2(&[&rule]).describe_route_tables(&vpc()).await.unwrap();
    let public: Vec<_> = found.iter().map(|table| table.internet_gateway).collect();
    assert_eq!(public, [true, false, false]);
    assert_eq!(found[0].subnets, [SubnetId::new("subnet-1")].into());
    assert_eq!((found[0].main, found[1].main), (false, true));
}

#[tokio::test]
async fn instances_are_found_by_filter_two_hundred_at_a_time() {
    let page = |count: usize| {
        mock!(Client::describe_instances)
            .match_requests(move |call| {
                call.instance_ids().is_empty()
                    && call.filters()[0].name() == Some("instance-id")
                    && call.filters()[0].values().len() == count
            })
            .then_output(|| DescribeInstancesOutput::builder().build())
    };
    let (full, rest) = (page(200), page(1));
    let ids = (0..201).map(|n| InstanceId::new(format!("i-{n}"))).collect();
    let found = ec2(&[&full, &rest]).describe_instances(&ids).await.unwrap();
    assert_eq!(found, []);
    assert_eq!((full.num_calls(), rest.num_calls()), (1, 1));
}

fn interface(index: i32, group: &str) -> InstanceNetworkInterface {
    let link = InstanceNetworkInterfaceAttachment::builder().device_index(index);
    InstanceNetworkInterface::builder()
        .attachment(link.build())
        .groups(GroupIdentifier::builder().group_id(group).build())
        .build()
}

#[tokio::test]
async fn an_instance_has_the_groups_of_its_primary_interface() {
    let rule = mock!(Client::describe_instances).then_output(|| {
        let state = InstanceState::builder().name(InstanceStateName::Running);
        let running = Instance::builder()
            .instance_id("i-1")
            .vpc_id("vpc-1")
            .placement(Placement::builder().availability_zone("us-east-1a").build())
            .state(state.build())
            .network_interfaces(interface(1, "sg-other"))
            .network_interfaces(interface(0, "sg-node"))
            .tags(tag("kubernetes.io/cluster/blue", "owned"))
            .build();
        let state = InstanceState::builder().name(InstanceStateName::Terminated);
        let gone = Instance::builder().instance_id("i-2").state(state.build());
        let both = Reservation::builder().instances(running).instances(gone.build());
        DescribeInstancesOutput::builder().reservations(both.build()).build()
    });
    let ids = ["i-1", "i-2"].map(InstanceId::new).into();
    let found = ec2(&[&rule]).describe_instances(&ids).await.unwrap();
    let expected = [
        InstanceDescription {
            id: InstanceId::new("i-1"),
            vpc: Some(vpc()),
            zone: Some("us-east-1a".to_owned()),
            security_groups: [SecurityGroupId::new("sg-node")].into(),
            terminated: false,
            tags: [("kubernetes.io/cluster/blue".to_owned(), "owned".to_owned())].into(),
        },
        InstanceDescription {
            id: InstanceId::new("i-2"),
            vpc: None,
            zone: None,
            security_groups: BTreeSet::new(),
            terminated: true,
            tags: Tags::new(),
        },
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn security_groups_are_found_by_tag_by_name_and_by_id() {
    let find = |matches: fn(&[Filter]) -> bool| {
        mock!(Client::describe_security_groups)
            .match_requests(move |call| call.group_ids().is_empty() && matches(call.filters()))
            .then_output(|| {
                let open = IpRange::builder()
                    .cidr_ip("0.0.0.0/0")
                    .description("elbow blue")
                    .build();
                let closed = IpRange::builder().cidr_ip("10.0.0.0/8").build();
                let web = IpPermission::builder().ip_protocol("tcp").from_port(80).to_port(80);
                let group = SecurityGroup::builder()
                    .group_id("sg-1")
                    .group_name("k8s-shop-web")
                    .description("frontend")
                    .vpc_id("vpc-1")
                    .ip_permissions(web.ip_ranges(open).ip_ranges(closed).build())
                    .tags(tag("elbow.dev/cluster", "test"));
                DescribeSecurityGroupsOutput::builder()
                    .security_groups(group.build())
                    .build()
            })
    };
    let by_tag = find(|filters| has_filter(filters, "tag:elbow.dev/cluster", &["test"]));
    let by_name =
        find(|filters| has_filter(filters, "vpc-id", &["vpc-1"]) && has_filter(filters, "group-name", &["web"]));
    let by_id = find(|filters| has_filter(filters, "group-id", &["sg-1"]));
    let api = ec2(&[&by_tag, &by_name, &by_id]);
    let selections = [
        SecurityGroupSelection::Tag("elbow.dev/cluster".to_owned(), "test".to_owned()),
        SecurityGroupSelection::Name(vpc(), "web".to_owned()),
        SecurityGroupSelection::Ids([sg()].into()),
    ];
    for selection in selections {
        let found = api.describe_security_groups(&selection).await.unwrap();
        assert_eq!(found[0].id, sg());
        assert_eq!(found[0].name, "k8s-shop-web");
        assert_eq!(found[0].rules, [tcp(80, "0.0.0.0/0"), tcp(80, "10.0.0.0/8")].into());
        let described = [(tcp(80, "0.0.0.0/0"), "elbow blue".to_owned())];
        assert_eq!(found[0].rule_descriptions, described.into());
        assert_eq!(found[0].tags["elbow.dev/cluster"], "test");
    }
}

#[tokio::test]
async fn no_id_asks_nothing() {
    let api = ec2(&[]);
    let none = SecurityGroupSelection::Ids(BTreeSet::new());
    assert_eq!(api.describe_security_groups(&none).await, Ok(vec![]));
    assert_eq!(api.describe_instances(&BTreeSet::new()).await, Ok(vec![]));
}

fn tcp(port: u16, net: &str) -> IngressRule {
    IngressRule {
        protocol: RuleProtocol::Tcp,
        from: port,
        to: port,
        source: RuleSource::Cidr(net.parse().unwrap()),
    }
}

#[tokio::test]
async fn a_security_group_is_created_with_its_tags() {
    let rule = mock!(Client::create_security_group)
        .match_requests(|call| {
            let [specification] = call.tag_specifications() else {
                return false;
            };
            call.group_name() == Some("k8s-shop-web")
                && call.description() == Some("frontend")
                && call.vpc_id() == Some("vpc-1")
                && specification.resource_type() == Some(&ResourceType::SecurityGroup)
                && specification.tags() == [tag("elbow.dev/cluster", "test"), tag("team", "blue")]
        })
        .then_output(|| CreateSecurityGroupOutput::builder().group_id("sg-1").build());
    let group = FrontendGroup {
        name: ResourceName::parse("k8s-shop-web").unwrap(),
        description: "frontend".to_owned(),
        vpc: vpc(),
        rules: BTreeSet::new(),
        tags: tags(),
    };
    assert_eq!(ec2(&[&rule]).create_security_group(&group).await, Ok(sg()));
}

#[tokio::test]
async fn each_authorized_rule_carries_the_description() {
    let rule = mock!(Client::authorize_security_group_ingress)
        .match_requests(|call| {
            let [permission] = call.ip_permissions() else {
                return false;
            };
            let range = &permission.ip_ranges()[0];
            call.group_id() == Some("sg-1")
                && permission.ip_protocol() == Some("tcp")
                && (permission.from_port(), permission.to_port()) == (Some(80), Some(80))
                && range.cidr_ip() == Some("10.0.0.0/8")
                && range.description() == Some("elbow blue")
        })
        .then_output(|| AuthorizeSecurityGroupIngressOutput::builder().build());
    let rules = [tcp(80, "10.0.0.0/8")].into();
    assert_eq!(
        ec2(&[&rule]).authorize_ingress(&sg(), &rules, "elbow blue").await,
        Ok(())
    );
}

#[tokio::test]
async fn all_rules_are_revoked_in_one_call_whatever_their_description() {
    let rule = mock!(Client::revoke_security_group_ingress)
        .match_requests(|call| {
            let described =
                |permission: &IpPermission| permission.ip_ranges().iter().any(|it| it.description().is_some());
            call.group_id() == Some("sg-1")
                && call.ip_permissions().len() == 2
                && !call.ip_permissions().iter().any(described)
        })
        .then_output(|| RevokeSecurityGroupIngressOutput::builder().build());
    let rules = [tcp(80, "10.0.0.0/8"), tcp(81, "::/0")].into();
    assert_eq!(ec2(&[&rule]).revoke_ingress(&sg(), &rules).await, Ok(()));
}

#[tokio::test]
async fn a_security_group_is_deleted_by_id() {
    let rule = mock!(Client::delete_security_group)
        .match_requests(|call| call.group_id() == Some("sg-1"))
        .then_output(|| DeleteSecurityGroupOutput::builder().build());
    assert_eq!(ec2(&[&rule]).delete_security_group(&sg()).await, Ok(()));
}

#[tokio::test]
async fn tags_are_set_with_values_and_removed_by_key_alone() {
    let set = mock!(Client::create_tags)
        .match_requests(|call| {
            call.resources() == ["sg-1"] && call.tags() == [tag("elbow.dev/cluster", "test"), tag("team", "blue")]
        })
        .then_output(|| CreateTagsOutput::builder().build());
    let removed = mock!(Client::delete_tags)
        .match_requests(|call| call.resources() == ["sg-1"] && call.tags() == [Tag::builder().key("team").build()])
        .then_output(|| DeleteTagsOutput::builder().build());
    let api = ec2(&[&set, &removed]);
    assert_eq!(api.create_group_tags(&sg(), &tags()).await, Ok(()));
    let keys = ["team".to_owned()].into();
    assert_eq!(api.delete_group_tags(&sg(), &keys).await, Ok(()));
}
