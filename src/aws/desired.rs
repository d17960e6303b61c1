//! PURE. Service + nodes + facts of the cluster -> [`Stack`]: what AWS should hold. One file a concern.

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::api::SubnetDescription;
use crate::aws::ids::{InstanceId, SecurityGroupId, SubnetId, VpcId};
use crate::aws::settings::AwsSettings;
use crate::aws::stack::{ResourceName, Stack};
use crate::node::NodeSet;
use crate::provider::{ProviderError, Warning};
use crate::service::{Port, Service};

/// What [`stack`] must know of AWS. [`requirements`] tells which parts a Service needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The cluster's VPC.
    pub vpc: VpcId,
    /// All subnets of the VPC.
    pub subnets: Vec<SubnetDescription>,
    /// Subnets with a route to an internet gateway; none where nobody looked, see [`Requirements::routes`].
    pub public_subnets: Option<BTreeSet<SubnetId>>,
    /// Security groups of the VPC by their tag `Name`, as far as [`Requirements::group_names`] asks for them.
    pub named_groups: BTreeMap<String, BTreeSet<SecurityGroupId>>,
    /// The cluster's shared backend group; none as long as it does not exist. Then the stack is complete but for it, so
    /// that a Service can be judged before anything is made for it; see [`Desired::backend_group`].
    pub backend_group: Option<SecurityGroupId>,
    /// Subnets of the load balancer named [`Requirements::load_balancer`], empty as long as it does not exist.
    pub load_balancer_subnets: BTreeSet<SubnetId>,
    /// Instances that AWS would refuse as targets: terminated, or of another VPC.
    pub unusable_instances: BTreeSet<InstanceId>,
}

/// Which facts a Service needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirements {
    /// Name of its load balancer.
    pub load_balancer: ResourceName,
    /// Are route tables needed to choose subnets ([`Facts::public_subnets`])?
    pub routes: bool,
    /// Security groups that the user names by their tag `Name` ([`Facts::named_groups`]).
    pub group_names: BTreeSet<String>,
}

/// What AWS should hold for a Service, and what comes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desired {
    /// What AWS should hold.
    pub stack: Stack,
    /// What the user should know though the Service can be served.
    pub warnings: Vec<Warning>,
    /// Availability zones of the load balancer.
    pub zones: BTreeSet<String>,
    /// Does the load balancer carry the cluster's backend group? If so and [`Facts::backend_group`] is none, the group has
    /// to be made and the stack computed again.
    pub backend_group: bool,
    /// Health check ports outside [`AwsSettings::node_ports`] on which nodes must admit the backend group.
    pub health_ports: BTreeSet<Port>,
}

/// A declaration that cannot be satisfied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Invalid {
    /// A fixed word in `PascalCase`: reason of the event and of the condition.
    pub reason: &'static str,
    /// The field or annotation, its value, and what is allowed.
    pub message: String,
}

impl From<Invalid> for ProviderError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid {
            reason: invalid.reason,
            message: invalid.message,
        }
    }
}

/// Which facts [`stack`] needs for this Service.
///
/// # Errors
/// [`Invalid`] where the Service alone shows that it cannot be satisfied.
pub fn requirements(
    service: &Service,
    settings: &AwsSettings,
    facts: &[SubnetDescription],
) -> Result<Requirements, Invalid> {
    let _ = (service, settings, facts);
    Err(Invalid {
        reason: "Unfinished",
        message: String::new(),
    })
}

/// What AWS should hold for this Service with these nodes as targets. The order of nodes, subnets and annotations does not
/// matter.
///
/// # Errors
/// [`Invalid`] where the declaration cannot be satisfied; all faults of annotations are named at once.
pub fn stack(service: &Service, nodes: &NodeSet, facts: &Facts, settings: &AwsSettings) -> Result<Desired, Invalid> {
    let _ = (service, nodes, facts, settings);
    Err(Invalid {
        reason: "Unfinished",
        message: String::new(),
    })
}
