//! What stands in AWS before elbow comes: subnets, instances, groups, and resources of others.

use std::collections::{BTreeMap, BTreeSet};

use elbow::aws::api::{
    InstanceDescription, RouteTableDescription, SecurityGroupDescription, SubnetDescription, VpcDescription,
};
use elbow::aws::ids::{AllocationId, InstanceId, PrefixListId, SecurityGroupId, SubnetId, VpcId, WebAclArn};
use elbow::aws::stack::{
    AddressType, ChosenAddresses, HealthCheck, HealthCheckPort, HealthCheckProtocol, IngressRule, LoadBalancer,
    LoadBalancerKind, ResourceName, RuleProtocol, RuleSource, Scheme, Surplus, TargetGroup, TargetProtocol,
};
use elbow::node::{Node, NodeSet};
use elbow::service::{IpFamily, Port};

use super::{CLUSTER, VPC, text_map};
use crate::aws::Aws;

pub(crate) fn nodes(numbers: impl IntoIterator<Item = u8>) -> NodeSet {
    let node = |number: u8| Node {
        name: format!("node-{number}"),
        provider_id: format!("aws:///us-east-1a/{}", instance(number)),
        labels: text_map(&[("pool", "ingress")]),
    };
    NodeSet {
        nodes: numbers.into_iter().map(node).collect(),
    }
}

pub(crate) fn instance(number: u8) -> InstanceId {
    InstanceId::new(format!("i-{number:017x}"))
}

pub(crate) fn launch(aws: &Aws, number: u8, groups: &[&str]) {
    launch_tagged(aws, number, groups, "kubernetes.io/cluster/blue");
}

/// An instance of another cluster.
pub(crate) fn launch_foreign(aws: &Aws, number: u8) {
    launch_tagged(aws, number, &["sg-foreign"], "kubernetes.io/cluster/green");
}

fn launch_tagged(aws: &Aws, number: u8, groups: &[&str], tag: &str) {
    let id = instance(number);
    let description = InstanceDescription {
        id: id.clone(),
        vpc: Some(VpcId::new(VPC)),
        zone: Some("us-east-1a".to_owned()),
        security_groups: groups.iter().map(|id| SecurityGroupId::new(*id)).collect(),
        terminated: false,
        tags: text_map(&[(tag, "owned")]),
    };
    aws.state().instances.insert(id, description);
}

pub(crate) fn add_group(aws: &Aws, id: &str, tags: &[(&str, &str)]) {
    let group = SecurityGroupDescription {
        id: SecurityGroupId::new(id),
        name: format!("{id} of somebody else"),
        description: "not elbow's".to_owned(),
        vpc: VpcId::new(VPC),
        rules: BTreeSet::from([foreign_rule()]),
        rule_descriptions: BTreeMap::from([(foreign_rule(), "by hand".to_owned())]),
        tags: text_map(tags),
    };
    aws.state().groups.insert(SecurityGroupId::new(id), group);
}

fn foreign_rule() -> IngressRule {
    IngressRule {
        protocol: RuleProtocol::Tcp,
        from: 22,
        to: 22,
        source: RuleSource::Cidr("10.0.0.0/8".parse().unwrap()),
    }
}

/// Subnets with a network of both families each, as the examples of the annotations have them.
const SUBNETS: [(&str, &str, &str, &str); 6] = [
    (
        "subnet-0a0a0a0a0a0a0a0a0",
        "us-east-1a",
        "10.0.0.0/24",
        "2001:db8:0:1::/64",
    ),
    (
        "subnet-0b0b0b0b0b0b0b0b0",
        "us-east-1b",
        "10.0.1.0/24",
        "2001:db8:0:2::/64",
    ),
    (
        "subnet-0c0c0c0c0c0c0c0c0",
        "us-east-1c",
        "10.0.2.0/24",
        "2001:db8:0:3::/64",
    ),
    (
        "subnet-1a1a1a1a1a1a1a1a1",
        "us-east-1a",
        "10.0.10.0/24",
        "2001:db8:0:11::/64",
    ),
    (
        "subnet-1b1b1b1b1b1b1b1b1",
        "us-east-1b",
        "10.0.11.0/24",
        "2001:db8:0:12::/64",
    ),
    (
        "subnet-1c1c1c1c1c1c1c1c1",
        "us-east-1c",
        "10.0.12.0/24",
        "2001:db8:0:13::/64",
    ),
];

/// How many of them are private; the others are public.
const PRIVATE: usize = 3;

