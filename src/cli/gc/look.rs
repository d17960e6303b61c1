//! Looks at AWS and at the Services, in that order: a Service is always there before what it has in AWS.

use k8s_openapi::api::core::v1::Service;
use kube::api::ListParams;
use kube::{Api, Client};

use super::delete::Hands;
use super::report::Report;
use super::{GcArgs, GcError};
use crate::aws::provider::AwsProvider;
use crate::aws::sdk::SdkApi;
use crate::cli::{kubernetes, reading};
use crate::controller::call::{self, CallError};
use crate::controller::claim::{Claim, Claims};
use crate::controller::orphans::{Cause, Living, find};
use crate::fence::Fence;
use crate::node::NodeSet;
use crate::provider::{Deleted, ProviderError};
use crate::service::Owner;
use crate::settings::Settings;

/// The cluster and AWS as they are.
pub(super) struct Opened {
    client: Client,
    /// The namespace whose Services elbow serves; none: all.
    namespace: Option<String>,
    claims: Claims,
    provider: AwsProvider<SdkApi>,
    nodes: NodeSet,
}

/// What belongs to no Service, and the hands to delete it; they are tied unless that was asked for.
pub(super) async fn look(args: &GcArgs, settings: &Settings) -> Result<(Report, Opened), GcError> {
    let client = kubernetes::connect(&args.cluster).await?;
    let nodes = reading::nodes(&client).await?;
    let fence = if args.delete { Fence::open() } else { Fence::closed() };
    let opened = Opened {
        provider: reading::provider(&settings.aws, &nodes, &fence).await?,
        namespace: settings.services.namespace.clone(),
        claims: settings.services.claims.clone(),
        client,
        nodes,
    };
    let holdings = opened.provider.holdings(&opened.nodes).await?;
    let services = reading::list(opened.services(), "list Services").await?;
    let report = Report::new(
        &settings.aws.provider.aws.cluster,
        &holdings,
        &Living::of(&services),
        opened.namespace.as_deref(),
        opened.serves_any(&services),
    );
    Ok((report, opened))
}

impl Opened {
    fn services(&self) -> Api<Service> {
        match &self.namespace {
            Some(namespace) => Api::namespaced(self.client.clone(), namespace),
            None => Api::all(self.client.clone()),
        }
    }

    fn serves_any(&self, services: &[Service]) -> bool {
        services.iter().any(|service| self.claims.of(service) != Claim::Foreign)
    }

    async fn list(&self) -> Result<Vec<Service>, CallError> {
        let (services, all) = (self.services(), ListParams::default());
        let listed = call::unfenced("list Services", services.list(&all)).await?;
        Ok(listed.items)
    }
}

impl Hands for Opened {
    async fn cause(&self, owner: &Owner) -> Result<Option<Cause>, CallError> {
        let living = if owner.name.is_empty() {
            Living::of(&self.list().await?)
        } else {
            find(&Api::namespaced(self.client.clone(), &owner.namespace), &owner.name).await?
        };
        Ok(living.cause(owner))
    }

    async fn delete(&self, owner: &Owner) -> Result<Deleted, ProviderError> {
        self.provider.delete_unshared(owner).await
    }

    async fn is_any_served(&self) -> Result<bool, CallError> {
        Ok(self.serves_any(&self.list().await?))
    }

    async fn delete_shared(&self) -> Result<Deleted, ProviderError> {
        self.provider.delete_unneeded(&self.nodes).await
    }
}
