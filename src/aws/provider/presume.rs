//! A Service that was left as it is wanted, by a process before this one, is served without reading all of it again.

use super::AwsProvider;
use crate::aws::api::AwsApi;
use crate::aws::desired::Desired;
use crate::aws::ownership::Keeper;
use crate::aws::receipt::presumed;
use crate::node::NodeSet;
use crate::provider::ProviderError;
use crate::service::Service;

impl<A: AwsApi> AwsProvider<A> {
    /// What AWS should hold, where the Service's receipt and the shared snapshot say that it does. None where there is no
    /// receipt or the two disagree, so that the details have to be read; and where they are known already, for then they
    /// count and not the receipt.
    pub(super) async fn presume(
        &self,
        service: &Service,
        nodes: &NodeSet,
        keeper: &Keeper,
    ) -> Result<Option<Desired>, ProviderError> {
        let Some(receipt) = &service.receipt else {
            return Ok(None);
        };
        self.own_vpc(nodes).await?;
        let Some(shown) = self.inventory.observe_shown(keeper).await? else {
            return Ok(None);
        };
        let requirements = self.requirements(service, nodes).await?;
        let facts = self.facts(keeper, &requirements, nodes, &shown).await?;
        let (desired, _in_use) = self.decide(service, nodes, keeper, facts).await?;
        let Some(presumed) = presumed(&desired.stack, &shown, receipt) else {
            return Ok(None);
        };
        self.inventory.presume(keeper, presumed);
        self.release_openings(keeper, &desired, nodes).await?;
        Ok(Some(desired))
    }
}
