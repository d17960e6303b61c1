//! Steps for features that nothing else depends on: where one cannot be taken, the Service is served all the same.

use super::{Applied, Apply};
use crate::aws::api::AwsApi;
use crate::aws::plan::step::Step;
use crate::provider::ProviderError;

impl<A: AwsApi> Apply<'_, A> {
    /// # Errors
    /// Only [`ProviderError::Closed`]; any other is told as [`Applied::degraded`].
    pub(super) async fn optional(&self, step: &Step) -> Result<Applied, ProviderError> {
        match self.write(step).await {
            Err(error) if !matches!(error, ProviderError::Closed(_)) => Ok(Applied {
                degraded: vec![error],
                ..Applied::default()
            }),
            outcome => outcome,
        }
    }

    /// AWS refuses some features as long as the load balancer is being set up.
    pub(super) fn is_too_early(&self, step: &Step) -> bool {
        step.needs_active().is_some_and(|name| {
            self.inventory.look(self.keeper, |observed| {
                let mut known = observed.load_balancers.iter();
                known.any(|known| known.spec.name == *name && !known.active)
            })
        })
    }
}
