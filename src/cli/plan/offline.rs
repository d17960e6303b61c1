//! PURE. Plans from a facts file alone.

use k8s_openapi::api::core::v1 as k8s;

use super::facts::FactsFile;
use super::manifests::Manifests;
use super::report::{Entry, Report};
use super::stand_ins::adopt;
use super::subjects::subjects;
use crate::aws::observed::Observed;
use crate::aws::preview::{Preview, Shared};
use crate::provider::ProviderError;
use crate::service::Service;
use crate::settings::Settings;

/// What would be done for these manifests in the cluster that the file describes.
pub(super) fn plan(facts: &FactsFile, settings: &Settings, manifests: Manifests) -> Report {
    let all = manifests.services.clone();
    let services = manifests.services.into_iter().map(|service| known(service, facts));
    let claims = &settings.services.claims;
    let aws = &settings.aws.provider.aws;
    let (subjects, skipped) = subjects(services.collect(), &all, claims, aws, crate::aws::desired::companions);
    let mut previews = Vec::new();
    for subject in &subjects {
        let preview = preview(&subject.service, facts, settings);
        previews.push(preview.map_err(ProviderError::from));
    }
    let shared = Shared::of_facts(&previews, facts.backend_group(), &facts.vpc, &aws.cluster);
    let entries = subjects.into_iter().zip(previews);
    let entries = entries.map(|(subject, preview)| Entry::new(subject.service, subject.stand_ins, preview));
    Report::new(
        &aws.cluster,
        entries.collect(),
        Ok(shared),
        skipped,
        manifests.passed_over,
    )
}

fn preview(service: &Service, facts: &FactsFile, settings: &Settings) -> Result<Preview, crate::aws::desired::Invalid> {
    let observed = facts.observed(&service.owner).map(|(_, observed)| observed.clone());
    Preview::new(
        service,
        &facts.nodes,
        facts.facts(),
        observed.unwrap_or_default(),
        &settings.aws.provider.aws,
    )
}

/// A Service of which AWS holds something has the uid that stands in the tags there.
fn known(mut service: k8s::Service, facts: &FactsFile) -> k8s::Service {
    let mut live = k8s::Service::default();
    if let Some((owner, observed)) = facts.observed(&(&service).into()) {
        live.metadata.uid = Some(owner.uid.clone());
        live.status = service.status.clone();
        live.spec = service.spec.clone().map(|spec| with_targets_ports(spec, observed));
        adopt(&mut service, &live);
    }
    service
}

/// The nodePorts are those of the registered targets behind each listener.
fn with_targets_ports(mut spec: k8s::ServiceSpec, observed: &Observed) -> k8s::ServiceSpec {
    for port in spec.ports.iter_mut().flatten() {
        port.node_port = node_port(port.port, observed);
    }
    spec
}

fn node_port(port: i32, observed: &Observed) -> Option<i32> {
    let listeners = observed.load_balancers.iter().flat_map(|known| &known.listeners);
    let listener = listeners
        .into_iter()
        .find(|known| i32::from(known.port.get()) == port)?;
    let names: Vec<_> = listener.spec.as_ref()?.action.own_target_groups().collect();
    let group = observed
        .target_groups
        .iter()
        .find(|known| names.contains(&&known.spec.name))?;
    let target = group.spec.targets.first()?;
    Some(i32::from(target.port.get()))
}
