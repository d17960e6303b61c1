//! PURE. The bucket of one class with the line before it.

use std::time::Duration;

use tokio::time::Instant;

use super::bucket::Bucket;
use super::line::{Line, Rank, Who};
use super::priority::Priority;
use super::rates::Rate;

/// Nobody is told to come back later than this: until then AWS may have become faster or slower, and others may have left.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Nor sooner than this, or rounding would make it ask twice.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

/// A request for a token.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) who: Who,
    pub(super) priority: Priority,
    /// As in [`Rank::seniority`].
    pub(super) seniority: u64,
    /// Which of the tokens it is that this one waits for, from 0: one token each.
    pub(super) skip: usize,
}

/// The answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// One token is taken.
    Granted,
    /// Not yet. The place in the line is kept for one who asks again after `wait`.
    Wait {
        /// How long it takes if nobody of a higher priority comes.
        wait: Duration,
        /// How many get a token before.
        ahead: usize,
    },
}

/// The gate of one class.
#[derive(Debug)]
pub(super) struct Gate {
    bucket: Bucket,
    line: Line,
    next: u64,
    waits: Waits,
}

/// What has become of requests that had to wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Waits {
    /// How long those who have their token have waited in sum.
    pub(super) total: Duration,
    /// Calls that AWS has throttled all the same.
    pub(super) throttled: u64,
}

impl Gate {
    /// A gate that is open for the whole burst.
    pub(super) fn new(rate: Rate, now: Instant) -> Self {
        Self {
            bucket: Bucket::new(rate, now),
            line: Line::default(),
            next: 0,
            waits: Waits::default(),
        }
    }

    /// Gives a token to who asks, or a place in the line. Asked again, it goes on from the place that it has.
    pub(super) fn ask(&mut self, ask: Ask, now: Instant) -> Turn {
        self.bucket.fill(now);
        self.line.expire(now);
        let rank = match self.line.find(&ask.who, ask.skip) {
            Some(rank) => self.line.promote(rank, ask.priority),
            None => self.join(ask, now),
        };
        let ahead = self.line.ahead(rank);
        let needed = ahead.saturating_add(1);
        if self.bucket.holds(needed) {
            self.bucket.take();
            self.served(rank, now);
            return Turn::Granted;
        }
        let wait = self.bucket.time_to(needed).clamp(SHORTEST_WAIT, LONGEST_WAIT);
        self.line.postpone(rank, now + wait);
        Turn::Wait { wait, ahead }
    }

    /// So many calls were sent without asking.
    pub(super) fn spend(&mut self, calls: usize) {
        (0..calls).for_each(|_| self.bucket.take());
    }

    /// This one wants nothing any more.
    pub(super) fn leave(&mut self, who: &Who) {
        self.line.leave(who);
    }

    /// AWS has throttled a call that was sent at `sent`.
    pub(super) fn throttled(&mut self, sent: Instant, now: Instant) {
        self.waits.throttled = self.waits.throttled.saturating_add(1);
        self.bucket.throttled(sent, now);
    }

    /// The bucket as it is now.
    pub(super) fn bucket(&mut self, now: Instant) -> &Bucket {
        self.bucket.fill(now);
        &self.bucket
    }

    /// How many wait now.
    pub(super) fn waiting(&mut self, now: Instant) -> usize {
        self.line.expire(now);
        self.line.len()
    }

    /// How long requests have waited so far.
    pub(super) fn waits(&self) -> Waits {
        self.waits
    }

    fn join(&mut self, ask: Ask, now: Instant) -> Rank {
        let rank = Rank {
            priority: ask.priority,
            seniority: ask.seniority,
            number: self.next,
        };
        self.next = self.next.saturating_add(1);
        self.line.join(rank, ask.who, now);
        rank
    }

    fn served(&mut self, rank: Rank, now: Instant) {
        let asked = self.line.serve(rank).unwrap_or(now);
        let waited = now.saturating_duration_since(asked);
        self.waits.total = self.waits.total.saturating_add(waited);
    }
}

#[cfg(test)]
mod tests;
