//! The quotas of the account: read when a default quota is not enough for a Service, and again by the audit.

use std::time::Duration;

use tokio::time::Instant;

use super::Cluster;
use crate::aws::api::{AwsApi, AwsResult};
use crate::aws::error::ErrorKind;
use crate::aws::quotas::Limits;

/// Where the quotas cannot be read, they are asked for again after this time.
const PAUSE: Duration = Duration::from_secs(300);

/// What is known of the account's quotas.
#[derive(Clone, Debug)]
pub(super) struct KnownLimits {
    limits: Limits,
    /// When they could not be read.
    failed: Option<Instant>,
}

impl<A: AwsApi> Cluster<A> {
    /// The quotas as far as they are known; else what every account has.
    pub(crate) fn limits(&self) -> Limits {
        let known = self.known();
        known
            .limits
            .as_ref()
            .map(|known| known.limits.clone())
            .unwrap_or_default()
    }

    /// Reads the quotas if that was not done yet. Returns whether they are others than were known before. Where they cannot
    /// be read, Services live with the defaults.
    ///
    /// # Errors
    /// Only when this replica may not go on.
    pub(crate) async fn learn_limits(&self) -> AwsResult<bool> {
        let before = self.limits();
        let _alone = self.reading.lock().await;
        let is_settled = self.known().limits.as_ref().is_some_and(KnownLimits::is_settled);
        if !is_settled {
            self.read_limits().await?;
        }
        Ok(self.limits() != before)
    }

    pub(super) async fn read_limits(&self) -> AwsResult<()> {
        match self.api.describe_account_limits().await {
            Ok(limits) => self.known().limits = Some(KnownLimits { limits, failed: None }),
            Err(error) if matches!(error.kind, ErrorKind::Closed(_)) => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "the account's quotas cannot be read; the default quotas count");
                let limits = self.limits();
                let failed = Some(Instant::now());
                self.known().limits = Some(KnownLimits { limits, failed });
            }
        }
        Ok(())
    }
}

impl KnownLimits {
    fn is_settled(&self) -> bool {
        self.failed.is_none_or(|failed| failed.elapsed() < PAUSE)
    }
}
