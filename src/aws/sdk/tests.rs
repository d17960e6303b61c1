//! Every operation, on mocked clients: what AWS is asked, and what is made of its answer.

mod ec2;
mod elbv2;
mod elbv2_writes;
mod environment;
mod listeners;
mod load_balancers;
mod on_the_wire;
mod server;
mod target_groups;
mod wafv2;

use aws_smithy_mocks::{Rule, RuleMode, mock_client};

use super::{Clients, SdkApi};
use crate::aws::stack::Tags;
use crate::service::Port;

/// An AWS of EC2 alone.
fn ec2(rules: &[&Rule]) -> SdkApi {
    with(ec2_client(rules), elbv2_client(&[]), wafv2_client(&[]))
}

/// An AWS of ELBv2 alone.
fn elbv2(rules: &[&Rule]) -> SdkApi {
    with(ec2_client(&[]), elbv2_client(rules), wafv2_client(&[]))
}

/// An AWS of WAF alone.
fn wafv2(rules: &[&Rule]) -> SdkApi {
    with(ec2_client(&[]), elbv2_client(&[]), wafv2_client(rules))
}

fn ec2_client(rules: &[&Rule]) -> aws_sdk_ec2::Client {
    mock_client!(aws_sdk_ec2, RuleMode::Sequential, rules)
}

fn elbv2_client(rules: &[&Rule]) -> aws_sdk_elasticloadbalancingv2::Client {
    mock_client!(aws_sdk_elasticloadbalancingv2, RuleMode::Sequential, rules)
}

fn wafv2_client(rules: &[&Rule]) -> aws_sdk_wafv2::Client {
    mock_client!(aws_sdk_wafv2, RuleMode::Sequential, rules)
}

fn with(
    ec2: aws_sdk_ec2::Client,
    elbv2: aws_sdk_elasticloadbalancingv2::Client,
    wafv2: aws_sdk_wafv2::Client,
) -> SdkApi {
    let clients = Clients { ec2, elbv2, wafv2 };
    SdkApi {
        reads: clients.clone(),
        writes: clients,
    }
}

fn tags() -> Tags {
    let pair = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    [("elbow.dev/cluster", "test"), ("team", "blue")].map(pair).into()
}

/// The same tags as the SDK of ELBv2 writes them.
fn sdk_tags() -> Vec<aws_sdk_elasticloadbalancingv2::types::Tag> {
    let tag = |(key, value)| {
        let tag = aws_sdk_elasticloadbalancingv2::types::Tag::builder();
        tag.key(key).value(value).build()
    };
    tags().into_iter().map(tag).collect()
}

fn port(number: u16) -> Port {
    Port::new(number).unwrap()
}
