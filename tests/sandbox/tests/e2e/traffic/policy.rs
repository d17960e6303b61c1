//! `externalTrafficPolicy`: who answers, whom the Pod sees, and what decides that a node is healthy.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use elbow::aws::stack::{HealthCheck, HealthCheckPort, HealthCheckProtocol};
use elbow_sandbox::client::Ask;
use serde_json::json;

use super::health::{standing_nodes, wait_healthy};
use super::visitor::{self, Visitor};
use super::workload::Workload;
use crate::scenario::{Scenario, with_installed_elbow};
use crate::wait::until;

async fn health_check(scenario: &Scenario) -> HealthCheck {
    let held = scenario.holdings("web").await;
    let settings = held.behind(80).description.settings.clone();
    settings.unwrap().health_check
}

/// `spec.healthCheckNodePort`.
async fn health_check_node_port(scenario: &Scenario) -> Option<u16> {
    let service = scenario.cluster.services().get("web").await.unwrap();
    let port = service.spec.unwrap().health_check_node_port;
    port.map(|port| port.try_into().unwrap())
}

/// Waits until the Pods see the client, or until they do not.
async fn wait_client_seen(visitor: &Visitor, ask: &Ask, client: IpAddr, wanted: bool) {
    until(&format!("Pods that see the client: {wanted}"), async || {
        match visitor.ask(ask).await {
            Ok(answer) if (answer.client.ip() == client) == wanted => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
}

async fn set_policy(scenario: &Scenario, policy: &str) {
    let change = json!({ "spec": { "externalTrafficPolicy": policy } });
    scenario.cluster.patch_service("web", change).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn under_cluster_every_node_is_healthy_and_leads_to_the_only_pod() {
    with_installed_elbow("cluster", async |scenario| {
        let pods = Workload::http("web").deploy(&scenario.cluster).await;
        let hostname = scenario.serve(&scenario.service("web")).await;
        let check = health_check(&scenario).await;
        assert_eq!(
            (check.protocol, check.port),
            (HealthCheckProtocol::Tcp, HealthCheckPort::Traffic)
        );
        wait_healthy(&scenario, "web", 80, &standing_nodes(&scenario)).await;

        let visitor = Visitor::of(&scenario.sandbox);
        let ask = visitor.request(&format!("http://{hostname}/"));
        let seen = visitor.answer(&ask).await.client.ip();
        assert_ne!(
            seen,
            visitor::address(0),
            "kube-proxy puts a node's address in its place"
        );
        let report = until("an address in each zone", async || {
            let report = visitor.many(&ask, 20, Duration::from_secs(1)).await;
            if report.by_address.len() == 3 {
                Ok(report)
            } else {
                Err(format!("{report:?}"))
            }
        })
        .await;
        assert_eq!(report.failed, []);
        assert_eq!(report.by_node.keys().collect::<Vec<_>>(), [&pods[0].node]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn under_local_only_nodes_with_pods_are_healthy_and_answer_and_pods_see_the_client() {
    with_installed_elbow("local", async |scenario| {
        let nodes: Vec<String> = standing_nodes(&scenario).into_iter().collect();
        let workload = Workload::http("web").drain(Duration::from_secs(8));
        workload.clone().on_node(&nodes[0]).deploy(&scenario.cluster).await;
        let manifest = scenario.service("web").spec("externalTrafficPolicy", json!("Local"));
        let hostname = scenario.serve(&manifest).await;
        let check = health_check(&scenario).await;
        assert!(
            matches!(&check.protocol, HealthCheckProtocol::Http { path, .. } if path == "/healthz"),
            "{check:?}"
        );
        let port = health_check_node_port(&scenario).await.unwrap();
        assert_eq!(check.port, HealthCheckPort::Number(port.try_into().unwrap()));

        let visitor = Visitor::of(&scenario.sandbox);
        let ask = visitor
            .request(&format!("http://{hostname}/"))
            .from(visitor::address(2));
        for node in &nodes[..2] {
            workload.clone().on_node(node).apply(&scenario.cluster).await;
            wait_healthy(&scenario, "web", 80, &BTreeSet::from([node.clone()])).await;
            let report = until("answers by the node with the Pod alone", async || {
                let report = visitor.many(&ask, 20, Duration::from_secs(1)).await;
                let nodes: Vec<&String> = report.by_node.keys().collect();
                if report.failed.is_empty() && nodes == [node] {
                    Ok(report)
                } else {
                    Err(format!("{report:?}"))
                }
            })
            .await;
            assert_eq!(report.by_address.len(), 1, "the other zones' addresses leave the name");
            assert_eq!(visitor.answer(&ask).await.client.ip(), visitor::address(2));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn a_change_of_the_policy_changes_whom_pods_see_and_what_is_probed() {
    with_installed_elbow("policy", async |scenario| {
        let pods = Workload::http("web").deploy(&scenario.cluster).await;
        let hostname = scenario.serve(&scenario.service("web")).await;
        let visitor = Visitor::of(&scenario.sandbox);
        let client = visitor::address(0);
        let ask = visitor.request(&format!("http://{hostname}/")).from(client);
        let all = standing_nodes(&scenario);
        let with_pods = BTreeSet::from([pods[0].node.clone()]);
        for (policy, healthy, seen) in [
            ("Cluster", &all, false),
            ("Local", &with_pods, true),
            ("Cluster", &all, false),
        ] {
            set_policy(&scenario, policy).await;
            wait_client_seen(&visitor, &ask, client, seen).await;
            wait_healthy(&scenario, "web", 80, healthy).await;
        }
    })
    .await;
}
