//! What is remembered of each Service between two passes. Losing it, as in a restart, costs a try or a patch, no more.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use k8s_openapi::api::core::v1 as k8s;
use kube::ResourceExt;
use tokio::time::Instant;

use super::backoff::Delays;
use crate::node::NodeSet;
use crate::provider::Retry;
use crate::service::Service;

/// A write of ours reaches the watch within so long; later, the cluster's history was changed under us (a restored
/// backup), and what the watch says holds.
const ECHO: Duration = Duration::from_secs(30);

/// Keyed by UID.
#[derive(Debug, Default)]
pub struct Memory {
    services: Mutex<HashMap<String, Entry>>,
}

/// All that a provider is given for a Service.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// What the Service asks for.
    pub service: Service,
    /// With which targets.
    pub nodes: Arc<NodeSet>,
}

/// How far a Service is on its way out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Departure {
    #[default]
    None,
    /// Begun with these annotations.
    Begun(BTreeMap<String, String>),
    /// Our finalizer was taken off.
    Done,
}

#[derive(Debug, Default)]
struct Entry {
    /// What the last try was made with.
    tried: Option<Input>,
    /// Set while the last try has failed: an equal one is not made before.
    hold: Option<Instant>,
    delays: Option<Delays>,
    /// The version that our last write made, and when.
    written: Option<(u64, Instant)>,
    /// What the last success was made with.
    ensured: Option<Service>,
    departure: Departure,
}

impl Memory {
    /// How long to wait before the same thing that failed is tried again; `None` if this may be tried now. Our own status
    /// patch wakes the watch at once: without this, a failing Service would spin.
    #[must_use]
    pub fn hold(&self, input: &Input) -> Option<Duration> {
        let services = self.lock();
        let entry = services.get(&input.service.owner.uid)?;
        entry.held().filter(|_| entry.tried.as_ref() == Some(input))
    }

    /// Has the Service changed since the last try? `None` if there was none. Other nodes are no change of the Service.
    #[must_use]
    pub fn is_changed(&self, service: &Service) -> Option<bool> {
        let services = self.lock();
        let tried = &services.get(&service.owner.uid)?.tried.as_ref()?.service;
        Some(!same(tried, service))
    }

    /// A try begins.
    pub fn begin(&self, input: Input) {
        let uid = input.service.owner.uid.clone();
        let mut services = self.lock();
        let entry = services.entry(uid).or_default();
        (entry.tried, entry.hold, entry.departure) = (Some(input), None, Departure::None);
    }

    /// The last try has succeeded.
    pub fn succeeded(&self, uid: &str) {
        if let Some(entry) = self.lock().get_mut(uid) {
            (entry.hold, entry.delays) = (None, None);
            entry.ensured = entry.tried.as_ref().map(|tried| tried.service.clone());
        }
    }

    /// Is the Service as it was when it was last served? Then the last try was about its nodes or about drift.
    #[must_use]
    pub fn is_ensured(&self, service: &Service) -> bool {
        let services = self.lock();
        let ensured = services
            .get(&service.owner.uid)
            .and_then(|entry| entry.ensured.as_ref());
        ensured.is_some_and(|ensured| same(ensured, service))
    }

    /// The last try has failed. Returns when to try again, if at all.
    pub fn failed(&self, uid: &str, retry: Retry) -> Option<Duration> {
        let mut services = self.lock();
        let entry = services.entry(uid.to_owned()).or_default();
        let delay = Delays::next(&mut entry.delays, retry)?;
        entry.hold = Some(Instant::now() + delay);
        Some(delay)
    }

    /// How long to wait before a Service that could not go is tried again; `None` if this may be tried now. Other
    /// annotations may allow what was refused.
    #[must_use]
    pub fn hold_departure(&self, uid: &str, annotations: &BTreeMap<String, String>) -> Option<Duration> {
        let services = self.lock();
        let entry = services.get(uid)?;
        let same = matches!(&entry.departure, Departure::Begun(tried) if tried == annotations);
        entry.held().filter(|_| same)
    }

