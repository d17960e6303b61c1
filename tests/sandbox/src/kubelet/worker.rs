//! The life of one Pod: bound, started, probed, started again, ended.

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::jiff::Timestamp;
use kube::api::{DeleteParams, Preconditions};
use kube::{Api, ResourceExt};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::address::Lease;
use super::container::{self, Process, Recipe};
use super::credentials::{Credentials, RENEW_AFTER};
use super::environment::Addresses;
use super::publisher::publish;
use super::run::Run;
use super::status::{Ended, Progress, State};
use super::wish::{Wish, ending};
use super::{Error, Host, Replica, Result, placement, replica};
use crate::process::identity::Identity;

/// First pause before a container is started again; it doubles with each run that never became ready. A kubelet's is 10 s
/// (1 s with its feature gate ReduceDefaultCrashLoopBackOffDecay).
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Longest pause, that of the same feature gate.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// Time from SIGTERM to SIGKILL for a container that its probes gave up.
const UNHEALTHY_GRACE: Duration = Duration::from_secs(30);
/// Pause before the next try to make what a container needs.
const PAUSE: Duration = Duration::from_secs(1);

/// How one run of the container ended.
enum Round {
    /// By itself or by its probes: it is to be started again.
    Over { was_ready: bool },
    /// Because the Pod is to end.
    Ended,
}

/// One Pod and what is known about it.
pub(super) struct Worker {
    host: Arc<Host>,
    pod: Pod,
    api: Api<Pod>,
    wish: watch::Receiver<Wish>,
    credentials: Credentials,
}

/// A Pod that is bound and has an address.
struct Placed {
    pod: Pod,
    addresses: Addresses,
    progress: watch::Sender<Progress>,
    replica: Replica,
    _lease: Lease,
}

impl Worker {
    pub(super) fn new(host: Arc<Host>, pod: Pod, wish: watch::Receiver<Wish>) -> Self {
        let namespace = pod.namespace().unwrap_or_default();
        let api = Api::namespaced(host.client.clone(), &namespace);
        let credentials = Credentials::at(&replica::stem(&host.directory, &namespace, &pod.name_any()));
        Self {
            host,
            pod,
            api,
            wish,
            credentials,
        }
    }

    /// Runs the Pod to its end.
    pub(super) async fn run(mut self) {
        if let Some(mut placed) = self.place().await {
            let publisher = publish(
                self.api.clone(),
                placed.pod.clone(),
                placed.addresses,
                placed.progress.subscribe(),
            );
            let publisher = tokio::spawn(publisher);
            self.keep_running(&mut placed).await;
            publisher.abort();
            placed.replica.forget(&self.host.directory);
        }
        self.credentials.remove();
        if matches!(*self.wish.borrow(), Wish::End { remove: true, .. }) {
            self.remove().await;
        }
    }

    /// Binds the Pod and gives it an address, however long that takes; none when it is to end first.
    async fn place(&mut self) -> Option<Placed> {
        loop {
            if *self.wish.borrow() != Wish::Run {
                return None;
            }
            match self.try_place().await {
                Ok(placed) => return Some(placed),
                Err(error) => eprintln!("{}: {error}", self.pod.name_any()),
            }
            self.pause(PAUSE).await;
        }
    }

    async fn try_place(&self) -> Result<Placed> {
        let (pod, host) = placement::bind(&self.host.client, &self.pod).await?;
        let container = container::only_container(&pod)?;
        let ports = container
            .ports
            .iter()
            .flatten()
            .filter_map(|port| u16::try_from(port.container_port).ok());
        let lease = self
            .host
            .addresses
            .lease(&ports.collect::<Vec<_>>())
            .ok_or(Error::NoAddress)?;
        let stem = replica::stem(
            &self.host.directory,
            &pod.namespace().unwrap_or_default(),
            &pod.name_any(),
        );
        let log = stem.with_extension("log");
        container::begin_log(&log)?;
        let addresses = Addresses {
            pod: lease.address().into(),
            host,
        };
        let replica = Replica {
            namespace: pod.namespace().unwrap_or_default(),
            pod: pod.name_any(),
            uid: pod.uid().unwrap_or_default(),
            address: addresses.pod,
            process: None,
            restarts: restarts_before(&pod),
            log,
        };
        let progress = watch::Sender::new(creating(replica.restarts));
        Ok(Placed {
            pod,
            addresses,
            progress,
            replica,
            _lease: lease,
        })
    }

