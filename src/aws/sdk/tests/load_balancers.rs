//! The settings of load balancers that are more than a name, a scheme and subnets.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::operation::create_load_balancer::{
    CreateLoadBalancerInput, CreateLoadBalancerOutput,
};
use aws_sdk_elasticloadbalancingv2::operation::describe_capacity_reservation::DescribeCapacityReservationOutput;
use aws_sdk_elasticloadbalancingv2::operation::describe_load_balancers::DescribeLoadBalancersOutput;
use aws_sdk_elasticloadbalancingv2::operation::modify_capacity_reservation::ModifyCapacityReservationOutput;
use aws_sdk_elasticloadbalancingv2::operation::set_ip_address_type::SetIpAddressTypeOutput;
use aws_sdk_elasticloadbalancingv2::operation::set_security_groups::SetSecurityGroupsOutput;
use aws_sdk_elasticloadbalancingv2::operation::set_subnets::SetSubnetsOutput;
use aws_sdk_elasticloadbalancingv2::types::{
    self as sdk, AvailabilityZone, EnablePrefixForIpv6SourceNatEnum as Nat,
    EnforceSecurityGroupInboundRulesOnPrivateLinkTrafficEnum as PrivateLinkRules, IpAddressType, LoadBalancerAddress,
    LoadBalancerTypeEnum, MinimumLoadBalancerCapacity,
};
use aws_smithy_mocks::{Rule, mock};
use rstest::rstest;

use super::*;
use crate::aws::api::*;
use crate::aws::ids::*;
use crate::aws::stack::{
    AddressType, Attributes, ChosenAddresses, GroupRef, LoadBalancer, LoadBalancerKind, ResourceName, Scheme,
};

pub(super) fn web() -> LoadBalancerArn {
    LoadBalancerArn::new("arn:web")
}

/// A plain network load balancer.
pub(super) fn wanted() -> LoadBalancer {
    let bare = |id| (SubnetId::new(id), ChosenAddresses::default());
    LoadBalancer {
        name: ResourceName::parse("web").unwrap(),
        explicit_name: false,
        kind: LoadBalancerKind::Network,
        scheme: Scheme::Internal,
        address_type: AddressType::Ipv4,
        subnets: ["subnet-1", "subnet-2"].map(bare).into(),
        ipv6_source_nat: false,
        security_groups: [GroupRef::Frontend].into(),
        private_link_rules: true,
        attributes: Attributes::new(),
        capacity_units: 0,
        web_acl: None,
        tags: tags(),
    }
}

/// Every address of the user's choice in one subnet, none in the other.
fn chosen() -> BTreeMap<SubnetId, ChosenAddresses> {
    let all = ChosenAddresses {
        allocation: Some(AllocationId::new("eipalloc-1")),
        private_ipv4: Some("10.0.1.10".parse().unwrap()),
        ipv6: Some("2001:db8:0:1::10".parse().unwrap()),
        source_nat_prefix: Some("2001:db8:0:1:1::/80".parse().unwrap()),
    };
    let none = ChosenAddresses::default();
    [(SubnetId::new("subnet-1"), all), (SubnetId::new("subnet-2"), none)].into()
}

fn are_chosen(mappings: &[sdk::SubnetMapping]) -> bool {
    let [first, second] = mappings else {
        return false;
    };
    let bare = sdk::SubnetMapping::builder().subnet_id("subnet-2").build();
    first.subnet_id() == Some("subnet-1")
        && first.allocation_id() == Some("eipalloc-1")
        && first.private_ipv4_address() == Some("10.0.1.10")
        && first.ipv6_address() == Some("2001:db8:0:1::10")
        && first.source_nat_ipv6_prefix() == Some("2001:db8:0:1:1::/80")
        && *second == bare
}

fn creating(matches: fn(&CreateLoadBalancerInput) -> bool) -> Rule {
    mock!(Client::create_load_balancer)
        .match_requests(matches)
        .then_output(|| {
            let created = sdk::LoadBalancer::builder()
                .load_balancer_arn("arn:web")
                .dns_name("web-1.elb.us-east-1.amazonaws.com");
            CreateLoadBalancerOutput::builder()
                .load_balancers(created.build())
                .build()
        })
}

