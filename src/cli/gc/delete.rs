//! Deletes what belongs to no Service: one owner after the other, each looked for once more right before, and again where AWS
//! needs time to let go. One that cannot be deleted stops no other.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::report::{Fate, Orphan, Report, Shared};
use crate::cli::terminal::plain;
use crate::controller::call::CallError;
use crate::controller::orphans::Cause;
use crate::provider::{DELETION_PROTECTED, Deleted, ProviderError, Retry};
use crate::service::Owner;
use crate::telemetry::logs::chain;

/// Pause before what time heals is tried again.
const PAUSE: Duration = Duration::from_secs(5);

/// What deleting takes.
pub(super) trait Hands {
    /// Why what this owner has is nobody's, asked of the API server now; none where it is somebody's.
    fn cause(&self, owner: &Owner) -> impl Future<Output = Result<Option<Cause>, CallError>>;
    /// Deletes what this owner has to itself.
    fn delete(&self, owner: &Owner) -> impl Future<Output = Result<Deleted, ProviderError>>;
    /// Does a Service live that a controller serves?
    fn is_any_served(&self) -> impl Future<Output = Result<bool, CallError>>;
    /// Deletes what Services share and none needs.
    fn delete_shared(&self) -> impl Future<Output = Result<Deleted, ProviderError>>;
}

/// What came of one try.
enum Attempt {
    Ended(Fate, Option<String>),
    Waits(Duration, String),
}

/// Deletes all that the report says was found, and writes into it what became of each. `tell` hears of every step.
pub(super) async fn delete(hands: &impl Hands, report: &mut Report, timeout: Duration, mut tell: impl FnMut(String)) {
    let end = Instant::now() + timeout;
    loop {
        let mut wait = None;
        for orphan in report.orphans.iter_mut().filter(|orphan| orphan.fate == Fate::Found) {
            let attempt = one(hands, orphan).await;
            tell(told(&orphan_name(&orphan.owner), &attempt));
            wait = wait.max(attempt.settle(&mut orphan.fate, &mut orphan.error));
        }
        let are_gone = !report.orphans.iter().any(|orphan| orphan.fate == Fate::Found);
        if are_gone && report.shared.is_to_go() {
            let attempt = shared(hands).await;
            tell(told("what Services share", &attempt));
            wait = wait.max(attempt.settle(&mut report.shared.fate, &mut report.shared.error));
        }
        match wait {
            Some(wait) if Instant::now() + wait < end => sleep(wait).await,
            _ => break,
        }
    }
    give_up(report);
    report.conclude();
}

/// As people call an owner; its UID where the tags name no Service.
pub(super) fn orphan_name(owner: &Owner) -> String {
    if owner.name.is_empty() {
        plain(&format!("uid {}", owner.uid))
    } else {
        plain(&owner.to_string())
    }
}

async fn one(hands: &impl Hands, orphan: &Orphan) -> Attempt {
    match hands.cause(&orphan.owner).await {
        Ok(Some(_)) => Attempt::of(hands.delete(&orphan.owner).await),
        Ok(None) => Attempt::Ended(Fate::Needed, None),
        Err(error) => Attempt::Waits(PAUSE, chain(&error)),
    }
}

async fn shared(hands: &impl Hands) -> Attempt {
    match hands.is_any_served().await {
        Ok(false) => Attempt::of(hands.delete_shared().await),
        Ok(true) => Attempt::Ended(Fate::Needed, None),
        Err(error) => Attempt::Waits(PAUSE, chain(&error)),
    }
}

impl Attempt {
    fn of(deleted: Result<Deleted, ProviderError>) -> Self {
        let error = match deleted {
            Ok(_) => return Self::Ended(Fate::Deleted, None),
            Err(error) => error,
        };
        match (&error, error.retry()) {
            (ProviderError::Invalid { reason, .. }, _) if *reason == DELETION_PROTECTED => {
                let text = "a load balancer is protected from deletion; switch that off in AWS to let it go";
                Self::Ended(Fate::Failed, Some(text.to_owned()))
            }
            (_, Retry::After(wait)) => Self::Waits(wait, chain(&error)),
            (_, Retry::Backoff) => Self::Waits(PAUSE, chain(&error)),
            (_, Retry::Slowly | Retry::Never) => Self::Ended(Fate::Failed, Some(chain(&error))),
        }
    }

    /// Writes down what came of it. Returns how long to wait for the next try.
    fn settle(self, fate: &mut Fate, error: &mut Option<String>) -> Option<Duration> {
        match self {
            Self::Ended(ended, why) => {
                (*fate, *error) = (ended, why);
                None
            }
            Self::Waits(wait, why) => {
                *error = Some(why);
                Some(wait)
            }
        }
    }
}

fn told(name: &str, attempt: &Attempt) -> String {
    match attempt {
        Attempt::Ended(Fate::Deleted, _) => format!("{name}: deleted"),
        Attempt::Ended(Fate::Needed, _) => format!("{name}: left alone, a Service is there after all"),
        Attempt::Ended(_, why) => format!("{name}: {}", plain(why.as_deref().unwrap_or("not deleted"))),
        Attempt::Waits(_, why) => format!("{name}: waits: {}", plain(why)),
    }
}

impl Shared {
    fn is_to_go(&self) -> bool {
        !self.resources.is_empty() && self.fate == Fate::Found
    }
}

/// What has waited to the end has failed; what waited for that was never tried.
fn give_up(report: &mut Report) {
    for orphan in report.orphans.iter_mut().filter(|orphan| orphan.fate == Fate::Found) {
        orphan.fate = Fate::Failed;
    }
    if report.shared.is_to_go() && report.shared.error.is_some() {
        report.shared.fate = Fate::Failed;
    }
}

#[cfg(test)]
mod tests;
