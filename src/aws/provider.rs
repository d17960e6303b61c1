//! The plug-in as the controller sees it: observe -> desired -> plan -> apply, for one Service at a time.

mod ceilings;
mod delete;
mod departures;
mod ensure;
mod hold;
mod holdings;
mod outcome;
mod presume;
mod preview;
mod replacement;
mod sweep;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::aws::api::AwsApi;
use crate::aws::apply::Apply;
use crate::aws::audit::{Audit, DriftCount};
use crate::aws::backend::Backend;
use crate::aws::cluster::Cluster;
use crate::aws::desired;
use crate::aws::ids::VpcId;
use crate::aws::inventory::Inventory;
use crate::aws::ownership::Keeper;
use crate::aws::pace::{Figures, Pace, Paced, Priority, Rates, Turns, scoped};
use crate::aws::settings::AwsSettings;
use crate::node::NodeSet;
use crate::provider::{Audited, Deleted, Ensured, LoadBalancerProvider, Occasion, ProviderError};
use crate::service::{Owner, Service};
use ceilings::Ceilings;
use departures::Wishes;
pub use holdings::{Holding, Holdings, Resource};
pub(crate) use outcome::stays;
use replacement::Replacements;

/// How often a Service is looked at again in one go where AWS was found to hold something that was not known.
const PASSES: usize = 4;

/// What the operator sets for the plug-in.
#[derive(Clone, Debug, PartialEq)]
pub struct ProviderSettings {
    /// What decides how load balancers look.
    pub aws: AwsSettings,
    /// `--aws-vpc-id`; where it is not set, the nodes' instances tell the VPC.
    pub vpc: Option<VpcId>,
    /// `--audit-calls-per-minute`: what the drift audit may cost on average, more than 0.
    pub audit_calls_per_minute: u32,
    /// `--aws-api-rates`: how fast calls to AWS may be.
    pub rates: Rates,
    /// `--replacement-grace-period`: how long a replaced load balancer stays after its successor's hostname was published,
    /// so that clients with an old answer of DNS are still served.
    pub replacement_grace: Duration,
    /// `--mass-removal-delay`: how long targets stay registered of which more than half would leave at once because their
    /// nodes are gone; 0 lets them go.
    pub mass_removal_delay: Duration,
}

/// Load balancers of AWS for the Services of one cluster. One for the process: it remembers what AWS holds.
#[derive(Debug)]
pub struct AwsProvider<A> {
    settings: ProviderSettings,
    api: Arc<Paced<A>>,
    pace: Arc<Pace>,
    inventory: Arc<Inventory<Paced<A>>>,
    cluster: Cluster<Paced<A>>,
    backend: Backend<Paced<A>>,
    audit: Audit,
    replacements: Replacements,
    wishes: Wishes,
    ceilings: Ceilings,
}

impl<A: AwsApi> AwsProvider<A> {
    /// A provider that knows nothing of AWS yet; it reads what it needs with the first Service.
    #[must_use]
    pub fn new(api: A, settings: ProviderSettings) -> Self {
        let pace = Arc::new(Pace::new(settings.rates.clone()));
        let api = Arc::new(Paced::new(api, Arc::clone(&pace)));
        let inventory = Arc::new(Inventory::new(Arc::clone(&api), &settings.aws.cluster));
        if let Some(vpc) = &settings.vpc {
            inventory.confine(vpc);
        }
        Self {
            cluster: Cluster::new(Arc::clone(&api), settings.aws.clone(), settings.vpc.clone()),
            backend: Backend::new(
                Arc::clone(&api),
                Arc::clone(&pace),
                Arc::clone(&inventory),
                settings.aws.clone(),
            ),
            audit: Audit::new(settings.audit_calls_per_minute),
            replacements: Replacements::new(settings.replacement_grace),
            wishes: Wishes::new(settings.mass_removal_delay),
            ceilings: Ceilings::default(),
            settings,
            api,
            pace,
            inventory,
        }
    }

    /// How often AWS was found to differ from what elbow had left there, since the start of the process.
    #[must_use]
    pub fn drift(&self) -> Vec<DriftCount> {
        self.inventory.drift().counts()
    }

    /// How old the newest snapshot of AWS is; none before the first.
    pub fn snapshot_age(&self) -> Option<Duration> {
        self.inventory.snapshot_taken().map(|taken| taken.elapsed())
    }

    /// How fast calls to AWS are now.
    #[must_use]
    pub fn pace(&self) -> Vec<Figures> {
        self.pace.figures()
    }

    fn apply<'a>(&'a self, keeper: &'a Keeper, served_before: bool) -> Apply<'a, Paced<A>> {
        Apply {
            api: &self.api,
            inventory: &self.inventory,
            turns: Turns::new(&self.pace, keeper),
            keeper,
            served_before,
        }
    }
}

impl<A> AwsProvider<A> {
    /// What came of a pass says whether it comes back for the places that it has in line.
    fn leave_line_unless(&self, waits: bool, owner: &Owner) {
        if !waits {
            self.pace.finished(&Keeper::Service(owner.uid.clone()));
        }
    }
}

impl<A: AwsApi> LoadBalancerProvider for AwsProvider<A> {
    async fn ensure(&self, service: &Service, nodes: &NodeSet, occasion: Occasion) -> Result<Ensured, ProviderError> {
        let outcome = scoped(occasion, self.ensure_service(service, nodes)).await;
        let waits = match &outcome {
            Ok(ensured) => ensured.pending.is_some(),
            Err(error) => matches!(error, ProviderError::Paced { .. }),
        };
        self.leave_line_unless(waits, &service.owner);
        outcome
    }

    async fn delete(
        &self,
        owner: &Owner,
        annotations: &BTreeMap<String, String>,
        nodes: &NodeSet,
    ) -> Result<Deleted, ProviderError> {
        let keeper = Keeper::Service(owner.uid.clone());
        let outcome = scoped(Priority::Change, self.delete_all(&keeper, annotations, nodes)).await;
        self.leave_line_unless(matches!(outcome, Err(ProviderError::Paced { .. })), owner);
        outcome
    }

    fn companions(&self, annotations: &BTreeMap<String, String>) -> BTreeSet<String> {
        desired::companions(annotations)
    }

    async fn audit(&self) -> Result<Audited, ProviderError> {
        let round = self.audit.round(&self.inventory, &self.cluster, &self.backend);
        Ok(scoped(Priority::Audit, round).await?)
    }

    fn owners(&self) -> Vec<Owner> {
        self.inventory.owners()
    }
}
