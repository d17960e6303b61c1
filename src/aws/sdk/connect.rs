//! Opens the clients: region, credentials, endpoint, deadlines, retries.

use std::sync::Arc;
use std::time::Duration;

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Builder, ConnectorBuilder, tls};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::fencing::Fencing;
use super::observer::{CallObserver, Observing};
use super::throttles::LeaveThrottles;
use super::{Clients, SdkApi, credentials};
use crate::fence::{Fence, WRITE_DEADLINE};

/// A read may take this long in all: a page of an account's load balancers takes a second or two.
const READ_DEADLINE: Duration = Duration::from_secs(15);
/// One attempt of a read: three of them fit into the deadline.
const READ_ATTEMPT: Duration = Duration::from_secs(5);
/// One attempt of a write: AWS answers within a second or two.
const WRITE_ATTEMPT: Duration = Duration::from_secs(4);
/// The SDK's own default is 3.1 s, which would leave a write no second attempt.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Attempts within a call, but one where AWS throttles it. More patience is the reconcile's, which knows what else has changed.
const ATTEMPTS: u32 = 3;

/// The region that the SDK's own settings name: `AWS_REGION`, `AWS_DEFAULT_REGION`, or the profile's.
pub async fn region() -> Option<String> {
    let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(ProfileFileRegionProvider::new())
        .region()
        .await?;
    Some(region.to_string())
}

/// Opens AWS in `region`. Endpoint and credentials are those of the SDK's environment (`AWS_ENDPOINT_URL`,
/// `AWS_ENDPOINT_URL_EC2`, `AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2`, `AWS_PROFILE`, ...); instance metadata is
/// never asked. Nothing is sent yet. Every write asks `fence` first, and `observer` hears of every call.
pub async fn connect(region: &str, fence: &Fence, observer: Arc<dyn CallObserver>) -> SdkApi {
    open(&shared_config(region.to_owned()).await, fence, &observer)
}

/// The clients over one configuration: all that a call needs but its deadlines.
pub(super) fn open(config: &SdkConfig, fence: &Fence, observer: &Arc<dyn CallObserver>) -> SdkApi {
    let clients = |timeouts: TimeoutConfig| Clients {
        ec2: aws_sdk_ec2::Client::from_conf(
            aws_sdk_ec2::config::Builder::from(config)
                .timeout_config(timeouts.clone())
                .interceptor(Fencing(fence.clone()))
                .interceptor(Observing(observer.clone()))
                .retry_classifier(LeaveThrottles)
                .build(),
        ),
        elbv2: aws_sdk_elasticloadbalancingv2::Client::from_conf(
            aws_sdk_elasticloadbalancingv2::config::Builder::from(config)
                .timeout_config(timeouts.clone())
                .interceptor(Fencing(fence.clone()))
                .interceptor(Observing(observer.clone()))
                .retry_classifier(LeaveThrottles)
                .build(),
        ),
        wafv2: aws_sdk_wafv2::Client::from_conf(
            aws_sdk_wafv2::config::Builder::from(config)
                .timeout_config(timeouts)
                .interceptor(Fencing(fence.clone()))
                .interceptor(Observing(observer.clone()))
                .retry_classifier(LeaveThrottles)
                .build(),
        ),
    };
    SdkApi {
        reads: clients(timeouts(READ_DEADLINE, READ_ATTEMPT)),
        writes: clients(timeouts(WRITE_DEADLINE, WRITE_ATTEMPT)),
    }
}

async fn shared_config(region: String) -> SdkConfig {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(region))
        .no_credentials()
        .http_client(http_client())
        .retry_config(retries())
        .app_name(app_name())
        .load()
        .await;
    let chain = credentials::chain(&config);
    config
        .into_builder()
        .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(chain))
        .build()
}

pub(super) fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(ATTEMPTS)
}

fn timeouts(whole: Duration, attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .operation_timeout(whole)
        .operation_attempt_timeout(attempt)
        .connect_timeout(CONNECT_TIMEOUT)
        .build()
}

fn app_name() -> AppName {
    AppName::new(concat!("elbow-", env!("CARGO_PKG_VERSION")))
        .expect("letters, digits, dots and hyphens are valid in an app name")
}

/// The SDK's default client, but one for all: each client would open a pool of its own. It follows `HTTPS_PROXY`.
pub(super) fn http_client() -> SharedHttpClient {
    Builder::new().build_with_connector_fn(|settings, components| {
        let crypto = tls::rustls_provider::CryptoMode::AwsLc;
        let mut connector = ConnectorBuilder::default().tls_provider(tls::Provider::Rustls(crypto));
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        connector.build()
    })
}
