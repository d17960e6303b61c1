//! Delays between the tries of one Service that fails: growing, spread so that many do not return as one. The spread comes
//! from the Service, not from chance: a run can be repeated.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use backoff::backoff::Backoff;

use crate::provider::Retry;

/// First delay after a fault that time heals.
const FIRST: Duration = Duration::from_secs(1);
/// First delay where a person or a quota must act: soon enough to notice that they did.
const FIRST_SLOW: Duration = Duration::from_secs(30);
/// No delay after a fault that time heals grows beyond this, so that all is made up for within half a minute or so of the end of
/// an outage. AWS is spared all the same: one look serves all Services, and calls keep to its rates.
const LONGEST: Duration = Duration::from_secs(30);
/// No delay where a person or a quota must act grows beyond this, as in Kubernetes' own service controller.
const LONGEST_SLOW: Duration = Duration::from_secs(300);

/// A delay is so much longer or shorter than its policy says, at the most.
const SPREAD: f64 = 0.2;

/// The delays of one Service. Forgotten on success.
#[derive(Debug)]
pub struct Delays {
    slow: bool,
    /// How many there were.
    count: u32,
    #[expect(clippy::disallowed_types, reason = "the one user of the backoff crate")]
    policy: backoff::ExponentialBackoff,
}

impl Delays {
    /// The delay before the next try; `None` if there shall be none. `last` are the delays of the same Service so far:
    /// they go on growing as long as the kind of its fault stays the same. `uid` is its own.
    pub fn next(last: &mut Option<Self>, retry: Retry, uid: &str) -> Option<Duration> {
        let slow = match retry {
            Retry::Never => return None,
            Retry::After(delay) => return Some(delay),
            Retry::Backoff => false,
            Retry::Slowly => true,
        };
        if last.as_ref().is_none_or(|delays| delays.slow != slow) {
            *last = Some(Self::start(slow));
        }
        let delays = last.as_mut()?;
        delays.count = delays.count.saturating_add(1);
        let factor = 1.0 - SPREAD + 2.0 * SPREAD * chance(uid, delays.count);
        Some(delays.policy.next_backoff()?.mul_f64(factor))
    }

    #[expect(clippy::disallowed_types, reason = "the one user of the backoff crate")]
    fn start(slow: bool) -> Self {
        let (first, longest) = if slow {
            (FIRST_SLOW, LONGEST_SLOW)
        } else {
            (FIRST, LONGEST)
        };
        let policy = backoff::ExponentialBackoffBuilder::new()
            .with_initial_interval(first)
            .with_multiplier(2.0)
            .with_randomization_factor(0.0)
            .with_max_interval(longest)
            .with_max_elapsed_time(None) // its default gives up after 15 minutes
            .build();
        Self { slow, count: 0, policy }
    }
}

/// A number from 0 to 1, evenly spread over Services and tries.
fn chance(uid: &str, count: u32) -> f64 {
    let mut hasher = DefaultHasher::new();
    (uid, count).hash(&mut hasher);
    let [first, second, third, fourth, ..] = hasher.finish().to_be_bytes();
    f64::from(u32::from_be_bytes([first, second, third, fourth])) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rstest::rstest;

    use super::*;

    const UID: &str = "uid-web";

    #[rstest]
    #[case::of_time(Retry::Backoff, FIRST, LONGEST)]
    #[case::of_a_person(Retry::Slowly, FIRST_SLOW, LONGEST_SLOW)]
    fn delays_grow_to_the_longest_and_never_end(
        #[case] retry: Retry,
        #[case] first: Duration,
        #[case] longest: Duration,
    ) {
        let mut delays = None;
        let taken: Vec<_> = (0..40)
            .map(|_| Delays::next(&mut delays, retry, UID).unwrap())
            .collect();
        assert!(around(taken[0], first), "{taken:?}");
        assert!(around(taken[2], first * 4), "{taken:?}");
        assert!(taken[10..].iter().all(|delay| around(*delay, longest)), "{taken:?}");
    }

    #[test]
    fn another_kind_of_fault_starts_anew() {
        let mut delays = None;
        for _ in 0..5 {
            Delays::next(&mut delays, Retry::Backoff, UID);
        }
        assert!(around(
            Delays::next(&mut delays, Retry::Slowly, UID).unwrap(),
            FIRST_SLOW
        ));
    }

    #[test]
    fn fixed_delays_do_not_count_as_failures() {
        let mut delays = None;
        let five = Duration::from_secs(5);
        for _ in 0..5 {
            assert_eq!(Delays::next(&mut delays, Retry::After(five), UID), Some(five));
        }
        assert!(around(Delays::next(&mut delays, Retry::Backoff, UID).unwrap(), FIRST));
        assert_eq!(Delays::next(&mut delays, Retry::Never, UID), None);
    }

    #[test]
    fn services_that_fail_together_do_not_return_together() {
        let first = |uid: &str| Delays::next(&mut None, Retry::Slowly, uid).unwrap();
        let delays: BTreeSet<_> = (0..100).map(|number| first(&format!("uid-{number}"))).collect();
        assert!(delays.len() > 90, "{delays:?}");
        assert!(delays.iter().all(|delay| around(*delay, FIRST_SLOW)), "{delays:?}");
        assert_eq!(first("uid-1"), first("uid-1"));
    }

    fn around(delay: Duration, expected: Duration) -> bool {
        (expected.mul_f64(0.79)..=expected.mul_f64(1.21)).contains(&delay)
    }
}
