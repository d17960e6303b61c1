//! PURE. The allowance of calls: it grows with time at a fixed rate, and what is done is paid afterwards.

use std::time::Duration;

use tokio::time::Instant;

/// Minutes for which calls are saved up, so that audits may be that far apart and still use all of them.
const SAVED_MINUTES: u32 = 10;

/// The allowance. A piece of work may begin while it is above zero and may overdraw it, so the rate holds in the long run
/// whatever one piece costs.
#[derive(Debug)]
pub(super) struct Budget {
    calls_per_minute: u32,
    allowance: f64,
    filled: Instant,
}

impl Budget {
    /// An allowance for one minute to begin with.
    pub(super) fn new(calls_per_minute: u32, now: Instant) -> Self {
        Self {
            calls_per_minute,
            allowance: f64::from(calls_per_minute),
            filled: now,
        }
    }

    /// Adds what has become due.
    pub(super) fn fill(&mut self, now: Instant) {
        let elapsed: Duration = now.saturating_duration_since(self.filled);
        let rate = f64::from(self.calls_per_minute);
        let most = rate * f64::from(SAVED_MINUTES);
        self.allowance = (self.allowance + rate * elapsed.as_secs_f64() / 60.0).min(most);
        self.filled = now;
    }

    /// May another piece of work begin?
    pub(super) fn is_left(&self) -> bool {
        self.allowance > 0.0
    }

    /// Pays for calls that were made.
    pub(super) fn pay(&mut self, calls: usize) {
        self.allowance -= f64::from(u32::try_from(calls).unwrap_or(u32::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn work_may_begin_while_something_is_left_and_is_paid_back_later() {
        let start = Instant::now();
        let mut budget = Budget::new(60, start);
        budget.pay(59);
        assert!(budget.is_left());
        budget.pay(31);
        assert!(!budget.is_left());
        budget.fill(start + MINUTE / 2);
        assert!(!budget.is_left());
        budget.fill(start + MINUTE);
        assert!(budget.is_left());
    }

    #[test]
    fn no_more_than_ten_minutes_are_saved_up() {
        let start = Instant::now();
        let mut budget = Budget::new(60, start);
        budget.fill(start + MINUTE * 1000);
        budget.pay(600);
        assert!(!budget.is_left());
    }
}
