//! The Kubernetes half: watches Services and nodes, asks a [`LoadBalancerProvider`] for what is declared, and writes
//! status, conditions and events. It knows no cloud.
//!
//! A pass over a Service is [`reconcile`]; what brings one about is here: a change of the Service, another set of nodes,
//! a round of the audit, gained leadership, or a delay that a pass has asked for.

pub mod audit;
pub mod backoff;
pub mod call;
pub mod claim;
pub mod companions;
pub mod emptiness;
pub mod error;
pub mod events;
pub mod finalizer;
pub mod lease;
pub mod memory;
#[cfg(test)]
pub(crate) mod mock;
pub mod nodes;
pub mod orphans;
pub mod reconcile;
pub mod report;
pub mod service;
pub mod slim;
pub mod status;
pub mod trigger;
pub mod watch_delays;

use std::sync::Arc;

use futures::future::BoxFuture;
use futures::stream::{BoxStream, iter, select};
use futures::{FutureExt, StreamExt};
use k8s_openapi::api::core::v1 as k8s;
use kube::runtime::WatchStreamExt;
use kube::runtime::controller::{Config, Error, applier};
use kube::runtime::reflector::{self, Store};
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client};
use tokio::sync::watch;
use tokio::task::JoinSet;

use self::claim::Claims;
use self::error::ReconcileError;
use self::events::Events;
use self::memory::Memory;
use self::reconcile::Context;
use self::trigger::ReconcileAll;
use self::watch_delays::WatchDelays;
use crate::fence::Fence;
use crate::provider::LoadBalancerProvider;
use crate::telemetry::logs::chain;
use crate::telemetry::metrics::Metrics;

/// The name under which elbow writes: field manager, and reporter of events.
pub const FIELD_MANAGER: &str = "elbow";

/// What the controller is made of, beside its provider.
pub struct Parts {
    /// To the API server.
    pub client: Client,
    /// May this replica write?
    pub fence: Fence,
    /// Which Services are ours.
    pub claims: Claims,
    /// The namespace whose Services are watched; none: all.
    pub namespace: Option<String>,
    /// How many Services are worked on at a time; at least 1.
    pub concurrency: u16,
    /// Where events go.
    pub events: Events,
    /// What is counted.
    pub metrics: Metrics,
    /// Becomes true when nodes and Services are listed.
    pub synced: watch::Sender<bool>,
}

/// Watches Services and keeps the cloud equal to them.
pub struct Controller<P> {
    context: Arc<Context<P>>,
    /// What the watch has delivered, in the context's store already.
    delivered: BoxStream<'static, watcher::Result<Event<k8s::Service>>>,
    /// Yields whenever every Service is to be passed over.
    everything: BoxStream<'static, ()>,
    none: BoxFuture<'static, ()>,
    concurrency: u16,
}

impl<P: LoadBalancerProvider> Controller<P> {
    /// A controller for all Services of the cluster, with the targets that `nodes` publishes. `reconcile_all` is heard:
    /// each request brings about a pass over every Service.
    #[must_use]
    pub fn new(parts: Parts, provider: P, nodes: nodes::Published, reconcile_all: &mut ReconcileAll) -> Self {
        let services: Api<k8s::Service> = match &parts.namespace {
            Some(namespace) => Api::namespaced(parts.client.clone(), namespace),
            None => Api::all(parts.client.clone()),
        };
        let none = emptiness::announce(services.clone(), parts.synced.clone()).boxed();
        let (store, writer) = reflector::store();
        let delivered = watcher(services, slim::config())
            .modify(slim::slim)
            .backoff(WatchDelays::default());
        let everything = select(reconcile_all.requests(), trigger::changes(nodes.clone()));
        let context = Context {
            client: parts.client,
            store,
            provider,
            fence: parts.fence,
            claims: parts.claims,
            nodes,
            memory: Memory::default(),
            events: parts.events,
            metrics: parts.metrics,
            synced: parts.synced,
        };
        Self {
            context: Arc::new(context),
            delivered: delivered.reflect(writer).boxed(),
            everything: everything.boxed(),
            none,
            concurrency: parts.concurrency,
        }
    }

    /// The Services as the watch has delivered them.
    #[must_use]
    pub fn services(&self) -> Store<k8s::Service> {
        self.context.store.clone()
    }

    /// What passes share; for the audit.
    #[must_use]
    pub fn context(&self) -> Arc<Context<P>> {
        self.context.clone()
    }

    /// Works until `stop` resolves, and then until the passes under way have ended. The nodes must have been listed: an
    /// empty set would mean to take all targets out.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + Sync + 'static) {
        let mut readiness = JoinSet::new(); // ends with this, if not before
        readiness.spawn(self.none);
        let store = self.context.store.clone();
        let all = store.clone();
        let changed = companions::concerned(self.delivered, self.context.clone());
        let everything = self.everything.flat_map(move |()| iter(companions::all(&all)).map(Ok));
        applier(
            |object, context| report::pass(object, context).boxed(),
            report::retry,
            self.context,
            store,
            select(changed, everything).take_until(stop),
            Config::default().concurrency(self.concurrency),
        )
        .for_each(async |outcome| note(outcome))
        .await;
    }
}

/// What goes wrong outside of a pass; passes report themselves.
fn note<T>(outcome: Result<T, Error<ReconcileError, watcher::Error>>) {
    match outcome {
        Ok(_) | Err(Error::ReconcilerFailed(..)) => {}
        Err(error @ Error::ObjectNotFound(_)) => tracing::debug!(%error, "gone before its turn"),
        Err(error) => tracing::warn!(error = chain(&error), "the watch of Services was interrupted"),
    }
}
