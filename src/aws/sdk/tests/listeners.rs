//! Listeners: protocols, actions, certificates, attributes, both ways.

use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::operation::add_listener_certificates::AddListenerCertificatesOutput;
use aws_sdk_elasticloadbalancingv2::operation::create_listener::{CreateListenerInput, CreateListenerOutput};
use aws_sdk_elasticloadbalancingv2::operation::delete_listener::DeleteListenerOutput;
use aws_sdk_elasticloadbalancingv2::operation::describe_listener_attributes::DescribeListenerAttributesOutput;
use aws_sdk_elasticloadbalancingv2::operation::describe_listeners::DescribeListenersOutput;
use aws_sdk_elasticloadbalancingv2::operation::modify_listener::{ModifyListenerInput, ModifyListenerOutput};
use aws_sdk_elasticloadbalancingv2::operation::modify_listener_attributes::ModifyListenerAttributesOutput;
use aws_sdk_elasticloadbalancingv2::operation::remove_listener_certificates::RemoveListenerCertificatesOutput;
use aws_sdk_elasticloadbalancingv2::types::{
    self as sdk, Action, ActionTypeEnum, Certificate, FixedResponseActionConfig, ForwardActionConfig,
    ListenerAttribute, ProtocolEnum, RedirectActionConfig, RedirectActionStatusCodeEnum, TargetGroupStickinessConfig,
    TargetGroupTuple,
};
use aws_smithy_mocks::{Rule, mock};
use rstest::rstest;

use super::load_balancers::web;
use super::*;
use crate::aws::api::{ActionSettings, AwsApi, ListenerDescription, ListenerSettings};
use crate::aws::ids::{CertificateArn, ListenerArn, TargetGroupArn};
use crate::aws::stack::{AlpnPolicy, Attributes, ListenerProtocol, Redirect};

fn listener() -> ListenerArn {
    ListenerArn::new("arn:listener")
}

fn forward(to: &[(&str, u16)], stickiness: Option<u32>) -> ActionSettings {
    let to = to.iter().map(|(arn, weight)| (TargetGroupArn::new(*arn), *weight));
    ActionSettings::Forward {
        to: to.collect(),
        stickiness,
    }
}

fn settings(protocol: ListenerProtocol) -> ListenerSettings {
    let secure = protocol.is_secure();
    ListenerSettings {
        port: port(443),
        protocol,
        action: forward(&[("arn:a", 1)], None),
        certificate: secure.then(|| CertificateArn::new("arn:cert")),
        ssl_policy: secure.then(|| "ELBSecurityPolicy-2016-08".to_owned()),
        alpn: AlpnPolicy::None,
    }
}

fn tuple(arn: &str, weight: i32) -> TargetGroupTuple {
    TargetGroupTuple::builder().target_group_arn(arn).weight(weight).build()
}

fn stickiness(enabled: bool, seconds: Option<i32>) -> TargetGroupStickinessConfig {
    TargetGroupStickinessConfig::builder()
        .enabled(enabled)
        .set_duration_seconds(seconds)
        .build()
}

fn forward_action(groups: Vec<TargetGroupTuple>, sticky: Option<TargetGroupStickinessConfig>) -> Action {
    let config = ForwardActionConfig::builder()
        .set_target_groups(Some(groups))
        .set_target_group_stickiness_config(sticky);
    let action = Action::builder().r#type(ActionTypeEnum::Forward);
    action.forward_config(config.build()).build()
}

fn redirect_config() -> sdk::builders::RedirectActionConfigBuilder {
    RedirectActionConfig::builder()
        .protocol("HTTPS")
        .port("8443")
        .status_code(RedirectActionStatusCodeEnum::Http301)
}

fn redirect_action(config: sdk::builders::RedirectActionConfigBuilder) -> Action {
    let action = Action::builder().r#type(ActionTypeEnum::Redirect);
    action.redirect_config(config.build()).build()
}

async fn read(found: sdk::builders::ListenerBuilder) -> Option<ListenerSettings> {
    let found = found.listener_arn("arn:listener").port(443).build();
    let rule = mock!(Client::describe_listeners)
        .match_requests(|call| call.load_balancer_arn() == Some("arn:web") && call.page_size() == Some(400))
        .then_output(move || DescribeListenersOutput::builder().listeners(found.clone()).build());
    let mut found = elbv2(&[&rule]).describe_listeners(&web()).await.unwrap();
    let ListenerDescription { arn, port, settings } = found.remove(0);
    assert_eq!((arn, port.get()), (listener(), 443));
    settings
}

