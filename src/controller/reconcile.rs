//! One pass over one Service: claim -> finalizer -> ensure -> status -> events; and the way back.

use std::sync::Arc;

use k8s_openapi::api::core::v1 as k8s;
use k8s_openapi::jiff::Timestamp;
use kube::runtime::controller::Action;
use kube::runtime::reflector::Store;
use kube::{Api, Client, ResourceExt};
use tokio::sync::watch;

use super::call::CallError;
use super::claim::{Claim, Claims};
use super::error::{ReconcileError, within_deadline};
use super::events::{Events, Story};
use super::memory::{Input, Memory};
use super::status::{self, OwnStatus, Progress};
use super::{finalizer, nodes};
use crate::fence::Fence;
use crate::node::NodeSet;
use crate::provider::{Ensured, LoadBalancerProvider, Occasion, ProviderError};
use crate::service::{Owner, Service};
use crate::telemetry::metrics::Metrics;

/// All that a pass needs.
pub struct Context<P> {
    /// To write to Services.
    pub client: Client,
    /// All Services as the watch has delivered them.
    pub store: Store<k8s::Service>,
    /// The cloud.
    pub provider: P,
    /// May this replica write?
    pub fence: Fence,
    /// Which Services are ours.
    pub claims: Claims,
    /// The targets.
    pub nodes: nodes::Published,
    /// What earlier passes have left.
    pub memory: Memory,
    /// What people are told.
    pub events: Events,
    /// What is counted.
    pub metrics: Metrics,
    /// Becomes true with the first pass: none begins before nodes and Services are listed, and one Service there always
    /// is (`default/kubernetes`). kube's `Store::wait_until_ready` cannot tell: it wakes only one of those who wait, and its
    /// own controller waits too.
    pub synced: watch::Sender<bool>,
}

/// Brings the cloud and the status in line with one Service. Idempotent.
///
/// # Errors
/// [`ReconcileError::retry`] says when to try again.
pub async fn reconcile<P>(object: &k8s::Service, context: &Context<P>) -> Result<Action, ReconcileError>
where
    P: LoadBalancerProvider,
{
    let claim = context.claims.of(object);
    if claim == Claim::Foreign || context.memory.is_stale(object) {
        return Ok(Action::await_change());
    }
    context.fence.permit()?;
    match claim {
        Claim::Held => keep(object, context).await,
        // Its receipt may be that of the elbow which serves it.
        Claim::Disputed if !withdraw(object, context).await? => Ok(Action::await_change()),
        Claim::Released | Claim::Disputed | Claim::Foreign => {
            let object = context.void_receipt(object).await?;
            release(&object, context).await
        }
    }
}

async fn keep<P: LoadBalancerProvider>(object: &k8s::Service, context: &Context<P>) -> Result<Action, ReconcileError> {
    let Some(nodes) = context.nodes.borrow().clone() else {
        return Ok(Action::await_change());
    };
    let input = Input {
        service: context.declared(object),
        nodes,
    };
    if let Some(wait) = context.memory.hold(&input) {
        return Ok(Action::requeue(wait));
    }
    let before = OwnStatus::of(object);
    let object = context.hold(object).await?;
    let object = context.announce(object, &input.service).await?;
    let occasion = context.memory.begin(input.clone(), before.is_programmed());
    let (object, outcome) = context.ensure(object, input, occasion).await?;
    let progress = match &outcome {
        Ok(ensured) => Progress::Ensured(ensured),
        Err(ProviderError::Closed(closed)) => return Err((*closed).into()),
        Err(error @ ProviderError::Paced { .. }) => return Err(ReconcileError::Ensure(error.clone())),
        Err(error) => Progress::Failed(error),
    };
    let published = context.publish(&object, progress).await?;
    let ensured = outcome.map_err(ReconcileError::Ensure)?;
    if ensured.pending.is_none() {
        context.memory.succeeded(&Owner::from(&object).uid);
        let news = published.is_some_and(|now| !OwnStatus::of(&now).says_as(&OwnStatus::of(&object)));
        context.tell_served(&object, &before, &ensured, news);
    }
    Ok(ensured.recheck.map_or_else(Action::await_change, Action::requeue))
}

/// Takes away what a Service of another's class has from us; was there anything?
async fn withdraw<P: LoadBalancerProvider>(
    object: &k8s::Service,
    context: &Context<P>,
) -> Result<bool, ReconcileError> {
    let owner = Owner::from(object);
    let deleted = within_deadline(
        "delete",
        context
            .provider
            .delete(&owner, object.annotations(), &context.nodes_now()),
    )
    .await
    .map_err(ReconcileError::Delete)?;
    Ok(deleted.resources > 0)
}

