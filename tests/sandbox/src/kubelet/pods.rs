//! Watches the Pods and keeps one worker for each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, pin_mut};
use k8s_openapi::api::core::v1::Pod;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, ResourceExt};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Host;
use super::wish::Wish;
use super::worker::Worker;

/// What Kubernetes gives a Pod that does not say: 30 s.
const DEFAULT_GRACE: Duration = Duration::from_secs(30);

/// Runs the Pods that match `selector` until `ended`, then stops them all, leaving the Pods themselves in place.
pub(super) async fn serve(host: Arc<Host>, selector: &str, ended: impl Future) {
    let api = Api::<Pod>::all(host.client.clone());
    let events = watcher(api, watcher::Config::default().labels(selector)).default_backoff();
    pin_mut!(events, ended);
    let mut workers = Workers {
        host,
        wishes: BTreeMap::new(),
        tasks: JoinSet::new(),
        listed: BTreeSet::new(),
    };
    loop {
        tokio::select! {
            _ = &mut ended => break,
            event = events.next() => match event {
                Some(Ok(event)) => workers.take(event),
                Some(Err(error)) => eprintln!("cannot watch pods, trying again: {error}"),
                None => break,
            },
        }
    }
    workers.stop_all().await;
}

/// The workers by the UID of their Pod.
struct Workers {
    host: Arc<Host>,
    wishes: BTreeMap<String, (Duration, watch::Sender<Wish>)>,
    tasks: JoinSet<()>,
    listed: BTreeSet<String>,
}

impl Workers {
    fn take(&mut self, event: Event<Pod>) {
        // Workers that have ended need not be remembered.
        while self.tasks.try_join_next().is_some() {}
        match event {
            Event::Init => self.listed.clear(),
            Event::InitApply(pod) => {
                self.listed.insert(pod.uid().unwrap_or_default());
                self.applied(pod);
            }
            Event::Apply(pod) => self.applied(pod),
            Event::Delete(pod) => self.gone(&pod.uid().unwrap_or_default()),
            Event::InitDone => {
                let gone: Vec<String> = self
                    .wishes
                    .keys()
                    .filter(|uid| !self.listed.contains(*uid))
                    .cloned()
                    .collect();
                gone.iter().for_each(|uid| self.gone(uid));
            }
        }
    }

    fn applied(&mut self, pod: Pod) {
        let uid = pod.uid().unwrap_or_default();
        let wish = match pod.metadata.deletion_timestamp {
            Some(_) => Wish::End {
                grace: deletion_grace(&pod),
                remove: true,
            },
            None => Wish::Run,
        };
        if let Some((_, sender)) = self.wishes.get(&uid) {
            sender.send_if_modified(|current| current.advance(wish));
        } else if wish != Wish::Run || !is_over(&pod) {
            let (sender, receiver) = watch::channel(wish);
            self.wishes.insert(uid, (own_grace(&pod), sender));
            self.tasks
                .spawn(Worker::new(Arc::clone(&self.host), pod, receiver).run());
        }
    }

    /// The Pod is not there any more: forced deletion, or the worker's own.
    fn gone(&mut self, uid: &str) {
        if let Some((grace, sender)) = self.wishes.remove(uid) {
            sender.send_if_modified(|current| current.advance(Wish::End { grace, remove: false }));
        }
    }

    async fn stop_all(mut self) {
        let uids: Vec<String> = self.wishes.keys().cloned().collect();
        uids.iter().for_each(|uid| self.gone(uid));
        while self.tasks.join_next().await.is_some() {}
    }
}

fn own_grace(pod: &Pod) -> Duration {
    let seconds = pod.spec.as_ref().and_then(|spec| spec.termination_grace_period_seconds);
    seconds
        .and_then(|seconds| u64::try_from(seconds).ok())
        .map_or(DEFAULT_GRACE, Duration::from_secs)
}

/// The grace that the deletion itself asked for, else the Pod's own.
fn deletion_grace(pod: &Pod) -> Duration {
    let seconds = pod
        .metadata
        .deletion_grace_period_seconds
        .and_then(|seconds| u64::try_from(seconds).ok());
    seconds.map_or_else(|| own_grace(pod), Duration::from_secs)
}

fn is_over(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    matches!(phase, Some("Succeeded" | "Failed"))
}