    /// The Service is to go. Says whether that is news.
    pub fn begin_departure(&self, uid: &str, annotations: &BTreeMap<String, String>) -> bool {
        let mut services = self.lock();
        let entry = services.entry(uid.to_owned()).or_default();
        entry.hold = None;
        std::mem::replace(&mut entry.departure, Departure::Begun(annotations.clone())) == Departure::None
    }

    /// Our finalizer was taken off: what the watch still shows of it is an echo.
    pub fn end_departure(&self, uid: &str) {
        let mut services = self.lock();
        *services.entry(uid.to_owned()).or_default() = Entry {
            departure: Departure::Done,
            ..Entry::default()
        };
    }

    /// Was our finalizer taken off already?
    #[must_use]
    pub fn is_departed(&self, uid: &str) -> bool {
        self.lock()
            .get(uid)
            .is_some_and(|entry| entry.departure == Departure::Done)
    }

    /// We have written `service`; this is how it is since.
    pub fn wrote(&self, service: &k8s::Service) {
        if let (Some(uid), Some(version)) = (service.uid(), version(service)) {
            self.lock().entry(uid).or_default().written = Some((version, Instant::now()));
        }
    }

    /// Is this a Service as it was before our last write? The watch will deliver a newer one in a moment.
    #[must_use]
    pub fn is_stale(&self, service: &k8s::Service) -> bool {
        let (Some(uid), Some(version)) = (&service.metadata.uid, version(service)) else {
            return false;
        };
        let written = self.lock().get(uid).and_then(|entry| entry.written);
        written.is_some_and(|(written, at)| version < written && at.elapsed() < ECHO)
    }

