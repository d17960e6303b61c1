//! What Kubernetes says of the bench's Services, and when it first said so.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use k8s_openapi::api::core::v1::Service;
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, ResourceExt as _};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Result;
use crate::error::Error;

/// The Services that exist, by name.
pub(super) type Seen = BTreeMap<String, State>;

/// How far a Service is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// When its hostname was first seen.
    pub(super) hostname: Option<Instant>,
    /// When it was first seen to be programmed.
    pub(super) programmed: Option<Instant>,
}

/// Watches the Services of a namespace until it is dropped.
#[derive(Debug)]
pub(super) struct Watch {
    seen: watch::Receiver<Seen>,
    task: JoinHandle<()>,
}

impl Watch {
    /// Begins to watch.
    #[must_use]
    pub(super) fn begin(services: Api<Service>) -> Self {
        let (sender, seen) = watch::channel(Seen::new());
        let task = tokio::spawn(async move {
            let mut events = watcher(services, watcher::Config::default()).default_backoff().boxed();
            while let Some(event) = events.next().await {
                // A watch that is interrupted lists anew by itself.
                if let Ok(event) = event {
                    sender.send_modify(|seen| note(seen, event));
                }
            }
        });
        Self { seen, task }
    }

    /// Waits until `condition` holds; returns what there is then.
    ///
    /// # Errors
    /// [`Error::Deadline`] with how many Services are how far.
    pub(super) async fn until(&self, what: &str, within: Duration, condition: impl Fn(&Seen) -> bool) -> Result<Seen> {
        let mut seen = self.seen.clone();
        let waited = tokio::time::timeout(within, seen.wait_for(|seen| condition(seen))).await;
        if let Ok(Ok(found)) = waited {
            return Ok(found.clone());
        }
        let now = self.seen.borrow();
        let published = now.values().filter(|state| state.hostname.is_some()).count();
        let programmed = now.values().filter(|state| state.programmed.is_some()).count();
        let what = format!(
            "{what} ({} Services, {published} with a hostname, {programmed} programmed)",
            now.len()
        );
        Err(Error::Deadline { what, after: within }.into())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn note(seen: &mut Seen, event: Event<Service>) {
    match event {
        Event::Apply(service) | Event::InitApply(service) => {
            let state = seen.entry(service.name_any()).or_default();
            let now = Instant::now();
            if has_hostname(&service) {
                state.hostname.get_or_insert(now);
            }
            if is_programmed(&service) {
                state.programmed.get_or_insert(now);
            }
        }
        Event::Delete(service) => drop(seen.remove(&service.name_any())),
        Event::Init | Event::InitDone => {}
    }
}

fn has_hostname(service: &Service) -> bool {
    let status = service.status.as_ref().and_then(|status| status.load_balancer.as_ref());
    let ingress = status.and_then(|status| status.ingress.as_ref());
    ingress.is_some_and(|ingress| ingress.iter().any(|entry| entry.hostname.is_some()))
}

fn is_programmed(service: &Service) -> bool {
    let conditions = service.status.as_ref().and_then(|status| status.conditions.as_ref());
    conditions.is_some_and(|conditions| {
        let mut conditions = conditions.iter();
        conditions.any(|condition| condition.type_ == "elbow.dev/Programmed" && condition.status == "True")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    #[test]
    fn the_first_sight_of_each_step_is_kept() {
        let mut seen = Seen::new();
        let service = |status| from_value(json!({"metadata": {"name": "web"}, "status": status})).unwrap();
        note(&mut seen, Event::Apply(service(json!({}))));
        assert_eq!(seen["web"], State::default());
        let hostname = json!({"ingress": [{"hostname": "a.example"}]});
        note(&mut seen, Event::Apply(service(json!({"loadBalancer": hostname}))));
        let first = seen["web"];
        assert!(first.hostname.is_some() && first.programmed.is_none());
        let programmed = json!([{"type": "elbow.dev/Programmed", "status": "True", "reason": "", "message": "",
            "lastTransitionTime": "2026-01-01T00:00:00Z"}]);
        let status = json!({"loadBalancer": hostname, "conditions": programmed});
        note(&mut seen, Event::Apply(service(status.clone())));
        assert_eq!(seen["web"].hostname, first.hostname);
        assert!(seen["web"].programmed.is_some());
        note(&mut seen, Event::Delete(service(status)));
        assert!(seen.is_empty());
    }
}
