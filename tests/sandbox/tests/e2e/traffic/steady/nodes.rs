//! Nodes come and go.

use super::flow::{Flow, wait_answer_from};
use super::pool::Pool;
use super::{local_service, nodes, serve, service, wait_healthy, workload};
use crate::scenario::with_installed_elbow;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn a_node_that_is_added_gets_traffic_and_loses_no_request() {
    with_installed_elbow("steady-add", async |scenario| {
        Pool::run(&scenario, async |pool| {
            pool.add(0).await;
            let workload = workload(2).in_pool(pool.name());
            workload.deploy(&scenario.cluster).await;
            // Each node answers with its own Pods only, so that who answers tells which way a request went.
            let service = pool.select(local_service(&scenario, "web"));
            let hostname = serve(&scenario, &service, 1).await;
            let flow = Flow::start(&scenario, &hostname).await;
            let new = pool.add(0).await;
            let pods = workload.replicas(3).apply(&scenario.cluster).await;
            assert!(nodes(&pods).contains(new.name()), "{pods:?}");
            wait_healthy(&scenario, "web", 2).await;
            wait_answer_from(&scenario, &hostname, new.name()).await;
            flow.stop_whole().await;
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn a_node_that_the_cluster_autoscaler_removes_loses_no_request() {
    taking_away("steady-scale", async |pool, node| pool.scale_down(node).await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn a_node_that_karpenter_removes_loses_no_request() {
    taking_away("steady-disrupt", async |pool, node| pool.disrupt(node).await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn all_nodes_replaced_one_by_one_lose_no_request() {
    with_installed_elbow("steady-replace", async |scenario| {
        Pool::run(&scenario, async |pool| {
            let old = [pool.add(1).await, pool.add(1).await];
            let workload = workload(2).in_pool(pool.name());
            workload.deploy(&scenario.cluster).await;
            let hostname = serve(&scenario, &pool.select(service(&scenario, "web")), 2).await;
            let flow = Flow::start(&scenario, &hostname).await;
            for node in old {
                pool.add(1).await;
                wait_healthy(&scenario, "web", 3).await;
                pool.scale_down(node.name()).await;
            }
            wait_answer_from(&scenario, &hostname, &pool.names()[1]).await;
            flow.stop_whole().await;
        })
        .await;
    })
    .await;
}

/// Takes one of two nodes of a zone away under load, of which not one request fails. Each node sends on to all Pods, so that it
/// answers until it is gone.
async fn taking_away(name: &str, take_away: impl AsyncFnOnce(&Pool<'_>, &str)) {
    with_installed_elbow(name, async |scenario| {
        Pool::run(&scenario, async |pool| {
            let (leaves, stays) = (pool.add(2).await, pool.add(2).await);
            let workload = workload(2).in_pool(pool.name());
            let pods = workload.deploy(&scenario.cluster).await;
            assert_eq!(nodes(&pods).len(), 2, "a Pod on each node: {pods:?}");
            let hostname = serve(&scenario, &pool.select(service(&scenario, "web")), 2).await;
            let flow = Flow::start(&scenario, &hostname).await;
            wait_answer_from(&scenario, &hostname, leaves.name()).await;
            take_away(pool, leaves.name()).await;
            wait_answer_from(&scenario, &hostname, stays.name()).await;
            flow.stop_whole().await;
        })
        .await;
    })
    .await;
}
