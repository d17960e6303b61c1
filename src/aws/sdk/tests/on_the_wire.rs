//! The real clients against a server on loopback: what is sent, and what becomes of bad answers and of none.

use std::sync::Arc;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::test_util::NeverClient;
use aws_smithy_runtime_api::client::http::HttpClient;
use rstest::rstest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::load_balancers::wanted;
use super::port;
use super::server::{NO_SUBNETS, Seen, Server};
use crate::aws::api::{ActionSettings, AwsApi, ListenerSettings};
use crate::aws::error::{AwsError, ErrorKind, TIMEOUT, UNREACHABLE, UNREADABLE};
use crate::aws::ids::{ListenerArn, LoadBalancerArn, SecurityGroupId, TargetGroupArn, VpcId, WebAclArn};
use crate::aws::sdk::SdkApi;
use crate::aws::sdk::connect::{http_client, open, retries};
use crate::aws::stack::{AlpnPolicy, ListenerProtocol};
use crate::fence::{Closed, Fence, WRITE_DEADLINE};

struct Aws {
    api: SdkApi,
    seen: Arc<Seen>,
}

fn aws(endpoint: &str, fence: &Fence) -> Aws {
    over(endpoint, fence, http_client())
}

fn over(endpoint: &str, fence: &Fence, http: impl HttpClient + 'static) -> Aws {
    let credentials = Credentials::for_tests();
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(retries().with_initial_backoff(Duration::from_millis(1)))
        .http_client(http)
        .build();
    let seen = Arc::<Seen>::default();
    let observer: Arc<dyn crate::aws::sdk::CallObserver> = seen.clone();
    let api = open(&config, fence, &observer);
    Aws { api, seen }
}

fn vpc() -> VpcId {
    VpcId::new("vpc-1")
}

fn group() -> SecurityGroupId {
    SecurityGroupId::new("sg-1")
}

fn load_balancer() -> LoadBalancerArn {
    LoadBalancerArn::new("arn:web")
}

#[rstest]
#[case(Fence::closed(), Closed::NotLeader)]
#[case(stopped(), Closed::Stopping)]
#[tokio::test]
async fn behind_a_closed_fence_no_write_is_sent(#[case] fence: Fence, #[case] why: Closed) {
    let server = Server::start(200, "").await;
    let aws = aws(&server.url, &fence);
    let errors = [
        aws.api.delete_security_group(&group()).await.unwrap_err(),
        aws.api.delete_load_balancer(&load_balancer()).await.unwrap_err(),
        aws.api.disassociate_web_acl(&load_balancer()).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind, ErrorKind::Closed(why), "{error}");
    }
    assert_eq!(server.requests().len(), 0);
    assert_eq!(
        aws.seen.lines(),
        [
            "EC2 DeleteSecurityGroup - FenceClosed x1",
            "Elastic Load Balancing v2 DeleteLoadBalancer - FenceClosed x1",
            "WAFV2 DisassociateWebACL - FenceClosed x1",
        ]
    );
}

fn stopped() -> Fence {
    let fence = Fence::open();
    fence.stop();
    fence
}

#[tokio::test]
async fn reads_pass_a_closed_fence() {
    let server = Server::start(200, NO_SUBNETS).await;
    let aws = aws(&server.url, &Fence::closed());
    assert_eq!(aws.api.describe_subnets(&vpc()).await, Ok(vec![]));
}

