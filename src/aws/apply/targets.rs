//! AWS refuses a whole `RegisterTargets` where one instance cannot be a target, such as a terminated one. The batch is
//! halved until the others are in. Where AWS's rate has nothing left for targets, a Service that was never served goes on
//! without them, because a hostname is waited for; one that is served does not turn traffic to where no target is yet.

use std::collections::BTreeSet;

use super::{Applied, Apply};
use crate::aws::api::AwsApi;
use crate::aws::error::{AwsError, ErrorKind};
use crate::aws::observed::Outcome;
use crate::aws::plan::step::Step;
use crate::aws::stack::{ResourceName, Target};
use crate::provider::ProviderError;

const REGISTER: &str = "elasticloadbalancing:RegisterTargets";

impl<A: AwsApi> Apply<'_, A> {
    /// Do targets that wait to be registered keep the stages that are left from running? Not those of a Service that no
    /// client knows yet.
    ///
    /// # Errors
    /// Where something else than targets is left.
    pub(super) fn must_fill_first(&self, applied: &Applied, left: &[Vec<Step>]) -> Result<bool, ProviderError> {
        let Some(held) = applied
            .held
            .filter(|held| self.served_before && held.action == REGISTER)
        else {
            return Ok(false);
        };
        let mut left = left.iter().flatten();
        let only_targets = left.all(|step| matches!(step, Step::DeregisterTargets { .. }));
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
                    open.extend(halves(targets, error, &mut applied)?);
                }
            }
        }
        Ok(applied)
    }
}

/// What to try next after a refusal. A target that is refused alone is left out.
fn halves(
    targets: BTreeSet<Target>,
    error: AwsError,
    applied: &mut Applied,
) -> Result<Vec<BTreeSet<Target>>, ProviderError> {
    if error.kind != ErrorKind::InvalidTarget {
        return Err(error.into());
    }
    if targets.len() == 1 {
        tracing::warn!(%error, "an instance cannot be a target");
        applied
            .refused
            .extend(targets.into_iter().map(|target| target.instance));
        return Ok(Vec::new());
    }
    let mut first: Vec<Target> = targets.into_iter().collect();
    let second = first.split_off(first.len() / 2);
    Ok(vec![first.into_iter().collect(), second.into_iter().collect()])
}
