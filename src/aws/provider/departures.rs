//! Since when nodes are gone whose targets stay for now, because most would leave at once; see [`crate::aws::plan::Departures`].

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::AwsProvider;
use crate::aws::api::AwsApi;
use crate::aws::desired::targets::instance_id;
use crate::aws::ids::InstanceId;
use crate::aws::observed::Observed;
use crate::aws::ownership::Keeper;
use crate::aws::plan::{self, Departures};
use crate::aws::stack::{ResourceName, Surplus, Target};
use crate::node::NodeSet;
use crate::provider::{ProviderError, Warning};

/// The wishes of mass departures. One for the process; after a restart each wish begins anew.
#[derive(Debug)]
pub(super) struct Wishes {
    delay: Duration,
    since: Mutex<HashMap<Keeper, BTreeMap<InstanceId, Instant>>>,
}

/// The targets of a target group as wanted, and what happens to others.
pub(super) type Wanted<'a> = (&'a ResourceName, &'a Surplus, &'a mut BTreeSet<Target>);

impl Wishes {
    /// None of the targets in a mass departure leaves before its wish has stood for so long.
    pub(super) fn new(delay: Duration) -> Self {
        Self {
            delay,
            since: Mutex::default(),
        }
    }

    /// Those of the instances that stay: the others have ended, or were wished away for long enough.
    fn staying(
        &self,
        keeper: &Keeper,
        leaving: &BTreeSet<InstanceId>,
        ended: &BTreeSet<InstanceId>,
    ) -> BTreeSet<InstanceId> {
        self.since(|since| {
            let known = since.entry(keeper.clone()).or_default();
            known.retain(|instance, _| leaving.contains(instance) && !ended.contains(instance));
            let wished_for = |instance: &InstanceId| {
                let since = *known.entry(instance.clone()).or_insert_with(Instant::now);
                since.elapsed()
            };
            plan::staying(leaving, ended, wished_for, self.delay)
        })
    }

    /// There is no mass departure.
    pub(super) fn forget(&self, keeper: &Keeper) {
        self.since(|since| since.remove(keeper));
    }

    /// When the next target leaves; none where none waits.
    pub(super) fn rest(&self, keeper: &Keeper) -> Option<Duration> {
        let rests = |known: &BTreeMap<InstanceId, Instant>| {
            let rests = known.values().map(|since| self.delay.saturating_sub(since.elapsed()));
            rests.filter(|rest| *rest > Duration::ZERO).min()
        };
        self.since(|since| since.get(keeper).and_then(rests))
    }

    fn since<R>(&self, work: impl FnOnce(&mut HashMap<Keeper, BTreeMap<InstanceId, Instant>>) -> R) -> R {
        // Sound after a panic elsewhere: entries change in one go.
        work(&mut self.since.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<A: AwsApi> AwsProvider<A> {
    /// Adds to what is wanted the targets that stay for now though their nodes are gone. Returns what the user should know.
    ///
    /// # Errors
    /// Only [`ProviderError::Closed`]: where EC2 cannot be asked, the doubt remains.
    pub(super) async fn hold_targets(
        &self,
        keeper: &Keeper,
        observed: &Observed,
        nodes: &NodeSet,
        mut wanted: Vec<Wanted<'_>>,
    ) -> Result<Option<Warning>, ProviderError> {
        let nodes: BTreeSet<_> = nodes
            .nodes
            .iter()
            .filter_map(|node| instance_id(&node.provider_id))
            .collect();
        let mut leaving = BTreeSet::new();
        for (name, surplus, wanted) in &wanted {
            let departures = departures(observed, name, surplus, wanted, &nodes);
            leaving.extend(departures.iter().flat_map(Departures::mass).cloned());
        }
        if leaving.is_empty() {
            self.wishes.forget(keeper);
            return Ok(None);
        }
        let ended = match self.cluster.ended(&leaving).await.map_err(ProviderError::from) {
            Ok(ended) => ended,
            Err(error @ ProviderError::Closed(_)) => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "cannot tell whether the instances of nodes that are gone have ended");
                BTreeSet::new()
            }
        };
        let staying = self.wishes.staying(keeper, &leaving, &ended);
        for (name, surplus, wanted) in &mut wanted {
            let held: Vec<Target> = departures(observed, name, surplus, wanted, &nodes)
                .iter()
                .filter(|departures| !departures.mass().is_empty())
                .flat_map(|departures| departures.on(&staying))
                .cloned()
                .collect();
            wanted.extend(held);
        }
        Ok((!staying.is_empty()).then(|| held_warning(staying.len(), self.settings.mass_removal_delay)))
    }
}

fn departures<'a>(
    observed: &'a Observed,
    name: &ResourceName,
    surplus: &'a Surplus,
    wanted: &'a BTreeSet<Target>,
    nodes: &'a BTreeSet<InstanceId>,
) -> Option<Departures<'a>> {
    let mut known = observed.target_groups.iter();
    let known = known.find(|known| known.spec.name == *name)?;
    Some(Departures {
        present: &known.spec.targets,
        wanted,
        surplus,
        nodes,
    })
}

fn held_warning(count: usize, delay: Duration) -> Warning {
    Warning {
        reason: "TargetsHeld",
        message: format!(
            "{count} nodes are gone, and with them more than half of the targets of a target group: that may be a fault of the \
             node list, so their targets stay until it has lasted for {delay:?}; new nodes are registered meanwhile, and \
             instances that EC2 shows as terminated leave at once. --mass-removal-delay sets the time"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELAY: Duration = Duration::from_secs(300);

    fn instances(ids: &[&str]) -> BTreeSet<InstanceId> {
        ids.iter().map(|id| InstanceId::new(*id)).collect()
    }

    fn keeper() -> Keeper {
        Keeper::Service("uid".to_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn each_instance_waits_for_itself_and_one_that_came_back_waits_anew() {
        let wishes = Wishes::new(DELAY);
        let staying = |ids: &[&str]| wishes.staying(&keeper(), &instances(ids), &BTreeSet::new());
        assert_eq!(staying(&["i-1", "i-2"]), instances(&["i-1", "i-2"]));
        tokio::time::advance(DELAY / 2).await;
        assert_eq!(staying(&["i-1", "i-3"]), instances(&["i-1", "i-3"]));
        assert_eq!(wishes.rest(&keeper()), Some(DELAY / 2));
        tokio::time::advance(DELAY / 2).await;
        assert_eq!(staying(&["i-1", "i-2", "i-3"]), instances(&["i-2", "i-3"]));
        assert_eq!(wishes.rest(&keeper()), Some(DELAY / 2));
    }

    #[tokio::test(start_paused = true)]
    async fn instances_that_have_ended_do_not_wait() {
        let wishes = Wishes::new(DELAY);
        let staying = wishes.staying(&keeper(), &instances(&["i-1", "i-2"]), &instances(&["i-1"]));
        assert_eq!(staying, instances(&["i-2"]));
        let staying = wishes.staying(&keeper(), &instances(&["i-1"]), &instances(&["i-1"]));
        assert_eq!((staying, wishes.rest(&keeper())), (instances(&[]), None));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_forgotten_waits_anew() {
        let wishes = Wishes::new(DELAY);
        wishes.staying(&keeper(), &instances(&["i-1"]), &BTreeSet::new());
        tokio::time::advance(DELAY).await;
        wishes.forget(&keeper());
        assert_eq!(wishes.rest(&keeper()), None);
        let staying = wishes.staying(&keeper(), &instances(&["i-1"]), &BTreeSet::new());
        assert_eq!(staying, instances(&["i-1"]));
    }
}
