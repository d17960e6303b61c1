//! Rules by which nodes admit load balancers that have no security groups: for the networks of clients and load balancers,
//! in the union of what Services need. Ours are told by their description; no other is ever touched.

use std::collections::{BTreeMap, BTreeSet};

use super::wanted::{self, NodeRules};
use super::{Backend, left_as_it_was, unsettled};
use crate::aws::api::{AwsApi, AwsResult, SecurityGroupDescription, SecurityGroupSelection};
use crate::aws::cluster::Cluster;
use crate::aws::desired::tags::RULE_DESCRIPTION;
use crate::aws::ids::SecurityGroupId;
use crate::aws::plan::Plan;
use crate::aws::plan::step::Step;
use crate::aws::stack::IngressRule;
use crate::provider::ProviderError;

/// What is known of the nodes' groups.
#[derive(Debug)]
pub(super) struct Openings {
    /// None where it has to be read.
    known: Option<Admitted>,
    /// Rules of a Service that is gone may be left, though none are known here.
    suspected: bool,
}

/// Rules of the nodes' groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Admitted {
    /// All of them, whoever made them: AWS refuses a second one that is the same.
    present: NodeRules,
    /// Those with our description.
    ours: NodeRules,
}

impl Default for Openings {
    /// A process that died between taking a load balancer and its rules away has left them, so each start looks once.
    fn default() -> Self {
        Self {
            known: None,
            suspected: true,
        }
    }
}

impl Openings {
    /// Rules may be left that are not known of.
    pub(super) fn suspect(&mut self) {
        self.suspected = true;
    }

    /// Is there anything to look at or to do?
    fn concern(&self, wanted: &BTreeSet<IngressRule>) -> bool {
        let has_ours = self.known.as_ref().is_some_and(|known| !known.ours.is_empty());
        has_ours || self.suspected || !wanted.is_empty()
    }
}

impl Admitted {
    fn add(&mut self, groups: impl IntoIterator<Item = SecurityGroupDescription>, description: &str) {
        for group in groups {
            let ours = described(&group, description);
            if !ours.is_empty() {
                self.ours.insert(group.id.clone(), ours);
            }
            self.present.insert(group.id, group.rules);
        }
    }
}

impl<A: AwsApi> Backend<A> {
    /// May [`Backend::ensure_openings`] have anything to do?
    pub(crate) async fn has_openings(&self) -> bool {
        self.openings.lock().await.concern(&self.needs.openings())
    }

    /// Makes sure that the nodes' groups have the rules that Services need, and no others of ours. No call where that is
    /// known, nor where no Service ever needed one.
    ///
    /// # Errors
    /// When AWS cannot be read or refuses a write.
    pub(crate) async fn ensure_openings(&self, cluster: &Cluster<A>) -> Result<(), ProviderError> {
        let mut openings = self.openings.lock().await;
        let wanted = self.needs.openings();
        if !openings.concern(&wanted) {
            return Ok(());
        }
        // Under the lock, so that what is read to choose groups need not be read again to see their rules.
        let (node_groups, read) = cluster.read_node_groups().await?;
        if node_groups.is_empty() {
            return Ok(());
        }
        // Whatever happens from here on, the next look has to be close.
        openings.suspected = true;
        let description = description(&self.settings.cluster);
        let before = openings.known.take();
        let is_first = before.is_none();
        let mut known = self
            .admitted_openings(before.unwrap_or_default(), &node_groups, read, &description)
            .await?;
        if is_first {
            self.learn_admitted(&known.present).await;
        }
        let stages = self.opening_stages(&wanted, &node_groups, &known);
        if !stages.is_empty() {
            let plan = Plan { stages };
            let outcome = self.apply().run(&plan).await;
            if let Err(error) = &outcome
                && left_as_it_was(error, &plan)
            {
                openings.known = Some(known);
                return outcome.map(drop);
            }
            if outcome?.unsettled {
                return Err(unsettled("ec2:AuthorizeSecurityGroupIngress"));
            }
            known.present = wanted::after(&plan.stages, known.present);
            known.ours = wanted::after(&plan.stages, known.ours);
        }
        openings.suspected = false;
        openings.known = Some(known);
        Ok(())
    }

