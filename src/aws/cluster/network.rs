//! The VPC, subnets, routes, and security groups that users name.

use std::collections::BTreeSet;
use std::sync::Arc;

use ipnet::IpNet;
use tokio::time::Instant;

use super::{Cluster, routes};
use crate::aws::api::{AwsApi, AwsResult, SecurityGroupSelection, SubnetDescription};
use crate::aws::ids::{SecurityGroupId, SubnetId, VpcId};

/// The tag by which people name a security group.
const NAME_TAG: &str = "Name";

impl<A: AwsApi> Cluster<A> {
    /// All subnets of the VPC.
    ///
    /// # Errors
    /// When AWS cannot be read.
    pub(crate) async fn subnets(&self, vpc: &VpcId) -> AwsResult<Arc<Vec<SubnetDescription>>> {
        let known = || self.known().subnets.clone();
        if let Some(subnets) = known() {
            return Ok(subnets);
        }
        let _alone = self.reading.lock().await;
        match known() {
            Some(subnets) => Ok(subnets),
            None => self.read_subnets(vpc).await,
        }
    }

    pub(super) async fn read_subnets(&self, vpc: &VpcId) -> AwsResult<Arc<Vec<SubnetDescription>>> {
        let subnets = Arc::new(self.api.describe_subnets(vpc).await?);
        let mut known = self.known();
        known.subnets = Some(Arc::clone(&subnets));
        known.network_read = Some(Instant::now());
        Ok(subnets)
    }

    /// Subnets with a route to an internet gateway.
    pub(super) async fn public_subnets(&self, vpc: &VpcId) -> AwsResult<BTreeSet<SubnetId>> {
        let subnets = self.subnets(vpc).await?;
        let known = || self.known().public_subnets.clone();
        if let Some(public) = known() {
            return Ok(public);
        }
        let _alone = self.reading.lock().await;
        match known() {
            Some(public) => Ok(public),
            None => self.read_public_subnets(vpc, &subnets).await,
        }
    }

    pub(super) async fn read_public_subnets(
        &self,
        vpc: &VpcId,
        subnets: &[SubnetDescription],
    ) -> AwsResult<BTreeSet<SubnetId>> {
        let tables = self.api.describe_route_tables(vpc).await?;
        let public = routes::public_subnets(subnets.iter().map(|subnet| &subnet.id), &tables);
        let mut known = self.known();
        known.public_subnets = Some(public.clone());
        known.network_read = Some(Instant::now());
        Ok(public)
    }

    /// The VPC's networks, of both families.
    pub(super) async fn vpc_networks(&self, vpc: &VpcId) -> AwsResult<Vec<IpNet>> {
        let known = || self.known().vpc_networks.clone();
        if let Some(networks) = known() {
            return Ok(networks);
        }
        let _alone = self.reading.lock().await;
        match known() {
            Some(networks) => Ok(networks),
            None => self.read_vpc_networks(vpc).await,
        }
    }

    pub(super) async fn read_vpc_networks(&self, vpc: &VpcId) -> AwsResult<Vec<IpNet>> {
        let networks = self.api.describe_vpc(vpc).await?.networks;
        self.known().vpc_networks = Some(networks.clone());
        Ok(networks)
    }

    /// Security groups of the VPC with this tag `Name`. That there is none is not remembered: somebody is about to make one.
    pub(super) async fn named_group(&self, vpc: &VpcId, name: &str) -> AwsResult<BTreeSet<SecurityGroupId>> {
        let known = self.known().named_groups.get(name).cloned();
        match known {
            Some(groups) => Ok(groups),
            None => self.read_named_group(vpc, name).await,
        }
    }

    pub(super) async fn read_named_group(&self, vpc: &VpcId, name: &str) -> AwsResult<BTreeSet<SecurityGroupId>> {
        let selection = SecurityGroupSelection::Tag(NAME_TAG.to_owned(), name.to_owned());
        let found = self.api.describe_security_groups(&selection).await?;
        let groups: BTreeSet<_> = found
            .into_iter()
            .filter(|group| group.vpc == *vpc)
            .map(|group| group.id)
            .collect();
        let mut known = self.known();
        if groups.is_empty() {
            known.named_groups.remove(name);
        } else {
            known.named_groups.insert(name.to_owned(), groups.clone());
        }
        Ok(groups)
    }
}