#[tokio::test]
async fn reads_of_waf_pass_a_closed_fence_too() {
    let server = Server::start(200, "{}").await;
    let aws = aws(&server.url, &Fence::closed());
    assert_eq!(aws.api.describe_web_acl(&load_balancer()).await, Ok(None));
    assert_eq!(aws.seen.lines(), ["WAFV2 GetWebACLForResource 200 ok x1"]);
    let request = &server.requests()[0];
    assert_eq!(request.header("x-amz-target"), "AWSWAF_20190729.GetWebACLForResource");
    assert_eq!(request.body, r#"{"ResourceArn":"arn:web"}"#);
}

#[tokio::test]
async fn a_web_acl_is_put_in_front_in_json() {
    let server = Server::start(200, "{}").await;
    let aws = aws(&server.url, &Fence::open());
    let shop = WebAclArn::new("arn:acl");
    assert_eq!(aws.api.associate_web_acl(&load_balancer(), &shop).await, Ok(()));
    let request = &server.requests()[0];
    assert_eq!(request.header("x-amz-target"), "AWSWAF_20190729.AssociateWebACL");
    assert_eq!(request.header("content-type"), "application/x-amz-json-1.1");
    assert_eq!(request.body, r#"{"WebACLArn":"arn:acl","ResourceArn":"arn:web"}"#);
}

#[rstest]
#[case(r#"{"__type":"WAFUnavailableEntityException","Message":"not ready"}"#)]
#[case(r#"{"__type":"com.amazonaws.wafv2#WAFUnavailableEntityException","Message":"not ready"}"#)]
#[tokio::test]
async fn an_error_of_waf_keeps_code_and_words(#[case] body: &'static str) {
    let server = Server::start(400, body).await;
    let aws = aws(&server.url, &Fence::open());
    let shop = WebAclArn::new("arn:acl");
    let error = aws.api.associate_web_acl(&load_balancer(), &shop).await.unwrap_err();
    let expected = AwsError {
        action: "wafv2:AssociateWebACL",
        code: "WAFUnavailableEntityException".to_owned(),
        message: "not ready".to_owned(),
        kind: ErrorKind::InUse,
    };
    assert_eq!(error, expected);
    let line = "WAFV2 AssociateWebACL 400 WAFUnavailableEntityException x1";
    assert_eq!(aws.seen.lines(), [line]);
}

/// The form that AWS' query protocol wants: members of lists by number, from 1.
#[tokio::test]
async fn a_load_balancer_is_created_with_these_bytes() {
    let answer = "<CreateLoadBalancerResponse><CreateLoadBalancerResult><LoadBalancers><member>\
         <LoadBalancerArn>arn:web</LoadBalancerArn><DNSName>web</DNSName></member></LoadBalancers>\
         </CreateLoadBalancerResult></CreateLoadBalancerResponse>";
    let server = Server::start(200, answer).await;
    let aws = aws(&server.url, &Fence::open());
    let created = aws.api.create_load_balancer(&wanted(), &[].into()).await;
    assert_eq!(created.unwrap().arn, load_balancer());
    assert_eq!(
        server.requests()[0].body,
        "Action=CreateLoadBalancer&Version=2015-12-01&Name=web&Subnets.member.1=subnet-1&Subnets.member.2=subnet-2\
         &Scheme=internal&Tags.member.1.Key=elbow.dev%2Fcluster&Tags.member.1.Value=test&Tags.member.2.Key=team\
         &Tags.member.2.Value=blue&Type=network&IpAddressType=ipv4"
    );
}

#[tokio::test]
async fn a_weighted_action_is_sent_with_these_bytes() {
    let server = Server::start(
        200,
        "<ModifyListenerResponse><ModifyListenerResult/></ModifyListenerResponse>",
    )
    .await;
    let aws = aws(&server.url, &Fence::open());
    let settings = ListenerSettings {
        port: port(80),
        protocol: ListenerProtocol::Http,
        action: ActionSettings::Forward {
            to: [(TargetGroupArn::new("arn:a"), 9), (TargetGroupArn::new("arn:b"), 1)].into(),
            stickiness: Some(60),
        },
        certificate: None,
        ssl_policy: None,
        alpn: AlpnPolicy::None,
    };
    let listener = ListenerArn::new("arn:listener");
    assert_eq!(aws.api.modify_listener(&listener, &settings).await, Ok(()));
    let action = "DefaultActions.member.1.";
    let forward = format!("{action}ForwardConfig.");
    assert_eq!(
        server.requests()[0].body,
        format!(
            "Action=ModifyListener&Version=2015-12-01&ListenerArn=arn%3Alistener&Port=80&Protocol=HTTP\
             &{action}Type=forward\
             &{forward}TargetGroups.member.1.TargetGroupArn=arn%3Aa&{forward}TargetGroups.member.1.Weight=9\
             &{forward}TargetGroups.member.2.TargetGroupArn=arn%3Ab&{forward}TargetGroups.member.2.Weight=1\
             &{forward}TargetGroupStickinessConfig.Enabled=true&{forward}TargetGroupStickinessConfig.DurationSeconds=60"
        )
    );
}

#[tokio::test]
async fn a_fence_that_closes_between_two_attempts_stops_the_second() {
    let fence = Fence::open();
    let closing = fence.clone();
    let server = Server::answering(move |_| {
        closing.revoke();
        (503, String::new())
    });
    let server = server.await;
    let aws = aws(&server.url, &fence);
    let error = aws.api.delete_security_group(&group()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Closed(Closed::NotLeader));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn an_error_of_ec2_keeps_code_and_words() {
    let server = Server::start(
        400,
        "<Response><Errors><Error><Code>DependencyViolation</Code><Message>resource sg-1 has a dependent object\
         </Message></Error></Errors><RequestID>1</RequestID></Response>",
    )
    .await;
    let aws = aws(&server.url, &Fence::open());
    let error = aws.api.delete_security_group(&group()).await.unwrap_err();
    let expected = AwsError {
        action: "ec2:DeleteSecurityGroup",
        code: "DependencyViolation".to_owned(),
        message: "resource sg-1 has a dependent object".to_owned(),
        kind: ErrorKind::InUse,
    };
    assert_eq!(error, expected);
    assert_eq!(aws.seen.lines(), ["EC2 DeleteSecurityGroup 400 DependencyViolation x1"]);
}

#[tokio::test]
async fn an_error_of_elbv2_keeps_code_and_words() {
    let server = Server::start(
        403,
        "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User is not authorized</Message>\
         </Error><RequestId>1</RequestId></ErrorResponse>",
    )
    .await;
    let aws = aws(&server.url, &Fence::open());
    let error = aws.api.delete_load_balancer(&load_balancer()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "elasticloadbalancing:DeleteLoadBalancer: User is not authorized (AccessDenied)"
    );
    assert_eq!(error.kind, ErrorKind::Denied);
    let line = "Elastic Load Balancing v2 DeleteLoadBalancer 403 AccessDenied x1";
    assert_eq!(aws.seen.lines(), [line]);
}

const THROTTLED: &str = "<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors></Response>";
const FAULT: &str = "<Response><Errors><Error><Code>InternalError</Code></Error></Errors></Response>";

#[rstest]
#[case::throttle_of_a_client_error(400, THROTTLED, "RequestLimitExceeded", 1)]
#[case::throttle_of_a_server_error(503, THROTTLED, "RequestLimitExceeded", 1)]
#[case::fault(500, FAULT, "InternalError", 3)]
#[case::fault_without_words(503, "", UNREADABLE, 3)]
#[tokio::test]
async fn faults_are_tried_three_times_and_throttles_once(
    #[case] status: u16,
    #[case] body: &'static str,
    #[case] code: &str,
    #[case] times: usize,
) {
    let server = Server::start(status, body).await;
    let aws = aws(&server.url, &Fence::open());
    let error = aws.api.describe_subnets(&vpc()).await.unwrap_err();
    assert_eq!(error.code, code);
    assert_eq!(server.requests().len(), times);
    assert_eq!(
        aws.seen.lines(),
        [format!("EC2 DescribeSubnets {status} {code} x{times}")]
    );
}

#[tokio::test]
async fn a_throttle_of_waf_is_left_to_the_buckets_too() {
    let server = Server::start(400, r#"{"__type": "ThrottlingException", "message": "Rate exceeded"}"#).await;
    let aws = aws(&server.url, &Fence::open());
    let error = aws.api.describe_web_acl(&load_balancer()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Throttled);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn an_answer_that_is_not_from_aws_is_a_transient_fault() {
    let server = Server::start(200, "<html><body>Sign in to the network</body></html>").await;
    let aws = aws(&server.url, &Fence::open());
    let error = aws.api.describe_subnets(&vpc()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Transient, "{error:?}");
    assert_eq!(error.code, UNREADABLE);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_a_transient_fault() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let half = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n<DescribeSubnetsResponse>";
            let mut request = [0; 8192];
            let _ = connection.read(&mut request).await;
            let _ = connection.write_all(half.as_bytes()).await;
        }
    });
    let aws = aws(&url, &Fence::open());
    let error = aws.api.describe_subnets(&vpc()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Transient, "{error:?}");
}

#[tokio::test]
async fn no_connection_is_a_transient_fault() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", port.local_addr().unwrap());
    drop(port);
    let aws = aws(&nobody, &Fence::open());
    let error = aws.api.describe_subnets(&vpc()).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.kind), (UNREACHABLE, ErrorKind::Transient));
    assert!(error.message.contains("refused"), "{error}");
    assert_eq!(aws.seen.lines(), ["EC2 DescribeSubnets - Unreachable x3"]);
}

