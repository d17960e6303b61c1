//! What is broken in the cluster.

use elbow_sandbox::nodes::real;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use super::Case;
use crate::scenario::{Scenario, with_installed_elbow};
use crate::traffic::nginx::Nginx;
use crate::traffic::workload::{Workload, deployments};

#[tokio::test]
#[ignore = "needs the sandbox with nodes"]
async fn pods_that_are_stopped_or_not_ready_are_why_requests_fail() {
    with_installed_elbow("truth-pods", async |scenario| {
        let workload = Workload::http("web");
        workload.deploy(&scenario.cluster).await;
        let hostname = scenario.serve(&scenario.service("web")).await;
        let case = Case::new(&scenario, "web", &hostname);
        case.wait_sound().await;

        let stopped = Patch::Merge(json!({"spec": {"replicas": 0}}));
        patch_workload(&scenario, &stopped).await;
        case.wait_broken("pods", "NoPods").await;
        workload.apply(&scenario.cluster).await;
        case.wait_sound().await;

        probe(&scenario, 9).await;
        case.wait_broken("pods", "PodNotReady").await;
        probe(&scenario, 8080).await;
        case.wait_sound().await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs the sandbox with nodes"]
async fn a_target_port_where_nobody_listens_is_why_requests_fail() {
    with_installed_elbow("truth-port", async |scenario| {
        Workload::http("web").deploy(&scenario.cluster).await;
        let hostname = scenario.serve(&scenario.service("web")).await;
        let case = Case::new(&scenario, "web", &hostname);
        case.wait_sound().await;
        for wrong in [json!(9), json!("htpp")] {
            lead_to(&scenario, wrong).await;
            case.wait_broken("clusterIP", "WrongTargetPort").await;
            lead_to(&scenario, json!("http-8080")).await;
            case.wait_sound().await;
        }
    })
    .await;
}

#[tokio::test]
#[ignore = "needs the sandbox with nodes"]
async fn a_dead_node_with_the_only_pod_is_why_requests_fail() {
    with_installed_elbow("truth-node", async |scenario| {
        let sandbox = &scenario.sandbox;
        let node = real::add(sandbox, None).await.unwrap();
        let workload = Workload::http("web").on_node(node.name());
        workload.deploy(&scenario.cluster).await;
        let hostname = scenario.serve(&scenario.service("web")).await;
        let case = Case::new(&scenario, "web", &hostname);
        case.wait_sound().await;

        real::stop(sandbox, node.name()).await.unwrap();
        let found = case.wait_broken("pods", "NodeNotReady").await;
        assert!(found["message"].as_str().unwrap().contains(node.name()), "{found}");
        real::start(sandbox, node.name()).await.unwrap();
        case.wait_sound().await;
        real::remove(sandbox, node.name()).await.unwrap();
    })
    .await;
}

/// Where no target is healthy, a network load balancer sends to all of them: requests do not fail, and yet it is broken.
#[tokio::test]
#[ignore = "needs the sandbox with nodes"]
async fn a_health_check_of_a_wrong_path_or_port_is_named_though_requests_get_through() {
    with_installed_elbow("truth-health", async |scenario| {
        let configuration =
            "server { listen 8080; location = /missing { return 404; } location / { return 200 '{}'; } }";
        Nginx::new("web", 8080, configuration).deploy(&scenario.cluster).await;
        let manifest = scenario.service("web").aws("healthcheck-protocol", "http");
        let hostname = scenario.serve(&manifest).await;
        let case = Case::new(&scenario, "web", &hostname);
        for (key, wrong, reason) in [
            ("path", "/missing", "TargetResponseCodeMismatch"),
            ("port", "9999", "HealthCheckPort"),
        ] {
            let annotation = format!("service.beta.kubernetes.io/aws-load-balancer-healthcheck-{key}");
            annotate(&scenario, &annotation, json!(wrong)).await;
            case.wait_first("targetGroups", reason).await;
            assert_eq!(case.visitor.reply(&case.ask).await.unwrap().status(), 200);
            annotate(&scenario, &annotation, Value::Null).await;
            case.wait_nothing_broken().await;
        }
    })
    .await;
}

/// Lets the kubelet ask another port whether the only pod is ready; the pod is replaced at once.
async fn probe(scenario: &Scenario, port: u16) {
    let patch = json!({"spec": {
        "strategy": {"type": "Recreate", "rollingUpdate": null},
        "template": {"spec": {"containers": [{"name": "echo", "readinessProbe": {"httpGet": {"port": port}}}]}},
    }});
    patch_workload(scenario, &Patch::Strategic(patch)).await;
}

async fn patch_workload(scenario: &Scenario, patch: &Patch<Value>) {
    let patched = deployments(&scenario.cluster)
        .patch("web", &PatchParams::default(), patch)
        .await;
    patched.unwrap();
}

async fn lead_to(scenario: &Scenario, target_port: Value) {
    let ports = json!([{"name": "http", "port": 80, "protocol": "TCP", "targetPort": target_port}]);
    let patch = json!({"spec": {"ports": ports}});
    scenario.cluster.patch_service("web", patch).await;
}

async fn annotate(scenario: &Scenario, key: &str, value: Value) {
    let patch = json!({"metadata": {"annotations": {key: value}}});
    scenario.cluster.patch_service("web", patch).await;
}
