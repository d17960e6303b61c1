//! PURE. ([`Stack`], [`Observed`]) -> [`Plan`]: the ordered, smallest set of steps. One file a concern; `stages` says in
//! which order.

mod addresses;
mod attributes;
mod certificates;
mod departures;
mod exchange;
mod extras;
mod hold;
mod ingress;
mod listeners;
mod load_balancers;
mod matching;
mod removal;
mod security_groups;
mod stages;
pub mod step;
mod tags;
mod target_groups;

use crate::aws::observed::{Observed, ObservedLoadBalancer};
use crate::aws::stack::Stack;
pub(crate) use departures::{Departures, staying};
pub(crate) use hold::{hold, standing_targets};
use matching::Matching;
use stages::Stages;
use step::Step;

/// Steps in stages: those of one stage are independent of each other and run at the same time; a stage begins when the
/// one before is done. An empty plan means that AWS is as wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// No stage is empty.
    pub stages: Vec<Vec<Step>>,
}

/// What happens to load balancers of the owner that are not the wanted one: those that a change of scheme or name has
/// replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// They stay as they are, with their target groups and security groups: clients may still use them.
    Keep,
    /// They go once the wanted one stands.
    Remove,
}

/// May deletion protection be switched off to delete what is to go?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// The user has said so.
    Given,
    /// Nobody has said so: AWS refuses to delete what is protected.
    Missing,
}

impl Plan {
    /// Is there nothing to do?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stages.is_empty()
    }

    /// All steps, stage after stage.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.stages.iter().flatten()
    }
}

/// The steps that make `observed` equal to `stack`.
///
/// What replaces something serves before the other goes, with one exception: a load balancer that has the wanted name but
/// another scheme or kind goes first, even under [`Replaced::Keep`], because AWS keeps names unique, and schemes and kinds fixed.
/// Names that elbow derives differ by both, so this happens only where the user has fixed the name.
///
/// Other load balancers stay even under [`Replaced::Remove`] where they are protected from deletion, see [`protected`],
/// unless the stack says in words that there shall be no protection.
///
/// Targets are never taken away where none at all is wanted: an empty node list is more likely a fault than a wish.
#[must_use]
pub fn plan(stack: &Stack, observed: &Observed, replaced: Replaced) -> Plan {
    let matching = Matching::new(stack, observed, replaced);
    let mut stages = Stages::default();
    removal::add_obstacles(&matching, &mut stages);
    security_groups::add_steps(&matching, &mut stages);
    target_groups::add_steps(&matching, &mut stages);
    load_balancers::add_steps(&matching, &mut stages);
    listeners::add_steps(&matching, &mut stages);
    removal::add_surplus(&matching, &mut stages);
    stages.into_plan()
}

/// Load balancers that are not the stack's and stay because they are protected from deletion.
pub fn protected<'a>(stack: &Stack, observed: &'a Observed) -> impl Iterator<Item = &'a ObservedLoadBalancer> {
    let others = observed.load_balancers.iter();
    others.filter(|known| known.spec.name != stack.load_balancer.name && removal::stays(stack, known))
}

/// The steps that delete all that is observed. What is protected from deletion loses its protection first where there is
/// consent.
#[must_use]
pub fn teardown(observed: &Observed, consent: Consent) -> Plan {
    let mut stages = Stages::default();
    removal::add_everything(observed, consent, &mut stages);
    stages.into_plan()
}

#[cfg(test)]
pub(crate) mod tests;
