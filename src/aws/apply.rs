//! Runs a [`Plan`]: the only code that writes to AWS. Every success is recorded at once, so that whatever happens next,
//! the next pass begins where this one ended.

mod names;
mod namesakes;
mod optional;
mod send;
mod targets;

use std::collections::BTreeSet;
use std::time::Duration;

use futures::stream::{self, StreamExt};

use crate::aws::api::AwsApi;
use crate::aws::error::{AwsError, ErrorKind};
use crate::aws::ids::InstanceId;
use crate::aws::inventory::{Inventory, Write};
use crate::aws::ownership::Keeper;
use crate::aws::pace::{Held, Turns};
use crate::aws::plan::Plan;
use crate::aws::plan::step::Step;
use crate::aws::stack::LoadBalancer;
use crate::provider::{ProviderError, Retry};

/// Steps of one stage that run at the same time: enough for a Service of many ports, and few enough that one Service does
/// not use up the account's rate alone (the writes of ELBv2 refill at some 3 a second).
const STEPS_AT_ONCE: usize = 8;

/// What came of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Applied {
    /// Writes that AWS has accepted.
    pub(crate) writes: usize,
    /// AWS was found to hold something that was not known, so the rest of the plan was left: look again and plan again.
    pub(crate) unsettled: bool,
    /// Instances that AWS refuses to register. The other targets are registered.
    pub(crate) refused: BTreeSet<InstanceId>,
    /// By which words AWS has refused targets for want of quota. Those that there was room for are registered.
    pub(crate) full: Option<AwsError>,
    /// Why optional features are not as wanted; all else is.
    pub(crate) degraded: Vec<ProviderError>,
    /// Optional features wait for a load balancer to be active.
    pub(crate) waits: bool,
    /// Targets wait for AWS's rate to be registered or deregistered, and what is not to come before that.
    pub(crate) held: Option<Held>,
}

/// Applies plans for one keeper.
pub(crate) struct Apply<'a, A> {
    pub(crate) api: &'a A,
    pub(crate) inventory: &'a Inventory<A>,
    /// Whose turn it is: each write takes one.
    pub(crate) turns: Turns<'a>,
    pub(crate) keeper: &'a Keeper,
    /// Was the Service served before? Then its load balancer may stand without our tags, which somebody took off.
    pub(crate) served_before: bool,
}

impl<A: AwsApi> Apply<'_, A> {
    /// Runs the stages one after the other and the steps of a stage at the same time. After a failed step no new stage
    /// begins; the other steps of its stage are brought to their end. A failed step that is optional stops nothing. A step
    /// for which AWS's rate has nothing left is not sent, which counts as failed but for targets: see [`Applied::held`].
    ///
    /// # Errors
    /// The first error in the order of the stage, but [`ProviderError::Closed`] before all others and
    /// [`ProviderError::Paced`] behind them.
    pub(crate) async fn run(&self, plan: &Plan) -> Result<Applied, ProviderError> {
        let mut applied = Applied::default();
        for (number, stage) in plan.stages.iter().enumerate() {
            let steps = stage.iter().filter(|step| !applied.must_remember(step));
            let steps: Vec<_> = steps.map(|step| self.step(step)).collect();
            let ends: Vec<_> = stream::iter(steps).buffered(STEPS_AT_ONCE).collect().await;
            let mut errors = Vec::new();
            for end in ends {
                match end {
                    Ok(end) => applied.add(end),
                    Err(error) => errors.push(error),
                }
            }
            if let Some(error) = most_telling(errors) {
                return Err(error);
            }
            if applied.unsettled || self.must_fill_first(&applied, &plan.stages[number + 1..])? {
                break;
            }
        }
        Ok(applied)
    }

    async fn step(&self, step: &Step) -> Result<Applied, ProviderError> {
        if self.is_too_early(step) {
            return Ok(Applied::waiting());
        }
        match step {
            Step::RegisterTargets { target_group, targets } => return self.register(target_group, targets).await,
            Step::DeregisterTargets { .. } => {
                if let Err(held) = self.turns.take(step.action()) {
                    return Ok(Applied::held(held));
                }
            }
            _ => self.turns.take(step.action())?,
        }
        tracing::info!(%step, "writing to AWS");
        match step {
            step if step.is_optional() => self.optional(step).await,
            Step::CreateLoadBalancer(wanted) if self.may_be_held(wanted) && self.is_name_held(wanted).await? => {
                self.inventory.begin_write(self.keeper).unknown();
                Ok(Applied::unsettled())
            }
            _ => self.write(step).await,
        }
    }

    /// A name that nobody else chooses is free for a Service that was never served: asking would be one more call.
    fn may_be_held(&self, wanted: &LoadBalancer) -> bool {
        wanted.explicit_name || self.served_before
    }

    async fn write(&self, step: &Step) -> Result<Applied, ProviderError> {
        let write = self.inventory.begin_write(self.keeper);
        match self.send(step).await {
            Ok(outcome) => {
                write.done(step, &outcome);
                Ok(Applied::one())
            }
            Err(error) => self.after_failure(step, write, error).await,
        }
    }

    /// Some failures are none: the wanted state is there already.
    async fn after_failure(&self, step: &Step, write: Write<'_, A>, error: AwsError) -> Result<Applied, ProviderError> {
        let is_rule = matches!(step, Step::AuthorizeIngress { .. } | Step::RevokeIngress { .. });
        match error.kind {
            // Gone, or so new that not all of AWS has heard of it: the next look tells.
            ErrorKind::NotFound if step.is_delete() => {
                write.unknown();
                Ok(Applied::unsettled())
            }
            // AWS refuses the call as a whole, so which of the rules are there has to be read.
            ErrorKind::NotFound | ErrorKind::AlreadyExists if is_rule => {
                write.unknown();
                Ok(Applied::unsettled())
            }
            ErrorKind::AlreadyExists => {
                write.unknown();
                self.check_namesake(step, error).await?;
                Ok(Applied::unsettled())
            }
            _ => {
                self.settle(write, &error);
                Err(error.into())
            }
        }
    }

    /// What a failed write leaves behind in the memory.
    fn settle(&self, write: Write<'_, A>, error: &AwsError) {
        match error.kind {
            ErrorKind::InUse
            | ErrorKind::Throttled
            | ErrorKind::Denied
            | ErrorKind::Quota
            | ErrorKind::InvalidTarget
            | ErrorKind::Protected => write.refused(),
            ErrorKind::NotFound | ErrorKind::AlreadyExists | ErrorKind::Rejected | ErrorKind::Transient => {
                write.unknown();
            }
            ErrorKind::Closed(_) => {
                write.unknown();
                // Whoever leads next changes what is known here.
                self.inventory.forget();
            }
        }
    }
}

