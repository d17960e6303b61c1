use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::operation::describe_listener_certificates::DescribeListenerCertificatesOutput;
use aws_sdk_elasticloadbalancingv2::operation::describe_listeners::DescribeListenersOutput;
use aws_sdk_elasticloadbalancingv2::operation::describe_load_balancer_attributes::DescribeLoadBalancerAttributesOutput;
use aws_sdk_elasticloadbalancingv2::operation::describe_load_balancers::{
    DescribeLoadBalancersError, DescribeLoadBalancersOutput,
};
use aws_sdk_elasticloadbalancingv2::operation::describe_tags::DescribeTagsOutput;
use aws_sdk_elasticloadbalancingv2::operation::describe_target_group_attributes::DescribeTargetGroupAttributesOutput;
use aws_sdk_elasticloadbalancingv2::operation::describe_target_groups::DescribeTargetGroupsOutput;
use aws_sdk_elasticloadbalancingv2::operation::describe_target_health::DescribeTargetHealthOutput;
use aws_sdk_elasticloadbalancingv2::types::error::LoadBalancerNotFoundException;
use aws_sdk_elasticloadbalancingv2::types::{
    self as sdk, Action, ActionTypeEnum, Certificate, ForwardActionConfig, LoadBalancerAttribute,
    LoadBalancerSchemeEnum, LoadBalancerState, LoadBalancerStateEnum, LoadBalancerTypeEnum, Matcher, ProtocolEnum, Tag,
    TagDescription, TargetGroupAttribute, TargetGroupTuple, TargetHealth, TargetHealthDescription,
    TargetHealthReasonEnum, TargetHealthStateEnum, TargetTypeEnum,
};
use aws_smithy_mocks::mock;
use aws_smithy_types::error::ErrorMetadata;

use super::*;
use crate::aws::api::*;
use crate::aws::ids::*;
use crate::aws::stack::*;

fn a_load_balancer(name: &str) -> sdk::LoadBalancer {
    let zone = sdk::AvailabilityZone::builder().subnet_id("subnet-1");
    let state = LoadBalancerState::builder().code(LoadBalancerStateEnum::Provisioning);
    sdk::LoadBalancer::builder()
        .load_balancer_arn(format!("arn:{name}"))
        .load_balancer_name(name)
        .dns_name("Web-1.ELB.us-east-1.amazonaws.com")
        .scheme(LoadBalancerSchemeEnum::InternetFacing)
        .r#type(LoadBalancerTypeEnum::Network)
        .state(state.build())
        .vpc_id("vpc-1")
        .availability_zones(zone.build())
        .security_groups("sg-1")
        .build()
}

#[tokio::test]
async fn load_balancers_are_read_to_the_last_page() {
    let page = |token: Option<&'static str>, next: Option<&'static str>, name: &'static str| {
        mock!(Client::describe_load_balancers)
            .match_requests(move |call| call.marker() == token && call.page_size() == Some(400))
            .then_output(move || {
                DescribeLoadBalancersOutput::builder()
                    .load_balancers(a_load_balancer(name))
                    .set_next_marker(next.map(str::to_owned))
                    .build()
            })
    };
    let (first, second) = (page(None, Some("more"), "a"), page(Some("more"), None, "b"));
    let api = elbv2(&[&first, &second]);
    let found = api.describe_load_balancers(&LoadBalancerSelection::All).await.unwrap();
    let names: Vec<_> = found.iter().map(|found| found.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
}

#[tokio::test]
async fn a_load_balancer_is_found_by_name_and_its_dns_name_is_lower_case() {
    let rule = mock!(Client::describe_load_balancers)
        .match_requests(|call| call.names() == ["web"] && call.page_size().is_none())
        .then_output(|| {
            DescribeLoadBalancersOutput::builder()
                .load_balancers(a_load_balancer("web"))
                .build()
        });
    let by_name = LoadBalancerSelection::Name(ResourceName::parse("web").unwrap());
    let found = elbv2(&[&rule]).describe_load_balancers(&by_name).await.unwrap();
    let expected = LoadBalancerDescription {
        arn: LoadBalancerArn::new("arn:web"),
        name: "web".to_owned(),
        dns_name: "web-1.elb.us-east-1.amazonaws.com".to_owned(),
        scheme: Some(Scheme::InternetFacing),
        network: true,
        active: false,
        vpc: VpcId::new("vpc-1"),
        subnets: [SubnetId::new("subnet-1")].into(),
        security_groups: [SecurityGroupId::new("sg-1")].into(),
    };
    assert_eq!(found, [expected]);
}

#[tokio::test]
async fn an_unknown_load_balancer_is_an_empty_list() {
    let rule = mock!(Client::describe_load_balancers)
        .match_requests(|call| call.load_balancer_arns() == ["arn:web"])
        .then_error(|| {
            let meta = ErrorMetadata::builder().code("LoadBalancerNotFound").build();
            let error = LoadBalancerNotFoundException::builder().meta(meta).build();
            DescribeLoadBalancersError::LoadBalancerNotFoundException(error)
        });
    let by_arn = LoadBalancerSelection::Arn(LoadBalancerArn::new("arn:web"));
    let found = elbv2(&[&rule]).describe_load_balancers(&by_arn).await;
    assert_eq!(found, Ok(vec![]));
}