pub(crate) const ALLOCATIONS: [&str; 6] = [
    "eipalloc-0a0a0a0a0a0a0a0a0",
    "eipalloc-0b0b0b0b0b0b0b0b0",
    "eipalloc-0c0c0c0c0c0c0c0c0",
    "eipalloc-1a1a1a1a1a1a1a1a1",
    "eipalloc-1b1b1b1b1b1b1b1b1",
    "eipalloc-1c1c1c1c1c1c1c1c1",
];

pub(crate) const CERTIFICATE: &str =
    "arn:aws:acm:us-east-1:123456789012:certificate/0a0a0a0a-0000-4000-8000-0a0a0a0a0a0a";
pub(crate) const OTHER_CERTIFICATE: &str =
    "arn:aws:acm:us-east-1:123456789012:certificate/0b0b0b0b-0000-4000-8000-0b0b0b0b0b0b";

pub(crate) const WEB_ACL: &str =
    "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/shop/0a0a0a0a-0000-4000-8000-0a0a0a0a0a0a";

pub(super) fn build(aws: &Aws) {
    for (index, (id, zone, ipv4, ipv6)) in SUBNETS.into_iter().enumerate() {
        let role = if index < PRIVATE { "internal-elb" } else { "elb" };
        let subnet = SubnetDescription {
            id: SubnetId::new(id),
            zone: zone.to_owned(),
            networks: [ipv4, ipv6].map(|network| network.parse().unwrap()).into(),
            free_addresses: 250,
            tags: text_map(&[(&format!("kubernetes.io/role/{role}"), "1")]),
        };
        aws.state().subnets.push((VpcId::new(VPC), subnet));
    }
    let vpc = VpcDescription {
        networks: ["10.0.0.0/16", "2001:db8::/56"]
            .map(|network| network.parse().unwrap())
            .into(),
    };
    aws.state().vpcs.insert(VpcId::new(VPC), vpc);
    aws.state().allocations = ALLOCATIONS.map(AllocationId::new).into();
    aws.state().prefix_lists = [PrefixListId::new("pl-0a0a0a0a0a0a0a0a0")].into();
    aws.state().web_acls = [WebAclArn::new(WEB_ACL)].into();
    aws.state().route_tables.push(RouteTableDescription {
        main: true,
        subnets: BTreeSet::new(),
        internet_gateway: false,
    });
    add_group(aws, "sg-nodes", &[]);
    add_group(aws, "sg-own", &[("Name", "own")]);
    add_group(aws, "sg-0f0f0f0f0f0f0f0f0", &[]);
    for number in 1..=9 {
        launch(aws, number, &["sg-nodes"]);
    }
    add_foreign_resources(aws);
    aws.belong_to(CLUSTER);
}

/// What others have: nothing of it may ever change.
fn add_foreign_resources(aws: &Aws) {
    add_group(
        aws,
        "sg-foreign",
        &[("elbow.dev/cluster", "green"), ("elbow.dev/uid", "uid-web")],
    );
    let mut state = aws.state();
    let foreign = LoadBalancer {
        name: ResourceName::parse("foreign").unwrap(),
        explicit_name: false,
        kind: LoadBalancerKind::Network,
        scheme: Scheme::Internal,
        address_type: AddressType::Ipv4,
        subnets: BTreeMap::from([(SubnetId::new(SUBNETS[0].0), ChosenAddresses::default())]),
        ipv6_source_nat: false,
        security_groups: BTreeSet::new(),
        private_link_rules: true,
        attributes: BTreeMap::new(),
        capacity_units: 0,
        web_acl: None,
        tags: text_map(&[("elbow.dev/cluster", "green"), ("elbow.dev/uid", "uid-web")]),
    };
    state.add_load_balancer(&foreign);
    state.add_target_group(&TargetGroup {
        name: ResourceName::parse("foreign").unwrap(),
        protocol: TargetProtocol::Tcp,
        family: IpFamily::V4,
        port: Port::new(80).unwrap(),
        vpc: VpcId::new(VPC),
        health_check: health_check(),
        attributes: BTreeMap::new(),
        targets: BTreeSet::new(),
        surplus: Surplus::Leaves,
        tags: text_map(&[("team", "other")]),
    });
}

fn health_check() -> HealthCheck {
    HealthCheck {
        protocol: HealthCheckProtocol::Tcp,
        port: HealthCheckPort::Traffic,
        interval: 30,
        timeout: 10,
        healthy_threshold: 5,
        unhealthy_threshold: 2,
    }
}
