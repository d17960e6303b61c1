//! The end of the process: asked for by a signal, or brought about by a fault.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::fence::Fence;

/// Tells all parts of the process that it ends. Clones are one.
#[derive(Clone, Debug)]
pub struct Stop(watch::Sender<bool>);

impl Stop {
    /// A process that goes on.
    #[must_use]
    pub fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Ends the process, in good order.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    /// Resolves when the process ends.
    pub fn begun(&self) -> impl Future<Output = ()> + Send + Sync + 'static {
        let mut stopped = self.0.subscribe();
        async move {
            // An error means that nobody is left to end the process.
            if stopped.wait_for(|stopped| *stopped).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Ends the process on SIGTERM or SIGINT. The fence closes first: a call to the cloud that is under way finishes, and
    /// no other write starts.
    ///
    /// # Errors
    /// When the process cannot listen for signals.
    pub fn on_signals(&self, fence: &Fence) -> std::io::Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let (stop, fence) = (self.clone(), fence.clone());
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => tracing::info!(signal = "SIGTERM", "stopping"),
                _ = interrupt.recv() => tracing::info!(signal = "SIGINT", "stopping"),
            }
            fence.stop();
            stop.begin();
        });
        Ok(())
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn all_clones_hear_of_the_end_also_those_who_ask_late() {
        let stop = Stop::new();
        let early = stop.clone().begun();
        assert_eq!(stop.begun().now_or_never(), None);
        stop.begin();
        early.await;
        stop.begun().await;
    }
}
