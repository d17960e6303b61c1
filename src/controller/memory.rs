//! What is remembered of each Service between two passes. Losing it, as in a restart, costs a try or a patch, no more.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use k8s_openapi::api::core::v1 as k8s;
use kube::ResourceExt;
use tokio::time::Instant;

use super::backoff::Delays;
use crate::node::NodeSet;
use crate::provider::{Occasion, Retry};
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
    /// What the last try was made with, and why.
    tried: Option<(Input, Occasion)>,
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
        let (tried, _) = entry.tried.as_ref()?;
        let again = same(&tried.service, &input.service) && tried.nodes == input.nodes;
        entry.held().filter(|_| again)
    }

    /// Has the Service changed since the last try? `None` if there was none. Other nodes are no change of the Service.
    #[must_use]
    pub fn is_changed(&self, service: &Service) -> Option<bool> {
        let services = self.lock();
        let (tried, _) = services.get(&service.owner.uid)?.tried.as_ref()?;
        Some(!same(&tried.service, service))
    }

    /// A try begins. Returns why it is made: of a Service that nobody has tried yet since the start of the process, whether it
    /// was `programmed` tells.
    pub fn begin(&self, input: Input, programmed: bool) -> Occasion {
        let uid = input.service.owner.uid.clone();
        let mut services = self.lock();
        let entry = services.entry(uid).or_default();
        let occasion = entry.occasion(&input.service, programmed);
        (entry.tried, entry.hold, entry.departure) = (Some((input, occasion)), None, Departure::None);
        occasion
    }

    /// The last try has succeeded.
    pub fn succeeded(&self, uid: &str) {
        if let Some(entry) = self.lock().get_mut(uid) {
            (entry.hold, entry.delays) = (None, None);
            if let Some((tried, occasion)) = &mut entry.tried {
                // Nobody waits for it any more.
                *occasion = Occasion::Upkeep;
                entry.ensured = Some(tried.service.clone());
            }
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
        let delay = Delays::next(&mut entry.delays, retry, uid)?;
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
    /// Why a Service is tried: a retry is made for the same reason as the try before.
    fn occasion(&self, service: &Service, programmed: bool) -> Occasion {
        match &self.tried {
            Some((tried, occasion)) if same(&tried.service, service) => *occasion,
            None if programmed => Occasion::Upkeep,
            Some(_) | None => Occasion::Change,
        }
    }

    /// For how long it is held yet.
    fn held(&self) -> Option<Duration> {
        let left = self.hold?.checked_duration_since(Instant::now())?;
        (!left.is_zero()).then_some(left)
    }
}

/// Do both ask for the same? What we have published ourselves is no wish.
fn same(one: &Service, other: &Service) -> bool {
    *one == Service {
        published: one.published.clone(),
        receipt: one.receipt.clone(),
        ..other.clone()
    }
}

/// Resource versions of one kind grow and may be compared as numbers (Kubernetes documentation, "Resource versions";
/// KEP-5504).
fn version(service: &k8s::Service) -> Option<u64> {
    service.metadata.resource_version.as_ref()?.parse().ok()
}

#[cfg(test)]
mod tests;
