//! A declaration that cannot be satisfied changes nothing that is served, and stops no node from coming and going.

use std::collections::BTreeSet;

use super::AwsProvider;
use super::ensure::check_receipt;
use crate::aws::api::AwsApi;
use crate::aws::desired::{self, Requirements};
use crate::aws::ownership::Keeper;
use crate::aws::plan;
use crate::node::NodeSet;
use crate::provider::{ProviderError, Retry};
use crate::service::Service;

impl<A: AwsApi> AwsProvider<A> {
    /// Keeps the targets of what stands equal to the nodes though the Service cannot be made as declared, which `error`
    /// says. Returns the error to be told.
    pub(super) async fn hold(&self, service: &Service, nodes: &NodeSet, error: ProviderError) -> ProviderError {
        match self.follow_nodes(service, nodes).await {
            Ok(()) => error,
            Err(other) if other.retry() == Retry::Slowly => {
                tracing::warn!(error = %other, "targets could not be kept equal to the nodes");
                error
            }
            // To be tried again soon; then the first error comes again, too.
            Err(other) => other,
        }
    }

    async fn follow_nodes(&self, service: &Service, nodes: &NodeSet) -> Result<(), ProviderError> {
        let keeper = Keeper::Service(service.owner.uid.clone());
        self.own_vpc(nodes).await?;
        let observed = self.inventory.observe(&keeper).await?;
        if observed.target_groups.is_empty() {
            return Ok(());
        }
        let requirements = Requirements {
            routes: false,
            group_names: BTreeSet::new(),
            vpc_networks: false,
            cluster_instances: desired::may_be_shared(&service.annotations),
        };
        let facts = self.facts(&keeper, &requirements, nodes, &observed).await?;
        let Some(standing) = desired::standing(service, nodes, &facts, observed.target_groups.len()) else {
            return Ok(());
        };
        let mut targets = plan::standing_targets(&observed, &standing.instances);
        let wanted = targets
            .iter_mut()
            .map(|(name, targets)| (name, &standing.surplus, targets));
        if let Some(held) = self.hold_targets(&keeper, &observed, nodes, wanted.collect()).await? {
            tracing::warn!(service = %service.owner, "{}", held.message);
        }
        let plan = plan::hold(&observed, &targets, &standing.surplus, standing.room.as_ref());
        check_receipt(service, &plan)?;
        let applied = self.apply(&keeper, true).run(&plan).await?;
        self.cluster.refuse(&applied.refused);
        self.note_refusal(&keeper, applied.full.as_ref(), targets.keys())?;
        applied.held.map_or(Ok(()), |held| Err(held.into()))
    }
}
