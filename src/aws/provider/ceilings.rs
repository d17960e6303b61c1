//! Where AWS has refused targets though the quotas that are known have room: how many it has let through, so that these are
//! spread evenly and nothing flaps. Tried anew after a while.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::AwsProvider;
use crate::aws::api::AwsApi;
use crate::aws::apply::Applied;
use crate::aws::desired::{Ceiling, Desired};
use crate::aws::error::AwsError;
use crate::aws::ownership::Keeper;
use crate::aws::stack::ResourceName;
use crate::provider::ProviderError;

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
        let rest = since.map(|since| PAUSE.saturating_sub(since.elapsed()));
        rest.filter(|rest| !rest.is_zero())
    }

    fn with<R>(&self, work: impl FnOnce(&mut HashMap<Keeper, (Ceiling, Instant)>) -> R) -> R {
        // Sound after a panic elsewhere: entries change in one go.
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<A: AwsApi> AwsProvider<A> {
    /// Where AWS has refused targets for want of quota, all target groups are to have as many as they could get.
    ///
    /// # Errors
    /// The refusal itself where they have got none.
    pub(super) fn note_refusal<'a>(
        &self,
        keeper: &Keeper,
        refusal: Option<&AwsError>,
        groups: impl ExactSizeIterator<Item = &'a ResourceName>,
    ) -> Result<(), ProviderError> {
        let Some(refusal) = refusal else {
            return Ok(());
        };
        let count = groups.len().max(1);
        let names: BTreeSet<_> = groups.collect();
        let registered: usize = self.inventory.look(keeper, |observed| {
            let groups = observed.target_groups.iter().map(|known| &known.spec);
            let groups = groups.filter(|group| names.contains(&group.name));
            groups.map(|group| group.targets.len()).sum()
        });
        let each = registered / count;
        if each == 0 {
            return Err(refusal.clone().into());
        }
        let code = refusal.code.clone();
        self.ceilings.set(keeper, Ceiling { each, code });
        Ok(())
    }

    /// How many targets that are wanted have found no room, because others that stay for now take it.
    pub(super) fn left_out(&self, keeper: &Keeper, desired: &Desired, applied: &Applied) -> usize {
        // What waits for AWS's rate is told as that.
        if desired.stack.room.is_none() || applied.held.is_some() {
            return 0;
        }
        self.inventory.look_presumed(keeper, |observed| {
            let missing = observed.target_groups.iter().filter_map(|known| {
                let wanted = desired.stack.target_groups.get(&known.spec.name)?;
                let missing = wanted.targets.difference(&known.spec.targets);
                let missing = missing.filter(|target| !applied.refused.contains(&target.instance));
                Some(missing.count())
            });
            missing.max().unwrap_or_default()
        })
    }
}
