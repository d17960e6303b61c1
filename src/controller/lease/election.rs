//! Takes part in the election: reads, takes, renews and gives back the Lease.

use std::time::Duration;

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::jiff::Timestamp;
use kube::Api;
use kube::api::PostParams;
use tokio::time::{Instant, sleep, timeout};

use super::decision::{Decision, Observation, decide};
use super::record;
use crate::controller::call::{self, CallError};
use crate::fence::Fence;
use crate::telemetry::logs::chain;

/// Giving the lease back is a courtesy, for which a process that stops does not wait long.
const RELEASE_DEADLINE: Duration = Duration::from_secs(3);

/// Longest time between two looks of a replica that waits: it sees each renewal no later than this after it was made, and
/// its count of the term begins no later.
const LOOK: Duration = Duration::from_millis(500);

/// How long a term is and how it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// A Lease not renewed for so long may be taken by another; whole seconds.
    pub lease: Duration,
    /// A leader that could not renew for so long steps down; at least [`crate::fence::WRITE_DEADLINE`] less than `lease`.
    pub renew_deadline: Duration,
    /// Time between two renewals; a replica that waits looks at least as often.
    pub retry: Duration,
}

/// The lease was lost: another replica leads, or may.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// Another has it.
    #[error("the leader lease was taken by {0}")]
    Taken(String),
    /// It could not be renewed in time.
    #[error("the leader lease could not be renewed for {} s", .0.as_secs())]
    Expired(Duration),
}

/// This replica's part in the election.
#[derive(Debug)]
pub struct Election {
    api: Api<Lease>,
    name: String,
    me: String,
    times: Times,
    fence: Fence,
    /// The Lease as last read or written, whose resource version the next write names.
    lease: Option<Lease>,
    seen: Option<Observation>,
    /// While we lead: when the last renewal that succeeded was begun.
    renewed: Option<Instant>,
}

impl Election {
    /// Takes part under the name `me`, which no other process may have, for the Lease `name`.
    #[must_use]
    pub fn new(api: Api<Lease>, name: String, me: String, times: Times, fence: Fence) -> Self {
        Self {
            api,
            name,
            me,
            times,
            fence,
            lease: None,
            seen: None,
            renewed: None,
        }
    }

    /// Waits until this replica leads. Cancel-safe.
    pub async fn acquire(&mut self) {
        loop {
            if let Err(error) = self.look_and_act().await {
                tracing::warn!(error = chain(&error), "the leader lease is out of reach");
            }
            if self.renewed.is_some() {
                return;
            }
            sleep(self.pause(Instant::now())).await;
        }
    }

    /// How long to wait before the next look: no longer than until the term of another runs out.
    fn pause(&self, now: Instant) -> Duration {
        let left = self.seen.as_ref().and_then(|seen| seen.left(now));
        let pause = self.times.retry.min(LOOK);
        left.map_or(pause, |left| left.min(pause))
    }

    /// Keeps the lease for as long as it can be kept. Cancel-safe.
    pub async fn keep(&mut self) -> Lost {
        loop {
            sleep(self.times.retry).await;
            if let Err(lost) = self.renew().await {
                self.fence.revoke();
                self.renewed = None;
                return lost;
            }
        }
    }

    /// Gives the lease back, so that another replica need not wait for its end. All work must have stopped before.
    pub async fn release(&mut self) {
        self.fence.revoke();
        let (Some(_), Some(lease)) = (self.renewed.take(), &self.lease) else {
            return;
        };
        let released = record::released(lease);
        let params = PostParams::default();
        let write = self.api.replace(&self.name, &params, &released);
        match timeout(RELEASE_DEADLINE, call::unfenced("give the leader lease back", write)).await {
            Ok(Ok(_)) => tracing::info!("gave the leader lease back"),
            Ok(Err(error)) => tracing::warn!(error = chain(&error), "the leader lease runs out by itself"),
            Err(_) => tracing::warn!("the leader lease runs out by itself: the API server does not answer"),
        }
    }

    async fn renew(&mut self) -> Result<(), Lost> {
        let Some(renewed) = self.renewed else {
            return Err(Lost::Expired(Duration::ZERO));
        };
        let left = self.times.renew_deadline.saturating_sub(renewed.elapsed());
        match timeout(left, self.look_and_act()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(error = chain(&error), "could not renew the leader lease"),
            Err(_) => return Err(Lost::Expired(self.times.renew_deadline)),
        }
        match &self.seen {
            Some(seen) if seen.claim.holder.as_ref() != Some(&self.me) => Err(Lost::Taken(
                seen.claim.holder.clone().unwrap_or_else(|| "nobody".to_owned()),
            )),
            _ => Ok(()),
        }
    }

    /// A leader that knows the Lease renews it without reading it: its write fails if another has written since.
    async fn look_and_act(&mut self) -> Result<(), CallError> {
        if self.renewed.is_none() || self.lease.is_none() {
            let read = call::unfenced("read the leader lease", self.api.get_opt(&self.name)).await?;
            self.saw(read);
        }
        match decide(self.seen.as_ref(), &self.me, Instant::now()) {
            Decision::Wait => Ok(()),
            // One that we hold without having renewed it is of a write whose answer was lost.
            Decision::Create | Decision::Take | Decision::Renew => self.write().await,
        }
    }

    async fn write(&mut self) -> Result<(), CallError> {
        let begun = Instant::now();
        let held = record::held(
            &self.name,
            self.lease.as_ref(),
            &self.me,
            self.times.lease,
            Timestamp::now(),
        );
        let params = PostParams::default();
        let written = match &self.lease {
            None => call::unfenced("make the leader lease", self.api.create(&params, &held)).await,
            Some(_) => call::unfenced("renew the leader lease", self.api.replace(&self.name, &params, &held)).await,
        };
        match written {
            Ok(lease) => {
                self.saw(Some(lease));
                self.renewed = Some(begun);
                self.fence.extend(begun + self.times.lease);
                Ok(())
            }
            Err(error) => {
                // Whatever went wrong, what we know of the Lease may be old: read it before the next write.
                self.lease = None;
                if error.is_conflict() || error.is_gone() {
                    self.look_again().await
                } else {
                    Err(error)
                }
            }
        }
    }

    async fn look_again(&mut self) -> Result<(), CallError> {
        let read = call::unfenced("read the leader lease", self.api.get_opt(&self.name)).await?;
        self.saw(read);
        Ok(())
    }

    fn saw(&mut self, lease: Option<Lease>) {
        let claim = lease.as_ref().map(record::claim);
        self.seen = claim.map(|claim| Observation::next(self.seen.as_ref(), claim, Instant::now()));
        self.lease = lease;
    }
}
