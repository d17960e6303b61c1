//! Plans with what the cluster and AWS say now.

use k8s_openapi::api::core::v1 as k8s;
use kube::Api;

use super::manifests::Manifests;
use super::report::{Entry, Report};
use super::stand_ins::adopt;
use super::subjects::subjects;
use super::{PlanArgs, PlanError};
use crate::aws::desired;
use crate::cli::{kubernetes, reading};
use crate::fence::Fence;
use crate::service::Service;
use crate::settings::Settings;

/// There is none of this name.
#[derive(Debug, thiserror::Error)]
#[error("there is no Service {0}: name its namespace with -n, or see kubectl get services -A")]
pub(super) struct NoService(String);

/// What would be done for these manifests, or for Services of the cluster where there are none.
pub(super) async fn plan(
    args: &PlanArgs,
    settings: &Settings,
    manifests: Option<Manifests>,
) -> Result<Report, PlanError> {
    let client = kubernetes::connect(&args.cluster).await?;
    let namespace = args
        .namespace
        .as_deref()
        .unwrap_or(client.default_namespace())
        .to_owned();
    let all = reading::list(Api::<k8s::Service>::all(client.clone()), "list Services").await?;
    let nodes = reading::nodes(&client).await?;
    let passed_over = manifests
        .as_ref()
        .map(|read| read.passed_over.clone())
        .unwrap_or_default();
    let services = match manifests {
        Some(manifests) => declared(manifests.in_namespace(&namespace), &all),
        None => chosen(args, &namespace, settings.services.namespace.as_deref(), &all)?,
    };
    let aws = &settings.aws.provider.aws;
    let (subjects, skipped) = subjects(services, &all, &settings.services.claims, aws, desired::companions);
    let provider = reading::provider(&settings.aws, &nodes, &Fence::closed()).await?;
    let asked: Vec<Service> = subjects.iter().map(|subject| subject.service.clone()).collect();
    let previews = provider.preview(&asked, &nodes).await;
    let entries = subjects.into_iter().zip(previews.services);
    let entries = entries.map(|(subject, preview)| Entry::new(subject.service, subject.stand_ins, preview));
    Ok(Report::new(
        &aws.cluster,
        entries.collect(),
        previews.shared,
        skipped,
        passed_over,
    ))
}

/// Services of manifests with what the API server has given them, where they exist.
fn declared(manifests: Manifests, all: &[k8s::Service]) -> Vec<k8s::Service> {
    let mut services = manifests.services;
    for service in &mut services {
        if let Some(live) = all.iter().find(|live| is_same(live, service)) {
            adopt(service, live);
        }
    }
    services
}

fn is_same(one: &k8s::Service, other: &k8s::Service) -> bool {
    (&one.metadata.namespace, &one.metadata.name) == (&other.metadata.namespace, &other.metadata.name)
}

/// `served` is the namespace whose Services elbow serves, where it does not serve all.
fn chosen(
    args: &PlanArgs,
    namespace: &str,
    served: Option<&str>,
    all: &[k8s::Service],
) -> Result<Vec<k8s::Service>, NoService> {
    let in_namespace = |service: &&k8s::Service| service.metadata.namespace.as_deref() == Some(namespace);
    match &args.service {
        Some(name) => {
            let mut found = all.iter().filter(in_namespace);
            let found = found.find(|service| service.metadata.name.as_ref() == Some(name));
            let found = found.ok_or_else(|| NoService(format!("{namespace}/{name}")))?;
            Ok(vec![found.clone()])
        }
        None => {
            let served = args.namespace.as_deref().or(served);
            let all = all.iter().filter(|service| is_load_balancer(service));
            let all = all.filter(|service| served.is_none() || service.metadata.namespace.as_deref() == served);
            Ok(all.cloned().collect())
        }
    }
}

fn is_load_balancer(service: &k8s::Service) -> bool {
    let kind = service.spec.as_ref().and_then(|spec| spec.type_.as_deref());
    kind == Some("LoadBalancer")
}
