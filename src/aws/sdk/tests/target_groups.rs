use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::operation::create_target_group::CreateTargetGroupOutput;
use aws_sdk_elasticloadbalancingv2::operation::delete_target_group::DeleteTargetGroupOutput;
use aws_sdk_elasticloadbalancingv2::operation::deregister_targets::DeregisterTargetsOutput;
use aws_sdk_elasticloadbalancingv2::operation::modify_target_group::ModifyTargetGroupOutput;
use aws_sdk_elasticloadbalancingv2::operation::modify_target_group_attributes::ModifyTargetGroupAttributesOutput;
use aws_sdk_elasticloadbalancingv2::operation::register_targets::RegisterTargetsOutput;
use aws_sdk_elasticloadbalancingv2::types::{
    self as sdk, ProtocolEnum, TargetDescription, TargetGroupIpAddressTypeEnum, TargetTypeEnum,
};
use aws_smithy_mocks::mock;
use rstest::rstest;

use super::*;
use crate::aws::api::AwsApi;
use crate::aws::ids::{InstanceId, TargetGroupArn, VpcId};
use crate::aws::stack::{
    Attributes, HealthCheck, HealthCheckPort, HealthCheckProtocol, HttpVersion, Matcher, ResourceName, Surplus, Target,
    TargetGroup, TargetProtocol,
};
use crate::service::IpFamily;

fn arn() -> TargetGroupArn {
    TargetGroupArn::new("arn:a")
}

fn http_check() -> HealthCheck {
    HealthCheck {
        protocol: HealthCheckProtocol::Http {
            path: "/healthz".to_owned(),
            matcher: Matcher::Http("200-399".to_owned()),
        },
        port: HealthCheckPort::Number(port(31000)),
        interval: 10,
        timeout: 6,
        healthy_threshold: 2,
        unhealthy_threshold: 3,
    }
}

fn tcp_check() -> HealthCheck {
    HealthCheck {
        protocol: HealthCheckProtocol::Tcp,
        port: HealthCheckPort::Traffic,
        ..http_check()
    }
}

#[tokio::test]
async fn a_target_group_is_created_with_its_health_check_and_tags() {
    let rule = mock!(Client::create_target_group)
        .match_requests(|call| {
            call.name() == Some("web-80")
                && call.target_type() == Some(&TargetTypeEnum::Instance)
                && call.protocol() == Some(&ProtocolEnum::TcpUdp)
                && (call.protocol_version(), call.ip_address_type()) == (None, None)
                && call.port() == Some(30080)
                && call.vpc_id() == Some("vpc-1")
                && call.health_check_protocol() == Some(&ProtocolEnum::Tcp)
                && call.health_check_port() == Some("traffic-port")
                && (call.health_check_path(), call.matcher()) == (None, None)
                && call.health_check_interval_seconds() == Some(10)
                && call.health_check_timeout_seconds() == Some(6)
                && call.healthy_threshold_count() == Some(2)
                && call.unhealthy_threshold_count() == Some(3)
                && call.tags().len() == tags().len()
        })
        .then_output(created);
    let wanted = wanted(TargetProtocol::TcpUdp, IpFamily::V4, tcp_check());
    assert_eq!(elbv2(&[&rule]).create_target_group(&wanted).await, Ok(arn()));
}

fn wanted(protocol: TargetProtocol, family: IpFamily, health_check: HealthCheck) -> TargetGroup {
    TargetGroup {
        name: ResourceName::parse("web-80").unwrap(),
        protocol,
        family,
        port: port(30080),
        vpc: VpcId::new("vpc-1"),
        health_check,
        attributes: Attributes::new(),
        targets: [].into(),
        surplus: Surplus::Leaves,
        tags: tags(),
    }
}

#[rstest]
#[case(TargetProtocol::Tls, ProtocolEnum::Tls, None)]
#[case(TargetProtocol::Udp, ProtocolEnum::Udp, None)]
#[case(TargetProtocol::Http(HttpVersion::Http1), ProtocolEnum::Http, Some("HTTP1"))]
#[case(TargetProtocol::Http(HttpVersion::Grpc), ProtocolEnum::Http, Some("GRPC"))]
#[case(TargetProtocol::Https(HttpVersion::Http2), ProtocolEnum::Https, Some("HTTP2"))]
#[tokio::test]
async fn only_http_has_a_protocol_version(
    #[case] protocol: TargetProtocol,
    #[case] sent: ProtocolEnum,
    #[case] version: Option<&'static str>,
) {
    let rule = mock!(Client::create_target_group)
        .match_requests(move |call| call.protocol() == Some(&sent) && call.protocol_version() == version)
        .then_output(created);
    let wanted = wanted(protocol, IpFamily::V4, tcp_check());
    assert_eq!(elbv2(&[&rule]).create_target_group(&wanted).await, Ok(arn()));
}

