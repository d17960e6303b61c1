//! Every operation, on mocked clients: what AWS is asked, and what is made of its answer.

mod ec2;
mod elbv2;
mod elbv2_writes;
mod environment;
mod on_the_wire;
mod server;
mod target_groups;

use aws_smithy_mocks::{Rule, RuleMode, mock_client};

use super::{Clients, SdkApi};
use crate::aws::stack::Tags;
use crate::service::Port;

/// An AWS of EC2 alone.
fn ec2(rules: &[&Rule]) -> SdkApi {
    with(ec2_client(rules), elbv2_client(&[]))
}

/// An AWS of ELBv2 alone.
fn elbv2(rules: &[&Rule]) -> SdkApi {
    with(ec2_client(&[]), elbv2_client(rules))
}

fn ec2_client(rules: &[&Rule]) -> aws_sdk_ec2::Client {
    mock_client!(aws_sdk_ec2, RuleMode::Sequential, rules)
}

fn elbv2_client(rules: &[&Rule]) -> aws_sdk_elasticloadbalancingv2::Client {
    mock_client!(aws_sdk_elasticloadbalancingv2, RuleMode::Sequential, rules)
}

fn with(ec2: aws_sdk_ec2::Client, elbv2: aws_sdk_elasticloadbalancingv2::Client) -> SdkApi {
    let clients = Clients { ec2, elbv2 };
    SdkApi {
        reads: clients.clone(),
        writes: clients,
    }
}

fn tags() -> Tags {
    let pair = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    [("elbow.dev/cluster", "test"), ("team", "blue")].map(pair).into()
}

fn port(number: u16) -> Port {
    Port::new(number).unwrap()
}
