//! What Services need nodes to admit besides the nodePorts from the shared group.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use crate::aws::ownership::Keeper;
use crate::aws::stack::IngressRule;

/// The needs by Service, as far as Services were looked at since the start of the process.
#[derive(Debug, Default)]
pub(super) struct Needs(Mutex<BTreeMap<Keeper, Need>>);

/// What one Service needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Need {
    /// Ports outside of the nodePorts on which health checks reach nodes.
    pub(crate) health_ports: BTreeSet<u16>,
    /// Rules for a load balancer without security groups.
    pub(crate) openings: BTreeSet<IngressRule>,
    /// There is a load balancer without security groups that may need other rules still: none may go.
    pub(crate) holds: bool,
}

impl Needs {
    /// Returns what it was before, if that is known.
    pub(super) fn set(&self, keeper: &Keeper, need: Need) -> Option<Need> {
        self.lock(|known| known.insert(keeper.clone(), need))
    }

    pub(super) fn forget(&self, keeper: &Keeper) {
        self.lock(|known| known.remove(keeper));
    }

    /// The health check ports of all Services.
    pub(super) fn health_ports(&self) -> BTreeSet<u16> {
        self.lock(|known| known.values().flat_map(|need| &need.health_ports).copied().collect())
    }

    /// The openings of all Services.
    pub(super) fn openings(&self) -> BTreeSet<IngressRule> {
        self.lock(|known| known.values().flat_map(|need| &need.openings).cloned().collect())
    }

    /// Have all of these said what they need, and nothing else?
    pub(super) fn are_known_for(&self, mut keepers: impl Iterator<Item = Keeper>) -> bool {
        self.lock(|known| keepers.all(|keeper| known.get(&keeper).is_some_and(|need| !need.holds)))
    }

    fn lock<R>(&self, work: impl FnOnce(&mut BTreeMap<Keeper, Need>) -> R) -> R {
        // Sound after a panic elsewhere: entries change in one go.
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
