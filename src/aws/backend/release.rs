//! Taking the shared group away with the last load balancer.

use super::{Backend, wanted};
use crate::aws::api::AwsApi;
use crate::aws::ownership::Keeper;
use crate::aws::plan::step::Step;
use crate::aws::plan::{Plan, teardown};
use crate::provider::ProviderError;

impl<A: AwsApi> Backend<A> {
    /// A Service has nothing in AWS any more. If it was the last, the group goes, with its rules on nodes. Returns how many
    /// groups were deleted.
    ///
    /// # Errors
    /// [`ProviderError::Conflict`] while network interfaces of the last load balancer still carry the group.
    pub(crate) async fn release(&self, keeper: &Keeper) -> Result<usize, ProviderError> {
        self.health_ports.forget(keeper);
        if self.inventory.serves_anyone() {
            return Ok(0);
        }
        let _nobody = self.users.write().await;
        if self.inventory.serves_anyone() {
            return Ok(0);
        }
        let mut admitted = self.admitted.lock().await;
        let observed = self.inventory.observe_basics(&Keeper::Cluster).await?;
        *admitted = None;
        for group in &observed.security_groups {
            let rules = wanted::withdrawal(&self.read_admitted(&group.id).await?);
            self.run_all(rules).await?;
        }
        let plan = teardown(&observed);
        self.apply().run(&plan).await?;
        Ok(plan.steps().count())
    }

    async fn run_all(&self, steps: Vec<Step>) -> Result<(), ProviderError> {
        let stages = if steps.is_empty() { Vec::new() } else { vec![steps] };
        self.apply().run(&Plan { stages }).await.map(drop)
    }
}
