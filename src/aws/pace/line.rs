//! PURE. Who waits for tokens of one class, and in which order they get them.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::priority::Priority;
use crate::aws::ownership::Keeper;

/// Of so many tokens in a row one goes to who waits longest behind a higher priority, so that nobody starves.
pub(super) const SHARE_OF_OTHERS: u32 = 5;
/// How long a place is kept for one who does not come back when its turn comes.
const GRACE: Duration = Duration::from_secs(10);

/// Who waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// A read, which waits where it is.
    Call(u64),
    /// Writes for a keeper: it leaves, and comes back when its turn comes.
    Keeper(Keeper),
}

/// The order in which tokens are given: by priority, then by who has waited longest for its work as a whole, then by who
/// has waited longest for this token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    pub(super) priority: Priority,
    /// Lower for a keeper whose work began earlier, so that it is finished before more is begun.
    pub(super) seniority: u64,
    /// Lower for who asked earlier.
    pub(super) number: u64,
}

/// A place in the line.
#[derive(Clone, Debug)]
struct Place {
    who: Who,
    asked: Instant,
    /// When it was told to come back.
    due: Instant,
}

/// The line of one class.
#[derive(Debug, Default)]
pub(super) struct Line {
    places: BTreeMap<Rank, Place>,
    /// Tokens in a row that were given while somebody of a lower priority waited.
    streak: u32,
}

impl Line {
    /// The rank of the place that is `skip` behind the first of those that this one has.
    pub(super) fn find(&self, who: &Who, skip: usize) -> Option<Rank> {
        let places = self.places.iter().filter(|(_, place)| place.who == *who);
        let mut ranks: Vec<Rank> = places.map(|(rank, _)| *rank).collect();
        ranks.sort_unstable_by_key(|rank| rank.number);
        ranks.get(skip).copied()
    }

    /// Takes a place.
    pub(super) fn join(&mut self, rank: Rank, who: Who, now: Instant) {
        let (asked, due) = (now, now);
        self.places.insert(rank, Place { who, asked, due });
    }

    /// Moves a place forward if `priority` is a higher one than it had. Returns its rank since.
    pub(super) fn promote(&mut self, rank: Rank, priority: Priority) -> Rank {
        let better = Rank {
            priority: priority.min(rank.priority),
            ..rank
        };
        if let Some(place) = self.places.remove(&rank) {
            self.places.insert(better, place);
        }
        better
    }

    /// Says when the one at this place comes back.
    pub(super) fn postpone(&mut self, rank: Rank, due: Instant) {
        if let Some(place) = self.places.get_mut(&rank) {
            place.due = due;
        }
    }

    /// The one at this place has its token. Returns since when it had asked.
    pub(super) fn serve(&mut self, rank: Rank) -> Option<Instant> {
        let place = self.places.remove(&rank)?;
        let waits = |other: Option<(&Rank, &Place)>| other.map_or(rank.priority, |(other, _)| other.priority);
        let passed_over = waits(self.places.last_key_value()) > rank.priority;
        let gave_way = waits(self.places.first_key_value()) < rank.priority;
        self.streak = if passed_over && !gave_way {
            self.streak.saturating_add(1)
        } else {
            0
        };
        Some(place.asked)
    }

    /// Gives up all places of this one.
    pub(super) fn leave(&mut self, who: &Who) {
        self.places.retain(|_, place| place.who != *who);
    }

    /// Gives up the places of those who have not come back.
    pub(super) fn expire(&mut self, now: Instant) {
        self.places.retain(|_, place| now <= place.due + GRACE);
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// How many get a token before the one at this place.
    pub(super) fn ahead(&self, rank: Rank) -> usize {
        self.order().take_while(|other| *other != rank).count()
    }

    /// All places in the order in which they would be served if nobody came or went.
    fn order(&self) -> impl Iterator<Item = Rank> {
        let mut queues = [const { Vec::new() }; Priority::COUNT];
        for rank in self.places.keys().rev() {
            queues[rank.priority.index()].push(*rank);
        }
        let mut streak = self.streak;
        std::iter::from_fn(move || {
            let first = queues.iter().position(|queue| !queue.is_empty())?;
            let others = queues.iter().enumerate().skip(first + 1);
            let others = others.filter_map(|(index, queue)| Some((queue.last()?.number, index)));
            let longest = others.min().map(|(_, index)| index);
            let chosen = longest.filter(|_| streak + 1 >= SHARE_OF_OTHERS);
            streak = if longest.is_some() && chosen.is_none() {
                streak + 1
            } else {
                0
            };
            queues[chosen.unwrap_or(first)].pop()
        })
    }
}