    async fn keep_running(&mut self, placed: &mut Placed) {
        let mut pause = FIRST_PAUSE;
        while *self.wish.borrow() == Wish::Run {
            match self.run_once(placed).await {
                Ok(Round::Ended) => return,
                Ok(Round::Over { was_ready }) => {
                    pause = if was_ready { FIRST_PAUSE } else { pause };
                    wait_state(
                        placed,
                        "CrashLoopBackOff",
                        format!("started again in {} s", pause.as_secs()),
                    );
                    self.pause(pause).await;
                    pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
                    placed.replica.restarts = placed.replica.restarts.saturating_add(1);
                }
                Err(error) => {
                    eprintln!("{}: {error}", placed.replica.pod);
                    wait_state(placed, "CreateContainerConfigError", error.to_string());
                    self.pause(PAUSE).await;
                }
            }
        }
    }

    /// One run of the container, from its recipe to its end.
    async fn run_once(&mut self, placed: &mut Placed) -> Result<Round> {
        let recipe = Recipe::of(&self.host.client, &placed.pod, placed.addresses).await?;
        self.credentials
            .issue(&self.host.client, &self.host.kubeconfig, &placed.pod)
            .await?;
        let mut process = recipe.start(&self.host.binary, &self.credentials.kubeconfig, &placed.replica.log)?;
        placed.replica.process = process.pid().and_then(Identity::of);
        placed.replica.save(&self.host.directory)?;
        let began = Timestamp::now();
        placed.progress.send_modify(|progress| {
            progress.state = State::Running(began);
            progress.restarts = placed.replica.restarts;
        });
        let mut run = Run::begin(&recipe.probes, placed.addresses.pod, &placed.progress);
        let (exit_code, round) = self.supervise(&mut run, &mut process, &placed.pod).await;
        let last = Ended {
            exit_code,
            started: began,
            finished: Timestamp::now(),
        };
        placed.progress.send_modify(|progress| progress.last = Some(last));
        placed.replica.process = None;
        placed.replica.save(&self.host.directory)?;
        Ok(round)
    }

    /// Watches over a run until it ends; returns its exit code.
    async fn supervise(&mut self, run: &mut Run<'_>, process: &mut Process, pod: &Pod) -> (i32, Round) {
        let mut renew = Instant::now() + RENEW_AFTER;
        loop {
            tokio::select! {
                exit_code = process.ended() => return (exit_code, Round::Over { was_ready: run.was_ready }),
                grace = ending(&mut self.wish) => return (process.stop(grace).await, Round::Ended),
                turn = run.turn() => {
                    if run.take(turn) {
                        return (process.stop(UNHEALTHY_GRACE).await, Round::Over { was_ready: run.was_ready });
                    }
                }
                () = sleep_until(renew) => renew = Instant::now() + self.renew(pod).await,
            }
        }
    }

    /// Renews the token; returns when to do so next.
    async fn renew(&self, pod: &Pod) -> Duration {
        match self.credentials.renew(&self.host.client, pod).await {
            Ok(()) => RENEW_AFTER,
            Err(error) => {
                eprintln!("{}: {error}", pod.name_any());
                PAUSE.saturating_mul(10)
            }
        }
    }

    /// Waits for `time`, or until the Pod is to end.
    async fn pause(&mut self, time: Duration) {
        tokio::select! {
            () = sleep(time) => {}
            _ = ending(&mut self.wish) => {}
        }
    }

    /// Deletes the Pod for good, however long the API server takes to answer.
    async fn remove(&self) {
        let preconditions = Preconditions {
            uid: self.pod.uid(),
            resource_version: None,
        };
        let now = DeleteParams {
            preconditions: Some(preconditions),
            ..DeleteParams::default().grace_period(0)
        };
        loop {
            match self.api.delete(&self.pod.name_any(), &now).await {
                Ok(_) => return,
                // Gone, or another Pod of that name: both are fine.
                Err(kube::Error::Api(status)) if status.is_not_found() || status.is_conflict() => {
                    return;
                }
                Err(error) => eprintln!("{}: cannot delete the pod, trying again: {error}", self.pod.name_any()),
            }
            sleep(PAUSE).await;
        }
    }
}

fn creating(restarts: i32) -> Progress {
    let state = State::Waiting {
        reason: "ContainerCreating",
        message: String::new(),
    };
    Progress {
        state,
        last: None,
        restarts,
        started: false,
        ready: false,
    }
}

fn wait_state(placed: &Placed, reason: &'static str, message: String) {
    placed.progress.send_modify(|progress| {
        progress.state = State::Waiting { reason, message };
        (progress.started, progress.ready) = (false, false);
    });
}

/// Runs that an earlier stand-in has counted; taking the Pod over is one more.
fn restarts_before(pod: &Pod) -> i32 {
    let mut statuses = pod
        .status
        .iter()
        .flat_map(|status| status.container_statuses.iter().flatten());
    statuses
        .next()
        .map_or(0, |status| status.restart_count.saturating_add(1))
}
