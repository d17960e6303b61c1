//! PURE. A token bucket that never gives more than its rate, and less after AWS has throttled.

use std::time::Duration;

use tokio::time::Instant;

use super::rates::Rate;

/// Part of the rate that is left at least, however often AWS throttles.
const FLOOR: f64 = 1.0 / 4.0;
/// Part of the rate that comes back each second without a throttle: from half to whole in 10 s. AWS throttles the account, so
/// others may have used up what is there: for them elbow steps back, but not for long.
const RECOVERY: f64 = 0.05;
/// What sums of fractions of a second may fall short of a whole token.
const ROUNDING: f64 = 1e-6;

/// Tokens of one class.
#[derive(Debug)]
pub(super) struct Bucket {
    full: Rate,
    /// The part of the rate that is used now.
    share: f64,
    tokens: f64,
    filled: Instant,
    /// When the share was last made less.
    slowed: Option<Instant>,
}

impl Bucket {
    /// A full one.
    pub(super) fn new(full: Rate, now: Instant) -> Self {
        Self {
            full,
            share: 1.0,
            tokens: f64::from(full.burst),
            filled: now,
            slowed: None,
        }
    }

    /// Adds what has come back until now.
    pub(super) fn fill(&mut self, now: Instant) {
        let seconds = now.saturating_duration_since(self.filled).as_secs_f64();
        self.tokens = (self.tokens + self.per_second() * seconds).min(self.burst());
        self.share = (self.share + RECOVERY * seconds).min(1.0);
        self.filled = self.filled.max(now);
    }

    /// Does it hold so many?
    pub(super) fn holds(&self, tokens: usize) -> bool {
        self.tokens + ROUNDING >= count(tokens)
    }

    /// Takes one.
    pub(super) fn take(&mut self) {
        self.tokens -= 1.0;
    }

    /// After how long it would hold so many if nobody took one.
    pub(super) fn time_to(&self, tokens: usize) -> Duration {
        let missing = (count(tokens) - self.tokens).max(0.0);
        Duration::try_from_secs_f64(missing / self.per_second()).unwrap_or(Duration::MAX)
    }

    /// AWS has throttled a call that was sent at `sent`: half the rate from now on. What AWS says of calls from before the
    /// rate was last halved is no news.
    pub(super) fn throttled(&mut self, sent: Instant, now: Instant) {
        self.fill(now);
        if self.slowed.is_none_or(|slowed| sent > slowed) {
            self.share = (self.share / 2.0).max(FLOOR);
            self.tokens = self.tokens.min(0.0);
            self.slowed = Some(now);
        }
    }

    /// Calls a second that it allows now in the long run.
    pub(super) fn per_second(&self) -> f64 {
        self.full.per_second * self.share
    }

    /// Tokens that are left; below 0 never.
    pub(super) fn left(&self) -> f64 {
        self.tokens.max(0.0)
    }

    fn burst(&self) -> f64 {
        (f64::from(self.full.burst) * self.share).max(1.0)
    }
}

fn count(tokens: usize) -> f64 {
    u32::try_from(tokens).map_or(f64::INFINITY, f64::from)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RATE: Rate = Rate {
        burst: 20,
        per_second: 4.0,
    };

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn it_gives_its_burst_at_once_and_its_rate_after_that() {
        let start = Instant::now();
        let mut bucket = Bucket::new(RATE, start);
        (0..20).for_each(|_| bucket.take());
        assert!(!bucket.holds(1));
        assert_eq!(bucket.time_to(3), seconds(0.75));
        bucket.fill(start + seconds(0.75));
        assert!(bucket.holds(3) && !bucket.holds(4));
    }

    #[test]
    fn throttles_of_one_moment_halve_the_rate_once_and_it_comes_back_slowly() {
        let start = Instant::now();
        let mut bucket = Bucket::new(RATE, start);
        let late = start + seconds(1.0);
        bucket.throttled(start, late);
        bucket.throttled(start, late);
        assert_eq!((bucket.per_second(), bucket.left()), (2.0, 0.0));
        bucket.fill(late + seconds(5.0));
        assert!((2.9..3.1).contains(&bucket.per_second()));
        bucket.fill(late + seconds(12.0));
        assert_eq!(bucket.per_second(), 4.0);
    }

    #[test]
    fn a_part_of_the_rate_always_stays() {
        let start = Instant::now();
        let mut bucket = Bucket::new(RATE, start);
        for throttle in 1..100 {
            let now = start + Duration::from_millis(throttle);
            bucket.throttled(now, now);
        }
        assert!((1.0..1.1).contains(&bucket.per_second()));
    }

    proptest! {
        #[test]
        fn no_window_sees_more_than_burst_and_rate(
            waits in prop::collection::vec(0_u64..2_000, 1..200),
            throttles in prop::collection::vec(any::<bool>(), 200),
        ) {
            let mut now = Instant::now();
            let mut bucket = Bucket::new(RATE, now);
            let mut granted: Vec<Instant> = Vec::new();
            for (wait, throttle) in waits.into_iter().zip(throttles) {
                now += Duration::from_millis(wait);
                bucket.fill(now);
                while bucket.holds(1) {
                    bucket.take();
                    granted.push(now);
                }
                if throttle {
                    bucket.throttled(now, now);
                }
            }
            for (first, from) in granted.iter().enumerate() {
                for (last, until) in granted.iter().enumerate().skip(first) {
                    let window = (*until - *from).as_secs_f64();
                    let most = f64::from(RATE.burst) + RATE.per_second * window + 0.001;
                    prop_assert!(count(last - first + 1) <= most);
                }
            }
        }
    }
}
