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

/// Can an instance be a target?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fitness {
    /// As far as is known.
    Fit,
    /// AWS does not know it, or has refused it a moment ago: perhaps it is too new.
    Doubtful,
    /// It is terminated, or in another VPC.
    Unfit,
}

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

    /// Reads those of the nodes' instances that are not known, all in one call, and forgets those of nodes that are gone.
    ///
    /// # Errors
    /// When AWS cannot be read.
    pub(crate) async fn learn_instances(&self, nodes: &NodeSet) -> AwsResult<()> {
        let ids = nodes.nodes.iter().filter_map(|node| instance_id(&node.provider_id));
        let wanted: BTreeSet<InstanceId> = ids.collect();
        if !self.known().unknown_of(&wanted).is_empty() {
            let _alone = self.reading.lock().await;
            let unknown = self.known().unknown_of(&wanted);
            self.read_instances(&unknown).await?;
        }
        // An empty list is more likely a fault than a wish.
        if !wanted.is_empty() {
            self.known().instances.retain(|id, _| wanted.contains(id));
        }
        Ok(())
    }

    pub(super) async fn read_instances(&self, ids: &BTreeSet<InstanceId>) -> AwsResult<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let found = self.api.describe_instances(ids).await?;
        let read = Instant::now();
        let mut known = self.known();
        for id in ids {
            let refused = known.instances.get(id).and_then(|instance| instance.refused);
            let refused = refused.filter(|refused| refused.elapsed() < REFUSAL);
            let found = found.iter().find(|found| found.id == *id).cloned();
            known.instances.insert(id.clone(), Instance { found, read, refused });
        }
        Ok(())
    }

    /// Instances that AWS would refuse as targets. Those of which that is not sure stay where they are `registered`: health
    /// checks keep traffic off them if need be.
    pub(super) fn unusable_instances(&self, vpc: &VpcId, registered: &BTreeSet<InstanceId>) -> BTreeSet<InstanceId> {
        let known = self.known();
        let unusable = known
            .instances
            .iter()
            .filter(|(id, instance)| match instance.fitness(vpc) {
                Fitness::Fit => false,
                Fitness::Doubtful => !registered.contains(id),
                Fitness::Unfit => true,
            });
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
    /// When instances of which it is not sure that they can be targets will be looked at again; none where all are well.
    pub(crate) fn retries_instances(&self) -> Option<Duration> {
        let known = self.known();
        let vpc = known.vpc.as_ref()?;
        let mut instances = known.instances.values();
        let doubtful = instances.any(|instance| instance.fitness(vpc) == Fitness::Doubtful);
        doubtful.then_some(REFUSAL)
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

    fn fitness(&self, vpc: &VpcId) -> Fitness {
        let refused = self.refused.is_some_and(|refused| refused.elapsed() < REFUSAL);
        match &self.found {
            None => Fitness::Doubtful,
            Some(_) if self.vpc() != Some(vpc) => Fitness::Unfit,
            Some(_) if refused => Fitness::Doubtful,
            Some(_) => Fitness::Fit,
        }
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
