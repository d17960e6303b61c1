//! Who may write: a leader whose lease still runs, in a process that is not stopping.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use tokio::time::Instant;

/// Time that a permit must still be good for, so that a write which it let out has landed before another leader can
/// start: no single call to AWS or Kubernetes may take longer than this.
pub const WRITE_DEADLINE: Duration = Duration::from_secs(5);

/// Asked before every write to AWS or Kubernetes. Clones share one state.
#[derive(Clone, Debug)]
pub struct Fence {
    state: Arc<RwLock<State>>,
}

/// Why nothing may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Closed {
    /// Another replica leads, or may lead any moment.
    #[error("this replica does not hold the leader lease")]
    NotLeader,
    /// The process was told to stop.
    #[error("this replica is stopping")]
    Stopping,
}

#[derive(Clone, Copy, Debug)]
struct State {
    term: Term,
    stopping: bool,
}

#[derive(Clone, Copy, Debug)]
enum Term {
    None,
    Until(Instant),
    Unlimited,
}

impl Fence {
    /// A fence that nobody passes until [`Fence::extend`] is called: for leader election.
    #[must_use]
    pub fn closed() -> Self {
        Self::with(Term::None)
    }

    /// A fence that lets writes through until [`Fence::stop`]: for a single replica without leader election.
    #[must_use]
    pub fn open() -> Self {
        Self::with(Term::Unlimited)
    }

    fn with(term: Term) -> Self {
        let state = State { term, stopping: false };
        Self {
            state: Arc::new(RwLock::new(state)),
        }
    }

    /// Lets writes through until `until`, the end of the lease on this process' monotonic clock.
    pub fn extend(&self, until: Instant) {
        self.change(|state| state.term = Term::Until(until));
    }

    /// Lets nothing through any more: the lease was lost or given back.
    pub fn revoke(&self) {
        self.change(|state| state.term = Term::None);
    }

    /// Lets nothing through any more: the process stops.
    pub fn stop(&self) {
        self.change(|state| state.stopping = true);
    }

    /// May a write start now?
    ///
    /// # Errors
    /// [`Closed`] says why not.
    pub fn permit(&self) -> Result<(), Closed> {
        let state = *self.state.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        if state.stopping {
            return Err(Closed::Stopping);
        }
        match state.term {
            Term::Unlimited => Ok(()),
            Term::Until(end) if Instant::now() + WRITE_DEADLINE < end => Ok(()),
            Term::Until(_) | Term::None => Err(Closed::NotLeader),
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.write().unwrap_or_else(std::sync::PoisonError::into_inner));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_passes_before_a_term_begins() {
        assert_eq!(Fence::closed().permit(), Err(Closed::NotLeader));
    }

    #[test]
    fn a_write_passes_only_if_it_can_land_within_the_term() {
        let fence = Fence::closed();
        fence.extend(Instant::now() + WRITE_DEADLINE * 2);
        assert_eq!(fence.permit(), Ok(()));
        fence.extend(Instant::now() + WRITE_DEADLINE);
        assert_eq!(fence.permit(), Err(Closed::NotLeader));
    }

    #[test]
    fn nothing_passes_after_the_term_is_revoked_or_the_process_stops() {
        let fence = Fence::open();
        assert_eq!(fence.permit(), Ok(()));
        fence.clone().stop();
        assert_eq!(fence.permit(), Err(Closed::Stopping));
        let fence = Fence::open();
        fence.revoke();
        assert_eq!(fence.permit(), Err(Closed::NotLeader));
    }
}