#[tokio::test(start_paused = true)]
async fn a_write_without_answer_ends_within_the_fences_deadline() {
    let aws = over("http://127.0.0.1:1", &Fence::open(), NeverClient::new());
    let start = Instant::now();
    let error = aws.api.delete_load_balancer(&load_balancer()).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.kind), (TIMEOUT, ErrorKind::Transient));
    assert!(start.elapsed() <= WRITE_DEADLINE, "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_read_without_answer_ends_within_fifteen_seconds_after_a_second_try() {
    let silent = NeverClient::new();
    let aws = over("http://127.0.0.1:1", &Fence::open(), silent.clone());
    let start = Instant::now();
    let error = aws.api.describe_subnets(&vpc()).await.unwrap_err();
    assert_eq!(error.code, TIMEOUT);
    assert!(silent.num_calls() > 1);
    assert!(start.elapsed() <= Duration::from_secs(15), "{:?}", start.elapsed());
}

#[tokio::test]
async fn reads_and_writes_of_both_services_share_their_connections() {
    let server = Server::answering(|request| {
        let read = request.body.contains("Action=DescribeSubnets");
        (
            200,
            if read {
                NO_SUBNETS
            } else {
                "<DeleteLoadBalancerResponse/>"
            }
            .to_owned(),
        )
    });
    let server = server.await;
    let aws = aws(&server.url, &Fence::open());
    for _ in 0..3 {
        assert_eq!(aws.api.describe_subnets(&vpc()).await, Ok(vec![]));
        assert_eq!(aws.api.delete_load_balancer(&load_balancer()).await, Ok(()));
    }
    assert_eq!((server.requests().len(), server.connections()), (6, 1));
}
