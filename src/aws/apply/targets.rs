//! AWS refuses a whole `RegisterTargets` where one instance cannot be a target, such as a terminated one, and where not all
//! of them fit into a quota. The batch is halved until the others are in.

use std::collections::BTreeSet;

use super::{Applied, Apply};
use crate::aws::api::AwsApi;
use crate::aws::error::{AwsError, ErrorKind};
use crate::aws::observed::Outcome;
use crate::aws::plan::step::Step;
use crate::aws::stack::{ResourceName, Target};
use crate::provider::ProviderError;

impl<A: AwsApi> Apply<'_, A> {
    pub(super) async fn register(
        &self,
        target_group: &ResourceName,
        targets: &BTreeSet<Target>,
    ) -> Result<Applied, ProviderError> {
        let arn = self.target_group("elasticloadbalancing:RegisterTargets", target_group);
        let arn = arn.inspect_err(|_| self.inventory.begin_write(self.keeper).unknown())?;
        let mut applied = Applied::default();
        let mut open = vec![targets.clone()];
        while let Some(targets) = open.pop() {
            let write = self.inventory.begin_write(self.keeper);
            match self.api.register_targets(&arn, &targets).await {
                Ok(()) => {
                    let target_group = target_group.clone();
                    write.done(&Step::RegisterTargets { target_group, targets }, &Outcome::Done);
                    applied.add(Applied::one());
                }
                Err(error) => {
                    self.settle(write, &error);
                    open.extend(halves(targets, error, &mut applied)?);
                }
            }
            if applied.full.is_some() {
                break;
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
    let is_full = error.kind == ErrorKind::Quota;
    if !is_full && error.kind != ErrorKind::InvalidTarget {
        return Err(error.into());
    }
    if targets.len() > 1 {
        let mut first: Vec<Target> = targets.into_iter().collect();
        let second = first.split_off(first.len() / 2);
        return Ok(vec![first.into_iter().collect(), second.into_iter().collect()]);
    }
    if is_full {
        tracing::warn!(%error, "AWS takes no more targets");
        applied.full = Some(error);
    } else {
        tracing::warn!(%error, "an instance cannot be a target");
        let instances = targets.into_iter().map(|target| target.instance);
        applied.refused.extend(instances);
    }
    Ok(Vec::new())
}
