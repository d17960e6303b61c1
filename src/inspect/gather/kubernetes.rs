//! What Kubernetes has of a Service.

use std::fmt::Debug;
use std::time::Duration;

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{Node, Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::api::ListParams;
use kube::{Api, Client, ResourceExt};
use serde::de::DeserializeOwned;

use super::Subject;
use crate::inspect::evidence::{Look, Pods, Unseen};
use crate::node::REGION_LABEL;

/// A list of a big cluster's nodes takes a second or two.
const DEADLINE: Duration = Duration::from_secs(15);
/// Pods of the namespace that are looked at where none matches the selector.
const OTHERS: u32 = 100;
/// Well-known label of Kubernetes: which Service a slice is of.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// Why there is no Service to look at.
#[derive(Debug, thiserror::Error)]
pub enum NoService {
    /// There is none of this name.
    #[error("there is no Service {namespace}/{name}: name its namespace with -n, or see kubectl get services -A")]
    NotFound {
        /// `metadata.namespace`.
        namespace: String,
        /// `metadata.name`.
        name: String,
    },
    /// The API server does not give it away.
    #[error("{}: {}", .0.message, .0.action)]
    Unseen(Unseen),
}

/// The Service.
pub(super) async fn service(client: &Client, subject: &Subject) -> Result<Service, NoService> {
    let api: Api<Service> = Api::namespaced(client.clone(), &subject.namespace);
    let found = within("get the Service", api.get_opt(&subject.name)).await;
    found.map_err(NoService::Unseen)?.ok_or_else(|| NoService::NotFound {
        namespace: subject.namespace.clone(),
        name: subject.name.clone(),
    })
}

/// elbow's Leases.
pub(super) async fn leases(client: &Client, subject: &Subject) -> Look<Vec<Lease>> {
    let api: Api<Lease> = match &subject.lease_namespace {
        Some(namespace) => Api::namespaced(client.clone(), namespace),
        None => Api::all(client.clone()),
    };
    let named = ListParams::default().fields(&format!("metadata.name={}", subject.lease));
    list("list leases", &api, &named).await
}

/// All nodes.
pub(super) async fn nodes(client: &Client) -> Look<Vec<Node>> {
    list("list nodes", &Api::all(client.clone()), &ListParams::default()).await
}

/// The region that the nodes' labels name.
pub(super) fn region(nodes: &[Node]) -> Option<String> {
    nodes.iter().find_map(|node| node.labels().get(REGION_LABEL).cloned())
}

/// The Service's slices.
pub(super) async fn slices(client: &Client, subject: &Subject) -> Look<Vec<EndpointSlice>> {
    let own = ListParams::default().labels(&format!("{SERVICE_NAME}={}", subject.name));
    let api = Api::namespaced(client.clone(), &subject.namespace);
    list("list endpointslices", &api, &own).await
}

/// The pods that match the Service's selector; where none does, some of the others.
pub(super) async fn pods(client: &Client, service: &Service, subject: &Subject) -> Look<Pods> {
    let selector = service
        .spec
        .as_ref()
        .and_then(|spec| spec.selector.clone())
        .unwrap_or_default();
    if selector.is_empty() {
        return Ok(Pods::default());
    }
    let api: Api<Pod> = Api::namespaced(client.clone(), &subject.namespace);
    let labels: Vec<String> = selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let matching = list("list pods", &api, &ListParams::default().labels(&labels.join(","))).await?;
    let others = if matching.is_empty() {
        list("list pods", &api, &ListParams::default().limit(OTHERS)).await?
    } else {
        Vec::new()
    };
    Ok(Pods { matching, others })
}

async fn list<K>(what: &str, api: &Api<K>, which: &ListParams) -> Look<Vec<K>>
where
    K: Clone + DeserializeOwned + Debug,
{
    Ok(within(what, api.list(which)).await?.items)
}

/// A read with a deadline.
async fn within<T>(what: &str, call: impl Future<Output = kube::Result<T>>) -> Look<T> {
    let unseen = |why: &str, action: String| Unseen {
        message: format!("could not {what}: {why}"),
        action,
    };
    match tokio::time::timeout(DEADLINE, call).await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(kube::Error::Api(status))) if status.is_forbidden() => Err(unseen(
            &status.message,
            format!("ask for the right to {what}, or use another --context"),
        )),
        Ok(Err(error)) => Err(unseen(
            &crate::telemetry::logs::chain(&error),
            "see that the API server can be reached: kubectl cluster-info".to_owned(),
        )),
        Err(_) => Err(unseen(
            &format!("no answer within {} s", DEADLINE.as_secs()),
            "see that the API server can be reached: kubectl cluster-info".to_owned(),
        )),
    }
}
