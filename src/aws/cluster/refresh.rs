//! Reading the facts again: by the audit, and where a Service cannot be satisfied with what is known.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Cluster;
use crate::aws::api::{AwsApi, AwsResult};

/// Least time between two readings of the network on behalf of Services that cannot be satisfied: however many there are,
/// they cost at most two such readings a minute.
const NETWORK_PAUSE: Duration = Duration::from_secs(30);

impl<A: AwsApi> Cluster<A> {
    /// Forgets the network if it was not read just now. Returns whether it did, so that asking again makes sense.
    pub(crate) fn forget_network(&self) -> bool {
        let mut known = self.known();
        let is_old = known.network_read.is_some_and(|read| read.elapsed() >= NETWORK_PAUSE);
        if is_old {
            known.subnets = None;
            known.public_subnets = None;
            known.vpc_networks = None;
            known.named_groups.clear();
        }
        is_old
    }

    /// Reads again all that is known. Returns the calls that it took.
    ///
    /// # Errors
    /// When AWS cannot be read; what is not read again stays.
    pub(crate) async fn refresh(&self) -> AwsResult<usize> {
        let _alone = self.reading.lock().await;
        let nodes = self.refresh_nodes().await?;
        let network = self.refresh_network().await?;
        let limits = self.refresh_limits().await?;
        Ok(nodes.saturating_add(network).saturating_add(limits))
    }

    /// Where they matter.
    async fn refresh_limits(&self) -> AwsResult<usize> {
        let are_known = self.known().limits.is_some();
        if are_known {
            self.read_limits().await?;
        }
        Ok(count(&[are_known]))
    }

    async fn refresh_nodes(&self) -> AwsResult<usize> {
        let (instances, groups): (BTreeSet<_>, BTreeSet<_>) = {
            let mut known = self.known();
            known.strangers.clear();
            (
                known.instances.keys().cloned().collect(),
                known.group_tags.keys().cloned().collect(),
            )
        };
        let calls = [!instances.is_empty(), !groups.is_empty()];
        if !instances.is_empty() {
            self.read_instances(&instances).await?;
        }
        self.read_group_tags(groups).await?;
        Ok(count(&calls))
    }

    async fn refresh_network(&self) -> AwsResult<usize> {
        let (vpc, subnets, public, networks, names) = {
            let known = self.known();
            let names: Vec<String> = known.named_groups.keys().cloned().collect();
            (
                known.vpc.clone(),
                known.subnets.is_some(),
                known.public_subnets.is_some(),
                known.vpc_networks.is_some(),
                names,
            )
        };
        let Some(vpc) = vpc.filter(|_| subnets) else {
            return Ok(0);
        };
        let subnets = self.read_subnets(&vpc).await?;
        if public {
            self.read_public_subnets(&vpc, &subnets).await?;
        }
        if networks {
            self.read_vpc_networks(&vpc).await?;
        }
        for name in &names {
            self.read_named_group(&vpc, name).await?;
        }
        Ok(count(&[true, public, networks]).saturating_add(names.len()))
    }
}

fn count(calls: &[bool]) -> usize {
    calls.iter().filter(|made| **made).count()
}
