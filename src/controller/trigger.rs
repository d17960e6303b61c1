//! What brings about a pass over every Service.

use futures::Stream;
use futures::stream::unfold;
use tokio::sync::{mpsc, watch};

/// Asks for a pass over every Service. Requests that come before the last was heard are one.
#[derive(Debug)]
pub struct ReconcileAll {
    sender: mpsc::Sender<()>,
    requests: Option<mpsc::Receiver<()>>,
}

/// The asking end of [`ReconcileAll`].
#[derive(Clone, Debug)]
pub struct Request(mpsc::Sender<()>);

impl ReconcileAll {
    /// A trigger that nobody hears yet; requests wait.
    #[must_use]
    pub fn new() -> Self {
        let (sender, requests) = mpsc::channel(1);
        Self {
            sender,
            requests: Some(requests),
        }
    }

    /// The end for those who ask.
    #[must_use]
    pub fn asker(&self) -> Request {
        Request(self.sender.clone())
    }

    /// The requests; empty if they were taken before.
    pub fn requests(&mut self) -> impl Stream<Item = ()> + Send + 'static {
        unfold(self.requests.take(), async |receiver| {
            let mut receiver = receiver?;
            receiver.recv().await.map(|()| ((), Some(receiver)))
        })
    }
}

impl Default for ReconcileAll {
    fn default() -> Self {
        Self::new()
    }
}

impl Request {
    /// Asks for a pass over every Service.
    pub fn send(&self) {
        // Full is fine: the request that waits is for the same.
        let _ = self.0.try_send(());
    }
}

/// Yields whenever `value` changes.
pub fn changes<T: Send + Sync + 'static>(value: watch::Receiver<T>) -> impl Stream<Item = ()> + Send + 'static {
    unfold(value, async |mut value| {
        value.changed().await.ok()?;
        Some(((), value))
    })
}