async fn release<P: LoadBalancerProvider>(
    object: &k8s::Service,
    context: &Context<P>,
) -> Result<Action, ReconcileError> {
    let owner = Owner::from(object);
    if context.memory.is_departed(&owner.uid) {
        return Ok(Action::await_change());
    }
    let annotations = object.annotations();
    if let Some(wait) = context.memory.hold_departure(&owner.uid, annotations) {
        return Ok(Action::requeue(wait));
    }
    if context.memory.begin_departure(&owner.uid, annotations) {
        context.events.tell(object, Story::Deleting);
    }
    let deleted = within_deadline(
        "delete",
        context.provider.delete(&owner, annotations, &context.nodes_now()),
    )
    .await;
    if let Err(error) = &deleted
        && error.is_stalled()
    {
        // Whoever waits for the Service to go looks at it, and finds out there what only he can do.
        context.publish(object, Progress::Failed(error)).await?;
    }
    deleted.map_err(ReconcileError::Delete)?;
    let cleared = status::publish(&context.services(object), &context.fence, object, &OwnStatus::default()).await?;
    let object = cleared.as_ref().unwrap_or(object);
    let released = finalizer::remove(&context.services(object), &context.fence, object).await?;
    context.memory.end_departure(&owner.uid);
    if let Some(released) = &released {
        context.memory.wrote(released);
    }
    context.events.tell(object, Story::Deleted);
    Ok(Action::await_change())
}

impl<P> Context<P> {
    fn services(&self, object: &k8s::Service) -> Api<k8s::Service> {
        Api::namespaced(self.client.clone(), &object.namespace().unwrap_or_default())
    }

    /// The targets as far as they are known.
    pub(super) fn nodes_now(&self) -> Arc<NodeSet> {
        self.nodes.borrow().clone().unwrap_or_default()
    }

    /// Makes sure that the Service cannot vanish before what it has in the cloud.
    async fn hold(&self, object: &k8s::Service) -> Result<k8s::Service, CallError> {
        let held = finalizer::add(&self.services(object), &self.fence, object).await?;
        self.memory.wrote(&held);
        Ok(held)
    }

    /// Says in the status that there is work to do, where the Service was changed or was never served: `helm --wait`
    /// would else take the condition of before for today's.
    async fn announce(&self, object: k8s::Service, service: &Service) -> Result<k8s::Service, CallError> {
        let programmed = OwnStatus::of(&object).is_programmed();
        if !self.memory.is_changed(service).unwrap_or(!programmed) {
            return Ok(object);
        }
        if !programmed {
            self.events.tell(&object, Story::Ensuring);
        }
        Ok(self.publish(&object, Progress::Ensuring).await?.unwrap_or(object))
    }

    /// The Service as it is after our patch; `None` if there was nothing to patch.
    async fn publish(&self, object: &k8s::Service, progress: Progress<'_>) -> Result<Option<k8s::Service>, CallError> {
        let wanted = OwnStatus::of(object).after(progress, Timestamp::now());
        let patched = status::publish(&self.services(object), &self.fence, object, &wanted).await?;
        if let Some(patched) = &patched {
            self.memory.wrote(patched);
        }
        Ok(patched)
    }

    /// The Service as it is when the provider has looked at it. Before the provider writes, the receipt goes.
    async fn ensure(
        &self,
        object: k8s::Service,
        mut input: Input,
        occasion: Occasion,
    ) -> Result<(k8s::Service, Result<Ensured, ProviderError>), CallError>
    where
        P: LoadBalancerProvider,
    {
        input.service.receipt = OwnStatus::of(&object).receipt();
        match self.ask(&input, occasion).await {
            Err(ProviderError::Outdated) => {
                let object = self.publish(&object, Progress::Resumed).await?.unwrap_or(object);
                input.service.receipt = None;
                let outcome = self.ask(&input, occasion).await;
                Ok((object, outcome))
            }
            outcome => Ok((object, outcome)),
        }
    }

    async fn ask(&self, input: &Input, occasion: Occasion) -> Result<Ensured, ProviderError>
    where
        P: LoadBalancerProvider,
    {
        let ensured = self.provider.ensure(&input.service, &input.nodes, occasion);
        within_deadline("ensure", ensured).await
    }

    /// Takes the receipt away from a Service that has to let go of what it has in the cloud. One that is deleted never comes
    /// back, so nobody will trust its receipt.
    async fn void_receipt(&self, object: &k8s::Service) -> Result<k8s::Service, CallError> {
        let voided = match object.metadata.deletion_timestamp {
            None => self.publish(object, Progress::Resumed).await?,
            Some(_) => None,
        };
        Ok(voided.unwrap_or_else(|| object.clone()))
    }

    fn tell_served(&self, object: &k8s::Service, before: &OwnStatus, ensured: &Ensured, news: bool) {
        if !before.is_programmed() {
            self.events.tell(object, Story::Ensured(ensured));
        } else if ensured.writes > 0 {
            self.events.tell(object, Story::Updated(ensured));
        }
        for warning in ensured.warnings.iter().filter(|_| news) {
            self.events.tell(object, Story::Warning(warning));
        }
    }
}

#[cfg(test)]
mod tests;
