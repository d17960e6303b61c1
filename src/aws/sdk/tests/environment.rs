//! What [`connect`] takes from the environment. A process' environment cannot change safely while it runs, so each test
//! runs this test binary again, with an environment of its own, for one probe.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use tokio::process::Command;

use super::server::{NO_SUBNETS, Seen, Server};
use crate::aws::api::{AwsApi, LoadBalancerSelection};
use crate::aws::ids::VpcId;
use crate::aws::sdk::{connect, region};
use crate::fence::Fence;

/// Makes one read of each service and says what came of it.
#[tokio::test]
#[ignore = "the other tests run it, each in an environment of its own"]
async fn probe() {
    println!("region: {:?}", region().await);
    let api = connect("us-east-1", &Fence::closed(), Arc::<Seen>::default()).await;
    println!("EC2: {:?}", api.describe_subnets(&VpcId::new("vpc-1")).await);
    let all = LoadBalancerSelection::All;
    println!("ELBv2: {:?}", api.describe_load_balancers(&all).await);
}

/// What the probe says where nothing but `environment` is set.
async fn probe_in(environment: &[(&str, &str)]) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "aws::sdk::tests::environment::probe",
            "--ignored",
            "--nocapture",
        ])
        .env_clear()
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.contains("ELBv2: "), "{text}");
    text
}

/// AWS, and a metadata service that must hear of nothing.
async fn servers() -> (Server, Server) {
    (Server::start(200, NO_SUBNETS).await, Server::start(200, "").await)
}

#[tokio::test]
async fn without_region_and_credentials_instance_metadata_is_not_asked() {
    let (aws, metadata) = servers().await;
    let said = probe_in(&[
        ("AWS_ENDPOINT_URL", &aws.url),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata.url),
    ])
    .await;
    assert!(said.contains("region: None"), "{said}");
    assert!(
        said.contains("NoCredentials") && said.contains("kind: Denied"),
        "{said}"
    );
    assert_eq!((aws.requests().len(), metadata.requests().len()), (0, 0));
}

#[tokio::test]
async fn a_profile_that_wants_instance_metadata_gets_an_error() {
    let (aws, metadata) = servers().await;
    let file = TemporaryFile::new(
        "metadata-profile",
        "[default]\nregion = eu-west-1\nrole_arn = arn:aws:iam::1:role/a\ncredential_source = Ec2InstanceMetadata\n",
    );
    let said = probe_in(&[
        ("AWS_ENDPOINT_URL", &aws.url),
        ("AWS_CONFIG_FILE", file.path()),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata.url),
    ])
    .await;
    assert!(said.contains("region: Some(\"eu-west-1\")"), "{said}");
    assert!(said.contains("which elbow never uses"), "{said}");
    assert_eq!((aws.requests().len(), metadata.requests().len()), (0, 0));
}

#[tokio::test]
async fn region_credentials_and_endpoints_of_each_service_come_from_the_environment() {
    let (ec2, elbv2) = servers().await;
    let said = probe_in(&[
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "KEY"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_ENDPOINT_URL_EC2", &ec2.url),
        ("AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2", &elbv2.url),
    ])
    .await;
    assert!(said.contains("region: Some(\"eu-west-1\")"), "{said}");
    let request = &ec2.requests()[0];
    assert!(request.body.contains("Action=DescribeSubnets"));
    let signature = request.header("authorization");
    assert!(signature.contains("Credential=KEY/") && signature.contains("/us-east-1/ec2/"));
    let agent = request.header("user-agent").to_owned() + request.header("x-amz-user-agent");
    assert!(
        agent.contains(concat!("app/elbow-", env!("CARGO_PKG_VERSION"))),
        "{agent}"
    );
    assert!(elbv2.requests()[0].body.contains("Action=DescribeLoadBalancers"));
}

#[tokio::test]
async fn pod_identity_gives_credentials() {
    let agent = Server::start(
        200,
        r#"{"AccessKeyId":"POD","SecretAccessKey":"s","Token":"t","Expiration":"2100-01-01T00:00:00Z"}"#,
    )
    .await;
    let aws = Server::start(200, NO_SUBNETS).await;
    let token = TemporaryFile::new("pod-identity-token", "the-token");
    let uri = format!("{}/v1/credentials", agent.url);
    probe_in(&[
        ("AWS_ENDPOINT_URL", &aws.url),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &uri),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token.path()),
    ])
    .await;
    assert_eq!(agent.requests()[0].path, "/v1/credentials");
    assert_eq!(agent.requests()[0].header("authorization"), "the-token");
    assert!(aws.requests()[0].header("authorization").contains("Credential=POD/"));
}

#[tokio::test]
async fn a_web_identity_gives_credentials() {
    let sts = Server::start(
        200,
        "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>\
         <AccessKeyId>IRSA</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
         <Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>\
         </AssumeRoleWithWebIdentityResponse>",
    )
    .await;
    let aws = Server::start(200, NO_SUBNETS).await;
    let token = TemporaryFile::new("web-identity-token", "the-token");
    probe_in(&[
        ("AWS_ENDPOINT_URL", &aws.url),
        ("AWS_ENDPOINT_URL_STS", &sts.url),
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/elbow"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token.path()),
    ])
    .await;
    assert!(sts.requests()[0].body.contains("WebIdentityToken=the-token"));
    assert!(aws.requests()[0].header("authorization").contains("Credential=IRSA/"));
}

/// A file that goes with the test.
struct TemporaryFile(PathBuf);

impl TemporaryFile {
    fn new(name: &str, text: &str) -> Self {
        let name = format!("elbow-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        Path::to_str(&self.0).unwrap()
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
