//! Web ACLs.

use aws_sdk_wafv2::Client;
use aws_sdk_wafv2::operation::associate_web_acl::AssociateWebAclOutput;
use aws_sdk_wafv2::operation::disassociate_web_acl::{DisassociateWebACLError, DisassociateWebAclOutput};
use aws_sdk_wafv2::operation::get_web_acl_for_resource::{GetWebACLForResourceError, GetWebAclForResourceOutput};
use aws_sdk_wafv2::types::error::{WafInvalidParameterException, WafNonexistentItemException};
use aws_sdk_wafv2::types::{AllowAction, DefaultAction, VisibilityConfig, WebAcl};
use aws_smithy_mocks::mock;
use aws_smithy_types::error::ErrorMetadata;

use super::load_balancers::web;
use super::*;
use crate::aws::api::AwsApi;
use crate::aws::error::ErrorKind;
use crate::aws::ids::WebAclArn;

fn shop() -> WebAclArn {
    WebAclArn::new("arn:acl")
}

fn meta(code: &str) -> ErrorMetadata {
    ErrorMetadata::builder().code(code).build()
}

fn web_acl() -> WebAcl {
    let allow = DefaultAction::builder().allow(AllowAction::builder().build());
    let seen = VisibilityConfig::builder()
        .sampled_requests_enabled(false)
        .cloud_watch_metrics_enabled(false)
        .metric_name("shop");
    WebAcl::builder()
        .name("shop")
        .id("0a0a0a0a")
        .arn("arn:acl")
        .default_action(allow.build())
        .visibility_config(seen.build().unwrap())
        .build()
        .unwrap()
}

#[tokio::test]
async fn the_web_acl_of_a_load_balancer_is_read_by_its_arn() {
    let one = mock!(Client::get_web_acl_for_resource)
        .match_requests(|call| call.resource_arn() == Some("arn:web"))
        .then_output(|| GetWebAclForResourceOutput::builder().web_acl(web_acl()).build());
    let none = mock!(Client::get_web_acl_for_resource).then_output(|| GetWebAclForResourceOutput::builder().build());
    let api = wafv2(&[&one, &none]);
    assert_eq!(api.describe_web_acl(&web()).await, Ok(Some(shop())));
    assert_eq!(api.describe_web_acl(&web()).await, Ok(None));
}

#[tokio::test]
async fn a_load_balancer_that_is_gone_has_no_web_acl_to_take_away() {
    let read = mock!(Client::get_web_acl_for_resource).then_error(|| {
        let gone = WafNonexistentItemException::builder().meta(meta("WAFNonexistentItemException"));
        GetWebACLForResourceError::WafNonexistentItemException(gone.build())
    });
    let write = mock!(Client::disassociate_web_acl).then_error(|| {
        let gone = WafNonexistentItemException::builder().meta(meta("WAFNonexistentItemException"));
        DisassociateWebACLError::WafNonexistentItemException(gone.build())
    });
    let api = wafv2(&[&read, &write]);
    assert_eq!(api.describe_web_acl(&web()).await, Ok(None));
    assert_eq!(api.disassociate_web_acl(&web()).await, Ok(()));
}

#[tokio::test]
async fn any_other_refusal_is_an_error() {
    let rule = mock!(Client::disassociate_web_acl).then_error(|| {
        let bad = WafInvalidParameterException::builder().meta(meta("WAFInvalidParameterException"));
        DisassociateWebACLError::WafInvalidParameterException(bad.build())
    });
    let error = wafv2(&[&rule]).disassociate_web_acl(&web()).await.unwrap_err();
    assert_eq!(
        (error.action, error.kind),
        ("wafv2:DisassociateWebACL", ErrorKind::Rejected)
    );
}

#[tokio::test]
async fn a_web_acl_is_put_in_front_of_a_load_balancer_and_taken_away() {
    let associate = mock!(Client::associate_web_acl)
        .match_requests(|call| call.resource_arn() == Some("arn:web") && call.web_acl_arn() == Some("arn:acl"))
        .then_output(|| AssociateWebAclOutput::builder().build());
    let disassociate = mock!(Client::disassociate_web_acl)
        .match_requests(|call| call.resource_arn() == Some("arn:web"))
        .then_output(|| DisassociateWebAclOutput::builder().build());
    let api = wafv2(&[&associate, &disassociate]);
    assert_eq!(api.associate_web_acl(&web(), &shop()).await, Ok(()));
    assert_eq!(api.disassociate_web_acl(&web()).await, Ok(()));
}
