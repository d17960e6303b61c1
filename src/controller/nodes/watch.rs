//! Watches nodes and publishes the node set whenever it has changed.

use std::sync::Arc;

use futures::future::ready;
use futures::{Stream, StreamExt};
use k8s_openapi::api::core::v1 as k8s;
use kube::Api;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event, watcher};
use tokio::sync::watch;

use super::StableNodes;
use super::gather::gather;
use crate::controller::slim;
use crate::controller::watch_delays::WatchDelays;
use crate::node::NodeSet;

/// The node set as it was last published; `None` until the nodes were first listed.
pub type Published = watch::Receiver<Option<Arc<NodeSet>>>;

/// Watches the nodes of a cluster.
#[derive(Debug)]
pub struct NodeWatch {
    published: watch::Sender<Option<Arc<NodeSet>>>,
}

impl NodeWatch {
    /// A watch that has seen nothing yet.
    #[must_use]
    pub fn new() -> (Self, Published) {
        let (published, receiver) = watch::channel(None);
        (Self { published }, receiver)
    }

    /// Watches until `api`'s client ends, which it does not while the process lives.
    pub async fn run(self, api: Api<k8s::Node>) {
        let events = watcher(api, slim::config()).backoff(WatchDelays::default());
        self.follow(events.filter_map(|event| ready(delivered(event)))).await;
    }

    async fn follow(self, events: impl Stream<Item = Event<k8s::Node>>) {
        let mut events = std::pin::pin!(events);
        let mut nodes = StableNodes::default();
        // The first set is published as soon as it is complete: nothing is served before.
        while let Some(event) = events.next().await {
            let complete = matches!(event, Event::InitDone);
            nodes.apply(event);
            if complete {
                self.publish(&nodes);
                break;
            }
        }
        while gather((&mut events).filter_map(|event| ready(nodes.apply(event).then_some(())))).await > 0 {
            self.publish(&nodes);
        }
    }

    fn publish(&self, nodes: &StableNodes) {
        let set = nodes.current();
        self.published.send_if_modified(|published| {
            let changed = published.as_deref() != Some(&set);
            if changed {
                tracing::info!(nodes = set.nodes.len(), "the set of nodes has changed");
                *published = Some(Arc::new(set));
            }
            changed
        });
    }
}

/// A watch that fails starts anew by itself, and meanwhile the set stays as it is.
fn delivered(event: watcher::Result<Event<k8s::Node>>) -> Option<Event<k8s::Node>> {
    event
        .inspect_err(|error| tracing::warn!(%error, "the watch of nodes was interrupted"))
        .ok()
}

#[cfg(test)]
mod tests {
    use futures::channel::mpsc;
    use serde_json::{from_value, json};
    use tokio::time::{Duration, Instant};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_first_list_is_published_at_once_and_a_burst_after_it_as_one_change() {
        let (events, mut published) = start();
        for event in [Event::Init, Event::InitApply(node("a", "True")), Event::InitDone] {
            events.unbounded_send(event).unwrap();
        }
        let started = Instant::now();
        assert_eq!(next(&mut published).await, ["a"]);
        assert_eq!(started.elapsed(), Duration::ZERO);

        for name in ["b", "c", "d"] {
            events.unbounded_send(Event::Apply(node(name, "True"))).unwrap();
        }
        assert_eq!(next(&mut published).await, ["a", "b", "c", "d"]);
        assert_eq!(started.elapsed(), Duration::from_millis(500));
    }

    #[tokio::test(start_paused = true)]
    async fn heartbeats_neither_publish_nor_delay_a_change() {
        let (events, mut published) = start();
        for event in [Event::Init, Event::InitApply(node("a", "True")), Event::InitDone] {
            events.unbounded_send(event).unwrap();
        }
        next(&mut published).await;
        let started = Instant::now();
        events.unbounded_send(Event::Apply(node("b", "True"))).unwrap();
        for _ in 0..5 {
            tokio::time::sleep(Duration::from_millis(90)).await;
            events.unbounded_send(Event::Apply(node("a", "True"))).unwrap();
        }
        assert_eq!(next(&mut published).await, ["a", "b"]);
        assert_eq!(started.elapsed(), Duration::from_millis(500));
        events.unbounded_send(Event::Apply(node("a", "True"))).unwrap();
        assert!(
            tokio::time::timeout(Duration::from_secs(60), published.changed())
                .await
                .is_err()
        );
    }

    fn start() -> (mpsc::UnboundedSender<Event<k8s::Node>>, Published) {
        let (sender, receiver) = mpsc::unbounded();
        let (watch, published) = NodeWatch::new();
        tokio::spawn(watch.follow(receiver));
        (sender, published)
    }

    async fn next(published: &mut Published) -> Vec<String> {
        published.changed().await.unwrap();
        let set = published.borrow_and_update().clone().unwrap();
        set.nodes.iter().map(|node| node.name.clone()).collect()
    }

    fn node(name: &str, ready: &str) -> k8s::Node {
        from_value(json!({
            "metadata": {"name": name, "uid": name},
            "spec": {"providerID": format!("aws:///zone/{name}")},
            "status": {"conditions": [{"type": "Ready", "status": ready}]},
        }))
        .unwrap()
    }
}
