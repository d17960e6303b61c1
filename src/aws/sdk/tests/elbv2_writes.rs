use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::operation::add_listener_certificates::AddListenerCertificatesOutput;
use aws_sdk_elasticloadbalancingv2::operation::add_tags::AddTagsOutput;
use aws_sdk_elasticloadbalancingv2::operation::create_listener::CreateListenerOutput;
use aws_sdk_elasticloadbalancingv2::operation::create_load_balancer::CreateLoadBalancerOutput;
use aws_sdk_elasticloadbalancingv2::operation::delete_listener::DeleteListenerOutput;
use aws_sdk_elasticloadbalancingv2::operation::delete_load_balancer::DeleteLoadBalancerOutput;
use aws_sdk_elasticloadbalancingv2::operation::modify_listener::ModifyListenerOutput;
use aws_sdk_elasticloadbalancingv2::operation::modify_load_balancer_attributes::ModifyLoadBalancerAttributesOutput;
use aws_sdk_elasticloadbalancingv2::operation::remove_listener_certificates::RemoveListenerCertificatesOutput;
use aws_sdk_elasticloadbalancingv2::operation::remove_tags::RemoveTagsOutput;
use aws_sdk_elasticloadbalancingv2::operation::set_security_groups::SetSecurityGroupsOutput;
use aws_sdk_elasticloadbalancingv2::operation::set_subnets::SetSubnetsOutput;
use aws_sdk_elasticloadbalancingv2::types::{
    self as sdk, Action, LoadBalancerSchemeEnum, LoadBalancerState, LoadBalancerStateEnum, LoadBalancerTypeEnum,
    ProtocolEnum,
};
use aws_smithy_mocks::mock;

use super::*;
use crate::aws::api::*;
use crate::aws::error::{AwsError, UNREADABLE};
use crate::aws::ids::*;
use crate::aws::stack::*;

fn web() -> LoadBalancerArn {
    LoadBalancerArn::new("arn:web")
}

fn listener() -> ListenerArn {
    ListenerArn::new("arn:listener")
}

fn wanted() -> LoadBalancer {
    LoadBalancer {
        name: ResourceName::parse("web").unwrap(),
        explicit_name: false,
        scheme: Scheme::Internal,
        subnets: ["subnet-1", "subnet-2"].map(SubnetId::new).into(),
        security_groups: [GroupRef::Frontend].into(),
        attributes: Attributes::new(),
        tags: tags(),
    }
}

