//! Facts about the cluster that all Services share: VPC, subnets, instances. Read when first needed, then kept; the audit
//! reads them again.

mod ended;
mod instances;
mod limits;
mod members;
mod network;
mod node_groups;
mod refresh;
mod routes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ipnet::IpNet;
use tokio::time::Instant;

use crate::aws::api::{AwsApi, InstanceDescription, SubnetDescription};
use crate::aws::desired::{Facts, Requirements};
use crate::aws::ids::{InstanceId, SecurityGroupId, SubnetId, VpcId};
use crate::aws::settings::AwsSettings;
use crate::aws::stack::Tags;
use crate::node::NodeSet;
use crate::provider::ProviderError;

use ended::Look;
use limits::KnownLimits;

/// An instance that AWS does not know, or has refused as a target, is asked about again after this time: one that has just
/// been launched is known everywhere within seconds.
pub(crate) const REFUSAL: Duration = Duration::from_secs(60);

/// The shared facts. One for the process.
#[derive(Debug)]
pub(crate) struct Cluster<A> {
    api: Arc<A>,
    settings: AwsSettings,
    known: Mutex<Known>,
    /// Held while facts are read, so that one reading serves all who wait for it.
    reading: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    vpc: Option<VpcId>,
    subnets: Option<Arc<Vec<SubnetDescription>>>,
    public_subnets: Option<BTreeSet<SubnetId>>,
    vpc_networks: Option<Vec<IpNet>>,
    /// When subnets or routes were last read.
    network_read: Option<Instant>,
    named_groups: BTreeMap<String, BTreeSet<SecurityGroupId>>,
    instances: BTreeMap<InstanceId, Instance>,
    /// Instances that are registered somewhere and are no node's: are they the cluster's?
    strangers: BTreeMap<InstanceId, bool>,
    /// Instances of nodes that are gone.
    looks: BTreeMap<InstanceId, Look>,
    /// Tags of groups of instances that have several.
    group_tags: BTreeMap<SecurityGroupId, Tags>,
    /// None where nobody needed them yet.
    limits: Option<KnownLimits>,
}

/// What is known of an instance.
#[derive(Debug)]
struct Instance {
    /// As EC2 describes it; none where EC2 does not know it.
    found: Option<InstanceDescription>,
    /// When that was read.
    read: Instant,
    /// When AWS refused it as a target.
    refused: Option<Instant>,
}

impl<A: AwsApi> Cluster<A> {
    /// Facts of a cluster, in this VPC if it is known already.
    pub(crate) fn new(api: Arc<A>, settings: AwsSettings, vpc: Option<VpcId>) -> Self {
        Self {
            api,
            settings,
            known: Mutex::new(Known {
                vpc,
                ..Known::default()
            }),
            reading: tokio::sync::Mutex::default(),
        }
    }

    /// The facts that a Service needs, as far as they are the cluster's. `registered` are its targets now.
    ///
    /// # Errors
    /// When AWS cannot be read, or no node tells the VPC.
    pub(crate) async fn facts(
        &self,
        requirements: &Requirements,
        nodes: &NodeSet,
        backend_group: Option<SecurityGroupId>,
        registered: &BTreeSet<InstanceId>,
    ) -> Result<Facts, ProviderError> {
        let vpc = self.vpc(nodes).await?;
        let subnets = self.subnets(&vpc).await?;
        let public_subnets = if requirements.routes {
            Some(self.public_subnets(&vpc).await?)
        } else {
            None
        };
        let mut named_groups = BTreeMap::new();
        for name in &requirements.group_names {
            named_groups.insert(name.clone(), self.named_group(&vpc, name).await?);
        }
        let vpc_networks = if requirements.vpc_networks {
            self.vpc_networks(&vpc).await?
        } else {
            Vec::new()
        };
        self.learn_instances(nodes).await?;
        let strangers = registered.iter().filter(|_| requirements.cluster_instances);
        Ok(Facts {
            cluster_instances: self.members(&strangers.cloned().collect()).await?,
            unusable_instances: self.unusable_instances(&vpc, registered),
            instance_zones: self.zones(),
            limits: self.limits(),
            ceiling: None,
            vpc,
            subnets: subnets.to_vec(),
            public_subnets,
            named_groups,
            backend_group,
            load_balancers: Vec::new(),
            vpc_networks,
        })
    }

    fn zones(&self) -> BTreeMap<InstanceId, String> {
        let known = self.known();
        let zones = known.instances.iter().filter_map(|(id, instance)| {
            let zone = instance.found.as_ref()?.zone.clone()?;
            Some((id.clone(), zone))
        });
        zones.collect()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // The facts stay sound when a thread panics: every change of them is done in one go.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
