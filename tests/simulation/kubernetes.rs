//! A Kubernetes API in memory: Services, Nodes, Leases and Events with all that a controller meets there, such as resource
//! versions, preconditions, finalizers, watches that end and histories that are forgotten. Clones are one.

mod faults;
mod people;
mod request;
mod serve;
mod store;
mod watching;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use kube::Client;
use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::Instant;

pub(crate) use faults::Fault;
pub(crate) use people::{manifest, node};
pub(crate) use request::{Kind, Verb};
use serve::Connection;
use store::Store;

use crate::line::Line;

/// The API server.
#[derive(Clone, Debug)]
pub(crate) struct Kubernetes {
    state: Arc<Mutex<State>>,
    /// Something has changed that watches may have to tell.
    news: Arc<Notify>,
    crashed: Arc<Notify>,
    line: Line,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) store: Store,
    /// What processes have asked for.
    pub(crate) log: Vec<Record>,
    faults: std::collections::BTreeMap<usize, Fault>,
    /// No request is answered before.
    down_until: Instant,
    /// Writes of processes that did not lead.
    pub(crate) usurped: Vec<String>,
    /// Counts the times when all watches were cut.
    cuts: u64,
    /// Watches tell of a change after so long.
    lag: Duration,
    /// Watches tell nothing that is newer than this version.
    held: Option<u64>,
}

/// A request that has arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record {
    verb: Verb,
    kind: Kind,
}

impl Record {
    /// Does it count as work? Leases are renewed for ever, and an event may be told again.
    pub(crate) fn is_work(self) -> bool {
        self.verb.is_write() && matches!(self.kind, Kind::Service | Kind::Node)
    }
}

impl Kubernetes {
    pub(crate) fn new(line: Line) -> Self {
        let state = State {
            store: Store::default(),
            log: Vec::new(),
            faults: std::collections::BTreeMap::new(),
            down_until: Instant::now(),
            usurped: Vec::new(),
            cuts: 0,
            lag: Duration::ZERO,
            held: None,
        };
        Self {
            state: Arc::new(Mutex::new(state)),
            news: Arc::default(),
            crashed: Arc::default(),
            line,
        }
    }

    /// What the process of this name talks to it with.
    pub(crate) fn client(&self, process: &str) -> Client {
        let connection = Connection::new(self.clone(), process.to_owned());
        Client::new(connection, "elbow-system")
    }

    /// The state, to look at it.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Who holds the Lease of the leader; none where there is no election.
    pub(crate) fn leader(&self) -> Option<String> {
        self.state().leader()
    }

    /// A Service as it is now.
    pub(crate) fn service(&self, namespace: &str, name: &str) -> Option<Value> {
        self.state().store.get(&Kind::Service.key(namespace, name)).cloned()
    }

    /// All Services.
    pub(crate) fn services(&self) -> Vec<Value> {
        self.state().store.all(Kind::Service).cloned().collect()
    }
}

impl State {
    fn leader(&self) -> Option<String> {
        let lease = self.store.get(&Kind::Lease.key("elbow-system", "elbow-leader"))?;
        lease["spec"]["holderIdentity"].as_str().map(str::to_owned)
    }

    /// Writes down a request; one that writes must be the leader's.
    fn record(&mut self, process: &str, verb: Verb, kind: Kind) {
        self.log.push(Record { verb, kind });
        let leader = self.leader();
        if verb.is_write() && kind != Kind::Lease && leader.as_deref().is_some_and(|leader| leader != process) {
            self.usurped
                .push(format!("{process} asked for {verb:?} {kind:?} while {leader:?} led"));
        }
    }
}