    /// What [`Backend::ensure_openings`] would do, with our rules before and after. Makes no write. `concerned` tells whether a
    /// Service has or had a load balancer without groups.
    ///
    /// # Errors
    /// When AWS cannot be read.
    pub(super) async fn preview_openings(
        &self,
        node_groups: &BTreeSet<SecurityGroupId>,
        concerned: bool,
    ) -> AwsResult<(Vec<Vec<Step>>, NodeRules, NodeRules)> {
        let wanted = self.needs.openings();
        if node_groups.is_empty() || (!concerned && wanted.is_empty()) {
            return Ok(<_>::default());
        }
        let known = self
            .read_openings(node_groups.clone(), &description(&self.settings.cluster))
            .await?;
        let stages = self.opening_stages(&wanted, node_groups, &known);
        let after = wanted::after(&stages, known.ours.clone());
        Ok((stages, known.ours, after))
    }

    fn opening_stages(
        &self,
        wanted: &BTreeSet<IngressRule>,
        node_groups: &BTreeSet<SecurityGroupId>,
        known: &Admitted,
    ) -> Vec<Vec<Step>> {
        let description = description(&self.settings.cluster);
        let authorize = wanted::authorize(wanted, node_groups, &known.present, &description);
        let revoke = wanted::revoke(wanted, node_groups, &known.ours, self.may_revoke());
        let stages = [authorize, revoke].into_iter();
        stages.filter(|stage| !stage.is_empty()).collect()
    }

    /// What is known, with groups of nodes that were never looked at: as they were `read` just now, or else are read here.
    async fn admitted_openings(
        &self,
        mut known: Admitted,
        node_groups: &BTreeSet<SecurityGroupId>,
        read: Vec<SecurityGroupDescription>,
        description: &str,
    ) -> AwsResult<Admitted> {
        let unknown = |known: &Admitted| -> BTreeSet<_> {
            let unknown = node_groups.iter().filter(|id| !known.present.contains_key(*id));
            unknown.cloned().collect()
        };
        let missing = unknown(&known);
        known.add(
            read.into_iter().filter(|group| missing.contains(&group.id)),
            description,
        );
        let found = self.read_groups(unknown(&known)).await?;
        known.add(found, description);
        Ok(known)
    }

    /// Our rules of these groups for load balancers without groups.
    pub(super) async fn read_own_openings(&self, groups: BTreeSet<SecurityGroupId>) -> AwsResult<NodeRules> {
        let read = self.read_openings(groups, &description(&self.settings.cluster)).await?;
        Ok(read.ours)
    }

    async fn read_openings(&self, groups: BTreeSet<SecurityGroupId>, description: &str) -> AwsResult<Admitted> {
        let mut read = Admitted::default();
        read.add(self.read_groups(groups).await?, description);
        Ok(read)
    }

    async fn read_groups(&self, ids: BTreeSet<SecurityGroupId>) -> AwsResult<Vec<SecurityGroupDescription>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.api
            .describe_security_groups(&SecurityGroupSelection::Ids(ids))
            .await
    }

    /// Reads the rules again. Returns the calls that it took, and whether ours are others than were known.
    pub(super) async fn refresh_openings(&self) -> AwsResult<(usize, bool)> {
        let mut openings = self.openings.lock().await;
        let Some(known) = &openings.known else {
            return Ok((0, false));
        };
        let groups: BTreeSet<_> = known.present.keys().cloned().collect();
        if groups.is_empty() {
            return Ok((0, false));
        }
        let now = self.read_openings(groups, &description(&self.settings.cluster)).await?;
        let differs = now.ours != known.ours;
        openings.known = Some(now);
        Ok((1, differs))
    }
}

/// By which our rules are told from all others of a group.
fn description(cluster: &str) -> String {
    format!("{RULE_DESCRIPTION} {cluster}")
}

fn described(group: &SecurityGroupDescription, description: &str) -> BTreeSet<IngressRule> {
    let descriptions = group.rule_descriptions.iter();
    let ours: BTreeMap<_, _> = descriptions.filter(|(_, text)| *text == description).collect();
    ours.into_keys().cloned().collect()
}