#[rstest]
#[case(ProtocolEnum::Tls, ListenerProtocol::Tls)]
#[case(ProtocolEnum::Https, ListenerProtocol::Https)]
#[tokio::test]
async fn a_listener_that_speaks_tls_is_read_with_certificate_and_policy(
    #[case] protocol: ProtocolEnum,
    #[case] expected: ListenerProtocol,
) {
    let certificate = Certificate::builder().certificate_arn("arn:cert").build();
    let found = sdk::Listener::builder()
        .protocol(protocol)
        .certificates(certificate)
        .ssl_policy("ELBSecurityPolicy-2016-08")
        .default_actions(forward_action(vec![tuple("arn:a", 1)], Some(stickiness(false, None))));
    assert_eq!(read(found).await, Some(settings(expected)));
}

async fn read_action(action: Action) -> Option<ActionSettings> {
    let found = sdk::Listener::builder().protocol(ProtocolEnum::Http);
    read(found.default_actions(action))
        .await
        .map(|settings| settings.action)
}

#[tokio::test]
async fn the_weight_of_a_sole_target_group_means_nothing() {
    let sole = forward_action(vec![tuple("arn:a", 100)], None);
    assert_eq!(read_action(sole).await, Some(forward(&[("arn:a", 1)], None)));
    let plain = Action::builder()
        .r#type(ActionTypeEnum::Forward)
        .target_group_arn("arn:a");
    assert_eq!(read_action(plain.build()).await, Some(forward(&[("arn:a", 1)], None)));
}

#[tokio::test]
async fn several_target_groups_are_read_with_weights_and_stickiness() {
    let several = || vec![tuple("arn:a", 90), tuple("arn:b", 0)];
    let weights = [("arn:a", 90), ("arn:b", 0)];
    let sticky = forward_action(several(), Some(stickiness(true, Some(600))));
    assert_eq!(read_action(sticky).await, Some(forward(&weights, Some(600))));
    let free = forward_action(several(), Some(stickiness(false, Some(600))));
    assert_eq!(read_action(free).await, Some(forward(&weights, None)));
}

#[tokio::test]
async fn a_redirect_is_read_whether_aws_spells_what_it_keeps_or_not() {
    let expected = ActionSettings::Redirect(Redirect { port: port(8443) });
    let short = redirect_action(redirect_config());
    assert_eq!(read_action(short).await.as_ref(), Some(&expected));
    let spelt = redirect_config().host("#{host}").path("/#{path}").query("#{query}");
    assert_eq!(read_action(redirect_action(spelt)).await, Some(expected));
}

#[rstest]
#[case(redirect_action(redirect_config().status_code(RedirectActionStatusCodeEnum::Http302)))]
#[case(redirect_action(redirect_config().protocol("HTTP")))]
#[case(redirect_action(redirect_config().host("example.com")))]
#[case(redirect_action(redirect_config().path("/")))]
#[case(redirect_action(redirect_config().port("#{port}")))]
#[case(fixed_response())]
#[tokio::test]
async fn what_elbow_never_makes_a_listener_do_has_no_settings(#[case] action: Action) {
    assert_eq!(read_action(action).await, None);
}

fn fixed_response() -> Action {
    let teapot = FixedResponseActionConfig::builder().status_code("418").build();
    let action = Action::builder().r#type(ActionTypeEnum::FixedResponse);
    action.fixed_response_config(teapot).build()
}

#[rstest]
#[case("None", AlpnPolicy::None)]
#[case("HTTP1Only", AlpnPolicy::HTTP1Only)]
#[case("HTTP2Only", AlpnPolicy::HTTP2Only)]
#[case("HTTP2Optional", AlpnPolicy::HTTP2Optional)]
#[case("HTTP2Preferred", AlpnPolicy::HTTP2Preferred)]
#[tokio::test]
async fn an_alpn_policy_is_read_and_written_by_the_same_name(#[case] name: &'static str, #[case] policy: AlpnPolicy) {
    let found = sdk::Listener::builder()
        .protocol(ProtocolEnum::Tls)
        .alpn_policy(name)
        .default_actions(forward_action(vec![tuple("arn:a", 1)], None));
    assert_eq!(read(found).await.unwrap().alpn, policy);

    let modified = modifying(move |call| call.alpn_policy() == [name]);
    let wanted = ListenerSettings {
        alpn: policy,
        ..settings(ListenerProtocol::Tls)
    };
    assert_eq!(elbv2(&[&modified]).modify_listener(&listener(), &wanted).await, Ok(()));
}

fn creating(matches: impl Fn(&CreateListenerInput) -> bool + Send + Sync + 'static) -> Rule {
    mock!(Client::create_listener).match_requests(matches).then_output(|| {
        let created = sdk::Listener::builder().listener_arn("arn:listener");
        CreateListenerOutput::builder().listeners(created.build()).build()
    })
}

fn modifying(matches: impl Fn(&ModifyListenerInput) -> bool + Send + Sync + 'static) -> Rule {
    mock!(Client::modify_listener)
        .match_requests(matches)
        .then_output(|| ModifyListenerOutput::builder().build())
}

