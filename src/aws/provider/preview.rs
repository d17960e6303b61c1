//! What [`AwsProvider`] would do, read from AWS and not done.

use std::collections::BTreeSet;

use super::AwsProvider;
use super::ensure::{is_without_groups, need};
use crate::aws::api::AwsApi;
use crate::aws::ownership::Keeper;
use crate::aws::preview::{Preview, Previews, Shared};
use crate::node::NodeSet;
use crate::provider::ProviderError;
use crate::service::Service;

impl<A: AwsApi> AwsProvider<A> {
    /// What would be done for these Services, to the end of replacements. Makes no write.
    pub async fn preview(&self, services: &[Service], nodes: &NodeSet) -> Previews {
        let mut previews = Vec::new();
        for service in services {
            previews.push(self.preview_service(service, nodes).await);
        }
        let shared = self.preview_shared(services, &previews, nodes).await;
        Previews {
            services: previews,
            shared,
        }
    }

    async fn preview_service(&self, service: &Service, nodes: &NodeSet) -> Result<Preview, ProviderError> {
        let keeper = Keeper::Service(service.owner.uid.clone());
        let (mut facts, observed) = self.look(service, nodes, &keeper).await?;
        let preview = |facts, observed| Preview::new(service, nodes, facts, observed, &self.settings.aws);
        let mut previewed = preview(facts.clone(), observed.clone())?;
        if previewed.desired.is_short_of_quota && self.cluster.learn_limits().await? {
            facts.limits = self.cluster.limits();
            previewed = preview(facts, observed)?;
        }
        self.backend.need(&keeper, need(&previewed.desired, std::iter::empty()));
        Ok(previewed)
    }

    async fn preview_shared(
        &self,
        services: &[Service],
        previews: &[Result<Preview, ProviderError>],
        nodes: &NodeSet,
    ) -> Result<Shared, ProviderError> {
        let sound = || {
            let pairs = services.iter().zip(previews);
            pairs.filter_map(|(service, preview)| Some((service, preview.as_ref().ok()?)))
        };
        if sound().next().is_none() {
            return Ok(Shared::default());
        }
        let keepers: BTreeSet<Keeper> = sound()
            .map(|(service, _)| Keeper::Service(service.owner.uid.clone()))
            .collect();
        let node_groups = self.cluster.node_groups().await?;
        let shared = if sound().any(|(_, preview)| preview.desired.backend_group) {
            let vpc = self.cluster.vpc(nodes).await?;
            self.backend.preview_ensure(&vpc, &node_groups).await?
        } else {
            self.backend.preview_release(&keepers).await?
        };
        let mut present = sound().flat_map(|(_, preview)| &preview.observed.load_balancers);
        let concerned = present.any(|known| is_without_groups(&known.spec));
        self.backend.add_openings(shared, &node_groups, concerned).await
    }
}
