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
pub(crate) use people::manifest;
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
    /// Counts the times when all watches were cut.
    cuts: u64,
    /// Watches tell of a change after so long.
    lag: Duration,
    /// Watches tell nothing that is newer than this version.
    held: Option<u64>,
}

/// A request that has arrived.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// Who has sent it.
    pub(crate) process: String,
    pub(crate) verb: Verb,
    pub(crate) kind: Kind,
    /// The HTTP status of the answer; 0 where there was none.
    pub(crate) code: u16,
}

impl Record {
    /// Does it count as work? Leases are renewed for ever, and an event may be told again.
    pub(crate) fn is_work(&self) -> bool {
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

    /// A Service as it is now.
    pub(crate) fn service(&self, namespace: &str, name: &str) -> Option<Value> {
        self.state().store.get(&Kind::Service.key(namespace, name)).cloned()
    }

    /// All Services.
    pub(crate) fn services(&self) -> Vec<Value> {
        self.state().store.all(Kind::Service).cloned().collect()
    }
}
