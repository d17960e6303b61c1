//! What can happen to a call.

use std::collections::BTreeMap;
use std::time::Duration;

use elbow::aws::error::{AwsError, TIMEOUT, UNREACHABLE};
use elbow::fence::Closed;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::dice::Dice;

/// What happens to one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The process dies before the call is sent.
    DieBefore,
    /// The process dies after AWS has done it, before the answer arrives.
    DieAfter,
    /// AWS answers with this code and has done nothing.
    Refuse(&'static str),
    /// So it does three times in a row: to this call and to the next two of the same action.
    RefuseThrice(&'static str),
    /// The fence lets nothing out any more.
    Close,
    /// AWS has done it, and the answer is lost.
    LoseAnswer,
    /// A read shows what there was before so many writes.
    Stale(usize),
    /// It takes so long. Beyond elbow's own deadline the caller has an error, and AWS does it all the same at its end.
    Slow(Duration),
    /// From this call on nothing comes through for so long.
    Outage(Duration),
}

/// What will happen to which calls.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    by_number: BTreeMap<usize, Fault>,
    /// Can this happen to a call of this action?
    suits: Option<fn(&str, &Fault) -> bool>,
    again: Vec<(&'static str, &'static str)>,
    /// Bad weather: a share of all calls fails.
    weather: Option<Weather>,
    /// Until then no call is let through, and this is what each of them is told.
    refused_until: Option<(Instant, &'static str)>,
}

/// A share of all calls that fails, in one of these ways.
#[derive(Clone, Debug)]
pub(crate) struct Weather {
    /// In percent.
    pub(crate) share: u64,
    pub(crate) faults: Vec<Fault>,
    pub(crate) dice: Dice,
}

impl Faults {
    pub(super) fn set(&mut self, number: usize, fault: Fault) {
        self.by_number.insert(number, fault);
    }

    pub(super) fn set_weather(&mut self, weather: Weather) {
        self.weather = Some(weather);
    }

    pub(super) fn refuse_until(&mut self, end: Instant, code: &'static str) {
        self.refused_until = Some((end, code));
    }

    /// From now on only these faults of an action happen to single calls: a number may be that of another call than was meant.
    pub(super) fn keep_to(&mut self, suits: fn(&str, &Fault) -> bool) {
        self.suits = Some(suits);
    }

    /// Takes away what was to happen to single calls. Was there anything?
    pub(super) fn clear(&mut self) -> bool {
        !std::mem::take(&mut self.by_number).is_empty()
    }

    /// What happens to the call of this number.
    pub(super) fn take(&mut self, number: usize, action: &'static str) -> Option<Fault> {
        if let Some((end, code)) = self.refused_until
            && Instant::now() < end
        {
            return Some(Fault::Refuse(code));
        }
        if let Some(place) = self.again.iter().position(|(of, _)| *of == action) {
            return Some(Fault::Refuse(self.again.remove(place).1));
        }
        let suits = |fault: &Fault| self.suits.is_none_or(|suits| suits(action, fault));
        let fault = self.by_number.remove(&number).filter(suits);
        if let Some(Fault::RefuseThrice(code)) = fault {
            self.again.extend([(action, code), (action, code)]);
        }
        if let Some(Fault::Outage(time)) = fault {
            self.refuse_until(Instant::now() + time, UNREACHABLE);
        }
        fault.or_else(|| self.weather.as_mut()?.strike())
    }
}

impl Weather {
    fn strike(&mut self) -> Option<Fault> {
        let hit = self.dice.below(100) < self.share;
        hit.then(|| self.dice.pick(&self.faults).clone())
    }
}

impl Fault {
    /// Does AWS do what the call asks for?
    pub(super) fn is_done(&self) -> bool {
        matches!(self, Self::DieAfter | Self::LoseAnswer | Self::Stale(_) | Self::Slow(_))
    }

    /// May it mislead about what AWS holds, so that only a later look shows the truth?
    pub(crate) fn misleads(&self) -> bool {
        matches!(self, Self::Stale(_) | Self::Slow(_))
    }

    /// Ends the call.
    pub(super) async fn strike(self, action: &'static str, crashed: &Notify) -> Result<(), AwsError> {
        match self {
            Self::DieBefore | Self::DieAfter => {
                crashed.notify_one();
                std::future::pending().await
            }
            Self::Close => Err(AwsError::closed(action, Closed::NotLeader)),
            Self::Refuse(code) | Self::RefuseThrice(code) => Err(AwsError::new(action, code, "injected")),
            Self::LoseAnswer => Err(AwsError::new(action, TIMEOUT, "injected")),
            Self::Outage(_) => Err(AwsError::new(action, UNREACHABLE, "injected")),
            Self::Stale(_) | Self::Slow(_) => Ok(()),
        }
    }
}
