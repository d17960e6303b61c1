//! For sweeping up what no Service needs: a look at all that the cluster holds, and deletes that leave alone what a running
//! controller may be about to use.

use super::AwsProvider;
use super::holdings::{Holding, Holdings};
use crate::aws::api::AwsApi;
use crate::aws::observed::Observed;
use crate::aws::ownership::{Keeper, owner};
use crate::aws::plan::Consent;
use crate::node::NodeSet;
use crate::provider::{Deleted, ProviderError};
use crate::service::Owner;

impl<A: AwsApi> AwsProvider<A> {
    /// All that carries the cluster's tags now. Makes no write.
    ///
    /// # Errors
    /// When AWS cannot be read, or neither the settings nor a node tell the VPC: elsewhere another cluster may have this one's
    /// name.
    pub async fn holdings(&self, nodes: &NodeSet) -> Result<Holdings, ProviderError> {
        let vpc = self.own_vpc(nodes).await?;
        self.inventory.refresh().await?;
        let services = self.inventory.keepers().into_iter().filter_map(|keeper| match &keeper {
            Keeper::Service(uid) => Some(self.holding(uid, &keeper)),
            Keeper::Cluster => None,
        });
        let services = services.collect();
        self.cluster.learn_instances(nodes).await?;
        let node_groups = self.cluster.node_groups().await?;
        let (backend_groups, admitted, openings) = self.backend.holdings(node_groups).await?;
        Ok(Holdings {
            vpc,
            services,
            backend_groups,
            admitted,
            openings,
        })
    }

    fn holding(&self, uid: &str, keeper: &Keeper) -> Holding {
        let observed = self.inventory.look(keeper, Observed::clone);
        Holding {
            owner: owner(uid, observed.tags()),
            observed,
        }
    }

    /// Deletes what one Service has to itself. What Services share stays, though nobody may need it any more: a controller
    /// that runs beside this may be about to use it.
    ///
    /// # Errors
    /// [`ProviderError::Conflict`] while AWS still uses a part of it: to be repeated. What is protected from deletion stays.
    pub async fn delete_unshared(&self, owner: &Owner) -> Result<Deleted, ProviderError> {
        let keeper = Keeper::Service(owner.uid.clone());
        let outcome = self.delete_own(&keeper, Consent::Missing).await;
        self.leave_line_unless(matches!(outcome, Err(ProviderError::Paced { .. })), owner);
        Ok(Deleted { resources: outcome? })
    }

    /// Deletes what Services share, and elbow's rules in the groups of these nodes, as far as no load balancer needs them. To be
    /// called only where no Service lives that a controller serves.
    ///
    /// # Errors
    /// [`ProviderError::Conflict`] while AWS still uses a part of it: to be repeated.
    pub async fn delete_unneeded(&self, nodes: &NodeSet) -> Result<Deleted, ProviderError> {
        let resources = self.delete_shared(nodes).await?;
        Ok(Deleted { resources })
    }
}
