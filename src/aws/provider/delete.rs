//! Taking a Service's resources away.

use super::{AwsProvider, PASSES};
use crate::aws::api::AwsApi;
use crate::aws::ownership::Keeper;
use crate::aws::plan;
use crate::provider::{Deleted, ProviderError};

impl<A: AwsApi> AwsProvider<A> {
    /// Deletes all that carries the Service's tags, then what the cluster shares if nobody else needs it.
    pub(super) async fn delete_all(&self, keeper: &Keeper) -> Result<Deleted, ProviderError> {
        let mut resources: usize = 0;
        for _ in 0..PASSES {
            let observed = self.inventory.observe_basics(keeper).await?;
            if observed.is_empty() {
                break;
            }
            let applied = self
                .apply(keeper, true)
                .run(&plan::teardown(&observed, plan::Consent::Missing))
                .await?;
            resources = resources.saturating_add(applied.writes);
        }
        self.replacements.forget(keeper);
        self.backend.forget(keeper);
        let shared = self.backend.release().await?;
        Ok(Deleted {
            resources: resources.saturating_add(shared),
        })
    }
}
