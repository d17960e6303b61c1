//! `elbow run`: puts the parts of the controller together, and ends them in order.

use std::pin::pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures::FutureExt;
use k8s_openapi::api::coordination::v1::Lease;
use kube::{Api, Client};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::process::Stop;
use crate::controller::events::Events;
use crate::controller::lease::{self, Election, Lost};
use crate::controller::nodes::{NodeWatch, Published};
use crate::controller::trigger::{ReconcileAll, Request};
use crate::controller::{Controller, Parts, audit};
use crate::fence::Fence;
use crate::provider::LoadBalancerProvider;
use crate::settings::{LeaderElection, Settings};
use crate::telemetry::aws_calls::AwsCalls;
use crate::telemetry::http::{self, BindError, SharedRegistry};
use crate::telemetry::metrics::{self, Metrics};
use crate::telemetry::services::Services;

/// Time that passes under way get to end after the process was told to: a call takes no longer than
/// [`crate::fence::WRITE_DEADLINE`], and within 10 s of the signal the lease must be given back.
const DRAIN: Duration = Duration::from_secs(6);

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

/// Serves the cluster until SIGTERM or SIGINT. `open` opens the cloud.
///
/// # Errors
/// [`RunError`].
pub async fn run<P, Open>(settings: &Settings, open: Open) -> Result<(), RunError>
where
    P: LoadBalancerProvider,
    Open: AsyncFnOnce(Surroundings<'_>) -> P,
{
    let fence = if settings.leader_election.enabled {
        Fence::closed()
    } else {
        Fence::open()
    };
    let stop = Stop::new();
    stop.on_signals(&fence).map_err(RunError::Signals)?;
    let (registry, metrics, aws_calls) = metrics::registry();
    let registry = Arc::new(RwLock::new(registry));
    let synced = watch::Sender::new(false);
    serve_endpoints(settings, &registry, synced.subscribe(), &stop).await?;

    let client = connect().await?;
    let (events, write_events) = Events::start(client.clone(), fence.clone(), settings.pod.name.clone());
    let (node_watch, nodes) = NodeWatch::new();
    tokio::spawn(write_events);
    tokio::spawn(node_watch.run(Api::all(client.clone())));
    let surroundings = Surroundings {
        settings,
        fence: fence.clone(),
        aws_calls,
        registry: registry.clone(),
        nodes: nodes.clone(),
    };
    let provider = tokio::select! {
        provider = open(surroundings) => provider,
        () = stop.begun() => return Ok(()),
    };

    let parts = Parts {
        client: client.clone(),
        fence: fence.clone(),
        claims: settings.services.claims.clone(),
        namespace: settings.services.namespace.clone(),
        concurrency: settings.services.concurrency.get(),
        events,
        metrics: metrics.clone(),
        synced,
    };
    let mut reconcile_all = ReconcileAll::new();
    let controller = Controller::new(parts, provider, nodes.clone(), &mut reconcile_all);
    let services = controller.services();
    let collector = Services::new(services.clone(), settings.services.claims.clone());
    registry
        .write()
        .unwrap_or_else(PoisonError::into_inner)
        .register_collector(Box::new(collector));
    let every = settings.services.audit_period;
    tokio::spawn(audit::run(
        controller.context(),
        services.clone(),
        every,
        reconcile_all.asker(),
    ));
    let office = Office {
        election: election(settings, client, &fence),
        metrics,
        reconcile_all: reconcile_all.asker(),
    };
    work(controller, nodes, office, &stop).await.map_err(RunError::Lost)
}

/// What leading takes.
struct Office {
    election: Option<Election>,
    metrics: Metrics,
    reconcile_all: Request,
}

/// Works until told to stop or until the lease is lost. A standby works too: its caches are warm, and its fence is closed.
/// The lease is kept while the passes under way end, and given back after them.
async fn work<P: LoadBalancerProvider>(
    controller: Controller<P>,
    nodes: Published,
    mut office: Office,
    stop: &Stop,
) -> Result<(), Lost> {
    let listed = nodes_listed(nodes, stop.begun());
    let mut passes = pin!(listed.then(|()| controller.run(stop.begun())));
    let outcome = tokio::select! {
        () = &mut passes => Ok(()),
        () = stop.begun().then(|()| sleep(DRAIN)) => {
            tracing::warn!("some passes were cut short");
            Ok(())
        }
        lost = office.hold() => Err(lost),
    };
    if outcome.is_err() {
        stop.begin();
        // Its outcome is the loss of the lease either way.
        let _ = timeout(DRAIN, passes).await;
    }
    if let Some(election) = &mut office.election {
        election.release().await;
    }
    outcome
}

impl Office {
    /// Waits for the lease and keeps it, for as long as that goes well.
    async fn hold(&mut self) -> Lost {
        if let Some(election) = &mut self.election {
            election.acquire().await;
        }
        tracing::info!("this replica leads");
        self.metrics.leads(true);
        self.reconcile_all.send();
        let Some(election) = &mut self.election else {
            return std::future::pending().await;
        };
        let lost = election.keep().await;
        self.metrics.leads(false);
        lost
    }
}

fn election(settings: &Settings, client: Client, fence: &Fence) -> Option<Election> {
    let LeaderElection {
        enabled,
        lease,
        namespace,
        times,
    } = settings.leader_election.clone();
    let own = settings
        .pod
        .namespace
        .clone()
        .unwrap_or_else(|| client.default_namespace().to_owned());
    let api: Api<Lease> = Api::namespaced(client, &namespace.unwrap_or(own));
    let me = lease::identity(&settings.pod.name);
    enabled.then(|| Election::new(api, lease, me, times, fence.clone()))
}

/// Without the nodes, all targets would seem to be gone.
async fn nodes_listed(mut nodes: Published, stop: impl Future<Output = ()>) {
    tokio::select! {
        _ = nodes.wait_for(Option::is_some) => {}
        () = stop => {}
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
    let config = kube::Config::infer().await.map_err(RunError::Kubeconfig)?;
    Client::try_from(config).map_err(RunError::Client)
}
