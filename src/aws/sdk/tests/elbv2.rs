use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::operation::describe_account_limits::DescribeAccountLimitsOutput;
use aws_sdk_elasticloadbalancingv2::operation::describe_listener_certificates::DescribeListenerCertificatesOutput;
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
    self as sdk, Certificate, LoadBalancerAttribute, LoadBalancerSchemeEnum, LoadBalancerState, LoadBalancerStateEnum,
    LoadBalancerTypeEnum, Matcher, ProtocolEnum, Tag, TagDescription, TargetGroupAttribute,
    TargetGroupIpAddressTypeEnum, TargetHealth, TargetHealthDescription, TargetHealthReasonEnum, TargetHealthStateEnum,
    TargetTypeEnum,
};
use aws_smithy_mocks::mock;
use aws_smithy_types::error::ErrorMetadata;
use rstest::rstest;

use super::*;
use crate::aws::api::*;
use crate::aws::ids::*;
use crate::aws::quotas::Limits;
use crate::aws::stack::{
    AddressType, Attributes, ChosenAddresses, HealthCheck, HealthCheckPort, HealthCheckProtocol, HttpVersion,
    LoadBalancerKind, Matcher as Codes, ResourceName, Scheme, Target, TargetProtocol,
};
use crate::service::IpFamily;

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
        kind: Some(LoadBalancerKind::Network),
        active: false,
        vpc: VpcId::new("vpc-1"),
        subnets: [(SubnetId::new("subnet-1"), ChosenAddresses::default())].into(),
        address_type: AddressType::Ipv4,
        ipv6_source_nat: false,
        security_groups: [SecurityGroupId::new("sg-1")].into(),
        private_link_rules: true,
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

fn check(protocol: HealthCheckProtocol, port: HealthCheckPort) -> HealthCheck {
    HealthCheck {
        protocol,
        port,
        interval: 10,
        timeout: 10,
        healthy_threshold: 3,
        unhealthy_threshold: 3,
    }
}

fn http_check(path: &str, matcher: Matcher) -> HealthCheckProtocol {
    HealthCheckProtocol::Http {
        path: path.to_owned(),
        matcher: match matcher.grpc_code() {
            Some(codes) => Codes::Grpc(codes.to_owned()),
            None => Codes::Http(matcher.http_code().unwrap_or_default().to_owned()),
        },
    }
}

fn http_codes(codes: &str) -> Matcher {
    Matcher::builder().http_code(codes).build()
}

fn grpc_codes(codes: &str) -> Matcher {
    Matcher::builder().grpc_code(codes).build()
}

#[tokio::test]
async fn target_groups_are_read_with_their_health_checks() {
    let http = a_target_group("b")
        .protocol(ProtocolEnum::TcpUdp)
        .ip_address_type(TargetGroupIpAddressTypeEnum::Ipv6)
        .health_check_protocol(ProtocolEnum::Http)
        .health_check_port("31000")
        .health_check_path("/healthz")
        .matcher(http_codes("200-399"));
    let found = read_target_groups(vec![a_target_group("a").build(), http.build()]).await;
    let settings = |protocol, family, health_check| TargetGroupSettings {
        protocol,
        family,
        port: port(30080),
        health_check,
    };
    let tcp = check(HealthCheckProtocol::Tcp, HealthCheckPort::Traffic);
    let expected = settings(TargetProtocol::Tcp, IpFamily::V4, tcp);
    assert_eq!(found[0].settings, Some(expected));
    let http = http_check("/healthz", http_codes("200-399"));
    let http = check(http, HealthCheckPort::Number(port(31000)));
    let expected = settings(TargetProtocol::TcpUdp, IpFamily::V6, http);
    assert_eq!(found[1].settings, Some(expected));
}

/// AWS' own examples leave the matcher out where it is the default one.
#[rstest]
#[case(ProtocolEnum::Tcp, None, http_codes("200-399"))]
#[case(ProtocolEnum::Tls, None, http_codes("200-399"))]
#[case(ProtocolEnum::Http, Some("HTTP1"), http_codes("200"))]
#[case(ProtocolEnum::Https, Some("HTTP2"), http_codes("200"))]
#[case(ProtocolEnum::Http, Some("GRPC"), grpc_codes("12"))]
#[tokio::test]
async fn a_matcher_that_is_left_out_is_the_default_one(
    #[case] protocol: ProtocolEnum,
    #[case] version: Option<&str>,
    #[case] expected: Matcher,
) {
    let group = a_target_group("a")
        .protocol(protocol)
        .set_protocol_version(version.map(str::to_owned))
        .health_check_protocol(ProtocolEnum::Http);
    let found = read_target_groups(vec![group.build()]).await;
    let read = found[0].settings.clone().unwrap().health_check.protocol;
    assert_eq!(read, http_check("/", expected));
}

#[rstest]
#[case(ProtocolEnum::Tls, None, TargetProtocol::Tls)]
#[case(ProtocolEnum::Http, Some("HTTP1"), TargetProtocol::Http(HttpVersion::Http1))]
#[case(ProtocolEnum::Http, Some("HTTP2"), TargetProtocol::Http(HttpVersion::Http2))]
#[case(ProtocolEnum::Https, Some("GRPC"), TargetProtocol::Https(HttpVersion::Grpc))]
#[case(ProtocolEnum::Https, None, TargetProtocol::Https(HttpVersion::Http1))]
#[tokio::test]
async fn protocol_and_version_of_a_target_group_are_read_together(
    #[case] protocol: ProtocolEnum,
    #[case] version: Option<&str>,
    #[case] expected: TargetProtocol,
) {
    let group = a_target_group("a").protocol(protocol);
    let group = group.set_protocol_version(version.map(str::to_owned));
    let found = read_target_groups(vec![group.build()]).await;
    assert_eq!(found[0].settings.clone().unwrap().protocol, expected);
}

#[tokio::test]
async fn target_groups_that_elbow_never_makes_have_no_settings() {
    let ip = a_target_group("a").target_type(TargetTypeEnum::Ip);
    let quic = a_target_group("b").protocol(ProtocolEnum::Quic);
    let unchecked = a_target_group("c").health_check_enabled(false);
    let groups = [ip, quic, unchecked].map(|group| group.build());
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
async fn the_limits_of_the_account_are_read_page_by_page_and_those_that_are_no_numbers_are_left_out() {
    let limit = |name: &str, most: &str| sdk::Limit::builder().name(name).max(most).build();
    let first = mock!(Client::describe_account_limits)
        .match_requests(|call| call.marker().is_none())
        .then_output(move || {
            DescribeAccountLimitsOutput::builder()
                .limits(limit("targets-per-network-load-balancer", "5000"))
                .next_marker("2")
                .build()
        });
    let second = mock!(Client::describe_account_limits)
        .match_requests(|call| call.marker() == Some("2"))
        .then_output(move || {
            DescribeAccountLimitsOutput::builder()
                .limits(limit("targets-per-target-group", "many"))
                .build()
        });
    let found = elbv2(&[&first, &second]).describe_account_limits().await;
    let expected = Limits::new([("targets-per-network-load-balancer".to_owned(), 5000)].into());
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
