//! Where AWS has refused targets though the quotas that are known have room: how many it has let through, so that these are
//! spread evenly and nothing flaps. Tried anew after a while.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::aws::desired::Ceiling;
use crate::aws::ownership::Keeper;

/// When more targets are tried again.
const PAUSE: Duration = Duration::from_secs(300);

/// What AWS lets through of each Service's targets. One for the process.
#[derive(Debug, Default)]
pub(super) struct Ceilings(Mutex<HashMap<Keeper, (Ceiling, Instant)>>);

impl Ceilings {
    /// AWS has refused more.
    pub(super) fn set(&self, keeper: &Keeper, ceiling: Ceiling) {
        self.with(|known| known.insert(keeper.clone(), (ceiling, Instant::now())));
    }

    /// Gone with the Service.
    pub(super) fn forget(&self, keeper: &Keeper) {
        self.with(|known| known.remove(keeper));
    }

    /// What counts now; none once it is time to try again.
    pub(super) fn of(&self, keeper: &Keeper) -> Option<Ceiling> {
        self.with(|known| {
            known.retain(|_, (_, since)| since.elapsed() < PAUSE);
            known.get(keeper).map(|(ceiling, _)| ceiling.clone())
        })
    }

    /// When it is time to try again.
    pub(super) fn rest(&self, keeper: &Keeper) -> Option<Duration> {
        let since = self.with(|known| known.get(keeper).map(|(_, since)| *since));
        since.map(|since| PAUSE.saturating_sub(since.elapsed()))
    }

    fn with<R>(&self, work: impl FnOnce(&mut HashMap<Keeper, (Ceiling, Instant)>) -> R) -> R {
        // Sound after a panic elsewhere: entries change in one go.
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
