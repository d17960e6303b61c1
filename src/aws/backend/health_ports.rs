//! Ports outside of the nodePorts on which health checks reach nodes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use crate::aws::ownership::Keeper;

/// The ports by Service, as far as Services were looked at since the start of the process.
#[derive(Debug, Default)]
pub(super) struct HealthPorts(Mutex<BTreeMap<Keeper, BTreeSet<u16>>>);

impl HealthPorts {
    pub(super) fn set(&self, keeper: &Keeper, ports: BTreeSet<u16>) {
        self.lock(|known| known.insert(keeper.clone(), ports));
    }

    pub(super) fn forget(&self, keeper: &Keeper) {
        self.lock(|known| known.remove(keeper));
    }

    /// The ports of all Services.
    pub(super) fn all(&self) -> BTreeSet<u16> {
        self.lock(|known| known.values().flatten().copied().collect())
    }

    pub(super) fn are_known_for(&self, mut keepers: impl Iterator<Item = Keeper>) -> bool {
        self.lock(|known| keepers.all(|keeper| known.contains_key(&keeper)))
    }

    fn lock<R>(&self, work: impl FnOnce(&mut BTreeMap<Keeper, BTreeSet<u16>>) -> R) -> R {
        // Sound after a panic elsewhere: entries change in one go.
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
