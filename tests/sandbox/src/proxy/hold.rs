//! Calls that wait until a test lets them go on.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{oneshot, watch};

use super::call::Call;

/// Where a held call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// AWS has not heard of it.
    Before,
    /// AWS has done it, the caller does not know.
    After,
}

/// A call that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Its number in the log.
    pub seq: u64,
    /// Whose it is.
    pub lane: String,
    /// The service, for example `ec2`.
    pub service: String,
    /// The action, for example `CreateSecurityGroup`.
    pub action: String,
    /// Before or after AWS did it.
    pub phase: Phase,
}

/// How a held call goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As if nothing had been.
    Proceed,
    /// The connection ends without an answer.
    HangUp,
}

/// All calls that wait now.
#[derive(Debug)]
pub struct Holds {
    waiting: Mutex<BTreeMap<u64, (Held, oneshot::Sender<Verdict>)>>,
    changed: watch::Sender<()>,
}

impl Default for Holds {
    fn default() -> Self {
        Self {
            waiting: Mutex::default(),
            changed: watch::Sender::new(()),
        }
    }
}

impl Holds {
    /// Holds a call until it is released. Cancel-safe: a caller that hangs up is forgotten.
    pub async fn hold(self: &Arc<Self>, seq: u64, call: &Call, phase: Phase) -> Verdict {
        let held = Held {
            seq,
            lane: call.lane.clone(),
            service: call.service.clone(),
            action: call.action.clone(),
            phase,
        };
        let (sender, released) = oneshot::channel();
        self.lock().insert(seq, (held, sender));
        self.changed.send_replace(());
        let _forget = Forget {
            holds: Arc::clone(self),
            seq,
        };
        released.await.unwrap_or(Verdict::HangUp)
    }

    /// The calls of a lane (or of all) that wait now, oldest first.
    pub fn list(&self, lane: Option<&str>) -> Vec<Held> {
        let waiting = self.lock();
        waiting
            .values()
            .map(|(held, _)| held)
            .filter(|held| is_in(held, lane))
            .cloned()
            .collect()
    }

    /// Like [`Holds::list`], but waits up to `patience` for there to be one.
    pub async fn wait(&self, lane: Option<&str>, patience: Duration) -> Vec<Held> {
        let mut changes = self.changed.subscribe();
        let some = async {
            loop {
                let held = self.list(lane);
                if !held.is_empty() || changes.changed().await.is_err() {
                    return held;
                }
            }
        };
        tokio::time::timeout(patience, some).await.unwrap_or_default()
    }

    /// Lets the waiting calls of a lane (or of all) go on; returns which they were.
    pub fn release(&self, lane: Option<&str>, verdict: Verdict) -> Vec<Held> {
        let mut waiting = self.lock();
        let seqs: Vec<u64> = waiting
            .iter()
            .filter(|(_, (held, _))| is_in(held, lane))
            .map(|(seq, _)| *seq)
            .collect();
        let released = seqs.into_iter().filter_map(|seq| waiting.remove(&seq));
        // A receiver that is gone is a caller that hung up meanwhile: it was not released.
        released
            .filter_map(|(held, sender)| sender.send(verdict).is_ok().then_some(held))
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, (Held, oneshot::Sender<Verdict>)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_in(held: &Held, lane: Option<&str>) -> bool {
    lane.is_none_or(|lane| held.lane == lane)
}

/// Takes a call off the list when its caller hangs up.
struct Forget {
    holds: Arc<Holds>,
    seq: u64,
}

impl Drop for Forget {
    fn drop(&mut self) {
        self.holds.lock().remove(&self.seq);
    }
}
