//! Taking a Service's resources away.

use std::collections::BTreeMap;

use super::ensure::{is_without_groups, unsettled};
use super::{AwsProvider, PASSES};
use crate::aws::api::AwsApi;
use crate::aws::desired;
use crate::aws::observed::Observed;
use crate::aws::ownership::Keeper;
use crate::aws::plan::{Consent, teardown};
use crate::node::NodeSet;
use crate::provider::{Deleted, ProviderError};

impl<A: AwsApi> AwsProvider<A> {
    /// Deletes all that carries the Service's tags, then what the cluster shares if nobody else needs it.
    pub(super) async fn delete_all(
        &self,
        keeper: &Keeper,
        annotations: &BTreeMap<String, String>,
        nodes: &NodeSet,
    ) -> Result<Deleted, ProviderError> {
        let consent = if desired::allows_deletion(annotations) {
            Consent::Given
        } else {
            Consent::Missing
        };
        if desired::may_have_node_openings(annotations) {
            self.backend.suspect_openings().await;
        }
        let resources = self.delete_own(keeper, consent).await?;
        self.replacements.forget(keeper);
        self.wishes.forget(keeper);
        self.ceilings.forget(keeper);
        self.backend.forget(keeper);
        let shared = self.delete_shared(nodes).await?;
        Ok(Deleted {
            resources: resources.saturating_add(shared),
        })
    }

    /// Deletes what carries the Service's tags, until nothing of it is to be seen. Returns how many writes that took.
    ///
    /// # Errors
    /// Also where AWS goes on showing some of it.
    pub(super) async fn delete_own(&self, keeper: &Keeper, consent: Consent) -> Result<usize, ProviderError> {
        let mut writes: usize = 0;
        for _ in 0..PASSES {
            let observed = self.going(keeper, consent).await?;
            if observed.is_empty() {
                return Ok(writes);
            }
            let mut load_balancers = observed.load_balancers.iter();
            if load_balancers.any(|known| is_without_groups(&known.spec)) {
                self.backend.suspect_openings().await;
            }
            let applied = self.apply(keeper, true).run(&teardown(&observed, consent)).await?;
            writes = writes.saturating_add(applied.writes);
        }
        Err(unsettled())
    }

    /// Takes from nodes and deletes what Services share, where none needs it any more. Returns how many groups were deleted.
    pub(super) async fn delete_shared(&self, nodes: &NodeSet) -> Result<usize, ProviderError> {
        self.settle_openings(nodes).await?;
        self.backend.release().await
    }

    /// What is to go. Whether it is protected has to be known only where the protection may be lifted.
    async fn going(&self, keeper: &Keeper, consent: Consent) -> Result<Observed, ProviderError> {
        Ok(match consent {
            Consent::Given => self.inventory.observe(keeper).await?,
            Consent::Missing => self.inventory.observe_basics(keeper).await?,
        })
    }
}