fn forwards_to_a(actions: &[Action]) -> bool {
    matches!(actions, [action] if action.target_group_arn() == Some("arn:a") && action.forward_config().is_none())
}

#[rstest]
#[case(ListenerProtocol::Tls, ProtocolEnum::Tls)]
#[case(ListenerProtocol::Https, ProtocolEnum::Https)]
#[tokio::test]
async fn a_listener_that_speaks_tls_is_created_with_certificate_policy_and_tags(
    #[case] protocol: ListenerProtocol,
    #[case] sent: ProtocolEnum,
) {
    let rule = creating(move |call| {
        let [certificate] = call.certificates() else {
            return false;
        };
        call.load_balancer_arn() == Some("arn:web")
            && call.port() == Some(443)
            && call.protocol() == Some(&sent)
            && certificate.certificate_arn() == Some("arn:cert")
            && call.ssl_policy() == Some("ELBSecurityPolicy-2016-08")
            && call.alpn_policy.is_none()
            && forwards_to_a(call.default_actions())
            && call.tags() == sdk_tags()
    });
    let wanted = settings(protocol);
    let created = elbv2(&[&rule]).create_listener(&web(), &wanted, &tags()).await;
    assert_eq!(created, Ok(listener()));
}

#[tokio::test]
async fn a_plain_listener_names_no_certificate_no_policy_and_no_alpn() {
    let modified = modifying(|call| {
        call.listener_arn() == Some("arn:listener")
            && call.port() == Some(443)
            && call.protocol() == Some(&ProtocolEnum::TcpUdp)
            && (call.certificates.is_none() && call.ssl_policy().is_none() && call.alpn_policy.is_none())
            && forwards_to_a(call.default_actions())
    });
    let deleted = mock!(Client::delete_listener)
        .match_requests(|call| call.listener_arn() == Some("arn:listener"))
        .then_output(|| DeleteListenerOutput::builder().build());
    let api = elbv2(&[&modified, &deleted]);
    let plain = settings(ListenerProtocol::TcpUdp);
    assert_eq!(api.modify_listener(&listener(), &plain).await, Ok(()));
    assert_eq!(api.delete_listener(&listener()).await, Ok(()));
}

#[rstest]
#[case(forward(&[("arn:a", 90), ("arn:b", 10)], None),
    forward_action(vec![tuple("arn:a", 90), tuple("arn:b", 10)], None))]
#[case(forward(&[("arn:a", 1), ("arn:b", 0)], Some(600)),
    forward_action(vec![tuple("arn:a", 1), tuple("arn:b", 0)], Some(stickiness(true, Some(600)))))]
#[case(forward(&[("arn:a", 1)], Some(600)), forward_action(vec![tuple("arn:a", 1)], Some(stickiness(true, Some(600)))))]
#[case(ActionSettings::Redirect(Redirect { port: port(8443) }), redirect_action(redirect_config()))]
#[tokio::test]
async fn an_action_is_sent_in_its_form(#[case] action: ActionSettings, #[case] sent: Action) {
    let expected = sent.clone();
    let created = creating(move |call| call.default_actions() == [expected.clone()]);
    let modified = modifying(move |call| call.default_actions() == [sent.clone()]);
    let wanted = ListenerSettings {
        action,
        ..settings(ListenerProtocol::Http)
    };
    let api = elbv2(&[&created, &modified]);
    let made = api.create_listener(&web(), &wanted, &tags()).await;
    assert_eq!(made, Ok(listener()));
    assert_eq!(api.modify_listener(&listener(), &wanted).await, Ok(()));
}

#[tokio::test]
async fn attributes_of_a_listener_are_read_and_changed_by_arn() {
    let (key, value) = ("tcp.idle_timeout.seconds", "400");
    let read = mock!(Client::describe_listener_attributes)
        .match_requests(|call| call.listener_arn() == Some("arn:listener"))
        .then_output(move || {
            let one = ListenerAttribute::builder().key(key).value(value).build();
            DescribeListenerAttributesOutput::builder().attributes(one).build()
        });
    let write = mock!(Client::modify_listener_attributes)
        .match_requests(move |call| {
            let one = ListenerAttribute::builder().key(key).value(value).build();
            call.listener_arn() == Some("arn:listener") && call.attributes() == [one]
        })
        .then_output(|| ModifyListenerAttributesOutput::builder().build());
    let api = elbv2(&[&read, &write]);
    let expected: Attributes = [(key.to_owned(), value.to_owned())].into();
    let found = api.describe_listener_attributes(&listener()).await;
    assert_eq!(found.as_ref(), Ok(&expected));
    let changed = api.modify_listener_attributes(&listener(), &expected).await;
    assert_eq!(changed, Ok(()));
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
