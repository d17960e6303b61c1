//! The nodes' instances, and which of them can be targets.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use super::{Cluster, Instance, Known, REFUSAL};
use crate::aws::api::{AwsApi, AwsResult};
use crate::aws::desired::targets::instance_id;
use crate::aws::ids::{InstanceId, VpcId};
use crate::node::NodeSet;
use crate::provider::ProviderError;

impl<A: AwsApi> Cluster<A> {
    /// The cluster's VPC: the one of the settings, else that of the nodes' instances.
    ///
    /// # Errors
    /// When AWS cannot be read, or there is no instance that tells.
    pub(crate) async fn vpc(&self, nodes: &NodeSet) -> Result<VpcId, ProviderError> {
        let known = self.known().vpc.clone();
        if let Some(vpc) = known {
            return Ok(vpc);
        }
        self.learn_instances(nodes).await?;
        let mut known = self.known();
        let found = known.instances.values().find_map(Instance::vpc).cloned();
        let vpc = found.ok_or_else(|| ProviderError::Conflict {
            action: "ec2:DescribeInstances".to_owned(),
            message: "the cluster's VPC is not set and no node tells it yet; set --aws-vpc-id or wait for a node"
                .to_owned(),
        })?;
        known.vpc = Some(vpc.clone());
        Ok(vpc)
    }

    /// Reads those of the nodes' instances that are not known, all in one call.
    ///
    /// # Errors
    /// When AWS cannot be read.
    pub(crate) async fn learn_instances(&self, nodes: &NodeSet) -> AwsResult<()> {
        let wanted: BTreeSet<InstanceId> = nodes
            .nodes
            .iter()
            .filter_map(|node| instance_id(&node.provider_id))
            .collect();
        if self.known().unknown_of(&wanted).is_empty() {
            return Ok(());
        }
        let _alone = self.reading.lock().await;
        let unknown = self.known().unknown_of(&wanted);
        if unknown.is_empty() {
            return Ok(());
        }
        self.read_instances(&unknown).await?;
        // Nodes that are gone are forgotten when others come, so that the memory does not grow for ever.
        self.known().instances.retain(|id, _| wanted.contains(id));
        Ok(())
    }

    pub(super) async fn read_instances(&self, ids: &BTreeSet<InstanceId>) -> AwsResult<()> {
        let found = self.api.describe_instances(ids).await?;
        let read = Instant::now();
        let mut known = self.known();
        for id in ids {
            let refused = known.instances.get(id).and_then(|instance| instance.refused);
            let found = found.iter().find(|found| found.id == *id).cloned();
            known.instances.insert(id.clone(), Instance { found, read, refused });
        }
        Ok(())
    }

    /// Instances that AWS would refuse as targets: unknown to it, terminated, or of another VPC; and those that it has refused
    /// a moment ago.
    pub(super) fn unusable_instances(&self, vpc: &VpcId) -> BTreeSet<InstanceId> {
        let known = self.known();
        let unusable = known.instances.iter().filter(|(_, instance)| !instance.is_usable(vpc));
        unusable.map(|(id, _)| id.clone()).collect()
    }

    /// Remembers that AWS has just refused these as targets.
    pub(crate) fn refuse(&self, instances: &BTreeSet<InstanceId>) {
        let now = Instant::now();
        let mut known = self.known();
        for id in instances {
            if let Some(instance) = known.instances.get_mut(id) {
                instance.refused = Some(now);
            }
        }
    }
}

impl<A: AwsApi> Cluster<A> {
    /// When instances that cannot be targets now will be looked at again; none where all are well.
    pub(crate) fn retries_instances(&self) -> Option<Duration> {
        let known = self.known();
        let mut waiting = known
            .instances
            .values()
            .filter(|instance| instance.found.is_none() || instance.refused.is_some());
        waiting.next().map(|_| REFUSAL)
    }
}

impl Known {
    fn unknown_of(&self, wanted: &BTreeSet<InstanceId>) -> BTreeSet<InstanceId> {
        let unknown = wanted
            .iter()
            .filter(|id| self.instances.get(id).is_none_or(Instance::has_to_be_read));
        unknown.cloned().collect()
    }
}

impl Instance {
    pub(super) fn vpc(&self) -> Option<&VpcId> {
        self.found.as_ref().filter(|found| !found.terminated)?.vpc.as_ref()
    }

    fn is_usable(&self, vpc: &VpcId) -> bool {
        self.vpc() == Some(vpc) && self.refused.is_none_or(|refused| refused.elapsed() >= REFUSAL)
    }

    fn has_to_be_read(&self) -> bool {
        let unknown = self.found.is_none() && self.read.elapsed() >= REFUSAL;
        // One that was refused may be terminated by now.
        let refused = self
            .refused
            .is_some_and(|refused| refused > self.read && refused.elapsed() >= REFUSAL);
        unknown || refused
    }
}
