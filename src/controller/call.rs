//! Every call to the API server: with a deadline, and a write only while this replica may write.

use std::time::Duration;

use kube::core::Status;

use crate::fence::{Closed, Fence, WRITE_DEADLINE};
use crate::provider::Retry;

/// A call to the API server that failed.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Nothing was sent.
    #[error("could not {action}")]
    Closed {
        /// What was to be done.
        action: &'static str,
        /// Why not.
        source: Closed,
    },
    /// The API server refused.
    #[error("could not {action}: the API server says {}: {}", status.reason, status.message)]
    Refused {
        /// What was to be done.
        action: &'static str,
        /// The API server's own words.
        status: Box<Status>,
    },
    /// No answer within [`WRITE_DEADLINE`]; whether a write was done is unknown.
    #[error("could not {action}: no answer of the API server within {} s", WRITE_DEADLINE.as_secs())]
    Timeout {
        /// What was to be done.
        action: &'static str,
    },
    /// The API server could not be reached or its answer not be read.
    #[error("could not {action}")]
    Unreachable {
        /// What was to be done.
        action: &'static str,
        /// The cause.
        source: Box<kube::Error>,
    },
}

impl CallError {
    /// The object does not exist any more.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Refused { status, .. } if status.is_not_found())
    }

    /// The object was changed, or replaced by another of the same name, since it was read.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Refused { status, .. } if status.is_conflict())
    }

    /// A fixed word in `PascalCase`, for metrics.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Closed { .. } => "NotLeader",
            Self::Refused { status, .. } if status.is_conflict() => "KubernetesConflict",
            Self::Refused { status, .. } if status.is_forbidden() => "KubernetesForbidden",
            Self::Refused { .. } | Self::Timeout { .. } | Self::Unreachable { .. } => "KubernetesError",
        }
    }

    /// When to try again.
    #[must_use]
    pub fn retry(&self) -> Retry {
        /// The watch delivers the newer object at about the same time, and that is what really starts the next try.
        const AFTER_CONFLICT: Duration = Duration::from_secs(1);
        match self {
            Self::Closed { .. } => Retry::Never,
            Self::Refused { status, .. } if status.is_not_found() => Retry::Never,
            Self::Refused { status, .. } if status.is_conflict() => Retry::After(AFTER_CONFLICT),
            Self::Refused { status, .. } if status.is_forbidden() || status.is_invalid() => Retry::Slowly,
            Self::Refused { .. } | Self::Timeout { .. } | Self::Unreachable { .. } => Retry::Backoff,
        }
    }
}

/// Awaits a read, or a write that is no leader's privilege, for no longer than [`WRITE_DEADLINE`]. `action` completes the
/// sentence "could not ...".
///
/// # Errors
/// [`CallError`], never [`CallError::Closed`].
pub async fn unfenced<T>(action: &'static str, call: impl Future<Output = kube::Result<T>>) -> Result<T, CallError> {
    within_deadline(action, call).await
}

/// Awaits a write, if the fence lets it through, for no longer than [`WRITE_DEADLINE`].
///
/// # Errors
/// [`CallError`].
pub async fn write<T>(
    fence: &Fence,
    action: &'static str,
    call: impl Future<Output = kube::Result<T>>,
) -> Result<T, CallError> {
    fence.permit().map_err(|source| CallError::Closed { action, source })?;
    within_deadline(action, call).await
}

/// The client itself has no read timeout, and retries 429 and 503 for minutes.
async fn within_deadline<T>(action: &'static str, call: impl Future<Output = kube::Result<T>>) -> Result<T, CallError> {
    match tokio::time::timeout(WRITE_DEADLINE, call).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(kube::Error::Api(status))) => Err(CallError::Refused { action, status }),
        Ok(Err(error)) => Err(CallError::Unreachable {
            action,
            source: Box::new(error),
        }),
        Err(_) => Err(CallError::Timeout { action }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_write_is_not_even_started_while_the_fence_is_closed() {
        let call = async { panic!("must not be polled") };
        let error = write::<()>(&Fence::closed(), "patch", call).await.unwrap_err();
        assert_eq!(error.retry(), Retry::Never);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_without_answer_ends_at_the_deadline() {
        let started = tokio::time::Instant::now();
        let error = unfenced::<()>("get", std::future::pending()).await.unwrap_err();
        assert!(matches!(error, CallError::Timeout { .. }));
        assert_eq!(started.elapsed(), WRITE_DEADLINE);
    }

    #[tokio::test]
    async fn the_api_servers_words_reach_the_user() {
        let status = Status::failure("services \"web\" is forbidden", "Forbidden").with_code(403);
        let error = unfenced::<()>("patch the status", async { Err(kube::Error::Api(status.boxed())) })
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "could not patch the status: the API server says Forbidden: services \"web\" is forbidden"
        );
        assert_eq!((error.reason(), error.retry()), ("KubernetesForbidden", Retry::Slowly));
    }
}
