//! The one place where the outcome of a pass becomes a log line, a figure and, if it went wrong, an event.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1 as k8s;
use kube::ResourceExt;
use kube::runtime::controller::Action;
use tracing::Instrument;

use super::claim::Claim;
use super::error::ReconcileError;
use super::events::Story;
use super::reconcile::{Context, reconcile};
use crate::provider::LoadBalancerProvider;
use crate::telemetry::logs::chain;

/// A pass as the queue calls it: [`reconcile`] in a span of its own, reported.
///
/// # Errors
/// Those of [`reconcile`]; they are reported already.
pub async fn pass<P>(object: Arc<k8s::Service>, context: Arc<Context<P>>) -> Result<Action, ReconcileError>
where
    P: LoadBalancerProvider,
{
    static PASSES: AtomicU64 = AtomicU64::new(1);
    context
        .synced
        .send_if_modified(|synced| !std::mem::replace(synced, true));
    if context.claims.of(&object) == Claim::Foreign {
        return Ok(Action::await_change());
    }
    let span = tracing::info_span!(
        "reconcile",
        namespace = object.namespace().unwrap_or_default(),
        service = object.name_any(), // `name` is the span's own in JSON
        reconcile_id = PASSES.fetch_add(1, Ordering::Relaxed),
    );
    let work = async {
        let started = Instant::now();
        let result = reconcile(&object, &context).await;
        report(&object, &context, &result, started.elapsed());
        result
    };
    work.instrument(span).await
}

/// When to try again after a pass that has failed.
pub fn retry<P>(object: Arc<k8s::Service>, error: &ReconcileError, context: Arc<Context<P>>) -> Action {
    let uid = object.uid().unwrap_or_default();
    context
        .memory
        .failed(&uid, error.retry())
        .map_or_else(Action::await_change, Action::requeue)
}

fn report<P: LoadBalancerProvider>(
    object: &k8s::Service,
    context: &Context<P>,
    result: &Result<Action, ReconcileError>,
    took: Duration,
) {
    let Err(error) = result else {
        context.metrics.reconciled(took);
        tracing::debug!(?took, "reconciled");
        return;
    };
    if error.is_expected() {
        tracing::debug!(reason = error.reason(), error = chain(error), "not now");
        return;
    }
    context.metrics.reconcile_failed(error.reason(), took);
    tracing::warn!(
        reason = error.reason(),
        error = chain(error),
        "could not reconcile the Service"
    );
    let story = if context.memory.is_ensured(&context.declared(object)) {
        Story::UpdateFailed
    } else {
        Story::Failed
    };
    context.events.tell(object, story(error));
}
