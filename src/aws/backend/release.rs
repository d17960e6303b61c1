//! Taking the shared group away with the last load balancer.

use super::{Backend, unsettled, wanted};
use crate::aws::api::AwsApi;
use crate::aws::observed::Observed;
use crate::aws::ownership::Keeper;
use crate::aws::plan::step::Step;
use crate::aws::plan::{Consent, Plan, teardown};
use crate::aws::stack::GroupRef;
use crate::provider::ProviderError;

impl<A: AwsApi> Backend<A> {
    /// A Service is gone, and needs nothing any more.
    pub(crate) fn forget(&self, keeper: &Keeper) {
        self.needs.forget(keeper);
    }

    /// A load balancer without groups is about to go, and may leave rules on nodes of which nothing is known here.
    pub(crate) async fn suspect_openings(&self) {
        self.openings.lock().await.suspect();
    }

    /// Deletes the group with its rules on nodes if no load balancer carries it any more. Returns how many groups were
    /// deleted. No call where there is no group or somebody needs it.
    ///
    /// # Errors
    /// [`ProviderError::Conflict`] while network interfaces of the last load balancer still carry the group.
    pub(crate) async fn release(&self) -> Result<usize, ProviderError> {
        let observed = self.inventory.observe_basics(&Keeper::Cluster).await?;
        if observed.is_empty() || self.is_needed(&observed) {
            return Ok(0);
        }
        let _nobody = self.users.write().await;
        let observed = self.inventory.observe_basics(&Keeper::Cluster).await?;
        if self.is_needed(&observed) {
            return Ok(0);
        }
        let mut admitted = self.admitted.lock().await;
        *admitted = None;
        for group in &observed.security_groups {
            let rules = wanted::withdrawal(&self.read_admitted(&group.id).await?);
            self.run_all(rules).await?;
        }
        let plan = teardown(&observed, Consent::Missing);
        let applied = self.apply().run(&plan).await?;
        if applied.unsettled {
            return Err(unsettled("ec2:DeleteSecurityGroup"));
        }
        Ok(applied.writes)
    }

    fn is_needed(&self, observed: &Observed) -> bool {
        let ids = observed
            .security_groups
            .iter()
            .map(|group| GroupRef::Id(group.id.clone()));
        self.inventory.may_carry(&ids.collect())
    }

    async fn run_all(&self, steps: Vec<Step>) -> Result<(), ProviderError> {
        let stages = if steps.is_empty() { Vec::new() } else { vec![steps] };
        self.apply().run(&Plan { stages }).await.map(drop)
    }
}
