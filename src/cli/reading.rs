//! What the commands share that look for themselves: lists of the cluster, AWS opened, and Services named as for kubectl.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1 as k8s;
use kube::api::ListParams;
use kube::runtime::watcher::Event;
use kube::{Api, Client};
use serde::de::DeserializeOwned;

use crate::aws::provider::AwsProvider;
use crate::aws::sdk::{self, Call, CallObserver, SdkApi};
use crate::controller::nodes::StableNodes;
use crate::fence::Fence;
use crate::node::NodeSet;
use crate::settings::Aws;

/// A list of a big cluster takes a second or two.
const DEADLINE: Duration = Duration::from_secs(30);

/// What has to be known and cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unseen {
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

/// All objects of one kind. `what` is for messages: `list Services`.
pub(super) async fn list<K>(api: Api<K>, what: &'static str) -> Result<Vec<K>, Unseen>
where
    K: Clone + DeserializeOwned + Debug,
{
    let answer = tokio::time::timeout(DEADLINE, api.list(&ListParams::default())).await;
    let answer = answer.map_err(|_| Unseen::Silent(what))?;
    answer
        .map(|list| list.items)
        .map_err(|error| Unseen::Kubernetes(what, error))
}

/// The nodes that are targets.
pub(super) async fn nodes(client: &Client) -> Result<NodeSet, Unseen> {
    let mut stable = StableNodes::default();
    for node in list(Api::<k8s::Node>::all(client.clone()), "list nodes").await? {
        stable.apply(Event::Apply(node));
    }
    Ok(stable.current())
}

/// A provider of its own with these settings, which writes only where `fence` is open.
pub(super) async fn provider(aws: &Aws, nodes: &NodeSet, fence: &Fence) -> Result<AwsProvider<SdkApi>, Unseen> {
    let of_nodes = nodes.region().map(str::to_owned);
    let opened = open_behind(fence, aws.region.clone(), of_nodes).await;
    let (api, _) = opened.ok_or(Unseen::NoRegion)?;
    Ok(AwsProvider::new(api, aws.provider.clone()))
}

/// Opens AWS for reads only: its fence never opens. The region is the given one, else that of the AWS SDK's own settings,
/// else that of the nodes; without any there is nothing to open. Returns the region too.
pub(super) async fn open(given: Option<String>, of_nodes: Option<String>) -> Option<(SdkApi, String)> {
    open_behind(&Fence::closed(), given, of_nodes).await
}

async fn open_behind(fence: &Fence, given: Option<String>, of_nodes: Option<String>) -> Option<(SdkApi, String)> {
    let region = match given {
        Some(region) => Some(region),
        None => sdk::region().await.or(of_nodes),
    }?;
    let api = sdk::connect(&region, fence, Arc::new(Uncounted)).await;
    Some((api, region))
}

/// Nobody asks how many calls a command takes.
struct Uncounted;

impl CallObserver for Uncounted {
    fn observed(&self, _: &Call<'_>) {}
}

/// Takes off what kubectl writes before names.
pub(super) fn service_name(text: &str) -> Result<String, String> {
    let kinds = ["service/", "services/", "svc/"];
    let name = kinds.iter().find_map(|kind| text.strip_prefix(kind)).unwrap_or(text);
    if name.is_empty() || name.contains('/') {
        return Err("must be NAME or service/NAME; the namespace is given by -n".to_owned());
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("web", Ok("web"))]
    #[case("service/web", Ok("web"))]
    #[case("svc/web", Ok("web"))]
    #[case("pod/web", Err(()))]
    #[case("service/", Err(()))]
    fn a_service_is_named_as_for_kubectl(#[case] text: &str, #[case] expected: Result<&str, ()>) {
        assert_eq!(service_name(text).map_err(drop), expected.map(str::to_owned));
    }
}
