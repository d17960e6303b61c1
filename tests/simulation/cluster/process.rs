//! A process of the real controller, which can be killed, told to stop, and frozen.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use elbow::aws::pace::Rates;
use elbow::aws::provider::AwsProvider;
use elbow::cli::process::Stop;
use elbow::cli::run::{Figures, Replica, fence};
use elbow::controller::lease::Lost;
use elbow::fence::Fence;
use elbow::node::NodeSet;
use elbow::provider::{Audited, Deleted, Ensured, LoadBalancerProvider, Occasion, ProviderError};
use elbow::service::{Owner, Service};
use elbow::settings::Settings;
use kube::Client;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Cluster;
use super::door::{Door, OWNER, UnderWay};
use crate::aws::Aws;
use crate::world::provider_at;

/// A process. It dies when it is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) fence: Fence,
    stop: Stop,
    ice: Ice,
    task: JoinHandle<Result<(), Lost>>,
}

impl Process {
    pub(super) fn start(name: String, settings: &Settings, cluster: &Cluster) -> Self {
        let (fence, stop) = (fence(&settings.leader_election), Stop::new());
        let under_way = UnderWay::default();
        let door = Door {
            process: name.clone(),
            fence: fence.clone(),
            line: cluster.line.clone(),
            witness: cluster.witness.clone(),
            under_way: under_way.clone(),
        };
        let ice = Ice::new(under_way);
        let serving = serve(
            name.clone(),
            settings.clone(),
            cluster.kubernetes.client(&name),
            cluster.aws.through(door),
            fence.clone(),
            stop.clone(),
        );
        let task = tokio::spawn(Freezable {
            work: Box::pin(serving),
            ice: ice.clone(),
        });
        Self { fence, stop, ice, task }
    }

    /// As SIGTERM does.
    pub(crate) fn stop(&self) {
        self.fence.stop();
        self.stop.begin();
    }

    /// As SIGSTOP does.
    pub(crate) fn freeze(&self) {
        self.ice.set(true);
    }

    /// As SIGCONT does.
    pub(crate) fn resume(&self) {
        self.ice.set(false);
    }

    /// Has it ended by itself?
    pub(crate) fn has_ended(&self) -> bool {
        self.task.is_finished()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    identity: String,
    settings: Settings,
    client: Client,
    aws: Aws,
    fence: Fence,
    stop: Stop,
) -> Result<(), Lost> {
    let replica = Replica {
        settings: &settings,
        client,
        identity,
        fence,
        stop,
        synced: watch::Sender::new(false),
        figures: Figures::new(),
    };
    replica
        .serve(async |_| Named(provider_at(&aws, Rates::default())))
        .await
}

/// The real provider, which tells its calls for whom they are.
struct Named(AwsProvider<Aws>);

impl LoadBalancerProvider for Named {
    async fn ensure(&self, service: &Service, nodes: &NodeSet, occasion: Occasion) -> Result<Ensured, ProviderError> {
        let work = self.0.ensure(service, nodes, occasion);
        OWNER.scope(service.owner.to_string(), work).await
    }

    async fn delete(
        &self,
        owner: &Owner,
        annotations: &BTreeMap<String, String>,
        nodes: &NodeSet,
    ) -> Result<Deleted, ProviderError> {
        let work = self.0.delete(owner, annotations, nodes);
        OWNER.scope(owner.to_string(), work).await
    }

    fn companions(&self, annotations: &BTreeMap<String, String>) -> BTreeSet<String> {
        self.0.companions(annotations)
    }

    async fn audit(&self) -> Result<Audited, ProviderError> {
        self.0.audit().await
    }

    fn owners(&self) -> Vec<Owner> {
        self.0.owners()
    }
}

/// Stops a process in the middle of its work. Clones are one.
#[derive(Clone, Debug)]
struct Ice {
    state: Arc<Mutex<(bool, Option<Waker>)>>,
    under_way: UnderWay,
}

impl Ice {
    fn new(under_way: UnderWay) -> Self {
        Self {
            state: Arc::default(),
            under_way,
        }
    }

    fn set(&self, frozen: bool) {
        let mut state = self.state.lock().unwrap();
        state.0 = frozen;
        if let Some(waker) = state.1.take() {
            waker.wake();
        }
    }

    /// Is it frozen? What it has sent before arrives.
    fn holds(&self, waker: &Waker) -> bool {
        let mut state = self.state.lock().unwrap();
        let holds = state.0 && self.under_way.is_empty();
        if holds {
            state.1 = Some(waker.clone());
        }
        holds
    }
}

struct Freezable<F> {
    work: Pin<Box<F>>,
    ice: Ice,
}

impl<F: Future> Future for Freezable<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        if self.ice.holds(context.waker()) {
            return Poll::Pending;
        }
        self.work.as_mut().poll(context)
    }
}
