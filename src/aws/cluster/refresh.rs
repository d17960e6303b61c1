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
        let mut calls: usize = 0;
        let (vpc, subnets, public, names, instances, groups) = {
            let known = self.known();
            let names: Vec<String> = known.named_groups.keys().cloned().collect();
            let instances: BTreeSet<_> = known.instances.keys().cloned().collect();
            let groups: BTreeSet<_> = known.group_tags.keys().cloned().collect();
            let vpc = known.vpc.clone();
            (
                vpc,
                known.subnets.is_some(),
                known.public_subnets.is_some(),
                names,
                instances,
                groups,
            )
        };
        if !instances.is_empty() {
            self.read_instances(&instances).await?;
            calls = calls.saturating_add(1);
        }
        if !groups.is_empty() {
            self.read_group_tags(groups).await?;
            calls = calls.saturating_add(1);
        }
        let Some(vpc) = vpc else { return Ok(calls) };
        if subnets {
            let subnets = self.read_subnets(&vpc).await?;
            calls = calls.saturating_add(1);
            if public {
                self.read_public_subnets(&vpc, &subnets).await?;
                calls = calls.saturating_add(1);
            }
        }
        for name in names {
            self.read_named_group(&vpc, &name).await?;
            calls = calls.saturating_add(1);
        }
        Ok(calls)
    }
}
