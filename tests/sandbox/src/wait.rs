//! Waiting for a condition with a deadline.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::{Error, Result};

/// The time between two looks at the condition.
const PAUSE: Duration = Duration::from_millis(50);

/// Waits until `condition` says true; [`Error::Deadline`] names `what` when it does not in time.
pub async fn until(what: &str, within: Duration, mut condition: impl AsyncFnMut() -> bool) -> Result<()> {
    let deadline = Instant::now() + within;
    while !condition().await {
        if Instant::now() >= deadline {
            return Err(Error::Deadline {
                what: what.to_owned(),
                after: within,
            });
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// Waits so long; for ever where there is nothing to wait for.
pub async fn after(wait: Option<Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waiting_ends_as_soon_as_the_condition_holds() {
        let mut looks = 0;
        let outcome = until("three looks", Duration::from_secs(60), async || {
            looks += 1;
            looks == 3
        });
        assert!(outcome.await.is_ok());
        assert_eq!(looks, 3);
    }

    #[tokio::test]
    async fn a_condition_that_never_holds_ends_at_the_deadline() {
        let outcome = until("the end of days", Duration::from_millis(1), async || false).await;
        assert!(matches!(outcome, Err(Error::Deadline { what, .. }) if what == "the end of days"));
    }
}