#[tokio::test]
async fn chosen_addresses_go_as_subnet_mappings_and_never_beside_plain_subnets() {
    let rule = creating(|call| {
        call.subnets.is_none()
            && are_chosen(call.subnet_mappings())
            && call.ip_address_type() == Some(&IpAddressType::Dualstack)
            && call.enable_prefix_for_ipv6_source_nat() == Some(&Nat::On)
    });
    let wanted = LoadBalancer {
        subnets: chosen(),
        address_type: AddressType::Dualstack,
        ipv6_source_nat: true,
        ..wanted()
    };
    let created = elbv2(&[&rule]).create_load_balancer(&wanted, &[].into()).await;
    assert_eq!(created.unwrap().arn, web());
}

#[tokio::test]
async fn an_application_load_balancer_is_created_without_what_only_the_other_kind_has() {
    let rule = creating(|call| {
        call.r#type() == Some(&LoadBalancerTypeEnum::Application)
            && call.subnets() == ["subnet-1", "subnet-2"]
            && call.subnet_mappings.is_none()
            && call.enable_prefix_for_ipv6_source_nat().is_none()
            && call.ip_address_type() == Some(&IpAddressType::DualstackWithoutPublicIpv4)
    });
    let wanted = LoadBalancer {
        kind: LoadBalancerKind::Application,
        address_type: AddressType::DualstackWithoutPublicIpv4,
        ..wanted()
    };
    let groups = [SecurityGroupId::new("sg-1")].into();
    let created = elbv2(&[&rule]).create_load_balancer(&wanted, &groups).await;
    assert!(!created.unwrap().active);
}

#[tokio::test]
async fn no_security_group_is_no_list_of_them() {
    let rule = creating(|call| call.security_groups.is_none());
    let created = elbv2(&[&rule]).create_load_balancer(&wanted(), &[].into()).await;
    assert!(created.is_ok());
}

#[rstest]
#[case(None, None)]
#[case(Some(true), Some(PrivateLinkRules::On))]
#[case(Some(false), Some(PrivateLinkRules::Off))]
#[tokio::test]
async fn security_groups_are_set_with_or_without_the_rule_for_private_link(
    #[case] rules: Option<bool>,
    #[case] sent: Option<PrivateLinkRules>,
) {
    let rule = mock!(Client::set_security_groups)
        .match_requests(move |call| {
            call.load_balancer_arn() == Some("arn:web")
                && call.security_groups() == ["sg-1"]
                && call.enforce_security_group_inbound_rules_on_private_link_traffic() == sent.as_ref()
        })
        .then_output(|| SetSecurityGroupsOutput::builder().build());
    let groups = [SecurityGroupId::new("sg-1")].into();
    assert_eq!(
        elbv2(&[&rule]).set_security_groups(&web(), &groups, rules).await,
        Ok(())
    );
}

#[tokio::test]
async fn subnets_are_set_in_either_form_with_what_changes_beside_them() {
    let plain = mock!(Client::set_subnets)
        .match_requests(|call| {
            call.load_balancer_arn() == Some("arn:web")
                && call.subnets() == ["subnet-1", "subnet-2"]
                && call.subnet_mappings.is_none()
                && (call.ip_address_type(), call.enable_prefix_for_ipv6_source_nat()) == (None, None)
        })
        .then_output(|| SetSubnetsOutput::builder().build());
    let mapped = mock!(Client::set_subnets)
        .match_requests(|call| {
            call.subnets.is_none()
                && are_chosen(call.subnet_mappings())
                && call.ip_address_type() == Some(&IpAddressType::Ipv4)
                && call.enable_prefix_for_ipv6_source_nat() == Some(&Nat::Off)
        })
        .then_output(|| SetSubnetsOutput::builder().build());
    let api = elbv2(&[&plain, &mapped]);
    let settings = SubnetSettings {
        subnets: wanted().subnets,
        address_type: None,
        ipv6_source_nat: None,
    };
    assert_eq!(api.set_subnets(&web(), &settings).await, Ok(()));
    let settings = SubnetSettings {
        subnets: chosen(),
        address_type: Some(AddressType::Ipv4),
        ipv6_source_nat: Some(false),
    };
    assert_eq!(api.set_subnets(&web(), &settings).await, Ok(()));
}

#[tokio::test]
async fn the_address_type_is_set_alone() {
    let rule = mock!(Client::set_ip_address_type)
        .match_requests(|call| {
            call.load_balancer_arn() == Some("arn:web") && call.ip_address_type() == Some(&IpAddressType::Dualstack)
        })
        .then_output(|| SetIpAddressTypeOutput::builder().build());
    let done = elbv2(&[&rule]).set_address_type(&web(), AddressType::Dualstack).await;
    assert_eq!(done, Ok(()));
}

