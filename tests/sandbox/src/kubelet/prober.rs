//! Asks a container's probes.

use std::net::IpAddr;
use std::time::Duration;

use http_body_util::Empty;
use hyper::Uri;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::probe::{HttpProbe, Purpose, Tracker};

/// A verdict that has turned.
pub(super) type Turn = (Purpose, bool);

/// The probes of one run of a container; dropping it ends them.
#[derive(Debug)]
pub(super) struct Prober {
    turns: mpsc::Receiver<Turn>,
    started: watch::Sender<bool>,
    _tasks: JoinSet<()>,
}

impl Prober {
    /// Begins to ask; readiness and liveness wait for [`Prober::started`].
    pub(super) fn start(probes: &[HttpProbe], address: IpAddr) -> Self {
        let (sender, turns) = mpsc::channel(8);
        let started = watch::Sender::new(false);
        let mut tasks = JoinSet::new();
        for probe in probes {
            tasks.spawn(ask_for_ever(
                probe.clone(),
                address,
                started.subscribe(),
                sender.clone(),
            ));
        }
        Self {
            turns,
            started,
            _tasks: tasks,
        }
    }

    /// The startup probe has succeeded, or there is none.
    pub(super) fn started(&self) {
        self.started.send_replace(true);
    }

    /// The next verdict that turns. Cancel-safe; never resolves when there is no probe.
    pub(super) async fn turn(&mut self) -> Turn {
        match self.turns.recv().await {
            Some(turn) => turn,
            None => std::future::pending().await,
        }
    }
}

async fn ask_for_ever(
    probe: HttpProbe,
    address: IpAddr,
    mut started: watch::Receiver<bool>,
    turns: mpsc::Sender<Turn>,
) {
    let first = Instant::now() + probe.initial_delay;
    if probe.purpose != Purpose::Startup && started.wait_for(|started| *started).await.is_err() {
        return;
    }
    // Each question has a connection of its own, like a kubelet's.
    let client = HttpClient::builder(TokioExecutor::new())
        .pool_max_idle_per_host(0)
        .build_http();
    let mut tracker = Tracker::new(&probe);
    let mut times = interval_at(first, probe.period.max(Duration::from_millis(1)));
    times.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        times.tick().await;
        let success = ask(&client, &probe, address).await;
        if let Some(verdict) = tracker.record(success)
            && turns.send((probe.purpose, verdict)).await.is_err()
        {
            return;
        }
    }
}

/// Any status from 200 to 399 within the timeout is a success (Kubernetes documentation, "HTTP probes").
async fn ask(client: &HttpClient<HttpConnector, Empty<Bytes>>, probe: &HttpProbe, address: IpAddr) -> bool {
    let path = probe.path.trim_start_matches('/');
    let Ok(uri) = format!("http://{address}:{}/{path}", probe.port).parse::<Uri>() else {
        return false;
    };
    match timeout(probe.timeout, client.get(uri)).await {
        Ok(Ok(response)) => response.status().is_success() || response.status().is_redirection(),
        _ => false,
    }
}
