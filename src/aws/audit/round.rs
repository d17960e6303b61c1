//! One round of the audit.

use std::collections::BTreeSet;

use tokio::time::Instant;

use super::budget::Budget;
use crate::aws::api::{AwsApi, AwsResult};
use crate::aws::backend::Backend;
use crate::aws::cluster::Cluster;
use crate::aws::inventory::Inventory;
use crate::aws::ownership::Keeper;
use crate::provider::Audited;

/// So many failures in one round are more likely AWS' than those of single resources.
const MOST_FAILURES: usize = 3;

/// Where the audit stands. One for the process; rounds do not overlap.
#[derive(Debug)]
pub(crate) struct Audit(tokio::sync::Mutex<Progress>);

#[derive(Debug)]
struct Progress {
    budget: Budget,
    /// The keeper that was read last; the next round goes on behind it.
    last: Option<Keeper>,
    /// The budget ended with the snapshot, so the next round begins with details: else nobody's would ever be read.
    owes_details: bool,
}

impl Audit {
    /// An audit that may make so many calls a minute.
    pub(crate) fn new(calls_per_minute: u32) -> Self {
        Self(tokio::sync::Mutex::new(Progress {
            budget: Budget::new(calls_per_minute, Instant::now()),
            last: None,
            owes_details: false,
        }))
    }

    /// Takes a snapshot and reads the facts that all Services share; then, as far as the budget goes, the details of one
    /// keeper after the other, going on where the last round ended. Those whose details were never read come first.
    ///
    /// # Errors
    /// When AWS cannot be read; what was known before stays. Single details that cannot be read are passed over.
    pub(crate) async fn round<A: AwsApi>(
        &self,
        inventory: &Inventory<A>,
        cluster: &Cluster<A>,
        backend: &Backend<A>,
    ) -> AwsResult<Audited> {
        let mut progress = self.0.lock().await;
        let mut audited = Audited::default();
        progress.budget.fill(Instant::now());
        if !progress.owes_details && progress.budget.is_left() {
            progress.spend(&mut audited, inventory.refresh().await)?;
            progress.spend(&mut audited, cluster.refresh().await)?;
            progress.spend(&mut audited, backend.refresh().await)?;
        }
        let tried = progress.read_details(&mut audited, inventory).await?;
        progress.owes_details = !tried && !progress.budget.is_left();
        Ok(audited)
    }
}

impl Progress {
    /// Reads the details of as many keepers as the budget allows. Was there one at least?
    async fn read_details<A: AwsApi>(&mut self, audited: &mut Audited, inventory: &Inventory<A>) -> AwsResult<bool> {
        let (mut tried, mut failures) = (false, 0);
        for keeper in self.next(inventory.keepers(), &inventory.unread()) {
            if !self.budget.is_left() {
                break;
            }
            // Whatever comes of it, the next round goes on behind it: nobody else waits for one that cannot be read.
            self.last = Some(keeper.clone());
            tried = true;
            match self.spend(audited, inventory.reread(&keeper).await) {
                Ok(()) => audited.examined = audited.examined.saturating_add(1),
                Err(error) if failures + 1 == MOST_FAILURES => return Err(error),
                Err(error) => {
                    failures += 1;
                    tracing::warn!(?keeper, %error, "the audit passes over what it cannot read");
                }
            }
        }
        Ok(tried)
    }

    /// A failed reading is paid as one call.
    fn spend(&mut self, audited: &mut Audited, outcome: AwsResult<usize>) -> AwsResult<()> {
        let calls = *outcome.as_ref().unwrap_or(&1);
        self.budget.pay(calls);
        audited.calls = audited.calls.saturating_add(calls);
        outcome.map(drop)
    }

    /// All Services once, beginning behind the last; first of all those that are unread.
    fn next(&self, mut keepers: Vec<Keeper>, unread: &BTreeSet<Keeper>) -> Vec<Keeper> {
        keepers.retain(|keeper| *keeper != Keeper::Cluster);
        let done = keepers
            .iter()
            .filter(|keeper| Some(*keeper) <= self.last.as_ref())
            .count();
        keepers.rotate_left(done);
        keepers.sort_by_key(|keeper| !unread.contains(keeper));
        keepers
    }
}