#[tokio::test]
async fn capacity_is_reserved_by_number_and_reset_by_none() {
    let reserve = mock!(Client::modify_capacity_reservation)
        .match_requests(|call| {
            let capacity = call.minimum_load_balancer_capacity();
            call.load_balancer_arn() == Some("arn:web")
                && capacity.and_then(|it| it.capacity_units()) == Some(3000)
                && call.reset_capacity_reservation().is_none()
        })
        .then_output(|| ModifyCapacityReservationOutput::builder().build());
    let reset = mock!(Client::modify_capacity_reservation)
        .match_requests(|call| {
            call.minimum_load_balancer_capacity().is_none() && call.reset_capacity_reservation() == Some(true)
        })
        .then_output(|| ModifyCapacityReservationOutput::builder().build());
    let api = elbv2(&[&reserve, &reset]);
    assert_eq!(api.modify_capacity(&web(), 3000).await, Ok(()));
    assert_eq!(api.modify_capacity(&web(), 0).await, Ok(()));
}

#[rstest]
#[case(None, 0)]
#[case(Some(3000), 3000)]
#[tokio::test]
async fn capacity_is_read_as_the_reserved_minimum(#[case] units: Option<i32>, #[case] expected: u32) {
    let rule = mock!(Client::describe_capacity_reservation)
        .match_requests(|call| call.load_balancer_arn() == Some("arn:web"))
        .then_output(move || {
            let minimum = units.map(|units| MinimumLoadBalancerCapacity::builder().capacity_units(units).build());
            DescribeCapacityReservationOutput::builder()
                .decrease_requests_remaining(2)
                .set_minimum_load_balancer_capacity(minimum)
                .build()
        });
    assert_eq!(elbv2(&[&rule]).describe_capacity(&web()).await, Ok(expected));
}

async fn read(found: sdk::builders::LoadBalancerBuilder) -> LoadBalancerDescription {
    let found = found
        .load_balancer_arn("arn:web")
        .load_balancer_name("web")
        .dns_name("web-1.elb.us-east-1.amazonaws.com")
        .vpc_id("vpc-1")
        .build();
    let rule = mock!(Client::describe_load_balancers).then_output(move || {
        DescribeLoadBalancersOutput::builder()
            .load_balancers(found.clone())
            .build()
    });
    let by_arn = LoadBalancerSelection::Arn(web());
    let mut found = elbv2(&[&rule]).describe_load_balancers(&by_arn).await.unwrap();
    found.remove(0)
}

#[tokio::test]
async fn the_addresses_of_each_zone_are_read() {
    let elastic = LoadBalancerAddress::builder()
        .ip_address("192.0.2.1")
        .allocation_id("eipalloc-1");
    let others = LoadBalancerAddress::builder()
        .private_ipv4_address("10.0.1.10")
        .ipv6_address("2001:db8:0:1::10");
    let first = AvailabilityZone::builder()
        .subnet_id("subnet-1")
        .load_balancer_addresses(elastic.build())
        .load_balancer_addresses(others.build())
        .source_nat_ipv6_prefixes("2001:db8:0:1:1::/80");
    let second = AvailabilityZone::builder().subnet_id("subnet-2");
    let found = sdk::LoadBalancer::builder()
        .r#type(LoadBalancerTypeEnum::Network)
        .availability_zones(first.build())
        .availability_zones(second.build())
        .ip_address_type(IpAddressType::Dualstack)
        .enable_prefix_for_ipv6_source_nat(Nat::On)
        .enforce_security_group_inbound_rules_on_private_link_traffic("off");
    let found = read(found).await;
    assert_eq!(found.subnets, chosen());
    assert_eq!(found.address_type, AddressType::Dualstack);
    assert!(found.ipv6_source_nat);
    assert!(!found.private_link_rules);
}

#[rstest]
#[case(LoadBalancerTypeEnum::Network, Some(LoadBalancerKind::Network))]
#[case(LoadBalancerTypeEnum::Application, Some(LoadBalancerKind::Application))]
#[case(LoadBalancerTypeEnum::Gateway, None)]
#[tokio::test]
async fn the_kind_is_read_and_what_aws_leaves_out_is_its_default(
    #[case] kind: LoadBalancerTypeEnum,
    #[case] expected: Option<LoadBalancerKind>,
) {
    let found = read(sdk::LoadBalancer::builder().r#type(kind)).await;
    assert_eq!(found.kind, expected);
    assert_eq!(found.address_type, AddressType::Ipv4);
    assert_eq!((found.ipv6_source_nat, found.private_link_rules), (false, true));
}