fn a_target_group(name: &str) -> sdk::builders::TargetGroupBuilder {
    sdk::TargetGroup::builder()
        .target_group_arn(format!("arn:{name}"))
        .target_group_name(name)
        .vpc_id("vpc-1")
        .target_type(TargetTypeEnum::Instance)
        .protocol(ProtocolEnum::Tcp)
        .port(30080)
        .health_check_enabled(true)
        .health_check_protocol(ProtocolEnum::Tcp)
        .health_check_port("traffic-port")
        .health_check_interval_seconds(10)
        .health_check_timeout_seconds(10)
        .healthy_threshold_count(3)
        .unhealthy_threshold_count(3)
}

async fn read_target_groups(groups: Vec<sdk::TargetGroup>) -> Vec<TargetGroupDescription> {
    let rule = mock!(Client::describe_target_groups)
        .match_requests(|call| call.page_size() == Some(400))
        .then_output(move || {
            DescribeTargetGroupsOutput::builder()
                .set_target_groups(Some(groups.clone()))
                .build()
        });
    elbv2(&[&rule]).describe_target_groups().await.unwrap()
}

#[tokio::test]
async fn target_groups_are_read_with_their_health_checks() {
    let http = a_target_group("b")
        .protocol(ProtocolEnum::TcpUdp)
        .health_check_protocol(ProtocolEnum::Http)
        .health_check_port("31000")
        .health_check_path("/healthz")
        .matcher(Matcher::builder().http_code("200-399").build());
    let found = read_target_groups(vec![a_target_group("a").build(), http.build()]).await;
    let check = |protocol, port| HealthCheck {
        protocol,
        port,
        interval: 10,
        timeout: 10,
        healthy_threshold: 3,
        unhealthy_threshold: 3,
    };
    let settings = |protocol, health_check| TargetGroupSettings {
        protocol,
        port: port(30080),
        health_check,
    };
    let tcp = check(HealthCheckProtocol::Tcp, HealthCheckPort::Traffic);
    assert_eq!(found[0].settings, Some(settings(TargetProtocol::Tcp, tcp)));
    let path = HealthCheckProtocol::Http {
        path: "/healthz".to_owned(),
        matcher: "200-399".to_owned(),
    };
    let http = check(path, HealthCheckPort::Number(port(31000)));
    assert_eq!(found[1].settings, Some(settings(TargetProtocol::TcpUdp, http)));
}

#[tokio::test]
async fn target_groups_that_elbow_never_makes_have_no_settings() {
    let ip = a_target_group("a").target_type(TargetTypeEnum::Ip);
    let alb = a_target_group("b").protocol(ProtocolEnum::Http);
    let unchecked = a_target_group("c").health_check_enabled(false);
    let groups = [ip, alb, unchecked].map(|group| group.build());
    for found in read_target_groups(groups.into()).await {
        assert_eq!(found.settings, None, "{}", found.name);
    }
}

#[tokio::test]
async fn tags_are_read_for_all_arns_in_one_call() {
    let rule = mock!(Client::describe_tags)
        .match_requests(|call| call.resource_arns() == ["arn:a", "arn:b"])
        .then_output(|| {
            let tag = Tag::builder().key("team").value("blue").build();
            let tagged = TagDescription::builder().resource_arn("arn:a").tags(tag);
            let bare = TagDescription::builder().resource_arn("arn:b");
            DescribeTagsOutput::builder()
                .tag_descriptions(tagged.build())
                .tag_descriptions(bare.build())
                .build()
        });
    let arns = ["arn:a", "arn:b"].map(str::to_owned);
    let found = elbv2(&[&rule]).describe_tags(&arns).await.unwrap();
    let blue = [("team".to_owned(), "blue".to_owned())].into();
    let expected = [("arn:a".to_owned(), blue), ("arn:b".to_owned(), Tags::new())];
    assert_eq!(found, expected);
}

fn forward_to(groups: &[&str]) -> Action {
    let group = |arn: &&str| TargetGroupTuple::builder().target_group_arn(*arn).weight(1).build();
    let all = ForwardActionConfig::builder().set_target_groups(Some(groups.iter().map(group).collect()));
    Action::builder()
        .r#type(ActionTypeEnum::Forward)
        .forward_config(all.build())
        .build()
}

async fn read_listener(listener: sdk::builders::ListenerBuilder) -> ListenerDescription {
    let listener = listener.listener_arn("arn:listener").port(443).build();
    let rule = mock!(Client::describe_listeners)
        .match_requests(|call| call.load_balancer_arn() == Some("arn:web"))
        .then_output(move || DescribeListenersOutput::builder().listeners(listener.clone()).build());
    let web = LoadBalancerArn::new("arn:web");
    let mut found = elbv2(&[&rule]).describe_listeners(&web).await.unwrap();
    found.remove(0)
}

