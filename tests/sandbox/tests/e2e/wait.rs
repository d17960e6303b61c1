//! Waiting for a condition with a deadline.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Long enough for any step of elbow on a busy machine; a test that meets it has failed.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// Shortest time between two looks; a look that takes longer is followed by as long a pause, so that looking never is most of
/// what the machine does.
const PAUSE: Duration = Duration::from_millis(50);

/// Looks until there is an answer. Panics at the deadline with what was awaited and what was seen last.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Result<T, String>) -> T {
    within(PATIENCE, what, &mut look).await
}

/// As [`until`], with a deadline of its own.
pub(crate) async fn within<T>(deadline: Duration, what: &str, mut look: impl AsyncFnMut() -> Result<T, String>) -> T {
    let end = Instant::now() + deadline;
    loop {
        let started = Instant::now();
        match look().await {
            Ok(found) => return found,
            Err(seen) if Instant::now() >= end => panic!("waited {deadline:?} for {what}; last seen: {seen}"),
            Err(_) => sleep(started.elapsed().max(PAUSE)).await,
        }
    }
}

/// Looks for as long as `span` that a condition keeps holding. Panics when it does not.
pub(crate) async fn steadily(span: Duration, what: &str, mut look: impl AsyncFnMut() -> Result<(), String>) {
    let end = Instant::now() + span;
    while Instant::now() < end {
        let started = Instant::now();
        if let Err(seen) = look().await {
            panic!("{what} did not last: {seen}");
        }
        sleep(started.elapsed().max(PAUSE)).await;
    }
}
