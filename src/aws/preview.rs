//! PURE. What elbow would do for a Service, without doing it: the same decisions, from facts that were read or given.

pub mod changes;
mod expected;
mod shared;

use crate::aws::desired::{self, Desired, Facts, Invalid};
use crate::aws::ids::SecurityGroupId;
use crate::aws::observed::Observed;
use crate::aws::plan::{Plan, Replaced, plan, protected};
use crate::aws::provider::stays;
use crate::aws::settings::AwsSettings;
use crate::node::NodeSet;
use crate::provider::ProviderError;
use crate::service::Service;

use self::changes::Change;
pub use self::shared::Shared;

/// Begins every text that stands for what only AWS or Kubernetes can tell.
pub const KNOWN_AFTER_APPLY: &str = "known after apply";

/// What would be done for one Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// What AWS should hold.
    pub desired: Desired,
    /// What AWS holds for the Service.
    pub observed: Observed,
    /// The steps from one to the other, to the end of a replacement: what the new load balancer replaces goes last.
    pub plan: Plan,
}

/// What would be done for several Services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Previews {
    /// For each Service, in their order.
    pub services: Vec<Result<Preview, ProviderError>>,
    /// For what all Services of the cluster share.
    pub shared: Result<Shared, ProviderError>,
}

impl Preview {
    /// What would be done with these nodes and facts, where AWS holds `observed`. Where [`Facts::backend_group`] is none and
    /// needed, [`unknown`] stands for its id.
    ///
    /// # Errors
    /// [`Invalid`] where the declaration cannot be satisfied.
    pub fn new(
        service: &Service,
        nodes: &NodeSet,
        mut facts: Facts,
        observed: Observed,
        settings: &AwsSettings,
    ) -> Result<Self, Invalid> {
        facts.load_balancers = observed.load_balancers.iter().map(|known| known.spec.clone()).collect();
        let backend = desired::names::backend_group(&settings.cluster);
        facts
            .backend_group
            .get_or_insert_with(|| SecurityGroupId::new(unknown(&backend)));
        let mut desired = desired::stack(service, nodes, &facts, settings)?;
        let protected = protected(&desired.stack, &observed).map(|known| stays(&known.spec.name));
        desired.warnings.extend(protected);
        let plan = plan(&desired.stack, &observed, Replaced::Remove);
        Ok(Self {
            desired,
            observed,
            plan,
        })
    }

    /// What the plan changes, by resource.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        let after = expected::after(&self.observed, &self.plan);
        changes::between(&self.observed, &after)
    }
}

/// Stands for the identifier of something that does not exist yet.
#[must_use]
pub fn unknown(name: &impl std::fmt::Display) -> String {
    format!("{KNOWN_AFTER_APPLY} ({name})")
}
