//! ELBv2: what listeners do, and the application protocols that they offer.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types::{
    self as sdk, ActionTypeEnum, ForwardActionConfig, RedirectActionConfig, RedirectActionStatusCodeEnum,
    TargetGroupStickinessConfig, TargetGroupTuple,
};

use crate::aws::api::{ActionSettings, ListenerSettings};
use crate::aws::ids::TargetGroupArn;
use crate::aws::stack::{AlpnPolicy, ListenerProtocol, Redirect};
use crate::service::Port;

/// Weight of a sole target group.
const SOLE: u16 = 1;

/// An action for a request.
pub(in crate::aws::sdk) fn action(action: &ActionSettings) -> sdk::Action {
    match action {
        ActionSettings::Forward { to, stickiness } => forward(to, *stickiness),
        ActionSettings::Redirect(redirect) => sdk::Action::builder()
            .r#type(ActionTypeEnum::Redirect)
            .redirect_config(redirect_config(*redirect))
            .build(),
    }
}

fn forward(to: &BTreeMap<TargetGroupArn, u16>, stickiness: Option<u32>) -> sdk::Action {
    let action = sdk::Action::builder().r#type(ActionTypeEnum::Forward);
    if let (1, None, Some(sole)) = (to.len(), stickiness, to.keys().next()) {
        return action.target_group_arn(sole.as_str()).build();
    }
    let tuple = |(arn, weight): (&TargetGroupArn, &u16)| {
        TargetGroupTuple::builder()
            .target_group_arn(arn.as_str())
            .weight(i32::from(*weight))
            .build()
    };
    let sticky = stickiness.map(|seconds| {
        let seconds = (seconds > 0).then(|| i32::try_from(seconds).unwrap_or(i32::MAX));
        TargetGroupStickinessConfig::builder()
            .enabled(true)
            .set_duration_seconds(seconds)
            .build()
    });
    let config = ForwardActionConfig::builder()
        .set_target_groups(Some(to.iter().map(tuple).collect()))
        .set_target_group_stickiness_config(sticky);
    action.forward_config(config.build()).build()
}

fn redirect_config(redirect: Redirect) -> RedirectActionConfig {
    RedirectActionConfig::builder()
        .protocol("HTTPS")
        .port(redirect.port.to_string())
        .status_code(RedirectActionStatusCodeEnum::Http301)
        .build()
}

/// The default action of a listener; none if it is one that elbow never makes.
pub(super) fn read(actions: &[sdk::Action]) -> Option<ActionSettings> {
    let [action] = actions else { return None };
    match action.r#type()? {
        ActionTypeEnum::Forward => read_forward(action),
        ActionTypeEnum::Redirect => read_redirect(action.redirect_config()?).map(ActionSettings::Redirect),
        _ => None,
    }
}

/// AWS shows a sole target group in both forms, and leaves `TargetGroupArn` out where there are several.
fn read_forward(action: &sdk::Action) -> Option<ActionSettings> {
    let config = action.forward_config();
    let stickiness = config.and_then(ForwardActionConfig::target_group_stickiness_config);
    let sticky = stickiness.filter(|config| config.enabled() == Some(true));
    let to = match config.map(ForwardActionConfig::target_groups) {
        None | Some([]) => BTreeMap::from([(TargetGroupArn::new(action.target_group_arn()?), SOLE)]),
        Some([sole]) => BTreeMap::from([(TargetGroupArn::new(sole.target_group_arn()?), SOLE)]),
        Some(several) => several.iter().map(weighted).collect::<Option<_>>()?,
    };
    Some(ActionSettings::Forward {
        to,
        stickiness: sticky.and_then(|config| u32::try_from(config.duration_seconds().unwrap_or(0)).ok()),
    })
}

fn weighted(tuple: &TargetGroupTuple) -> Option<(TargetGroupArn, u16)> {
    let weight = u16::try_from(tuple.weight().unwrap_or(1)).ok()?;
    Some((TargetGroupArn::new(tuple.target_group_arn()?), weight))
}

/// A permanent redirect to HTTPS that keeps host, path and query (ELBv2 API reference, `RedirectActionConfig`: what is not
/// given is kept, which AWS shows as a placeholder).
fn read_redirect(config: &RedirectActionConfig) -> Option<Redirect> {
    let kept = |value: Option<&str>, placeholder: &str| value.is_none_or(|value| value == placeholder);
    let ours = config.protocol() == Some("HTTPS")
        && config.status_code() == Some(&RedirectActionStatusCodeEnum::Http301)
        && kept(config.host(), "#{host}")
        && kept(config.path(), "/#{path}")
        && kept(config.query(), "#{query}");
    let port: Port = config.port()?.parse().ok()?;
    ours.then_some(Redirect { port })
}

/// `AlpnPolicy` of a new listener; none where nothing is offered.
pub(in crate::aws::sdk) fn offered_alpn(listener: &ListenerSettings) -> Option<Vec<String>> {
    alpn(listener).filter(|_| listener.alpn != AlpnPolicy::None)
}

/// `AlpnPolicy` of a listener that changes; none where its protocol has no such policy.
pub(in crate::aws::sdk) fn alpn(listener: &ListenerSettings) -> Option<Vec<String>> {
    (listener.protocol == ListenerProtocol::Tls).then(|| vec![listener.alpn.to_string()])
}

/// The policy of a listener.
pub(super) fn read_alpn(listener: &sdk::Listener) -> AlpnPolicy {
    match listener.alpn_policy().first().map(String::as_str) {
        Some("HTTP1Only") => AlpnPolicy::HTTP1Only,
        Some("HTTP2Only") => AlpnPolicy::HTTP2Only,
        Some("HTTP2Optional") => AlpnPolicy::HTTP2Optional,
        Some("HTTP2Preferred") => AlpnPolicy::HTTP2Preferred,
        _ => AlpnPolicy::None,
    }
}
