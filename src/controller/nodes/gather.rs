//! Gathers changes that come in a burst, such as a node group that scales, so that each Service is updated once.

use std::pin::pin;
use std::time::Duration;

use futures::{Stream, StreamExt};
use tokio::time::{Instant, timeout_at};

/// A burst has ended when nothing has changed for so long.
const QUIET: Duration = Duration::from_millis(500);
/// A burst that does not end is cut after so long: a steady trickle of changes must not hide them for ever. Nodes of one
/// scaling step come within some two seconds, and each burst is a call for each target group.
const LONGEST: Duration = Duration::from_secs(3);

/// Awaits a burst of changes: until it is quiet for 500 ms, 3 s have passed since the first, or `changes` has ended. Returns
/// how many there were; 0 if `changes` had ended before.
pub(super) async fn gather(changes: impl Stream<Item = ()>) -> usize {
    let mut changes = pin!(changes);
    if changes.next().await.is_none() {
        return 0;
    }
    let end = Instant::now() + LONGEST;
    let mut count = 1;
    while let Ok(Some(())) = timeout_at(end.min(Instant::now() + QUIET), changes.next()).await {
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use futures::stream;
    use tokio::time::sleep;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_one_change_after_a_quiet_moment() {
        let (started, changes) = (Instant::now(), every(Duration::from_millis(100), 3));
        assert_eq!(gather(changes).await, 3);
        assert_eq!(started.elapsed(), Duration::from_millis(200) + QUIET);
    }

    #[tokio::test(start_paused = true)]
    async fn a_trickle_is_cut_after_three_seconds() {
        let (started, changes) = (Instant::now(), every(Duration::from_millis(400), 100));
        assert_eq!(gather(changes).await, 8);
        assert_eq!(started.elapsed(), LONGEST);
    }

    /// Yields `count` changes, the first at once; then stays open.
    fn every(gap: Duration, count: u64) -> impl Stream<Item = ()> {
        let paced = stream::iter(0..count).then(move |number| sleep(gap * u32::from(number > 0)));
        paced.chain(stream::pending())
    }
}
