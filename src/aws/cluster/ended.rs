//! Instances of nodes that are gone: have they ended too?

use std::collections::BTreeSet;

use tokio::time::Instant;

use super::{Cluster, Known, REFUSAL};
use crate::aws::api::{AwsApi, AwsResult};
use crate::aws::ids::InstanceId;

/// What EC2 has said of an instance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    has_ended: bool,
    read: Instant,
}

impl Look {
    /// What has ended stays so; all else is asked again after a while.
    fn is_fresh(&self) -> bool {
        self.has_ended || self.read.elapsed() < REFUSAL
    }
}

impl<A: AwsApi> Cluster<A> {
    /// Those of the instances that EC2 shows as terminated or about to be. One that it does not show is in doubt. However many
    /// Services ask, EC2 is asked once a minute.
    ///
    /// # Errors
    /// When AWS cannot be read.
    pub(crate) async fn ended(&self, instances: &BTreeSet<InstanceId>) -> AwsResult<BTreeSet<InstanceId>> {
        if !self.known().unlooked(instances).is_empty() {
            let _alone = self.reading.lock().await;
            let unknown = self.known().unlooked(instances);
            if !unknown.is_empty() {
                let found = self.api.describe_instances(&unknown).await?;
                let read = Instant::now();
                let mut known = self.known();
                known.looks.retain(|_, look| look.read.elapsed() < REFUSAL);
                for id in unknown {
                    let has_ended = found.iter().any(|found| found.id == id && found.terminated);
                    known.looks.insert(id, Look { has_ended, read });
                }
            }
        }
        let known = self.known();
        let ended = instances
            .iter()
            .filter(|id| known.looks.get(*id).is_some_and(|look| look.has_ended));
        Ok(ended.cloned().collect())
    }
}

impl Known {
    fn unlooked(&self, instances: &BTreeSet<InstanceId>) -> BTreeSet<InstanceId> {
        let unlooked = instances
            .iter()
            .filter(|id| !self.looks.get(*id).is_some_and(Look::is_fresh));
        unlooked.cloned().collect()
    }
}
