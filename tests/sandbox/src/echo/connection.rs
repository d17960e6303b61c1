//! What a server knows of itself and of one connection.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::watch;

use super::answer::{Answer, Protocol, Proxy, Tls};

/// How far a server is on its way from start to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// It serves and does not say that it is ready yet.
    Starting,
    /// It serves and says so.
    Ready,
    /// It serves whoever still comes, says that it is not ready, and asks clients to leave.
    Draining,
    /// It takes no new connection, and finishes what it is doing.
    Ended,
}

/// What all connections of a server share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) pod: String,
    pub(super) node: String,
    pub(super) phase: watch::Receiver<Phase>,
}

impl Shared {
    /// Waits until the server ends.
    pub(super) async fn ended(&self) {
        let mut phase = self.phase.clone();
        // An error says that the server itself is gone.
        let _ = phase.wait_for(|phase| *phase == Phase::Ended).await;
    }

    pub(super) fn phase(&self) -> Phase {
        *self.phase.borrow()
    }
}

/// One connection.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    pub(super) shared: Arc<Shared>,
    pub(super) client: SocketAddr,
    pub(super) server: SocketAddr,
    pub(super) proxy: Option<Proxy>,
    pub(super) tls: Option<Tls>,
}

impl Connection {
    /// An answer with all that is known before anything was said.
    pub(super) fn answer(&self, protocol: Protocol) -> Answer {
        Answer {
            pod: self.shared.pod.clone(),
            node: self.shared.node.clone(),
            protocol,
            client: self.client,
            server: self.server,
            proxy: self.proxy.clone(),
            tls: self.tls.clone(),
            host: None,
            method: None,
            path: None,
            headers: BTreeMap::new(),
            message: String::new(),
        }
    }
}
