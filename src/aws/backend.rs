//! The security group that all load balancers of the cluster share, and the rules by which nodes admit it: one rule a
//! protocol for the whole cluster, whatever the number of Services. Made when the first load balancer needs it, gone with the
//! last. Beside it the rules for load balancers that have no groups.

mod needs;
mod observe;
mod openings;
mod preview;
mod release;
mod wanted;

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::{RwLock, RwLockReadGuard};

use crate::aws::api::AwsApi;
use crate::aws::apply::Apply;
use crate::aws::ids::{SecurityGroupId, VpcId};
use crate::aws::inventory::Inventory;
use crate::aws::observed::ObservedSecurityGroup;
use crate::aws::ownership::Keeper;
use crate::aws::pace::{Pace, Turns};
use crate::aws::plan::Plan;
use crate::aws::plan::step::{Step, TaggedResource};
use crate::aws::settings::AwsSettings;
use crate::aws::stack::Tags;
use crate::provider::ProviderError;
pub(crate) use needs::Need;
use needs::Needs;
use openings::Openings;
use wanted::{NodeRules, Rules};

pub(crate) use wanted::group as backend_group;

/// How often it is looked at again where AWS was found to hold something that was not known.
const PASSES: usize = 3;

/// The shared group. One for the process.
#[derive(Debug)]
pub(crate) struct Backend<A> {
    api: Arc<A>,
    pace: Arc<Pace>,
    inventory: Arc<Inventory<A>>,
    settings: AwsSettings,
    needs: Needs,
    /// Held for reading while a load balancer is made that carries the group, for writing while the group goes.
    users: RwLock<()>,
    /// The rules by which groups admit ours; none where that has to be read.
    admitted: tokio::sync::Mutex<Option<NodeRules>>,
    /// The rules by which groups admit load balancers that have none.
    openings: tokio::sync::Mutex<Openings>,
}

/// The group exists and stays for as long as this is held.
#[derive(Debug)]
pub(crate) struct InUse<'a> {
    /// The group.
    pub(crate) group: SecurityGroupId,
    _user: RwLockReadGuard<'a, ()>,
}

impl<A: AwsApi> Backend<A> {
    /// The shared group of a cluster, of which nothing is known yet.
    pub(crate) fn new(api: Arc<A>, pace: Arc<Pace>, inventory: Arc<Inventory<A>>, settings: AwsSettings) -> Self {
        Self {
            api,
            pace,
            inventory,
            settings,
            needs: Needs::default(),
            users: RwLock::default(),
            admitted: tokio::sync::Mutex::default(),
            openings: tokio::sync::Mutex::default(),
        }
    }

    /// What this Service needs nodes to admit. Returns what it was before, if that is known.
    pub(crate) fn need(&self, keeper: &Keeper, need: Need) -> Option<Need> {
        self.needs.set(keeper, need)
    }

    /// The Service cannot have what it needs: it is to have what it had before.
    pub(crate) fn take_back(&self, keeper: &Keeper, before: Option<Need>) {
        match before {
            Some(before) => drop(self.needs.set(keeper, before)),
            None => self.needs.forget(keeper),
        }
    }

    /// The group's id if it is known to exist.
    pub(crate) fn group(&self, vpc: &VpcId) -> Option<SecurityGroupId> {
        self.known(vpc).map(|group| group.id)
    }

    /// Makes sure that the group exists, and that these groups of nodes admit it. No call where that is known.
    ///
    /// # Errors
    /// When AWS cannot be read or refuses a write.
    pub(crate) async fn ensure(
        &self,
        vpc: &VpcId,
        node_groups: &BTreeSet<SecurityGroupId>,
    ) -> Result<InUse<'_>, ProviderError> {
        let user = self.users.read().await;
        let mut admitted = self.admitted.lock().await;
        let group = self.ensure_group(vpc).await?;
        let wanted = wanted::rules(&self.settings, &self.needs.health_ports(), &group);
        for _ in 0..PASSES {
            let known = match admitted.take() {
                Some(known) => known,
                None => self.read_admitted(&group).await?,
            };
            let stages = wanted::stages(&wanted, node_groups, &known, self.may_revoke());
            let after = wanted::after(&stages, known.clone());
            let plan = Plan { stages };
            match self.apply().run(&plan).await {
                Ok(applied) if !applied.unsettled => {
                    *admitted = Some(after);
                    return Ok(InUse { group, _user: user });
                }
                Ok(_) => {}
                Err(error) => {
                    *admitted = left_as_it_was(&error, &plan).then_some(known);
                    return Err(error);
                }
            }
        }
        Err(unsettled("ec2:AuthorizeSecurityGroupIngress"))
    }

    async fn ensure_group(&self, vpc: &VpcId) -> Result<SecurityGroupId, ProviderError> {
        let wanted = wanted::group(&self.settings.cluster, vpc);
        for _ in 0..PASSES {
            let observed = self.inventory.observe_basics(&Keeper::Cluster).await?;
            let known = observed
                .security_groups
                .into_iter()
                .find(|group| group.spec.name == wanted.name);
            match known {
                Some(known) => match missing_tags(&wanted.tags, &known) {
                    None => return Ok(known.id),
                    Some(step) => self.run(step).await?,
                },
                None => self.run(Step::CreateSecurityGroup(wanted.clone())).await?,
            }
        }
        Err(ProviderError::Transient {
            action: "ec2:CreateSecurityGroup".to_owned(),
            message: format!("the group {} is not there yet", wanted.name),
        })
    }

    async fn run(&self, step: Step) -> Result<(), ProviderError> {
        let stages = vec![vec![step]];
        self.apply().run(&Plan { stages }).await.map(drop)
    }

    /// Rules may go only when every Service that has a load balancer has said which it needs.
    fn may_revoke(&self) -> Rules {
        if self.knows_all_needs() {
            Rules::All
        } else {
            Rules::OfForeignNodes
        }
    }

    fn knows_all_needs(&self) -> bool {
        let services = self
            .inventory
            .keepers()
            .into_iter()
            .filter(|keeper| *keeper != Keeper::Cluster);
        self.needs.are_known_for(services)
    }

    fn known(&self, vpc: &VpcId) -> Option<ObservedSecurityGroup> {
        let wanted = wanted::group(&self.settings.cluster, vpc);
        self.inventory.look(&Keeper::Cluster, |observed| {
            let known = observed
                .security_groups
                .iter()
                .find(|group| group.spec.name == wanted.name);
            known.cloned()
        })
    }

    fn apply(&self) -> Apply<'_, A> {
        Apply {
            api: &self.api,
            inventory: &self.inventory,
            turns: Turns::new(&self.pace, &Keeper::Cluster),
            keeper: &Keeper::Cluster,
            served_before: false,
        }
    }
}

fn unsettled(action: &str) -> ProviderError {
    ProviderError::Transient {
        action: action.to_owned(),
        message: "groups or rules are others than were known; looking again".to_owned(),
    }
}

/// Was nothing of the plan sent, because its one step has to wait?
fn left_as_it_was(error: &ProviderError, plan: &Plan) -> bool {
    matches!(error, ProviderError::Paced { .. }) && plan.steps().count() == 1
}

fn missing_tags(wanted: &Tags, known: &ObservedSecurityGroup) -> Option<Step> {
    let missing = wanted
        .iter()
        .filter(|(key, value)| known.spec.tags.get(*key) != Some(value));
    let tags: Tags = missing.map(|(key, value)| (key.clone(), value.clone())).collect();
    let resource = TaggedResource::SecurityGroup(known.id.clone());
    (!tags.is_empty()).then_some(Step::AddTags { resource, tags })
}
