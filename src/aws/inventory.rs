//! What AWS holds for every Service of the cluster, kept in memory: read once by a shared snapshot, kept true by
//! recording every write, and corrected by the audit. So a Service that did not change costs no call.

mod details;
mod gone;
mod overlay;
mod parse;
mod records;
mod snapshot;
mod write;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use futures::stream::{self, StreamExt, TryStreamExt};
use tokio::time::Instant;

use crate::aws::api::{AwsApi, AwsResult, LoadBalancerSelection};
use crate::aws::audit::{Drift, DriftCounters};
use crate::aws::error::{AwsError, ErrorKind};
use crate::aws::ids::{LoadBalancerArn, VpcId};
use crate::aws::observed::Observed;
use crate::aws::ownership::{Keeper, owner};
use crate::aws::stack::GroupRef;
use crate::service::Owner;
use records::{Knowledge, Moment, Records};

pub(crate) use snapshot::tags_of;
pub(crate) use write::Write;

/// Calls that one reading makes at the same time. ELBv2 allows 40 reads at once and 10 a second after that in older
/// accounts (AWS documentation, "Request throttling for the Elastic Load Balancing API").
const READS_AT_ONCE: usize = 8;
/// How often a keeper is looked up again where AWS changes under the reading.
const ATTEMPTS: usize = 3;

/// The memory. One for the process.
#[derive(Debug)]
pub(crate) struct Inventory<A> {
    api: Arc<A>,
    cluster: String,
    vpc: OnceLock<VpcId>,
    records: Mutex<Records>,
    /// Held while a snapshot is taken, so that one serves all who wait for it.
    snapshot: tokio::sync::Mutex<Flight>,
    /// When the last one was taken successfully.
    taken: Mutex<Option<Instant>>,
    drift: DriftCounters,
}

/// The snapshots so far.
#[derive(Debug, Default)]
struct Flight {
    /// The last failure and its moment, for those who have waited for that very snapshot.
    failed: Option<(Moment, AwsError)>,
    /// What the last successful one cost.
    calls: usize,
}

impl<A: AwsApi> Inventory<A> {
    /// An inventory that knows nothing yet.
    pub(crate) fn new(api: Arc<A>, cluster: &str) -> Self {
        Self {
            api,
            cluster: cluster.to_owned(),
            vpc: OnceLock::new(),
            records: Mutex::default(),
            snapshot: tokio::sync::Mutex::default(),
            taken: Mutex::default(),
            drift: DriftCounters::default(),
        }
    }

    /// From now on only load balancers and target groups of this VPC are looked at.
    pub(crate) fn confine(&self, vpc: &VpcId) {
        self.vpc.get_or_init(|| vpc.clone());
    }

    /// All that AWS holds for a keeper, with details.
    ///
    /// # Errors
    /// When it has to be read and cannot.
    pub(crate) async fn observe(&self, keeper: &Keeper) -> AwsResult<Observed> {
        self.learn(keeper, true).await
    }

    /// What AWS holds for a keeper, perhaps without listeners, attributes and targets.
    ///
    /// # Errors
    /// When it has to be read and cannot.
    pub(crate) async fn observe_basics(&self, keeper: &Keeper) -> AwsResult<Observed> {
        self.learn(keeper, false).await
    }

    /// What a snapshot shows of a keeper whose details are not known. None where they are, or where nothing has any.
    ///
    /// # Errors
    /// When it has to be read and cannot.
    pub(crate) async fn observe_shown(&self, keeper: &Keeper) -> AwsResult<Option<Observed>> {
        let shown = self.learn(keeper, false).await?;
        Ok((!self.records().is_detailed(keeper)).then_some(shown))
    }

    /// The details of a keeper, which are not known, are presumed to be these until they are read.
    pub(crate) fn presume(&self, keeper: &Keeper, presumed: Observed) {
        self.records().presume(keeper, presumed);
    }

    async fn learn(&self, keeper: &Keeper, with_details: bool) -> AwsResult<Observed> {
        for _ in 0..ATTEMPTS {
            let knowledge = self.records().knowledge(keeper, with_details);
            match knowledge {
                Knowledge::Known(observed) => return Ok(observed),
                Knowledge::NeedsSnapshot(since) => {
                    self.take_snapshot(since).await?;
                }
                Knowledge::NeedsDetails(basics, started) => {
                    self.read_details(keeper, basics, started).await?;
                }
            }
        }
        let cause = "the resources of the Service change faster than they can be read";
        Err(AwsError::new(
            "elasticloadbalancing:DescribeLoadBalancers",
            "Unsettled",
            cause,
        ))
    }

    /// Takes a snapshot that shows AWS as it is from now on. Returns the calls that it took, 0 where another one's snapshot
    /// serves.
    ///
    /// # Errors
    /// When AWS cannot be read; what was known before stays.
    pub(crate) async fn refresh(&self) -> AwsResult<usize> {
        let now = self.records().tick();
        self.take_snapshot(now).await
    }

