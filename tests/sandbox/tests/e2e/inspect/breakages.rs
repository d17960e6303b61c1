//! What is broken in the cluster or in the declaration.

use serde_json::{Value, json};

use super::{pods, wait_first};
use crate::by_hand;
use crate::scenario::{NODES, with_installed_elbow, with_own_elbow};
use crate::spare::SpareNode;

/// An ARN in the right form of a certificate that nobody has.
const NO_CERTIFICATE: &str = "arn:aws:acm:us-east-1:000000000000:certificate/00000000-0000-0000-0000-000000000000";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn a_service_without_endpoints_is_told_why_it_has_none() {
    with_installed_elbow("inspect-endpoints", async |scenario| {
        scenario
            .serve(&scenario.service("by-hand").spec("selector", Value::Null))
            .await;
        wait_first(&scenario, "by-hand", "clusterIP", "NoEndpoints").await;

        pods::start(&scenario, "wbe", "http").await;
        scenario.serve(&scenario.service("web")).await;
        let found = wait_first(&scenario, "web", "pods", "NoPods").await;
        assert!(
            found["message"].as_str().unwrap().ends_with("pods here have app=wbe"),
            "{found}"
        );

        scenario
            .cluster
            .patch_service("web", json!({ "spec": { "selector": { "app": "wbe" } } }))
            .await;
        pods::wait_endpoints(&scenario, "web").await;
        pods::set_ready(&scenario, "wbe", false).await;
        wait_first(&scenario, "web", "pods", "PodNotReady").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn a_target_port_that_no_pod_has_is_told() {
    with_installed_elbow("inspect-target-port", async |scenario| {
        pods::start(&scenario, "web", "http").await;
        let ports = json!([{ "name": "http", "port": 80, "targetPort": "htpp" }]);
        scenario.serve(&scenario.service("web").ports(ports)).await;
        let found = wait_first(&scenario, "web", "clusterIP", "WrongTargetPort").await;
        assert!(found["action"].as_str().unwrap().contains("one of http"), "{found}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn a_node_that_is_not_ready_is_told() {
    let _alone = NODES.write().await;
    with_own_elbow("inspect-node", async |scenario| {
        let _elbow = scenario.elbow("only", &[]).await;
        let spare = SpareNode::join(&scenario, "spare", true).await;
        pods::start(&scenario, "web", "http").await;
        scenario.serve(&scenario.service("web")).await;
        pods::wait_endpoints(&scenario, "web").await;
        scenario
            .wait_holdings("the node to be a target", "web", |held| {
                let mut targets = held.target_groups.first()?.targets.iter();
                targets
                    .any(|target| target.instance.as_str() == spare.instance)
                    .then_some(())
            })
            .await;
        spare.set_ready(&scenario, false).await;
        let found = wait_first(&scenario, "web", "nodePort", "NodeNotReady").await;
        assert!(found["message"].as_str().unwrap().contains(&spare.name), "{found}");
        assert_eq!(found["severity"], "degraded", "other nodes serve");
        spare.remove(&scenario).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn a_health_check_where_no_node_answers_is_told() {
    with_installed_elbow("inspect-health", async |scenario| {
        pods::start(&scenario, "web", "http").await;
        scenario
            .serve(&scenario.service("web").aws("healthcheck-port", "9999"))
            .await;
        pods::wait_endpoints(&scenario, "web").await;
        let found = wait_first(&scenario, "web", "targetGroups", "HealthCheckPort").await;
        assert!(
            found["message"].as_str().unwrap().contains("Target.FailedHealthChecks"),
            "{found}"
        );
        assert!(found["action"].as_str().unwrap().contains("TCP :9999"), "{found}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn a_certificate_that_does_not_exist_is_told() {
    with_installed_elbow("inspect-certificate", async |scenario| {
        scenario
            .cluster
            .create_service(&scenario.service("web").aws("ssl-cert", NO_CERTIFICATE))
            .await;
        let found = wait_first(&scenario, "web", "service", "CertificateNotFound").await;
        assert!(found["message"].as_str().unwrap().contains(NO_CERTIFICATE), "{found}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn subnets_without_the_tag_are_told() {
    with_own_elbow("inspect-subnets", async |scenario| {
        by_hand::unshare_subnets(&scenario.sandbox, &scenario.cluster_name).await;
        let _elbow = scenario.elbow("only", &[]).await;
        scenario.cluster.create_service(&scenario.service("web")).await;
        let found = wait_first(&scenario, "web", "service", "NoSubnetFound").await;
        assert!(
            found["action"]
                .as_str()
                .unwrap()
                .contains("kubernetes.io/role/internal-elb=1"),
            "{found}"
        );
    })
    .await;
}
