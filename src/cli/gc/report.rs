//! PURE. What was found and what became of it. Its JSON form is docs/schemas/gc.schema.json and stable: fields are added, never
//! renamed or taken away.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::aws::provider::{Holding, Holdings, Resource};
use crate::controller::orphans::{Cause, Living};
use crate::service::Owner;

/// What `elbow gc` prints.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Name of the cluster in tags.
    pub cluster: String,
    /// The VPC that was looked at.
    pub vpc: String,
    /// What came of it.
    pub outcome: Outcome,
    /// How many Services live that have something in AWS.
    pub living: usize,
    /// What is held for Services that live no more.
    pub orphans: Vec<Orphan>,
    /// What all Services of the cluster share, where none needs it.
    pub shared: Shared,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Nothing is left that belongs to no Service.
    Clean,
    /// Something is.
    Orphans,
    /// Something could not be deleted.
    Error,
}

/// What is held for one Service that lives no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Orphan {
    /// The Service; namespace and name are empty where the tags do not tell them.
    pub owner: Owner,
    /// Why it is an orphan.
    pub reason: Cause,
    /// What is held.
    pub resources: Vec<Resource>,
    /// What became of it.
    pub fate: Fate,
    /// Why it could not be deleted.
    pub error: Option<String>,
}

/// What all Services of the cluster share, where none needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shared {
    /// Security groups, and rules in those of nodes.
    pub resources: Vec<Resource>,
    /// What became of it.
    pub fate: Fate,
    /// Why it could not be deleted.
    pub error: Option<String>,
}

/// What became of something that belongs to no Service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Fate {
    /// It is there.
    #[default]
    Found,
    /// It is deleted.
    Deleted,
    /// It was left alone: right before it was to be deleted, a Service was there after all.
    Needed,
    /// It could not be deleted.
    Failed,
}

impl Report {
    /// What of the holdings belongs to no Service. Of what is held for Services of other namespaces than `namespace`, where that
    /// is given, nothing can be said. `served` tells whether a Service lives that a controller serves: what Services share is
    /// the controller's business then.
    #[must_use]
    pub fn new(cluster: &str, holdings: &Holdings, living: &Living, namespace: Option<&str>, served: bool) -> Self {
        let in_sight = |holding: &&Holding| namespace.is_none_or(|namespace| holding.owner.namespace == namespace);
        let in_sight: Vec<&Holding> = holdings.services.iter().filter(in_sight).collect();
        let orphans = in_sight.iter().filter_map(|holding| orphan(holding, living));
        let orphans: Vec<Orphan> = orphans.collect();
        let gone: BTreeSet<&str> = orphans.iter().map(|orphan| orphan.owner.uid.as_str()).collect();
        let unneeded = if served {
            Vec::new()
        } else {
            holdings.unneeded_without(&gone)
        };
        let mut report = Self {
            cluster: cluster.to_owned(),
            vpc: holdings.vpc.to_string(),
            outcome: Outcome::Clean,
            living: in_sight.len().saturating_sub(orphans.len()),
            shared: Shared {
                resources: unneeded,
                ..Shared::default()
            },
            orphans,
        };
        report.conclude();
        report
    }

    /// Is there nothing that belongs to no Service?
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.outcome == Outcome::Clean
    }

    /// Sums up what became of all.
    pub fn conclude(&mut self) {
        let shared = Some(self.shared.fate).filter(|_| !self.shared.resources.is_empty());
        let fates: Vec<Fate> = self.orphans.iter().map(|orphan| orphan.fate).chain(shared).collect();
        self.outcome = if fates.contains(&Fate::Failed) {
            Outcome::Error
        } else if fates.contains(&Fate::Found) {
            Outcome::Orphans
        } else {
            Outcome::Clean
        };
    }
}

fn orphan(holding: &Holding, living: &Living) -> Option<Orphan> {
    Some(Orphan {
        owner: holding.owner.clone(),
        reason: living.cause(&holding.owner)?,
        resources: holding.resources(),
        fate: Fate::Found,
        error: None,
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::Value;

    use super::*;
    use crate::aws::preview::changes::Kind;

    fn found(fates: &[Fate], shared: Option<Fate>) -> Report {
        let resource = |kind| Resource {
            kind,
            name: "k8s-shop-web".to_owned(),
            id: "sg-1".to_owned(),
            protected: false,
            rules: vec!["tcp 30000-32767 from sg-1".to_owned()],
        };
        let orphan = |fate: &Fate| Orphan {
            owner: Owner {
                namespace: "shop".to_owned(),
                name: "web".to_owned(),
                uid: "u-1".to_owned(),
            },
            reason: Cause::ServiceReplaced,
            resources: vec![resource(Kind::LoadBalancer), resource(Kind::SecurityGroup)],
            fate: *fate,
            error: Some("in use".to_owned()),
        };
        let mut report = Report {
            cluster: "prod".to_owned(),
            vpc: "vpc-1".to_owned(),
            outcome: Outcome::Clean,
            living: 0,
            orphans: fates.iter().map(orphan).collect(),
            shared: Shared {
                resources: shared.iter().map(|_| resource(Kind::NodeSecurityGroup)).collect(),
                fate: shared.unwrap_or_default(),
                error: None,
            },
        };
        report.conclude();
        report
    }

    #[rstest]
    #[case::nothing(&[], None, Outcome::Clean)]
    #[case::found(&[Fate::Found], None, Outcome::Orphans)]
    #[case::only_shared(&[], Some(Fate::Found), Outcome::Orphans)]
    #[case::all_gone(&[Fate::Deleted, Fate::Needed], Some(Fate::Deleted), Outcome::Clean)]
    #[case::one_failed(&[Fate::Deleted, Fate::Failed], Some(Fate::Found), Outcome::Error)]
    #[case::shared_failed(&[Fate::Deleted], Some(Fate::Failed), Outcome::Error)]
    fn the_outcome_is_that_of_the_worst(
        #[case] fates: &[Fate],
        #[case] shared: Option<Fate>,
        #[case] expected: Outcome,
    ) {
        assert_eq!(found(fates, shared).outcome, expected);
    }

    #[rstest]
    #[case(&[], None)]
    #[case(&[Fate::Found, Fate::Deleted, Fate::Needed, Fate::Failed], Some(Fate::Failed))]
    fn the_document_has_the_shape_of_its_schema(#[case] fates: &[Fate], #[case] shared: Option<Fate>) {
        let schema: Value = serde_json::from_str(include_str!("../../../docs/schemas/gc.schema.json")).unwrap();
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        let document = serde_json::to_value(found(fates, shared)).unwrap();
        let faults: Vec<String> = validator
            .iter_errors(&document)
            .map(|fault| fault.to_string())
            .collect();
        assert!(faults.is_empty(), "{faults:?}");
    }
}
