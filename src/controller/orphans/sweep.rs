//! What an audit does about orphans: it reports them, and takes them away where that is wanted and certain.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Service;
use kube::Api;
use kube::api::ListParams;

use super::cause::Living;
use super::watchlist::Watchlist;
use crate::controller::call::{self, CallError};
use crate::controller::error::within_deadline;
use crate::controller::reconcile::Context;
use crate::provider::{Deleted, LoadBalancerProvider, ProviderError, Retry};
use crate::service::Owner;
use crate::telemetry::logs::chain;

/// Whose orphans are ours, and what becomes of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// The namespace whose Services are watched; none: all. Of others nothing is known.
    pub namespace: Option<String>,
    /// `--delete-orphans`.
    pub delete: bool,
}

/// Why orphans stay though they were to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Doubt {
    #[error("Services and nodes are not listed yet")]
    Unsynced,
    #[error("the API server shows no Service at all, which is more likely a fault than a wish")]
    NoService,
    #[error("no owner of what is in AWS lives any more, as if the cluster had lost its Services")]
    NobodyLives,
}

/// Reports the owners that live no more, and takes away what those have who were reported by the audit before, too. One that
/// cannot be taken away stops no other, and is tried again by the next audit.
pub async fn sweep<P: LoadBalancerProvider>(context: &Context<P>, policy: &Policy, watchlist: &mut Watchlist) {
    let mut owners = context.provider.owners();
    owners.retain(|owner| {
        policy
            .namespace
            .as_ref()
            .is_none_or(|namespace| *namespace == owner.namespace)
    });
    let services = context.store.state();
    let living = Living::of(services.iter().map(AsRef::as_ref));
    let total = owners.len();
    owners.retain(|owner| !living.has(&owner.uid));
    let orphans = owners.len();
    let (new, proven) = watchlist.seen(owners);
    for orphan in &new {
        report(orphan, &living);
    }
    let mut gone = 0;
    if policy.delete && !proven.is_empty() {
        let synced = *context.synced.borrow();
        match doubt(synced, &living, total.saturating_sub(orphans), &proven) {
            Some(doubt) => tracing::warn!(%doubt, "orphans stay; see `elbow gc`"),
            None => gone = remove_all(context, &proven).await,
        }
    }
    context.metrics.orphans(orphans.saturating_sub(gone));
}

fn report(orphan: &Owner, living: &Living) {
    tracing::warn!(
        namespace = orphan.namespace,
        service = orphan.name,
        uid = orphan.uid,
        why = living.cause(orphan).map(super::Cause::text),
        "found an orphan: the cloud holds something for a Service that lives no more; see `elbow gc`"
    );
}

/// PURE. A single Service may well have been the last one; several never end at once, unless everything does.
fn doubt(synced: bool, living: &Living, owners_alive: usize, proven: &[Owner]) -> Option<Doubt> {
    if !synced {
        Some(Doubt::Unsynced)
    } else if living.is_empty() {
        Some(Doubt::NoService)
    } else if owners_alive == 0 && proven.len() > 1 {
        Some(Doubt::NobodyLives)
    } else {
        None
    }
}

/// Returns how many are gone.
async fn remove_all<P: LoadBalancerProvider>(context: &Context<P>, orphans: &[Owner]) -> usize {
    let mut gone = 0;
    for orphan in orphans {
        match remove(context, orphan).await {
            Ok(Some(deleted)) => {
                gone += 1;
                let (namespace, service) = (&orphan.namespace, &orphan.name);
                let resources = deleted.resources;
                tracing::warn!(namespace, service, uid = orphan.uid, resources, "deleted an orphan");
            }
            Ok(None) => tracing::warn!(uid = orphan.uid, "an orphan stays: its Service is there after all"),
            Err(failure) => failure.report(orphan),
        }
    }
    gone
}

/// Why an orphan could not be taken away.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Kubernetes(#[from] CallError),
    #[error(transparent)]
    Cloud(#[from] ProviderError),
    #[error("its tags name no Service that could be asked for; see `elbow gc`")]
    Nameless,
}

impl Failure {
    /// One that has only to wait is no news.
    fn report(&self, orphan: &Owner) {
        let (namespace, service, uid) = (&orphan.namespace, &orphan.name, &orphan.uid);
        let error = chain(self);
        match self {
            Self::Cloud(cause) if waits(cause) => {
                tracing::info!(namespace, service, uid, error, "an orphan has to wait");
            }
            _ => tracing::warn!(namespace, service, uid, error, "could not delete an orphan"),
        }
    }
}

/// None where it is no orphan.
async fn remove<P: LoadBalancerProvider>(context: &Context<P>, orphan: &Owner) -> Result<Option<Deleted>, Failure> {
    if orphan.name.is_empty() {
        return Err(Failure::Nameless);
    }
    if exists(context, orphan).await? {
        return Ok(None);
    }
    context.fence.permit().map_err(ProviderError::from)?;
    // Whatever its annotations were, nobody can say any more that protection may be lifted.
    let (annotations, nodes) = (BTreeMap::new(), context.nodes_now());
    let deletion = context.provider.delete(orphan, &annotations, &nodes);
    let deleted = within_deadline("delete", deletion).await;
    if !deleted.as_ref().is_err_and(waits) {
        context.metrics.orphan_deleted(&deleted);
    }
    Ok(Some(deleted?))
}

fn waits(error: &ProviderError) -> bool {
    matches!(error.retry(), Retry::After(_) | Retry::Never)
}

/// Asks the API server itself: the watch may lag behind.
async fn exists<P>(context: &Context<P>, owner: &Owner) -> Result<bool, CallError> {
    let services = Api::namespaced(context.client.clone(), &owner.namespace);
    Ok(find(&services, &owner.name).await?.has(&owner.uid))
}

/// The Service of this name as the API server has it now. Listed by name, so that no verb is needed besides that of the watch;
/// a list without a resource version is the most recent (Kubernetes documentation, "Resource versions").
///
/// # Errors
/// When the API server does not say.
pub async fn find(services: &Api<Service>, name: &str) -> Result<Living, CallError> {
    let named = ListParams::default().fields(&format!("metadata.name={name}"));
    let found = call::unfenced("look for the Service", services.list(&named)).await?;
    Ok(Living::of(&found.items))
}