#[tokio::test]
async fn a_load_balancer_is_created_as_a_tagged_nlb_with_its_groups() {
    let rule = mock!(Client::create_load_balancer)
        .match_requests(|call| {
            call.name() == Some("web")
                && call.r#type() == Some(&LoadBalancerTypeEnum::Network)
                && call.scheme() == Some(&LoadBalancerSchemeEnum::Internal)
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

fn sdk_tags() -> Vec<sdk::Tag> {
    let tag = |key: &str, value: &str| sdk::Tag::builder().key(key).value(value).build();
    vec![tag("elbow.dev/cluster", "test"), tag("team", "blue")]
}

#[tokio::test]
async fn a_load_balancer_is_changed_and_deleted_by_arn() {
    let groups = mock!(Client::set_security_groups)
        .match_requests(|call| call.load_balancer_arn() == Some("arn:web") && call.security_groups() == ["sg-1"])
        .then_output(|| SetSecurityGroupsOutput::builder().build());
    let subnets = mock!(Client::set_subnets)
        .match_requests(|call| call.load_balancer_arn() == Some("arn:web") && call.subnets() == ["subnet-1"])
        .then_output(|| SetSubnetsOutput::builder().build());
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
    let api = elbv2(&[&groups, &subnets, &attributes, &delete]);
    let sg = [SecurityGroupId::new("sg-1")].into();
    assert_eq!(api.set_security_groups(&web(), &sg).await, Ok(()));
    let subnet = [SubnetId::new("subnet-1")].into();
    assert_eq!(api.set_subnets(&web(), &subnet).await, Ok(()));
    let off = ("deletion_protection.enabled".to_owned(), "false".to_owned());
    let changed = api.modify_load_balancer_attributes(&web(), &[off].into()).await;
    assert_eq!(changed, Ok(()));
    assert_eq!(api.delete_load_balancer(&web()).await, Ok(()));
}

fn settings(protocol: ListenerProtocol) -> ListenerSettings {
    let tls = protocol == ListenerProtocol::Tls;
    ListenerSettings {
        port: port(443),
        protocol,
        target_group: TargetGroupArn::new("arn:a"),
        certificate: tls.then(|| CertificateArn::new("arn:cert")),
        ssl_policy: tls.then(|| "ELBSecurityPolicy-2016-08".to_owned()),
    }
}

fn forwards_to_a(actions: &[Action]) -> bool {
    matches!(actions, [action] if action.target_group_arn() == Some("arn:a"))
}

#[tokio::test]
async fn a_tls_listener_is_created_with_certificate_policy_and_tags() {
    let rule = mock!(Client::create_listener)
        .match_requests(|call| {
            let [certificate] = call.certificates() else {
                return false;
            };
            call.load_balancer_arn() == Some("arn:web")
                && call.port() == Some(443)
                && call.protocol() == Some(&ProtocolEnum::Tls)
                && certificate.certificate_arn() == Some("arn:cert")
                && call.ssl_policy() == Some("ELBSecurityPolicy-2016-08")
                && forwards_to_a(call.default_actions())
                && call.tags() == sdk_tags()
        })
        .then_output(|| {
            let created = sdk::Listener::builder().listener_arn("arn:listener");
            CreateListenerOutput::builder().listeners(created.build()).build()
        });
    let tls = settings(ListenerProtocol::Tls);
    let created = elbv2(&[&rule]).create_listener(&web(), &tls, &tags()).await;
    assert_eq!(created, Ok(listener()));
}

#[tokio::test]
async fn a_plain_listener_names_neither_certificate_nor_policy() {
    let modified = mock!(Client::modify_listener)
        .match_requests(|call| {
            call.listener_arn() == Some("arn:listener")
                && call.port() == Some(443)
                && call.protocol() == Some(&ProtocolEnum::TcpUdp)
                && call.certificates.is_none()
                && call.ssl_policy().is_none()
                && forwards_to_a(call.default_actions())
        })
        .then_output(|| ModifyListenerOutput::builder().build());
    let deleted = mock!(Client::delete_listener)
        .match_requests(|call| call.listener_arn() == Some("arn:listener"))
        .then_output(|| DeleteListenerOutput::builder().build());
    let api = elbv2(&[&modified, &deleted]);
    let plain = settings(ListenerProtocol::TcpUdp);
    assert_eq!(api.modify_listener(&listener(), &plain).await, Ok(()));
    assert_eq!(api.delete_listener(&listener()).await, Ok(()));
}

#[tokio::test]
async fn certificates_go_one_a_call() {
    let add = |arn: &'static str| {
        mock!(Client::add_listener_certificates)
            .match_requests(move |call| matches!(call.certificates(), [one] if one.certificate_arn() == Some(arn)))
            .then_output(|| AddListenerCertificatesOutput::builder().build())
    };
    let remove = mock!(Client::remove_listener_certificates)
        .match_requests(|call| call.listener_arn() == Some("arn:listener"))
        .then_output(|| RemoveListenerCertificatesOutput::builder().build());
    let (first, second) = (add("arn:1"), add("arn:2"));
    let api = elbv2(&[&first, &second, &remove]);
    let both = ["arn:1", "arn:2"].map(CertificateArn::new);
    assert_eq!(api.add_listener_certificates(&listener(), &both).await, Ok(()));
    assert_eq!((first.num_calls(), second.num_calls()), (1, 1));
    let one = &both[..1];
    assert_eq!(api.remove_listener_certificates(&listener(), one).await, Ok(()));
    assert_eq!(remove.num_calls(), 1);
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
