//! The leader's office: held for as long as the lease is, and left in good order.

use std::pin::pin;
use std::time::Duration;

use futures::FutureExt;
use tokio::time::{sleep, timeout};

use super::process::Stop;
use crate::controller::Controller;
use crate::controller::lease::{Election, Lost};
use crate::controller::nodes::Published;
use crate::controller::trigger::Request;
use crate::provider::LoadBalancerProvider;
use crate::telemetry::metrics::Metrics;

/// Time that passes under way get to end after the process was told to: a call takes no longer than
/// [`crate::fence::WRITE_DEADLINE`], and within 10 s of the signal the lease must be given back.
const DRAIN: Duration = Duration::from_secs(6);

/// What leading takes.
#[derive(Debug)]
pub struct Office {
    election: Option<Election>,
    metrics: Metrics,
    reconcile_all: Request,
}

impl Office {
    /// The office that `election` gives, or that this replica has for life.
    #[must_use]
    pub fn new(election: Option<Election>, metrics: Metrics, reconcile_all: Request) -> Self {
        Self {
            election,
            metrics,
            reconcile_all,
        }
    }

    /// Works until told to stop or until the lease is lost. A standby works too: its caches are warm, and its fence is closed.
    /// The lease is kept while the passes under way end, and given back after them.
    ///
    /// # Errors
    /// When the lease is lost.
    pub async fn work<P: LoadBalancerProvider>(
        mut self,
        controller: Controller<P>,
        nodes: Published,
        stop: &Stop,
    ) -> Result<(), Lost> {
        let listed = nodes_listed(nodes, stop.begun());
        let mut passes = pin!(listed.then(|()| controller.run(stop.begun())));
        let outcome = tokio::select! {
            biased; // so that a run can be repeated
            () = &mut passes => Ok(()),
            () = stop.begun().then(|()| sleep(DRAIN)) => {
                tracing::warn!("some passes were cut short");
                Ok(())
            }
            lost = self.hold() => Err(lost),
        };
        if outcome.is_err() {
            stop.begin();
            // Its outcome is the loss of the lease either way.
            let _ = timeout(DRAIN, passes).await;
        }
        if let Some(election) = &mut self.election {
            election.release().await;
        }
        outcome
    }

    /// Waits for the lease and keeps it, for as long as that goes well.
    async fn hold(&mut self) -> Lost {
        if let Some(election) = &mut self.election {
            election.acquire().await;
        }
        tracing::info!("this replica leads");
        self.metrics.leads(true);
        self.reconcile_all.send();
        let Some(election) = &mut self.election else {
            return std::future::pending().await;
        };
        let lost = election.keep().await;
        self.metrics.leads(false);
        lost
    }
}

/// Without the nodes, all targets would seem to be gone.
async fn nodes_listed(mut nodes: Published, stop: impl Future<Output = ()>) {
    tokio::select! {
        biased;
        _ = nodes.wait_for(Option::is_some) => {}
        () = stop => {}
    }
}
