//! PURE. The plan as a document. Its JSON form is docs/schemas/plan.schema.json and stable: fields are added, never renamed or
//! taken away.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as k8s;
use serde::Serialize;

use super::stand_ins::StandIn;
use crate::aws::observed::{ObservedLoadBalancer, ObservedSecurityGroup, ObservedTargetGroup};
use crate::aws::plan::Plan;
use crate::aws::preview::changes::{Action, Change};
use crate::aws::preview::{Preview, Shared};
use crate::aws::stack::Stack;
use crate::provider::{ProviderError, Warning};
use crate::service::{Owner, Service};

/// What `elbow plan` prints.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Name of the cluster in tags.
    pub cluster: String,
    /// What came of it, over all Services.
    pub outcome: Outcome,
    /// How many resources are concerned, over all Services and what they share.
    pub summary: Summary,
    /// The Services that are planned.
    pub services: Vec<Entry>,
    /// What all Services of the cluster share.
    pub shared: SharedEntry,
    /// Services that elbow does not serve.
    pub skipped: Vec<Skipped>,
    /// How many objects of other kinds the manifests have, by kind.
    pub passed_over: BTreeMap<String, usize>,
}

/// What came of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// AWS is as wanted.
    NoChanges,
    /// Something is to be done.
    Changes,
    /// Something cannot be planned.
    Error,
}

/// How many resources are concerned. One that is replaced counts as one to create and one to destroy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// To be made.
    pub create: usize,
    /// To be changed in place.
    pub change: usize,
    /// To go.
    pub destroy: usize,
}

/// The plan of one Service.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The Service.
    pub owner: Owner,
    /// What came of it.
    pub outcome: Outcome,
    /// Why it cannot be planned.
    pub error: Option<Fault>,
    /// What the user should know though it can be served.
    pub warnings: Vec<Notice>,
    /// Fields that Kubernetes will fill, with what stands in for them here.
    pub known_after_apply: Vec<StandIn>,
    /// What changes, by resource.
    pub changes: Vec<Change>,
    /// The calls that write, in stages: those of one stage are made at the same time.
    pub steps: Vec<Vec<Call>>,
    /// What AWS should hold.
    pub stack: Option<Stack>,
    /// What AWS holds, as a facts file can be told it; none where there is nothing.
    pub observed: Option<Held>,
}

/// What all Services of the cluster share.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SharedEntry {
    /// Why it cannot be planned.
    pub error: Option<Fault>,
    /// What changes, by resource.
    pub changes: Vec<Change>,
    /// The calls that write, in stages.
    pub steps: Vec<Vec<Call>>,
}

/// One call that writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// The IAM action, such as `elasticloadbalancing:CreateListener`.
    pub action: &'static str,
    /// One line for people.
    pub text: String,
}

/// Why something cannot be planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// A fixed word in `PascalCase`, the same as in the condition of the Service.
    pub reason: String,
    /// All that is wrong.
    pub message: String,
}

/// Something that the user should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// A fixed word in `PascalCase`, the same as in the event of the Service.
    pub reason: String,
    /// What is the matter.
    pub message: String,
}

/// What AWS holds for a Service.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    /// The Service.
    pub owner: Owner,
    /// Its load balancers, with listeners.
    pub load_balancers: Vec<ObservedLoadBalancer>,
    /// Its target groups.
    pub target_groups: Vec<ObservedTargetGroup>,
    /// Its security groups.
    pub security_groups: Vec<ObservedSecurityGroup>,
}

/// A Service that elbow does not serve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Skipped {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// `spec.type`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `spec.loadBalancerClass`.
    pub class: Option<String>,
}

impl Report {
    pub(super) fn new(
        cluster: &str,
        services: Vec<Entry>,
        shared: Result<Shared, ProviderError>,
        skipped: Vec<Skipped>,
        passed_over: BTreeMap<String, usize>,
    ) -> Self {
        let (shared, of_shared) = shared_entry(shared);
        let outcomes = services.iter().map(|entry| entry.outcome);
        let changes = services.iter().flat_map(|entry| &entry.changes).chain(&shared.changes);
        Self {
            cluster: cluster.to_owned(),
            outcome: outcomes.chain([of_shared]).max().unwrap_or(of_shared),
            summary: Summary::of(changes),
            services,
            shared,
            skipped,
            passed_over,
        }
    }
}