    /// Forgets all Services but these.
    pub fn retain(&self, uids: &HashSet<String>) {
        self.lock().retain(|uid, _| uids.contains(uid));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.services.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    /// For how long it is held yet.
    fn held(&self) -> Option<Duration> {
        let left = self.hold?.checked_duration_since(Instant::now())?;
        (!left.is_zero()).then_some(left)
    }
}

/// Do both ask for the same? The hostname that we have published ourselves is no wish.
fn same(one: &Service, other: &Service) -> bool {
    *one == Service {
        published: one.published.clone(),
        ..other.clone()
    }
}

/// Resource versions of one kind grow and may be compared as numbers (Kubernetes documentation, "Resource versions";
/// KEP-5504).
fn version(service: &k8s::Service) -> Option<u64> {
    service.metadata.resource_version.as_ref()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::{Port, Protocol, ServicePort};

    #[tokio::test(start_paused = true)]
    async fn what_failed_is_held_until_its_delay_is_over() {
        let memory = Memory::default();
        let failing = input("a: bad");
        assert_eq!(memory.hold(&failing), None);
        memory.begin(failing.clone());
        let delay = memory.failed("u-1", Retry::Slowly).unwrap();
        assert_eq!(memory.hold(&failing), Some(delay));
        tokio::time::advance(delay).await;
        assert_eq!(memory.hold(&failing), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_of_the_service_or_the_nodes_is_tried_at_once() {
        let memory = Memory::default();
        memory.begin(input("a: bad"));
        memory.failed("u-1", Retry::Slowly);
        assert_eq!(memory.hold(&input("a: good")), None);
        let nodes = Arc::new(NodeSet { nodes: vec![node()] });
        assert_eq!(
            memory.hold(&Input {
                nodes,
                ..input("a: bad")
            }),
            None
        );
        assert!(memory.hold(&input("a: bad")).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn success_ends_the_hold_and_never_sets_one() {
        let memory = Memory::default();
        memory.begin(input("a"));
        memory.failed("u-1", Retry::Backoff);
        memory.begin(input("a"));
        memory.succeeded("u-1");
        assert_eq!(memory.hold(&input("a")), None);
        assert_eq!(memory.failed("u-1", Retry::Never), None);
        assert_eq!(memory.hold(&input("a")), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_is_told_from_our_own_hostname_and_from_other_nodes() {
        let memory = Memory::default();
        assert_eq!(memory.is_changed(&input("a").service), None);
        memory.begin(input("a"));
        let published = Service {
            published: Some("host".to_owned()),
            ..input("a").service
        };
        assert_eq!(memory.is_changed(&published), Some(false));
        assert_eq!(memory.is_changed(&input("b").service), Some(true));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_older_than_our_last_write_is_stale_for_a_while() {
        let memory = Memory::default();
        assert!(!memory.is_stale(&versioned("9")));
        memory.wrote(&versioned("10"));
        assert!(memory.is_stale(&versioned("9")));
        assert!(!memory.is_stale(&versioned("10")));
        assert!(!memory.is_stale(&versioned("11")));
        tokio::time::advance(ECHO).await;
        assert!(!memory.is_stale(&versioned("9")));
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_has_gone_can_come_back() {
        let memory = Memory::default();
        assert!(memory.begin_departure("u-1", &BTreeMap::new()));
        assert!(!memory.begin_departure("u-1", &BTreeMap::new()));
        memory.end_departure("u-1");
        assert!(memory.is_departed("u-1"));
        memory.begin(input("a"));
        assert!(!memory.is_departed("u-1"));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_served_is_known_until_forgotten() {
        let memory = Memory::default();
        memory.begin(input("a"));
        assert!(!memory.is_ensured(&input("a").service));
        memory.succeeded("u-1");
        assert!(memory.is_ensured(&input("a").service));
        assert!(!memory.is_ensured(&input("b").service));
        memory.retain(&HashSet::new());
        assert!(!memory.is_ensured(&input("a").service));
    }

    #[tokio::test(start_paused = true)]
    async fn what_could_not_go_is_held_until_its_delay_is_over_or_its_annotations_change() {
        let memory = Memory::default();
        let protected = BTreeMap::from([("protected".to_owned(), "true".to_owned())]);
        memory.begin(input("a: bad"));
        memory.failed("u-1", Retry::Slowly);
        assert_eq!(memory.hold_departure("u-1", &protected), None);
        memory.begin_departure("u-1", &protected);
        assert_eq!(memory.hold_departure("u-1", &protected), None);
        let delay = memory.failed("u-1", Retry::Slowly).unwrap();
        assert_eq!(memory.hold_departure("u-1", &protected), Some(delay));
        assert_eq!(memory.hold_departure("u-1", &BTreeMap::new()), None);
        tokio::time::advance(delay).await;
        assert_eq!(memory.hold_departure("u-1", &protected), None);
    }

    #[tokio::test(start_paused = true)]
    async fn other_ports_of_a_companion_are_news() {
        let memory = Memory::default();
        let with_companion = |ports: &[ServicePort]| {
            let mut input = input("a");
            input.service.companions.insert("api".to_owned(), ports.to_vec());
            input
        };
        let port = ServicePort {
            name: None,
            protocol: Protocol::Tcp,
            port: Port::MIN,
            node_port: None,
            app_protocol: None,
        };
        memory.begin(with_companion(&[]));
        memory.failed("u-1", Retry::Slowly);
        assert_eq!(memory.is_changed(&with_companion(&[]).service), Some(false));
        assert!(memory.hold(&with_companion(&[])).is_some());
        for other in [with_companion(&[port]), input("a")] {
            assert_eq!(memory.is_changed(&other.service), Some(true));
            assert_eq!(memory.hold(&other), None);
        }
    }

    fn input(annotation: &str) -> Input {
        let mut service = k8s::Service::default();
        service.metadata.uid = Some("u-1".to_owned());
        service.metadata.annotations = Some([("key".to_owned(), annotation.to_owned())].into());
        Input {
            service: Service::from(&service),
            nodes: Arc::default(),
        }
    }

    fn node() -> crate::node::Node {
        crate::node::Node {
            name: "a".to_owned(),
            provider_id: "i-1".to_owned(),
            labels: [].into(),
        }
    }

    fn versioned(version: &str) -> k8s::Service {
        let mut service = k8s::Service::default();
        service.metadata.uid = Some("u-1".to_owned());
        service.metadata.resource_version = Some(version.to_owned());
        service
    }
}
