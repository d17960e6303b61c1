//! `elbow run`: puts the parts of the controller together, and ends them in order.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use k8s_openapi::api::coordination::v1::Lease;
use kube::{Api, Client};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::office::Office;
use super::process::Stop;
use crate::controller::events::Events;
use crate::controller::lease::{self, Election, Lost};
use crate::controller::nodes::{NodeWatch, Published};
use crate::controller::orphans::Policy;
use crate::controller::trigger::{ReconcileAll, Request};
use crate::controller::{Controller, Parts, audit};
use crate::fence::Fence;
use crate::provider::LoadBalancerProvider;
use crate::settings::{LeaderElection, Settings};
use crate::telemetry::aws_calls::AwsCalls;
use crate::telemetry::http::{self, BindError, SharedRegistry};
use crate::telemetry::metrics::{self, Metrics};
use crate::telemetry::services::Services;

/// A server that takes a request and is silent for so long is given up: the client itself would wait for ever for a list,
/// and with it all Services. Watches are silent for up to 295 s of themselves.
pub const READ_TIMEOUT: Duration = Duration::from_secs(300);

/// Why `elbow run` ended though nobody told it to.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The asynchronous runtime could not be started.
    #[error("cannot start threads")]
    Runtime(#[source] std::io::Error),
    /// The process cannot listen for signals.
    #[error("cannot listen for signals")]
    Signals(#[source] std::io::Error),
    /// An endpoint cannot be served.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// There is no usable configuration for the API server.
    #[error("found no Kubernetes configuration: neither KUBECONFIG nor a service account of a Pod")]
    Kubeconfig(#[source] kube::config::InferConfigError),
    /// The configuration cannot be used.
    #[error("cannot use the Kubernetes configuration")]
    Client(#[source] kube::Error),
    /// Another replica leads, or may.
    #[error(transparent)]
    Lost(#[from] Lost),
}

/// What a provider is opened with.
pub struct Surroundings<'a> {
    /// All settings.
    pub settings: &'a Settings,
    /// To be asked before every write.
    pub fence: Fence,
    /// Counts calls to AWS.
    pub aws_calls: AwsCalls,
    /// Where a provider may register figures of its own.
    pub registry: SharedRegistry,
    /// The nodes, as soon as they are known.
    pub nodes: Published,
}

/// One process of the controller, without what ties it to its machine: signals, sockets, kubeconfig.
pub struct Replica<'a> {
    /// All settings.
    pub settings: &'a Settings,
    /// To the API server.
    pub client: Client,
    /// Its name in the election, which no other process may have.
    pub identity: String,
    /// May it write? Ruled by the election, where there is one.
    pub fence: Fence,
    /// Its end.
    pub stop: Stop,
    /// Becomes true when nodes and Services are listed.
    pub synced: watch::Sender<bool>,
    /// What it counts.
    pub figures: Figures,
}

/// What a process counts.
#[derive(Clone, Debug)]
pub struct Figures {
    /// All figures.
    pub registry: SharedRegistry,
    /// Those of the controller.
    pub metrics: Metrics,
    /// Those of calls to AWS.
    pub aws_calls: AwsCalls,
}

impl Figures {
    /// All at zero.
    #[must_use]
    pub fn new() -> Self {
        let (registry, metrics, aws_calls) = metrics::registry();
        Self {
            registry: Arc::new(RwLock::new(registry)),
            metrics,
            aws_calls,
        }
    }
}

impl Default for Figures {
    fn default() -> Self {
        Self::new()
    }
}

/// Serves the cluster until SIGTERM or SIGINT. `open` opens the cloud.
///
/// # Errors
/// [`RunError`].
pub async fn run<P, Open>(settings: &Settings, open: Open) -> Result<(), RunError>
where
    P: LoadBalancerProvider,
    Open: AsyncFnOnce(Surroundings<'_>) -> P,
{
    let (fence, stop, figures) = (fence(&settings.leader_election), Stop::new(), Figures::new());
    stop.on_signals(&fence).map_err(RunError::Signals)?;
    let synced = watch::Sender::new(false);
    serve_endpoints(settings, &figures.registry, synced.subscribe(), &stop).await?;
    let replica = Replica {
        settings,
        client: connect().await?,
        identity: lease::identity(&settings.pod.name),
        fence,
        stop,
        synced,
        figures,
    };
    replica.serve(open).await.map_err(RunError::Lost)
}

/// The fence as it is before the election.
#[must_use]
pub fn fence(election: &LeaderElection) -> Fence {
    if election.enabled {
        Fence::closed()
    } else {
        Fence::open()
    }
}

impl Replica<'_> {
    /// Serves the cluster until told to stop. All that it does ends with this. `open` opens the cloud.
    ///
    /// # Errors
    /// When the leader lease is lost.
    pub async fn serve<P, Open>(self, open: Open) -> Result<(), Lost>
    where
        P: LoadBalancerProvider,
        Open: AsyncFnOnce(Surroundings<'_>) -> P,
    {
        let Self { client, fence, .. } = &self;
        let mut tasks = JoinSet::new();
        let (events, write_events) = Events::start(client.clone(), fence.clone(), self.settings.pod.name.clone());
        let (node_watch, nodes) = NodeWatch::new();
        tasks.spawn(write_events);
        tasks.spawn(node_watch.run(Api::all(client.clone())));
        let surroundings = Surroundings {
            settings: self.settings,
            fence: fence.clone(),
            aws_calls: self.figures.aws_calls.clone(),
            registry: self.figures.registry.clone(),
            nodes: nodes.clone(),
        };
        let provider = tokio::select! {
            biased; // so that a run can be repeated
            () = self.stop.begun() => return Ok(()),
            provider = open(surroundings) => provider,
        };
        let (controller, reconcile_all) = self.controller(events, provider, &nodes, &mut tasks);
        let office = Office::new(self.election(), self.figures.metrics.clone(), reconcile_all);
        office.work(controller, nodes, &self.stop).await
    }

    /// The controller with its audit, counted.
    fn controller<P: LoadBalancerProvider>(
        &self,
        events: Events,
        provider: P,
        nodes: &Published,
        tasks: &mut JoinSet<()>,
    ) -> (Controller<P>, Request) {
        let settings = &self.settings.services;
        let parts = Parts {
            client: self.client.clone(),
            fence: self.fence.clone(),
            claims: settings.claims.clone(),
            namespace: settings.namespace.clone(),
            concurrency: settings.concurrency.get(),
            events,
            metrics: self.figures.metrics.clone(),
            synced: self.synced.clone(),
        };
        let mut reconcile_all = ReconcileAll::new();
        let asker = reconcile_all.asker();
        let controller = Controller::new(parts, provider, nodes.clone(), &mut reconcile_all);
        metrics::collect(
            &self.figures.registry,
            Services::new(controller.services(), settings.claims.clone()),
        );
        let policy = Policy {
            namespace: settings.namespace.clone(),
            delete: settings.delete_orphans,
        };
        tasks.spawn(audit::run(
            controller.context(),
            settings.audit_period,
            policy,
            asker.clone(),
        ));
        (controller, asker)
    }

    fn election(&self) -> Option<Election> {
        let LeaderElection {
            enabled,
            lease,
            namespace,
            times,
        } = self.settings.leader_election.clone();
        let own = self.settings.pod.namespace.clone();
        let own = own.unwrap_or_else(|| self.client.default_namespace().to_owned());
        let api: Api<Lease> = Api::namespaced(self.client.clone(), &namespace.unwrap_or(own));
        enabled.then(|| Election::new(api, lease, self.identity.clone(), times, self.fence.clone()))
    }
}

async fn serve_endpoints(
    settings: &Settings,
    registry: &SharedRegistry,
    readiness: watch::Receiver<bool>,
    stop: &Stop,
) -> Result<(), BindError> {
    let health = settings.telemetry.health.listen().await?;
    let figures = settings.telemetry.metrics.listen().await?;
    tokio::spawn(http::serve(health, http::health(readiness), stop.begun()));
    tokio::spawn(http::serve(figures, http::figures(registry.clone()), stop.begun()));
    Ok(())
}

async fn connect() -> Result<Client, RunError> {
    // Both the Kubernetes client and the AWS SDK use it; an error means that it is installed already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let mut config = kube::Config::infer().await.map_err(RunError::Kubeconfig)?;
    (config.read_timeout, config.reset_reader_on_write) = (Some(READ_TIMEOUT), true);
    Client::try_from(config).map_err(RunError::Client)
}
