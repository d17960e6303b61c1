//! What can happen to a request, to watches and to the whole API server.

use std::time::Duration;

use tokio::time::Instant;

use super::Kubernetes;

/// What happens to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The process dies before the request is sent.
    DieBefore,
    /// The process dies after the API server has done it, before the answer arrives.
    DieAfter,
    /// The API server answers with this HTTP status and has done nothing.
    Refuse(u16),
    /// The API server has done it, and the connection breaks.
    LoseAnswer,
    /// The API server has done nothing, and never answers.
    Hang,
}

impl Fault {
    /// Does the API server do what is asked for?
    pub(super) fn is_done(self) -> bool {
        matches!(self, Self::DieAfter | Self::LoseAnswer)
    }
}

impl Kubernetes {
    /// Lets the request with this number, counted from now on from 0, end otherwise than well.
    pub(crate) fn fail(&self, request: usize, fault: Fault) {
        let mut state = self.state();
        let number = state.log.len() + request;
        state.faults.insert(number, fault);
    }

    /// Has the fault not happened yet? Takes it away.
    pub(crate) fn is_fault_left(&self) -> bool {
        !std::mem::take(&mut self.state().faults).is_empty()
    }

    /// Ends when a fault of a kind that kills the process happens.
    pub(crate) async fn crash(&self) {
        self.crashed.notified().await;
    }

    /// All watches end at once, and nothing can be reached for so long.
    pub(crate) fn restart(&self, pause: Duration) {
        self.state().down_until = Instant::now() + pause;
        self.cut_watches();
    }

    /// All watches end.
    pub(crate) fn cut_watches(&self) {
        self.state().cuts += 1;
        self.news.notify_waiters();
    }

    /// No watch can begin from what is known now.
    pub(crate) fn forget_history(&self) {
        let mut state = self.state();
        // As if something of no concern to elbow had changed in the meantime.
        state.store.version += 1;
        state.store.oldest = state.store.version;
    }

    /// Watches tell of each change so much later.
    pub(crate) fn delay_watches(&self, lag: Duration) {
        self.state().lag = lag;
    }

    /// Watches tell nothing new until [`Kubernetes::release_watches`].
    pub(crate) fn hold_watches(&self) {
        let mut state = self.state();
        state.held = Some(state.store.version);
    }

    /// Watches tell all that has happened.
    pub(crate) fn release_watches(&self) {
        self.state().held = None;
        self.news.notify_waiters();
    }
}