fn created() -> CreateTargetGroupOutput {
    let created = sdk::TargetGroup::builder().target_group_arn("arn:a");
    CreateTargetGroupOutput::builder()
        .target_groups(created.build())
        .build()
}

#[tokio::test]
async fn targets_of_ipv6_and_probes_of_grpc_are_asked_for() {
    let rule = mock!(Client::create_target_group)
        .match_requests(|call| {
            let matcher = call.matcher();
            call.ip_address_type() == Some(&TargetGroupIpAddressTypeEnum::Ipv6)
                && call.health_check_path() == Some("/AWS.ALB/healthcheck")
                && matcher.and_then(|codes| codes.grpc_code()) == Some("12")
                && matcher.and_then(|codes| codes.http_code()).is_none()
        })
        .then_output(created);
    let check = HealthCheck {
        protocol: HealthCheckProtocol::Http {
            path: "/AWS.ALB/healthcheck".to_owned(),
            matcher: Matcher::Grpc("12".to_owned()),
        },
        ..tcp_check()
    };
    let wanted = wanted(TargetProtocol::Http(HttpVersion::Grpc), IpFamily::V6, check);
    assert_eq!(elbv2(&[&rule]).create_target_group(&wanted).await, Ok(arn()));
}

#[tokio::test]
async fn a_health_check_is_changed_as_a_whole() {
    let rule = mock!(Client::modify_target_group)
        .match_requests(|call| {
            call.target_group_arn() == Some("arn:a")
                && call.health_check_protocol() == Some(&ProtocolEnum::Http)
                && call.health_check_port() == Some("31000")
                && call.health_check_path() == Some("/healthz")
                && call.matcher().and_then(|matcher| matcher.http_code()) == Some("200-399")
                && call.health_check_interval_seconds() == Some(10)
                && call.health_check_timeout_seconds() == Some(6)
                && call.healthy_threshold_count() == Some(2)
                && call.unhealthy_threshold_count() == Some(3)
        })
        .then_output(|| ModifyTargetGroupOutput::builder().build());
    let changed = elbv2(&[&rule]).modify_health_check(&arn(), &http_check()).await;
    assert_eq!(changed, Ok(()));
}

fn targets_of(targets: &[TargetDescription]) -> Vec<(Option<&str>, Option<i32>)> {
    targets.iter().map(|target| (target.id(), target.port())).collect()
}

#[tokio::test]
async fn targets_come_and_go_with_their_own_ports() {
    let both = [(Some("i-1"), Some(30080)), (Some("i-1"), Some(30081))];
    let register = mock!(Client::register_targets)
        .match_requests(move |call| call.target_group_arn() == Some("arn:a") && targets_of(call.targets()) == both)
        .then_output(|| RegisterTargetsOutput::builder().build());
    let deregister = mock!(Client::deregister_targets)
        .match_requests(move |call| call.target_group_arn() == Some("arn:a") && targets_of(call.targets()) == both)
        .then_output(|| DeregisterTargetsOutput::builder().build());
    let api = elbv2(&[&register, &deregister]);
    let target = |number| Target {
        instance: InstanceId::new("i-1"),
        port: port(number),
    };
    let targets = [target(30080), target(30081)].into();
    assert_eq!(api.register_targets(&arn(), &targets).await, Ok(()));
    assert_eq!(api.deregister_targets(&arn(), &targets).await, Ok(()));
}

#[tokio::test]
async fn a_target_group_is_changed_and_deleted_by_arn() {
    let attributes = mock!(Client::modify_target_group_attributes)
        .match_requests(|call| {
            let [attribute] = call.attributes() else {
                return false;
            };
            call.target_group_arn() == Some("arn:a")
                && attribute.key() == Some("stickiness.enabled")
                && attribute.value() == Some("true")
        })
        .then_output(|| ModifyTargetGroupAttributesOutput::builder().build());
    let delete = mock!(Client::delete_target_group)
        .match_requests(|call| call.target_group_arn() == Some("arn:a"))
        .then_output(|| DeleteTargetGroupOutput::builder().build());
    let api = elbv2(&[&attributes, &delete]);
    let sticky = ("stickiness.enabled".to_owned(), "true".to_owned());
    let changed = api.modify_target_group_attributes(&arn(), &[sticky].into()).await;
    assert_eq!(changed, Ok(()));
    assert_eq!(api.delete_target_group(&arn()).await, Ok(()));
}
