//! Delays between the tries of one Service that fails: growing, spread at random so that many do not return as one.

use std::time::Duration;

use backoff::backoff::Backoff;

use crate::provider::Retry;

/// First delay after a fault that time heals.
const FIRST: Duration = Duration::from_secs(1);
/// First delay where a person or a quota must act: soon enough to notice that they did.
const FIRST_SLOW: Duration = Duration::from_secs(30);
/// No delay grows beyond this, as in Kubernetes' own service controller.
const LONGEST: Duration = Duration::from_secs(300);

/// The delays of one Service. Forgotten on success.
#[derive(Debug)]
pub struct Delays {
    slow: bool,
    #[expect(clippy::disallowed_types, reason = "the one user of the backoff crate")]
    policy: backoff::ExponentialBackoff,
}

impl Delays {
    /// The delay before the next try; `None` if there shall be none. `last` are the delays of the same Service so far:
    /// they go on growing as long as the kind of its fault stays the same.
    pub fn next(last: &mut Option<Self>, retry: Retry) -> Option<Duration> {
        let slow = match retry {
            Retry::Never => return None,
            Retry::After(delay) => return Some(delay),
            Retry::Backoff => false,
            Retry::Slowly => true,
        };
        if last.as_ref().is_none_or(|delays| delays.slow != slow) {
            *last = Some(Self::start(slow));
        }
        last.as_mut().and_then(|delays| delays.policy.next_backoff())
    }

    #[expect(clippy::disallowed_types, reason = "the one user of the backoff crate")]
    fn start(slow: bool) -> Self {
        let first = if slow { FIRST_SLOW } else { FIRST };
        let policy = backoff::ExponentialBackoffBuilder::new()
            .with_initial_interval(first)
            .with_multiplier(2.0)
            .with_randomization_factor(0.2)
            .with_max_interval(LONGEST)
            .with_max_elapsed_time(None) // its default gives up after 15 minutes
            .build();
        Self { slow, policy }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_the_longest_and_never_end() {
        let mut delays = None;
        let taken: Vec<_> = (0..40)
            .map(|_| Delays::next(&mut delays, Retry::Backoff).unwrap())
            .collect();
        assert!(around(taken[0], FIRST), "{taken:?}");
        assert!(around(taken[2], FIRST * 4), "{taken:?}");
        assert!(taken[10..].iter().all(|delay| around(*delay, LONGEST)), "{taken:?}");
    }

    #[test]
    fn another_kind_of_fault_starts_anew() {
        let mut delays = None;
        for _ in 0..5 {
            Delays::next(&mut delays, Retry::Backoff);
        }
        assert!(around(Delays::next(&mut delays, Retry::Slowly).unwrap(), FIRST_SLOW));
    }

    #[test]
    fn fixed_delays_do_not_count_as_failures() {
        let mut delays = None;
        let five = Duration::from_secs(5);
        for _ in 0..5 {
            assert_eq!(Delays::next(&mut delays, Retry::After(five)), Some(five));
        }
        assert!(around(Delays::next(&mut delays, Retry::Backoff).unwrap(), FIRST));
        assert_eq!(Delays::next(&mut delays, Retry::Never), None);
    }

    fn around(delay: Duration, expected: Duration) -> bool {
        (expected.mul_f64(0.79)..=expected.mul_f64(1.21)).contains(&delay)
    }
}
