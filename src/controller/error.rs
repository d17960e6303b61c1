//! Why a pass over a Service has failed.

use std::time::Duration;

use super::call::CallError;
use crate::fence::Closed;
use crate::provider::{ProviderError, Retry};

/// Why a pass over a Service has failed.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// The cloud could not be made equal to the Service.
    #[error("could not bring the load balancer in line with the Service")]
    Ensure(#[source] ProviderError),
    /// The cloud could not be cleared of what the Service had.
    #[error("could not delete the load balancer")]
    Delete(#[source] ProviderError),
    /// The API server failed us.
    #[error(transparent)]
    Kubernetes(#[from] CallError),
    /// This replica may not write now.
    #[error(transparent)]
    Closed(#[from] Closed),
}

impl ReconcileError {
    /// A fixed word in `PascalCase`, for logs, metrics and events.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Ensure(error) | Self::Delete(error) => error.reason(),
            Self::Kubernetes(error) => error.reason(),
            Self::Closed(_) => ProviderError::Closed(Closed::NotLeader).reason(),
        }
    }

    /// When to try again.
    #[must_use]
    pub fn retry(&self) -> Retry {
        match self {
            Self::Ensure(error) | Self::Delete(error) => error.retry(),
            Self::Kubernetes(error) => error.retry(),
            Self::Closed(_) => Retry::Never,
        }
    }

    /// Is this what happens in good order: a standby, a Service that has changed under our hands, a resource that the
    /// cloud needs a moment to let go of?
    #[must_use]
    pub fn is_expected(&self) -> bool {
        match self {
            Self::Ensure(error) | Self::Delete(error) => {
                matches!(
                    error,
                    ProviderError::Closed(_)
                        | ProviderError::Conflict { .. }
                        | ProviderError::Paced { .. }
                        | ProviderError::Outdated
                )
            }
            Self::Kubernetes(error) => {
                matches!(error, CallError::Closed { .. }) || error.is_conflict() || error.is_gone()
            }
            Self::Closed(_) => true,
        }
    }
}

/// Longest that a provider may take for one call of ours. It bounds each call to the cloud itself; this is for the sum of
/// them, so that no Service keeps its worker for ever.
pub const PROVIDER_DEADLINE: Duration = Duration::from_secs(120);

/// Awaits a provider for no longer than [`PROVIDER_DEADLINE`]. `action` names the call.
///
/// # Errors
/// The provider's own, or [`ProviderError::Transient`] at the deadline.
pub async fn within_deadline<T>(
    action: &'static str,
    call: impl Future<Output = Result<T, ProviderError>>,
) -> Result<T, ProviderError> {
    match tokio::time::timeout(PROVIDER_DEADLINE, call).await {
        Ok(result) => result,
        Err(_) => {
            let message = format!("not finished within {} s", PROVIDER_DEADLINE.as_secs());
            Err(ProviderError::Transient {
                action: action.to_owned(),
                message,
            })
        }
    }
}
