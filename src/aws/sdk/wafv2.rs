//! WAF: which web ACL stands in front of a load balancer.

use aws_sdk_wafv2::Client;

use super::failure;
use crate::aws::api::AwsResult;
use crate::aws::error::AwsError;
use crate::aws::ids::{LoadBalancerArn, WebAclArn};

pub(super) async fn web_acl(client: &Client, arn: &LoadBalancerArn) -> AwsResult<Option<WebAclArn>> {
    let call = client.get_web_acl_for_resource().resource_arn(arn.as_str());
    match call.send().await.map_err(failure::of("wafv2:GetWebACLForResource")) {
        Ok(found) => Ok(found.web_acl().map(|web_acl| WebAclArn::new(web_acl.arn()))),
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) async fn associate(client: &Client, arn: &LoadBalancerArn, web_acl: &WebAclArn) -> AwsResult<()> {
    let call = client
        .associate_web_acl()
        .resource_arn(arn.as_str())
        .web_acl_arn(web_acl.as_str());
    let done = call.send().await;
    done.map(drop).map_err(failure::of("wafv2:AssociateWebACL"))
}

pub(super) async fn disassociate(client: &Client, arn: &LoadBalancerArn) -> AwsResult<()> {
    let call = client.disassociate_web_acl().resource_arn(arn.as_str());
    match call.send().await.map_err(failure::of("wafv2:DisassociateWebACL")) {
        Err(error) if !is_gone(&error) => Err(error),
        _ => Ok(()),
    }
}

/// WAF knows no such load balancer, which then has no web ACL either.
fn is_gone(error: &AwsError) -> bool {
    error.code == "WAFNonexistentItemException"
}
