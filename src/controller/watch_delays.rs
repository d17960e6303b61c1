//! Delays before a watch that failed is tried again.

use std::time::Duration;

use kube::runtime::utils::Backoff;

const FIRST: Duration = Duration::from_millis(800);
const LONGEST: Duration = Duration::from_secs(30);

/// They grow as those of Kubernetes' own clients do (client-go's reflector), without the share of chance: the two watches of
/// a replica are no crowd, and a run can be repeated.
#[derive(Debug, Default)]
pub struct WatchDelays {
    last: Option<Duration>,
}

impl Iterator for WatchDelays {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let delay = self.last.map_or(FIRST, |last| LONGEST.min(last * 2));
        self.last = Some(delay);
        self.last
    }
}

impl Backoff for WatchDelays {
    fn reset(&mut self) {
        self.last = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_to_the_longest_and_begin_anew_after_a_success() {
        let mut delays = WatchDelays::default();
        let taken: Vec<_> = delays.by_ref().take(8).map(|delay| delay.as_millis()).collect();
        assert_eq!(taken, [800, 1600, 3200, 6400, 12800, 25600, 30000, 30000]);
        delays.reset();
        assert_eq!(delays.next(), Some(FIRST));
    }
}
