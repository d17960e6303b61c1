//! Pods without a kubelet: objects that say that they run, from which the real controller makes EndpointSlices.

use k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::api::{Api, ListParams, Patch, PatchParams, PostParams};
use serde_json::json;

use crate::scenario::Scenario;
use crate::wait::until;

/// Makes a Ready pod with label `app=NAME` whose container has one port of this name.
pub(super) async fn start(scenario: &Scenario, name: &str, port: &str) {
    let (client, namespace) = (scenario.cluster.client.clone(), &scenario.cluster.namespace);
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), namespace);
    until(
        "the default service account, without which there are no pods",
        async || {
            let found = accounts.get_opt("default").await.map_err(|error| error.to_string())?;
            found.map(drop).ok_or_else(|| "none".to_owned())
        },
    )
    .await;
    let pod: Pod = serde_json::from_value(json!({
        "metadata": { "name": name, "labels": { "app": name } },
        "spec": {
            // Endpoints are made only of pods on a node; without a grace period no kubelet is asked when they go.
            "nodeName": scenario.sandbox.infrastructure.instances[0].private_dns,
            "terminationGracePeriodSeconds": 0,
            "automountServiceAccountToken": false,
            "containers": [{ "name": "web", "image": "example.com/web:1", "ports": [{ "name": port, "containerPort": 8080 }] }],
        },
    }))
    .unwrap();
    let pods: Api<Pod> = Api::namespaced(client, namespace);
    pods.create(&PostParams::default(), &pod).await.unwrap();
    set_ready(scenario, name, true).await;
}

/// Reports the pod as its kubelet would.
pub(super) async fn set_ready(scenario: &Scenario, name: &str, ready: bool) {
    let pods: Api<Pod> = Api::namespaced(scenario.cluster.client.clone(), &scenario.cluster.namespace);
    let status = if ready { "True" } else { "False" };
    let patch = json!({ "status": {
        "phase": "Running", "podIP": "10.244.0.7", "podIPs": [{ "ip": "10.244.0.7" }],
        "conditions": [{ "type": "Ready", "status": status, "lastTransitionTime": "2026-01-01T00:00:00Z" }],
    }});
    pods.patch_status(name, &PatchParams::default(), &Patch::Merge(patch))
        .await
        .unwrap();
}

/// Waits until the Service has an endpoint.
pub(super) async fn wait_endpoints(scenario: &Scenario, service: &str) {
    let slices: Api<EndpointSlice> = Api::namespaced(scenario.cluster.client.clone(), &scenario.cluster.namespace);
    let own = ListParams::default().labels(&format!("kubernetes.io/service-name={service}"));
    until("an endpoint", async || {
        let found = slices.list(&own).await.map_err(|error| error.to_string())?.items;
        if found.iter().any(|slice| !slice.endpoints.is_empty()) {
            Ok(())
        } else {
            Err(format!("{found:?}"))
        }
    })
    .await;
}