    /// Makes sure that there is a snapshot which began after `since`.
    async fn take_snapshot(&self, since: Moment) -> AwsResult<usize> {
        let asked = self.records().tick();
        let mut flight = self.snapshot.lock().await;
        if self.records().snapshot() > Some(since) {
            return Ok(0);
        }
        if let Some((failed, error)) = &flight.failed
            && *failed > asked
        {
            return Err(error.clone());
        }
        let started = self.records().tick();
        match snapshot::take(&*self.api, &self.cluster, self.vpc.get()).await {
            Ok(snapshot) => {
                flight.calls = snapshot.calls;
                *self.taken() = Some(Instant::now());
                let drift = self.records().take_snapshot(snapshot, started);
                self.report(&drift);
                Ok(flight.calls)
            }
            Err(error) => {
                flight.failed = Some((self.records().tick(), error.clone()));
                Err(error)
            }
        }
    }

    /// Reads the details of a keeper again, for the audit. Returns the calls that it took.
    ///
    /// # Errors
    /// When AWS cannot be read; what was known before stays.
    pub(crate) async fn reread(&self, keeper: &Keeper) -> AwsResult<usize> {
        let (basics, started) = {
            let mut records = self.records();
            (records.look(keeper, Observed::clone), records.tick())
        };
        self.read_details(keeper, basics, started).await
    }

    async fn read_details(&self, keeper: &Keeper, basics: Observed, started: Moment) -> AwsResult<usize> {
        let reader = details::Reader::new(&*self.api);
        match reader.read(basics).await {
            Ok(read) => {
                let drift = self.records().take_details(keeper, read, started);
                self.report(&drift);
                Ok(reader.calls())
            }
            // Something went away since the last snapshot, so the next look has to begin with a new one.
            Err(error) if error.kind == ErrorKind::NotFound => {
                self.records().doubt(keeper);
                Ok(reader.calls())
            }
            Err(error) => Err(error),
        }
    }

    /// Reads whether a load balancer is active by now.
    ///
    /// # Errors
    /// When AWS cannot be read.
    pub(crate) async fn read_state(&self, keeper: &Keeper, arn: &LoadBalancerArn) -> AwsResult<()> {
        let found = self
            .api
            .describe_load_balancers(&LoadBalancerSelection::Arn(arn.clone()))
            .await?;
        match found.first() {
            Some(found) => self.records().set_active(keeper, arn, found.active),
            None => self.records().doubt(keeper),
        }
        Ok(())
    }

    /// Looks at what is known of a keeper at this moment.
    pub(crate) fn look<R>(&self, keeper: &Keeper, look: impl FnOnce(&Observed) -> R) -> R {
        self.records().look(keeper, look)
    }

    /// Looks at a keeper with the details that are known, or else presumed.
    pub(crate) fn look_presumed<R>(&self, keeper: &Keeper, look: impl FnOnce(&Observed) -> R) -> R {
        self.records().look_presumed(keeper, look)
    }

    /// All for whom there is something in AWS as far as is known, in a fixed order.
    pub(crate) fn keepers(&self) -> Vec<Keeper> {
        let mut keepers: Vec<Keeper> = self.records().keepers().map(|(keeper, _)| keeper.clone()).collect();
        keepers.sort_unstable();
        keepers
    }

    /// Those of the keepers whose details were never read.
    pub(crate) fn unread(&self) -> BTreeSet<Keeper> {
        self.records().unread().cloned().collect()
    }

    /// The Services for whom there is something in AWS as far as is known, in a fixed order.
    pub(crate) fn owners(&self) -> Vec<Owner> {
        let records = self.records();
        let owners = records.keepers().filter_map(|(keeper, observed)| match keeper {
            Keeper::Service(uid) => Some(owner(uid, observed.tags())),
            Keeper::Cluster => None,
        });
        let mut owners: Vec<Owner> = owners.collect();
        owners.sort_unstable();
        owners
    }

    /// Does a load balancer of any Service carry one of these groups, or might one?
    pub(crate) fn may_carry(&self, groups: &BTreeSet<GroupRef>) -> bool {
        self.records().may_carry(groups)
    }

    /// Nothing is known any more: another replica may have written.
    pub(crate) fn forget(&self) {
        self.records().forget();
    }

    /// When the newest snapshot was taken.
    pub(crate) fn snapshot_taken(&self) -> Option<Instant> {
        *self.taken()
    }

    fn taken(&self) -> MutexGuard<'_, Option<Instant>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often AWS was found to differ from what was known.
    pub(crate) fn drift(&self) -> &DriftCounters {
        &self.drift
    }

    fn report(&self, drift: &[Drift]) {
        for drift in drift {
            tracing::info!(
                resource = drift.resource,
                field = drift.field,
                "AWS differs from what was left there"
            );
        }
        self.drift.add(drift);
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        // Records stay sound when a thread panics: every change of them is done in one go.
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes calls in parallel, and returns their answers in the order of the calls. The first error ends it.
async fn together<T>(calls: Vec<impl Future<Output = AwsResult<T>>>) -> AwsResult<Vec<T>> {
    stream::iter(calls).buffered(READS_AT_ONCE).try_collect().await
}
