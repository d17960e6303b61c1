//! Which instances are the cluster's: where several clusters share a target group, each takes out only its own.

use std::collections::BTreeSet;

use super::{Cluster, Known};
use crate::aws::api::{AwsApi, AwsResult, InstanceDescription};
use crate::aws::desired::tags::KUBERNETES_CLUSTER;
use crate::aws::ids::InstanceId;

impl<A: AwsApi> Cluster<A> {
    /// The instances of nodes, and those of the registered ones whose tags name the cluster. One that EC2 does not know is
    /// nobody's. EC2 is asked once about each registered instance that is no node's, until the next refresh.
    ///
    /// # Errors
    /// When AWS cannot be read.
    pub(super) async fn members(&self, registered: &BTreeSet<InstanceId>) -> AwsResult<BTreeSet<InstanceId>> {
        if !self.known().strangers_among(registered).is_empty() {
            let _alone = self.reading.lock().await;
            let strangers = self.known().strangers_among(registered);
            self.read_strangers(&strangers).await?;
        }
        let known = self.known();
        let tagged = registered.iter().filter(|id| known.strangers.get(*id) == Some(&true));
        Ok(known.instances.keys().chain(tagged).cloned().collect())
    }

    async fn read_strangers(&self, ids: &BTreeSet<InstanceId>) -> AwsResult<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let found = self.api.describe_instances(ids).await?;
        let mut known = self.known();
        for id in ids {
            let found = found.iter().find(|found| found.id == *id);
            let ours = found.is_some_and(|found| is_the_clusters(found, &self.settings.cluster));
            known.strangers.insert(id.clone(), ours);
        }
        Ok(())
    }
}

impl Known {
    /// Those of which nothing is known.
    fn strangers_among(&self, ids: &BTreeSet<InstanceId>) -> BTreeSet<InstanceId> {
        let known = |id: &InstanceId| self.instances.contains_key(id) || self.strangers.contains_key(id);
        ids.iter().filter(|id| !known(id)).cloned().collect()
    }
}

/// PURE. Is the instance tagged as this cluster's, whatever the value?
fn is_the_clusters(instance: &InstanceDescription, cluster: &str) -> bool {
    instance.tags.contains_key(&format!("{KUBERNETES_CLUSTER}{cluster}"))
}
