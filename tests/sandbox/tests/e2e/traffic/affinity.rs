//! `sessionAffinity`: one Pod for a client, or any.

use std::time::Duration;

use elbow_sandbox::client::Report;
use serde_json::json;

use super::health::{standing_nodes, wait_healthy};
use super::visitor::Visitor;
use super::workload::Workload;
use crate::scenario::{Scenario, with_installed_elbow};
use crate::wait::until;

/// From one address of the client: this many requests without affinity meet one Pod of three once in 10^9 times.
async fn ask(visitor: &Visitor, hostname: &str) -> Report {
    let ask = visitor.request(&format!("http://{hostname}/"));
    visitor.many(&ask, 20, Duration::from_secs(1)).await
}

/// Changes `sessionAffinity` of the Service `web`.
pub(crate) async fn set_affinity(scenario: &Scenario, affinity: &str) {
    let change = json!({ "spec": { "sessionAffinity": affinity } });
    scenario.cluster.patch_service("web", change).await;
}

/// Turns affinity on, off and on again, and waits each time for as many Pods to answer as it says; `several` at least
/// without.
async fn on_off_on(scenario: &Scenario, hostname: &str) {
    let visitor = Visitor::of(&scenario.sandbox);
    for affinity in ["ClientIP", "None", "ClientIP"] {
        set_affinity(scenario, affinity).await;
        until(&format!("answers under {affinity}"), async || {
            let report = ask(&visitor, hostname).await;
            let is_one = report.by_pod.len() == 1;
            if report.failed.is_empty() && report.ok > 0 && is_one == (affinity == "ClientIP") {
                Ok(())
            } else {
                Err(format!("{report:?}"))
            }
        })
        .await;
    }
    let pods = async || ask(&visitor, hostname).await.by_pod.into_keys().collect::<Vec<_>>();
    assert_eq!(pods().await, pods().await, "it is the same Pod again");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn under_local_the_load_balancer_keeps_a_client_at_a_node_while_affinity_is_on() {
    with_installed_elbow("affinity-local", async |scenario| {
        let pods = Workload::http("web").replicas(3).deploy(&scenario.cluster).await;
        // A node has one Pod, so kube-proxy has no choice; every zone has all nodes to choose from.
        let manifest = scenario
            .service("web")
            .spec("externalTrafficPolicy", json!("Local"))
            .aws("attributes", "load_balancing.cross_zone.enabled=true");
        let hostname = scenario.serve(&manifest).await;
        wait_healthy(&scenario, "web", 80, &pods.into_iter().map(|pod| pod.node).collect()).await;
        on_off_on(&scenario, &hostname).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn under_cluster_load_balancer_and_nodes_keep_a_client_at_a_pod_while_affinity_is_on() {
    with_installed_elbow("affinity", async |scenario| {
        Workload::http("web").replicas(3).deploy(&scenario.cluster).await;
        let manifest = scenario
            .service("web")
            .aws("attributes", "load_balancing.cross_zone.enabled=true");
        let hostname = scenario.serve(&manifest).await;
        wait_healthy(&scenario, "web", 80, &standing_nodes(&scenario)).await;
        on_off_on(&scenario, &hostname).await;
    })
    .await;
}
