//! The pace of calls: a token bucket for each class of calls, as AWS has one, so that AWS never has to throttle; where it does
//! all the same, as when others use the account too, the class becomes slower, and slowly faster again.
//!
//! Reads wait in [`Paced`] until it is their turn. Writes do not wait there, because a pass that waits keeps its worker from
//! the other Services: [`Turns`] says whether a step may be sent now, and keeps its place in the line until it comes again.

mod bucket;
mod class;
mod figures;
mod gate;
mod line;
mod paced;
mod priority;
mod rates;
mod turns;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::aws::ownership::Keeper;
pub use class::{CLASSES, Class};
pub use figures::Figures;
use gate::{Ask, Gate, Turn};
use line::Who;
pub(crate) use paced::Paced;
pub(crate) use priority::{Priority, scoped};
pub use rates::{Rate, Rates};
pub(crate) use turns::{Held, Turns};

/// A read that waits looks again this often: the line before it may have become shorter.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// A keeper that has not asked for so long begins anew.
const FORGOTTEN: Duration = Duration::from_secs(120);

/// The gates of all classes. One for the process.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    rates: Rates,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// By the name of the class; only of those that were asked for.
    gates: HashMap<&'static str, Gate>,
    next: u64,
    /// When the work for a keeper began, as a number, and when it last asked.
    seniority: HashMap<Keeper, (u64, Instant)>,
}

impl Pace {
    /// Full buckets of these rates.
    pub(crate) fn new(rates: Rates) -> Self {
        Self {
            rates,
            state: Mutex::default(),
        }
    }

    /// Waits until it is the turn of a call of this IAM action. Cancelling gives the place in the line up.
    pub(crate) async fn admit(&self, action: &str) {
        let Some((class, rate)) = self.class(action) else {
            return;
        };
        let place = Place::new(self, class);
        while let Some(wait) = self.wait(class, rate, &place) {
            sleep(wait.min(LOOK_AGAIN)).await;
        }
    }

    /// How long a read has to wait yet; none once it has its token.
    fn wait(&self, class: &'static Class, rate: Rate, place: &Place<'_>) -> Option<Duration> {
        let now = Instant::now();
        let ask = Ask {
            who: Who::Call(place.call),
            priority: priority::current(),
            seniority: place.call,
            skip: 0,
        };
        match self.lock().gate(class, rate, now).ask(ask, now) {
            Turn::Granted => None,
            Turn::Wait { wait, .. } => Some(wait),
        }
    }

    /// Has AWS throttled a call of this action that was sent at `sent`?
    pub(crate) fn throttled(&self, action: &str, sent: Instant) {
        if let Some((class, rate)) = self.class(action) {
            let now = Instant::now();
            self.lock().gate(class, rate, now).throttled(sent, now);
        }
    }

    /// So many more calls of this action were sent than had asked.
    fn spend(&self, action: &str, calls: usize) {
        if let Some((class, rate)) = self.class(action) {
            self.lock().gate(class, rate, Instant::now()).spend(calls);
        }
    }

    /// All that was to be done for a keeper is done: it gives its places up.
    pub(crate) fn finished(&self, keeper: &Keeper) {
        let mut state = self.lock();
        state.seniority.remove(keeper);
        let who = Who::Keeper(keeper.clone());
        state.gates.values_mut().for_each(|gate| gate.leave(&who));
    }

    /// The turn of a write for a keeper, which waits for `skip` other tokens of the same class already.
    fn ask(&self, class: &'static Class, rate: Rate, keeper: &Keeper, skip: usize) -> Turn {
        let now = Instant::now();
        let mut state = self.lock();
        let ask = Ask {
            who: Who::Keeper(keeper.clone()),
            priority: priority::current(),
            seniority: state.seniority_of(keeper, now),
            skip,
        };
        state.gate(class, rate, now).ask(ask, now)
    }

    /// The class of an action with its rate; none where its calls do not wait.
    fn class(&self, action: &str) -> Option<(&'static Class, Rate)> {
        let class = Class::of(action)?;
        Some((class, self.rates.of(class)?))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn gate(&mut self, class: &'static Class, rate: Rate, now: Instant) -> &mut Gate {
        self.gates.entry(class.name).or_insert_with(|| Gate::new(rate, now))
    }

    fn number(&mut self) -> u64 {
        self.next = self.next.saturating_add(1);
        self.next
    }

    /// When the work for a keeper began: now, unless it has asked not long ago.
    fn seniority_of(&mut self, keeper: &Keeper, now: Instant) -> u64 {
        let new = self.number();
        self.seniority
            .retain(|_, (_, asked)| now.saturating_duration_since(*asked) < FORGOTTEN);
        let (seniority, asked) = self.seniority.entry(keeper.clone()).or_insert((new, now));
        *asked = now;
        *seniority
    }
}

/// A read's place in a line, given up with it.
struct Place<'a> {
    pace: &'a Pace,
    class: &'static Class,
    call: u64,
}

impl<'a> Place<'a> {
    fn new(pace: &'a Pace, class: &'static Class) -> Self {
        let call = pace.lock().number();
        Self { pace, class, call }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(gate) = self.pace.lock().gates.get_mut(self.class.name) {
            gate.leave(&Who::Call(self.call));
        }
    }
}

#[cfg(test)]
mod tests;