impl Entry {
    pub(super) fn new(service: Service, stand_ins: Vec<StandIn>, preview: Result<Preview, ProviderError>) -> Self {
        let (preview, error) = match preview {
            Ok(preview) => (Some(preview), None),
            Err(error) => (None, Some(Fault::new(&error))),
        };
        let owner = service.owner;
        let plan = preview.as_ref().map(|preview| &preview.plan);
        Self {
            outcome: outcome(plan, error.is_some()),
            error,
            warnings: preview
                .iter()
                .flat_map(|preview| &preview.desired.warnings)
                .map(Notice::from)
                .collect(),
            known_after_apply: stand_ins,
            changes: preview.as_ref().map(Preview::changes).unwrap_or_default(),
            steps: plan.map(calls).unwrap_or_default(),
            observed: preview.as_ref().and_then(|preview| Held::new(&owner, preview)),
            stack: preview.map(|preview| preview.desired.stack),
            owner,
        }
    }
}

impl Summary {
    fn of<'a>(changes: impl Iterator<Item = &'a Change>) -> Self {
        changes.fold(Self::default(), |mut sum, change| {
            let is = |actions: &[Action]| usize::from(actions.contains(&change.action));
            sum.create += is(&[Action::Create, Action::Replace]);
            sum.change += is(&[Action::Update]);
            sum.destroy += is(&[Action::Delete, Action::Replace]);
            sum
        })
    }
}

impl Fault {
    fn new(error: &ProviderError) -> Self {
        Self {
            reason: error.reason().to_owned(),
            message: error.to_string(),
        }
    }
}

impl From<&Warning> for Notice {
    fn from(warning: &Warning) -> Self {
        Self {
            reason: warning.reason.to_owned(),
            message: warning.message.clone(),
        }
    }
}

impl Held {
    fn new(owner: &Owner, preview: &Preview) -> Option<Self> {
        let observed = preview.observed.clone();
        (!observed.is_empty()).then(|| Self {
            owner: owner.clone(),
            load_balancers: observed.load_balancers,
            target_groups: observed.target_groups,
            security_groups: observed.security_groups,
        })
    }
}

impl Skipped {
    pub(super) fn new(service: &k8s::Service) -> Self {
        let owner = Owner::from(service);
        let spec = service.spec.as_ref();
        let kind = spec.and_then(|spec| spec.type_.clone());
        Self {
            namespace: owner.namespace,
            name: owner.name,
            kind: kind.unwrap_or_else(|| "ClusterIP".to_owned()),
            class: spec.and_then(|spec| spec.load_balancer_class.clone()),
        }
    }
}

fn shared_entry(shared: Result<Shared, ProviderError>) -> (SharedEntry, Outcome) {
    let (shared, error) = match shared {
        Ok(shared) => (shared, None),
        Err(error) => (Shared::default(), Some(Fault::new(&error))),
    };
    let outcome = outcome(Some(&shared.plan), error.is_some());
    let entry = SharedEntry {
        error,
        changes: shared.changes(),
        steps: calls(&shared.plan),
    };
    (entry, outcome)
}

fn outcome(plan: Option<&Plan>, failed: bool) -> Outcome {
    match plan {
        _ if failed => Outcome::Error,
        Some(plan) if !plan.is_empty() => Outcome::Changes,
        _ => Outcome::NoChanges,
    }
}

fn calls(plan: &Plan) -> Vec<Vec<Call>> {
    let stages = plan.stages.iter().map(|stage| {
        let calls = stage.iter().map(|step| Call {
            action: step.action(),
            text: step.to_string(),
        });
        calls.collect()
    });
    stages.collect()
}