impl Applied {
    fn waiting() -> Self {
        Self {
            waits: true,
            ..Self::default()
        }
    }

    fn held(held: Held) -> Self {
        Self {
            held: Some(held),
            ..Self::default()
        }
    }

    fn one() -> Self {
        Self {
            writes: 1,
            ..Self::default()
        }
    }

    fn unsettled() -> Self {
        Self {
            unsettled: true,
            ..Self::default()
        }
    }

    /// A feature that could not be taken away yet must not be forgotten: is the step to be left out for that?
    fn must_remember(&self, step: &Step) -> bool {
        (self.waits || !self.degraded.is_empty()) && step.is_about_extras()
    }

    /// Adds what came of the next plan for the same keeper, whose end says how things stand.
    pub(crate) fn follow(&mut self, next: Self) {
        (self.unsettled, self.waits) = (false, false);
        (self.full, self.held) = (None, None);
        self.degraded.clear();
        self.add(next);
    }

    /// A failure of an optional feature that time heals, so that trying again soon makes sense.
    pub(crate) fn passing_failure(&self) -> Option<ProviderError> {
        let mut passing = self.degraded.iter().filter(|error| error.retry() == Retry::Backoff);
        passing.next().cloned()
    }

    /// Adds what came of other steps of the same plan.
    fn add(&mut self, other: Self) {
        self.writes = self.writes.saturating_add(other.writes);
        self.unsettled |= other.unsettled;
        self.refused.extend(other.refused);
        self.full = self.full.take().or(other.full);
        self.degraded.extend(other.degraded);
        self.waits |= other.waits;
        self.held = self.held.into_iter().chain(other.held).min_by_key(|held| held.wait);
    }
}

fn most_telling(errors: Vec<ProviderError>) -> Option<ProviderError> {
    let closed = errors.iter().find(|error| matches!(error, ProviderError::Closed(_)));
    let (paced, failed): (Vec<_>, Vec<_>) = errors
        .iter()
        .partition(|error| matches!(error, ProviderError::Paced { .. }));
    let next = paced.into_iter().min_by_key(|error| wait(error));
    closed.or(failed.first().copied()).or(next).cloned()
}

fn wait(error: &ProviderError) -> Option<Duration> {
    match error {
        ProviderError::Paced { wait, .. } => Some(*wait),
        _ => None,
    }
}
