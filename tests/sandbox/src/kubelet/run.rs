//! One run of a container, and what its probes make of it.

use std::net::IpAddr;

use tokio::sync::watch;

use super::probe::{HttpProbe, Purpose};
use super::prober::{Prober, Turn};
use super::status::Progress;

/// A run under way; dropping it ends its probes.
#[derive(Debug)]
pub(super) struct Run<'a> {
    /// Whether a readiness probe decides.
    gated: bool,
    /// Whether it was ready at any time.
    pub(super) was_ready: bool,
    prober: Prober,
    progress: &'a watch::Sender<Progress>,
}

impl<'a> Run<'a> {
    /// Begins to ask the probes of a process that has just been started.
    pub(super) fn begin(probes: &[HttpProbe], address: IpAddr, progress: &'a watch::Sender<Progress>) -> Self {
        let has = |purpose| probes.iter().any(|probe| probe.purpose == purpose);
        let prober = Prober::start(probes, address);
        let mut run = Self {
            gated: has(Purpose::Readiness),
            was_ready: false,
            prober,
            progress,
        };
        if !has(Purpose::Startup) {
            run.take((Purpose::Startup, true));
        }
        run
    }

    /// The next verdict that turns. Cancel-safe.
    pub(super) async fn turn(&mut self) -> Turn {
        self.prober.turn().await
    }

    /// Takes a verdict; tells whether the container must be started again.
    pub(super) fn take(&mut self, (purpose, success): Turn) -> bool {
        match (purpose, success) {
            (Purpose::Startup, true) => {
                self.prober.started();
                let ready = !self.gated;
                self.was_ready |= ready;
                self.progress
                    .send_modify(|progress| (progress.started, progress.ready) = (true, ready));
            }
            (Purpose::Readiness, ready) => {
                self.was_ready |= ready;
                self.progress.send_modify(|progress| progress.ready = ready);
            }
            (Purpose::Liveness, true) => {}
            (Purpose::Startup | Purpose::Liveness, false) => return true,
        }
        false
    }
}
