//! What is to become of a Pod, as its worker is told.

use std::time::Duration;

use tokio::sync::watch;

/// What is to become of a Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// It is to run.
    Run,
    /// Its process is to end.
    End {
        /// Time from SIGTERM to SIGKILL.
        grace: Duration,
        /// Whether to delete the Pod then, which only waits for it.
        remove: bool,
    },
}

impl Wish {
    /// Goes from running to ending, never back; tells whether anything changed.
    pub(super) fn advance(&mut self, next: Self) -> bool {
        let changed = matches!((&*self, next), (Self::Run, Self::End { .. }));
        if changed {
            *self = next;
        }
        changed
    }
}

/// Resolves to the grace period when the Pod is to end.
pub(super) async fn ending(wish: &mut watch::Receiver<Wish>) -> Duration {
    let wish = wish.wait_for(|wish| *wish != Wish::Run).await.map(|wish| *wish);
    match wish {
        Ok(Wish::End { grace, .. }) => grace,
        // Nobody can wish any more: the stand-in itself is gone.
        Ok(Wish::Run) | Err(_) => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_that_ends_never_runs_again() {
        let end = Wish::End {
            grace: Duration::ZERO,
            remove: true,
        };
        let mut wish = Wish::Run;
        assert!(!wish.advance(Wish::Run));
        assert!(wish.advance(end));
        assert!(!wish.advance(Wish::Run));
        assert!(!wish.advance(Wish::End {
            grace: Duration::ZERO,
            remove: false
        }));
        assert_eq!(wish, end);
    }
}