#[tokio::test]
async fn a_tls_listener_is_read_with_certificate_and_policy() {
    let certificate = Certificate::builder().certificate_arn("arn:cert").build();
    let listener = sdk::Listener::builder()
        .protocol(ProtocolEnum::Tls)
        .certificates(certificate)
        .ssl_policy("ELBSecurityPolicy-2016-08")
        .default_actions(forward_to(&["arn:a"]));
    let expected = ListenerSettings {
        port: port(443),
        protocol: ListenerProtocol::Tls,
        target_group: TargetGroupArn::new("arn:a"),
        certificate: Some(CertificateArn::new("arn:cert")),
        ssl_policy: Some("ELBSecurityPolicy-2016-08".to_owned()),
    };
    assert_eq!(read_listener(listener).await.settings, Some(expected));
}

#[tokio::test]
async fn listeners_that_elbow_never_makes_have_no_settings() {
    let http = sdk::Listener::builder().protocol(ProtocolEnum::Http);
    let weighted = sdk::Listener::builder().protocol(ProtocolEnum::Tcp);
    let listeners = [
        http.default_actions(forward_to(&["arn:a"])),
        weighted.default_actions(forward_to(&["arn:a", "arn:b"])),
    ];
    for listener in listeners {
        assert_eq!(read_listener(listener).await.settings, None);
    }
}

#[tokio::test]
async fn the_default_certificate_is_left_out_of_a_listeners_list() {
    let rule = mock!(Client::describe_listener_certificates)
        .match_requests(|call| call.listener_arn() == Some("arn:listener"))
        .then_output(|| {
            let certificate = |arn: &str, default| {
                let one = Certificate::builder().certificate_arn(arn);
                one.is_default(default).build()
            };
            DescribeListenerCertificatesOutput::builder()
                .certificates(certificate("arn:default", true))
                .certificates(certificate("arn:other", false))
                .build()
        });
    let listener = ListenerArn::new("arn:listener");
    let found = elbv2(&[&rule]).describe_listener_certificates(&listener).await;
    assert_eq!(found, Ok(vec![CertificateArn::new("arn:other")]));
}

#[tokio::test]
async fn attributes_are_read_as_aws_spells_them() {
    let (key, value) = ("load_balancing.cross_zone.enabled", "false");
    let of_load_balancer = mock!(Client::describe_load_balancer_attributes)
        .match_requests(|call| call.load_balancer_arn() == Some("arn:web"))
        .then_output(move || {
            let one = LoadBalancerAttribute::builder().key(key).value(value);
            DescribeLoadBalancerAttributesOutput::builder()
                .attributes(one.build())
                .build()
        });
    let of_target_group = mock!(Client::describe_target_group_attributes)
        .match_requests(|call| call.target_group_arn() == Some("arn:a"))
        .then_output(move || {
            let one = TargetGroupAttribute::builder().key(key).value(value);
            DescribeTargetGroupAttributesOutput::builder()
                .attributes(one.build())
                .build()
        });
    let api = elbv2(&[&of_load_balancer, &of_target_group]);
    let expected: Attributes = [(key.to_owned(), value.to_owned())].into();
    let web = LoadBalancerArn::new("arn:web");
    let found = api.describe_load_balancer_attributes(&web).await;
    assert_eq!(found.as_ref(), Ok(&expected));
    let group = TargetGroupArn::new("arn:a");
    let found = api.describe_target_group_attributes(&group).await;
    assert_eq!(found, Ok(expected));
}

#[tokio::test]
async fn targets_are_read_with_state_and_reason() {
    let rule = mock!(Client::describe_target_health)
        .match_requests(|call| call.target_group_arn() == Some("arn:a"))
        .then_output(|| {
            let target = sdk::TargetDescription::builder().id("i-1").port(30080);
            let health = TargetHealth::builder()
                .state(TargetHealthStateEnum::Unhealthy)
                .reason(TargetHealthReasonEnum::FailedHealthChecks)
                .description("Health checks failed");
            let target = TargetHealthDescription::builder()
                .target(target.build())
                .target_health(health.build());
            DescribeTargetHealthOutput::builder()
                .target_health_descriptions(target.build())
                .build()
        });
    let group = TargetGroupArn::new("arn:a");
    let found = elbv2(&[&rule]).describe_target_health(&group).await.unwrap();
    let expected = TargetDescription {
        target: Target {
            instance: InstanceId::new("i-1"),
            port: port(30080),
        },
        state: "unhealthy".to_owned(),
        reason: "Target.FailedHealthChecks".to_owned(),
        description: "Health checks failed".to_owned(),
    };
    assert_eq!(found, [expected]);
}

#[tokio::test]
async fn a_load_balancer_without_what_aws_promises_is_left_out() {
    let rule = mock!(Client::describe_load_balancers).then_output(|| {
        let nameless = sdk::LoadBalancer::builder().load_balancer_arn("arn:x");
        DescribeLoadBalancersOutput::builder()
            .load_balancers(nameless.build())
            .build()
    });
    let api = elbv2(&[&rule]);
    let found = api.describe_load_balancers(&LoadBalancerSelection::All).await;
    assert_eq!(found, Ok(vec![]));
}
