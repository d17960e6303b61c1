//! Plans with what the cluster and AWS say now.

use std::time::Duration;

use k8s_openapi::api::core::v1 as k8s;
use kube::api::ListParams;
use kube::runtime::watcher::Event;
use kube::{Api, Client};
use serde::de::DeserializeOwned;

use super::manifests::Manifests;
use super::report::{Entry, Report};
use super::stand_ins::adopt;
use super::subjects::subjects;
use super::{PlanArgs, PlanError};
use crate::aws::desired;
use crate::aws::provider::AwsProvider;
use crate::aws::sdk::SdkApi;
use crate::cli::{kubernetes, reading};
use crate::controller::nodes::StableNodes;
use crate::node::NodeSet;
use crate::service::Service;
use crate::settings::Settings;

/// A list of a big cluster takes a second or two.
const DEADLINE: Duration = Duration::from_secs(30);

/// What has to be known and cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unseen {
    /// There is none of this name.
    #[error("there is no Service {0}: name its namespace with -n, or see kubectl get services -A")]
    NoService(String),
    /// The API server refuses.
    #[error("cannot {0}: allow it in your role, or look whether the API server answers")]
    Kubernetes(&'static str, #[source] kube::Error),
    /// The API server does not answer.
    #[error("cannot {0}: the API server does not answer")]
    Silent(&'static str),
    /// Nothing tells the region.
    #[error("the region of AWS is not known: set --aws-region or AWS_REGION")]
    NoRegion,
}

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
    let all = list(Api::<k8s::Service>::all(client.clone()), "list Services").await?;
    let nodes = nodes(&client).await?;
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
    let provider = open(settings, &nodes).await?;
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
) -> Result<Vec<k8s::Service>, Unseen> {
    let in_namespace = |service: &&k8s::Service| service.metadata.namespace.as_deref() == Some(namespace);
    match &args.service {
        Some(name) => {
            let mut found = all.iter().filter(in_namespace);
            let found = found.find(|service| service.metadata.name.as_ref() == Some(name));
            let found = found.ok_or_else(|| Unseen::NoService(format!("{namespace}/{name}")))?;
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

async fn nodes(client: &Client) -> Result<NodeSet, Unseen> {
    let mut stable = StableNodes::default();
    for node in list(Api::<k8s::Node>::all(client.clone()), "list nodes").await? {
        stable.apply(Event::Apply(node));
    }
    Ok(stable.current())
}

async fn list<K: Clone + DeserializeOwned + std::fmt::Debug>(
    api: Api<K>,
    what: &'static str,
) -> Result<Vec<K>, Unseen> {
    let answer = tokio::time::timeout(DEADLINE, api.list(&ListParams::default())).await;
    let answer = answer.map_err(|_| Unseen::Silent(what))?;
    answer
        .map(|list| list.items)
        .map_err(|error| Unseen::Kubernetes(what, error))
}

async fn open(settings: &Settings, nodes: &NodeSet) -> Result<AwsProvider<SdkApi>, Unseen> {
    let opened = reading::open(settings.aws.region.clone(), nodes.region().map(str::to_owned)).await;
    let (api, _) = opened.ok_or(Unseen::NoRegion)?;
    Ok(AwsProvider::new(api, settings.aws.provider.clone()))
}
