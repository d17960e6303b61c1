//! Gathers the [`Evidence`]: reads only, each within a deadline, and what cannot be read does not stop the rest.

pub mod aws;
mod dns;
mod kubernetes;

use std::collections::BTreeSet;

use k8s_openapi::jiff::Timestamp;
use kube::Client;

use super::Evidence;
use super::evidence::{self, Cloud, Look, Unseen};
use crate::aws::api::AwsApi;
use crate::service::Service;

pub use kubernetes::NoService;

/// Which Service is looked at, and how elbow is set up.
#[derive(Clone, Debug)]
pub struct Subject {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// elbow's name for the cluster; none: whichever is in the tags.
    pub cluster: Option<String>,
    /// Values of `spec.loadBalancerClass` that are elbow's.
    pub classes: BTreeSet<String>,
    /// Name of elbow's Lease.
    pub lease: String,
    /// Its namespace; none: whichever has a Lease of that name.
    pub lease_namespace: Option<String>,
    /// Shall the hostname be looked up?
    pub dns: bool,
}

/// Looks at everything. `open` opens AWS, once and only where there is a load balancer to look for; it is given the nodes'
/// region where that is known.
///
/// # Errors
/// [`NoService`] where the Service itself cannot be read.
pub async fn gather<A: AwsApi>(
    client: &Client,
    subject: &Subject,
    open: impl AsyncFnOnce(Option<String>) -> Look<(A, String)>,
) -> Result<Evidence, NoService> {
    let service = kubernetes::service(client, subject).await?;
    let declared = Service::from(&service);
    let served = evidence::is_served(&service, &subject.classes);
    let hostname = declared.published.as_deref().filter(|_| served && subject.dns);
    let (leases, nodes, slices, pods, resolution) = tokio::join!(
        kubernetes::leases(client, subject),
        kubernetes::nodes(client),
        kubernetes::slices(client, subject),
        kubernetes::pods(client, &service, subject),
        dns::resolve(hostname),
    );
    let region = nodes.as_ref().ok().and_then(|nodes| kubernetes::region(nodes));
    let cloud = if served {
        Some(cloud(open, region, subject, &declared).await)
    } else {
        None
    };
    Ok(Evidence {
        service,
        declared,
        classes: subject.classes.clone(),
        now: Timestamp::now(),
        leases,
        resolution,
        cloud,
        nodes,
        slices,
        pods,
    })
}

async fn cloud<A: AwsApi>(
    open: impl AsyncFnOnce(Option<String>) -> Look<(A, String)>,
    region: Option<String>,
    subject: &Subject,
    service: &Service,
) -> Result<Cloud, Unseen> {
    let (api, region) = open(region).await?;
    let scope = aws::Scope {
        region,
        cluster: subject.cluster.clone(),
    };
    aws::look(&api, &scope, service).await
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::aws::sdk::SdkApi;
    use crate::controller::mock::{ApiServer, Call, api_server};
    use crate::inspect::report::{LayerKind, Verdict};
    use crate::inspect::{diagnose, fixture};

    fn subject() -> Subject {
        Subject {
            namespace: "shop".to_owned(),
            name: "web".to_owned(),
            cluster: None,
            classes: BTreeSet::from(["elbow.dev/nlb".to_owned()]),
            lease: "elbow-leader".to_owned(),
            lease_namespace: None,
            dns: false,
        }
    }

    async fn no_aws(region: Option<String>) -> Look<(SdkApi, String)> {
        Err(Unseen {
            message: format!("no AWS in {}", region.unwrap_or_default()),
            action: "ask".to_owned(),
        })
    }

    /// What the API server holds; the path tells which.
    fn answer(call: Call) {
        let list = |items: Value| json!({"items": items});
        let path = call.target.split('?').next().unwrap().to_owned();
        let mut node = fixture::node("node-a", "i-0000000000000000a");
        node["metadata"]["labels"] = json!({"topology.kubernetes.io/region": "eu-west-1"});
        match path.as_str() {
            "/api/v1/namespaces/shop/services/web" => call.answer(&fixture::service()),
            "/apis/coordination.k8s.io/v1/leases" => call.refuse(403, "Forbidden"),
            "/api/v1/nodes" => call.answer(&list(json!([node]))),
            "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices" => {
                call.answer(&list(json!([fixture::slice(&["node-a"])])));
            }
            "/api/v1/namespaces/shop/pods" if call.target.contains("labelSelector") => call.answer(&list(json!([]))),
            "/api/v1/namespaces/shop/pods" => call.answer(&list(json!([fixture::pod("other")]))),
            other => panic!("unexpected: {other}"),
        }
    }

    async fn serve(mut server: ApiServer, requests: usize) -> Vec<String> {
        let mut asked = Vec::new();
        for _ in 0..requests {
            let call = server.next().await;
            asked.push(call.target.clone());
            answer(call);
        }
        server.nothing_more().await;
        asked
    }

    #[tokio::test]
    async fn everything_is_read_once_and_what_is_forbidden_does_not_stop_the_rest() {
        let (client, server) = api_server();
        let serving = tokio::spawn(serve(server, 6));
        let evidence = gather(&client, &subject(), no_aws).await.unwrap();
        drop(client);
        let asked = serving.await.unwrap().join("\n");
        for part in [
            "metadata.name%3Delbow-leader",
            "kubernetes.io%2Fservice-name%3Dweb",
            "app%3Dweb",
            "limit=100",
        ] {
            assert!(asked.contains(part), "{asked}");
        }
        assert!(evidence.leases.as_ref().unwrap_err().message.contains("list leases"));
        assert_eq!(evidence.nodes.as_ref().unwrap().len(), 1);
        assert_eq!(evidence.slices.as_ref().unwrap().len(), 1);
        assert_eq!(evidence.pods.as_ref().unwrap().others.len(), 1);
        let unseen = evidence.cloud.as_ref().unwrap().as_ref().unwrap_err();
        assert_eq!(unseen.message, "no AWS in eu-west-1");
        let report = diagnose(&evidence);
        assert_eq!(
            (report.verdict(), report.first_broken().unwrap().0),
            (Verdict::Broken, LayerKind::Pods)
        );
    }

    #[tokio::test]
    async fn a_service_that_is_not_there_is_told() {
        let (client, mut server) = api_server();
        let serving = tokio::spawn(async move { server.next().await.refuse(404, "NotFound") });
        let error = gather(&client, &subject(), no_aws).await.unwrap_err();
        serving.await.unwrap();
        assert!(error.to_string().starts_with("there is no Service shop/web"), "{error}");
    }
}
