//! The turns of writes: a step that cannot be sent at once is left out, and its place in the line is kept until the pass that
//! comes after the wait.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::gate::Turn;
use super::{Class, Pace};
use crate::aws::ownership::Keeper;
use crate::provider::ProviderError;

/// The writes of one run of a plan. Each of them asks once.
#[derive(Debug)]
pub(crate) struct Turns<'a> {
    pace: &'a Pace,
    keeper: &'a Keeper,
    /// How many of a class could not be sent in this run: the next one of it uses the place behind theirs.
    held: Mutex<HashMap<&'static str, usize>>,
}

/// A write that is not to be sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// The IAM action.
    pub(crate) action: &'static str,
    /// When its turn comes.
    pub(crate) wait: Duration,
    /// How many calls go before it.
    pub(crate) ahead: usize,
}

impl<'a> Turns<'a> {
    /// The turns of a new run for `keeper`.
    pub(crate) fn new(pace: &'a Pace, keeper: &'a Keeper) -> Self {
        Self {
            pace,
            keeper,
            held: Mutex::default(),
        }
    }

    /// May a call of this action be sent now? Who is told so has to send it, for the token is gone.
    ///
    /// # Errors
    /// When it has to wait.
    pub(crate) fn take(&self, action: &'static str) -> Result<(), Held> {
        let Some((class, rate)) = self.pace.class(action) else {
            return Ok(());
        };
        match self.pace.ask(class, rate, self.keeper, self.held_of(class)) {
            Turn::Granted => Ok(()),
            Turn::Wait { wait, ahead } => {
                self.hold(class);
                Err(Held { action, wait, ahead })
            }
        }
    }

    fn held_of(&self, class: &Class) -> usize {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.get(class.name).copied().unwrap_or_default()
    }

    fn hold(&self, class: &Class) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let held = held.entry(class.name).or_default();
        *held = held.saturating_add(1);
    }
}

impl Held {
    /// What is waited for, in words for people.
    pub(crate) fn describe(&self) -> String {
        let api = self.action.split_once(':').map_or(self.action, |(_, api)| api);
        let calls = if self.ahead == 1 { "call is" } else { "calls are" };
        format!("waiting for AWS's rate of {api}: {} {calls} before it", self.ahead)
    }
}

impl From<Held> for ProviderError {
    fn from(held: Held) -> Self {
        Self::Paced {
            action: held.action.to_owned(),
            wait: held.wait,
        }
    }
}
