//! AWS refuses a whole `RegisterTargets` where one instance cannot be a target, such as a terminated one, and where not all
//! of them fit into a quota. The batch is halved until the others are in. Where AWS's rate has nothing left for targets, a
//! Service that was never served goes on without them, because a hostname is waited for; one that is served does not turn
//! traffic to where no target is yet.

use std::collections::BTreeSet;

use super::{Applied, Apply};
use crate::aws::api::AwsApi;
use crate::aws::error::{AwsError, ErrorKind};
use crate::aws::observed::Outcome;
use crate::aws::pace::Held;
use crate::aws::plan::step::Step;
use crate::aws::stack::{ResourceName, Target};
use crate::provider::ProviderError;

const REGISTER: &str = "elasticloadbalancing:RegisterTargets";

impl<A: AwsApi> Apply<'_, A> {
    /// Do targets that wait to be registered, or for room to be registered in, keep the stages that are left from running? Not
    /// those of a Service that no client knows yet.
    ///
    /// # Errors
    /// Where something else than targets is left.
    pub(super) fn must_fill_first(&self, applied: &Applied, left: &[Vec<Step>]) -> Result<bool, ProviderError> {
        let fills = |step: &Step| matches!(step, Step::RegisterTargets { .. });
        let is_waited_for = |held: &Held| held.action == REGISTER || left.iter().flatten().any(fills);
        let held = applied.held.filter(|held| self.served_before && is_waited_for(held));
        let Some(held) = held else {
            return Ok(false);
        };
        let empties = |step: &Step| matches!(step, Step::DeregisterTargets { .. });
        let only_targets = left.iter().flatten().all(|step| fills(step) || empties(step));
        if only_targets { Ok(true) } else { Err(held.into()) }
    }

    pub(super) async fn register(
        &self,
        target_group: &ResourceName,
        targets: &BTreeSet<Target>,
    ) -> Result<Applied, ProviderError> {
        let arn = self.target_group(REGISTER, target_group);
        let arn = arn.inspect_err(|_| self.inventory.begin_write(self.keeper).unknown())?;
        let mut applied = Applied::default();
        let mut open = vec![targets.clone()];
        while let Some(targets) = open.pop() {
            if let Err(held) = self.turns.take(REGISTER) {
                applied.add(Applied::held(held));
                break;
            }
            let step = Step::RegisterTargets {
                target_group: target_group.clone(),
                targets: targets.clone(),
            };
            tracing::info!(%step, "writing to AWS");
            let write = self.inventory.begin_write(self.keeper);
            match self.api.register_targets(&arn, &targets).await {
                Ok(()) => {
                    write.done(&step, &Outcome::Done);
                    applied.add(Applied::one());
                }
                Err(error) => {
                    self.settle(write, &error);
                    let not_even_one_fits = error.kind == ErrorKind::Quota && targets.len() == 1;
                    open.extend(halves(targets, error, &mut applied)?);
                    if not_even_one_fits {
                        break;
                    }
                }
            }
        }
        // What would have gone once these were in has to stay: look again and plan again.
        applied.unsettled = applied.full.is_some() || (applied.writes == 0 && !applied.refused.is_empty());
        Ok(applied)
    }
}

/// What to try next after a refusal. A target that is refused alone is left out.
fn halves(
    targets: BTreeSet<Target>,
    error: AwsError,
    applied: &mut Applied,
) -> Result<Vec<BTreeSet<Target>>, ProviderError> {
    let sole = targets.len() == 1;
    match error.kind {
        // Told even where others of the batch fit, because the turn of this Service may end before that is known.
        ErrorKind::Quota => applied.full = Some(error),
        ErrorKind::InvalidTarget if sole => {
            tracing::warn!(%error, "an instance cannot be a target");
            let instances = targets.iter().map(|target| target.instance.clone());
            applied.refused.extend(instances);
        }
        ErrorKind::InvalidTarget => {}
        _ => return Err(error.into()),
    }
    if sole {
        return Ok(Vec::new());
    }
    let mut first: Vec<Target> = targets.into_iter().collect();
    let second = first.split_off(first.len() / 2);
    Ok(vec![first.into_iter().collect(), second.into_iter().collect()])
}
