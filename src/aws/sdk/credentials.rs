//! Where credentials come from: environment, profile, web identity (IRSA) and the container endpoint (Pod Identity).
//!
//! The SDK's own chain ends at instance metadata, which a pod must not ask: it would act as its node.

use aws_config::SdkConfig;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};

/// The chain, in the SDK's order.
pub(super) fn chain(config: &SdkConfig) -> CredentialsProviderChain {
    let settings = provider_settings(config);
    let profile = ProfileFileCredentialsProvider::builder()
        .configure(&settings)
        .with_custom_provider("Ec2InstanceMetadata", NoInstanceMetadata)
        .build();
    let web_identity = WebIdentityTokenCredentialsProvider::builder()
        .configure(&settings)
        .build();
    let container = EcsCredentialsProvider::builder().configure(&settings).build();
    CredentialsProviderChain::first_try("Environment", EnvironmentVariableCredentialsProvider::new())
        .or_else("Profile", profile)
        .or_else("WebIdentityToken", web_identity)
        .or_else("EcsContainer", container)
}

fn provider_settings(config: &SdkConfig) -> ProviderConfig {
    let settings = ProviderConfig::without_region()
        .with_region(config.region().cloned())
        .with_use_fips(config.use_fips())
        .with_use_dual_stack(config.use_dual_stack());
    match config.http_client() {
        Some(client) => settings.with_http_client(client),
        None => settings,
    }
}

/// Stands where a profile says `credential_source = Ec2InstanceMetadata`.
#[derive(Debug)]
struct NoInstanceMetadata;

impl ProvideCredentials for NoInstanceMetadata {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(Err(CredentialsError::invalid_configuration(
            "the profile asks for instance metadata, which elbow never uses",
        )))
    }
}
