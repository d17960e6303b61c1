use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::operation::add_tags::AddTagsOutput;
use aws_sdk_elasticloadbalancingv2::operation::create_load_balancer::CreateLoadBalancerOutput;
use aws_sdk_elasticloadbalancingv2::operation::delete_load_balancer::DeleteLoadBalancerOutput;
use aws_sdk_elasticloadbalancingv2::operation::modify_load_balancer_attributes::ModifyLoadBalancerAttributesOutput;
use aws_sdk_elasticloadbalancingv2::operation::remove_tags::RemoveTagsOutput;
use aws_sdk_elasticloadbalancingv2::types::{
    self as sdk, IpAddressType, LoadBalancerSchemeEnum, LoadBalancerState, LoadBalancerStateEnum, LoadBalancerTypeEnum,
};
use aws_smithy_mocks::mock;

use super::*;
use crate::aws::api::*;
use crate::aws::error::{AwsError, UNREADABLE};
use crate::aws::ids::*;
use load_balancers::{wanted, web};

#[tokio::test]
async fn a_load_balancer_is_created_as_a_tagged_nlb_with_its_groups() {
    let rule = mock!(Client::create_load_balancer)
        .match_requests(|call| {
            call.name() == Some("web")
                && call.r#type() == Some(&LoadBalancerTypeEnum::Network)
                && call.scheme() == Some(&LoadBalancerSchemeEnum::Internal)
                && call.ip_address_type() == Some(&IpAddressType::Ipv4)
                && call.subnet_mappings.is_none()
                && call.enable_prefix_for_ipv6_source_nat().is_none()
                && call.subnets() == ["subnet-1", "subnet-2"]
                && call.security_groups() == ["sg-1", "sg-2"]
                && call.tags() == sdk_tags()
        })
        .then_output(|| {
            let state = LoadBalancerState::builder().code(LoadBalancerStateEnum::Active);
            let created = sdk::LoadBalancer::builder()
                .load_balancer_arn("arn:web")
                .dns_name("internal-Web-1.elb.us-east-1.amazonaws.com")
                .state(state.build());
            CreateLoadBalancerOutput::builder()
                .load_balancers(created.build())
                .build()
        });
    let groups = ["sg-1", "sg-2"].map(SecurityGroupId::new).into();
    let created = elbv2(&[&rule]).create_load_balancer(&wanted(), &groups).await;
    let expected = CreatedLoadBalancer {
        arn: web(),
        dns_name: "internal-web-1.elb.us-east-1.amazonaws.com".to_owned(),
        active: true,
    };
    assert_eq!(created, Ok(expected));
}

#[tokio::test]
async fn an_answer_without_the_load_balancer_is_an_error() {
    let rule = mock!(Client::create_load_balancer).then_output(|| CreateLoadBalancerOutput::builder().build());
    let api = elbv2(&[&rule]);
    let AwsError { action, code, .. } = api.create_load_balancer(&wanted(), &[].into()).await.unwrap_err();
    assert_eq!(action, "elasticloadbalancing:CreateLoadBalancer");
    assert_eq!(code, UNREADABLE);
}

#[tokio::test]
async fn a_load_balancer_is_changed_and_deleted_by_arn() {
    let attributes = mock!(Client::modify_load_balancer_attributes)
        .match_requests(|call| {
            let [attribute] = call.attributes() else {
                return false;
            };
            call.load_balancer_arn() == Some("arn:web")
                && attribute.key() == Some("deletion_protection.enabled")
                && attribute.value() == Some("false")
        })
        .then_output(|| ModifyLoadBalancerAttributesOutput::builder().build());
    let delete = mock!(Client::delete_load_balancer)
        .match_requests(|call| call.load_balancer_arn() == Some("arn:web"))
        .then_output(|| DeleteLoadBalancerOutput::builder().build());
    let api = elbv2(&[&attributes, &delete]);
    let off = ("deletion_protection.enabled".to_owned(), "false".to_owned());
    let changed = api.modify_load_balancer_attributes(&web(), &[off].into()).await;
    assert_eq!(changed, Ok(()));
    assert_eq!(api.delete_load_balancer(&web()).await, Ok(()));
}

#[tokio::test]
async fn tags_of_any_resource_are_set_and_removed_by_arn() {
    let add = mock!(Client::add_tags)
        .match_requests(|call| call.resource_arns() == ["arn:a"] && call.tags() == sdk_tags())
        .then_output(|| AddTagsOutput::builder().build());
    let remove = mock!(Client::remove_tags)
        .match_requests(|call| call.resource_arns() == ["arn:a"] && call.tag_keys() == ["team"])
        .then_output(|| RemoveTagsOutput::builder().build());
    let api = elbv2(&[&add, &remove]);
    assert_eq!(api.add_tags("arn:a", &tags()).await, Ok(()));
    let keys = ["team".to_owned()].into();
    assert_eq!(api.remove_tags("arn:a", &keys).await, Ok(()));
}
