//! The Pods are replaced.

use futures::join;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use kube::api::{Api, ListParams};

use super::flow::Flow;
use super::{local_service, names, nodes, serve, service, workload};
use crate::scenario::{Scenario, with_installed_elbow};
use crate::wait::until;

/// A node becomes unhealthy when its last Pod begins to end, and by default that cuts the requests under way there. So they go
/// on for as long as Kubernetes gives a Pod to end.
const DRAINED: &str = "target_health_state.unhealthy.connection_termination.enabled=false,\
                       target_health_state.unhealthy.draining_interval_seconds=30";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn a_rolling_update_of_the_pods_loses_no_request() {
    with_installed_elbow("steady-update", async |scenario| {
        let workload = workload(2);
        let old = workload.deploy(&scenario.cluster).await;
        let (far, near) = (service(&scenario, "far"), local_service(&scenario, "near"));
        let near = near.aws("target-group-attributes", DRAINED);
        let (far, near) = join!(
            serve(&scenario, &far, scenario.sandbox.infrastructure.instances.len()),
            serve(&scenario, &near, nodes(&old).len())
        );
        let (far, near) = join!(Flow::start(&scenario, &far), Flow::start(&scenario, &near));
        let new = workload.restart(&scenario.cluster).await;
        wait_only(&scenario, &new).await;
        for report in [far.stop_whole().await, near.stop_whole().await] {
            let answered: std::collections::BTreeSet<_> = report.by_pod.keys().cloned().collect();
            assert!(answered.is_superset(&names(&old)), "the old Pods answered");
            assert!(answered.is_superset(&names(&new)), "the new Pods answered");
        }
    })
    .await;
}

/// Waits until no other Pod of the workload is left, not even one that ends.
async fn wait_only(scenario: &Scenario, pods: &[super::Running]) {
    let wanted = names(pods);
    let api = Api::<Pod>::namespaced(scenario.cluster.client.clone(), &scenario.cluster.namespace);
    until("the old Pods to be gone", async || {
        let found = api.list(&ListParams::default().labels("app=web")).await;
        let found = found.map_err(|error| error.to_string())?;
        let found: std::collections::BTreeSet<_> = found.iter().map(|pod| pod.name_any()).collect();
        if found == wanted {
            Ok(())
        } else {
            Err(format!("{found:?}"))
        }
    })
    .await;
}
