//! What elbow asks of AWS, counted at the proxy.

use std::time::Duration;

use serde_json::json;

use crate::scenario::{NODES, Scenario, with_own_elbow};
use crate::wait::steadily;

/// Longer than elbow takes to react to a change, and than two of its lease renewals.
const QUIET: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn a_service_costs_six_calls_to_create_four_to_grow_three_to_delete_and_none_to_keep() {
    let _same_nodes = NODES.read().await;
    with_own_elbow("cost", async |scenario| {
        let _elbow = scenario.elbow("only", &[]).await;
        // The first Service pays for the facts that all share: subnets, instances, the backend group, node rules.
        scenario.serve(&scenario.service("first")).await;

        scenario.proxy.reset_counts().await.unwrap();
        scenario.serve(&scenario.service("web")).await;
        let create = [
            "ec2:AuthorizeSecurityGroupIngress 1",
            "ec2:CreateSecurityGroup 1",
            "elasticloadbalancing:CreateListener 1",
            "elasticloadbalancing:CreateLoadBalancer 1",
            "elasticloadbalancing:CreateTargetGroup 1",
            "elasticloadbalancing:RegisterTargets 1",
        ];
        assert_eq!(scenario.calls().await, create);

        scenario.proxy.reset_counts().await.unwrap();
        scenario
            .cluster
            .patch_service("web", json!({ "metadata": { "labels": { "team": "blue" } } }))
            .await;
        stays_quiet(&scenario).await;

        let ports = json!([{ "name": "http", "port": 80 }, { "name": "https", "port": 443 }]);
        scenario
            .cluster
            .patch_service("web", json!({ "spec": { "ports": ports } }))
            .await;
        scenario
            .wait_holdings("two listeners", "web", |held| {
                (held.listener_ports() == [80, 443]).then_some(())
            })
            .await;
        let grow = [
            "ec2:AuthorizeSecurityGroupIngress 1",
            "elasticloadbalancing:CreateListener 1",
            "elasticloadbalancing:CreateTargetGroup 1",
            "elasticloadbalancing:RegisterTargets 1",
        ];
        assert_eq!(scenario.calls().await, grow);

        let one = json!([{ "name": "http", "port": 80 }]);
        scenario
            .cluster
            .patch_service("web", json!({ "spec": { "ports": one } }))
            .await;
        let shrunk = |held: &crate::cloud::Holdings| {
            (held.listener_ports() == [80] && held.target_groups.len() == 1).then_some(())
        };
        scenario.wait_holdings("one listener", "web", shrunk).await;
        stays_still(&scenario).await;

        scenario.proxy.reset_counts().await.unwrap();
        scenario.cluster.delete_service("web").await;
        let delete = [
            "ec2:DeleteSecurityGroup 1",
            "elasticloadbalancing:DeleteLoadBalancer 1",
            "elasticloadbalancing:DeleteTargetGroup 1",
        ];
        assert_eq!(scenario.calls().await, delete);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn a_restart_with_unchanged_services_costs_one_look_at_all_and_what_is_new() {
    let _same_nodes = NODES.read().await;
    with_own_elbow("restart", async |scenario| {
        let mut elbow = scenario.elbow("first", &[]).await;
        for name in ["a", "b", "c"] {
            scenario.serve(&scenario.service(name)).await;
        }
        elbow.kill().await;
        scenario.proxy.reset_counts().await.unwrap();
        let _elbow = scenario.elbow("second", &[]).await;
        scenario.serve(&scenario.service("d")).await;
        // The others' turn comes at the same time, and costs nothing.
        stays_still(&scenario).await;
        let mut calls = scenario.calls().await;
        // Tests that run beside this one have load balancers in the account too, whose tags tell that they are not ours.
        calls.retain(|call| !call.contains(":DescribeTags "));
        let expected = [
            "ec2:AuthorizeSecurityGroupIngress 1",
            "ec2:CreateSecurityGroup 1",
            "ec2:DescribeInstances 1",
            "ec2:DescribeSecurityGroups 2",
            "ec2:DescribeSubnets 1",
            "elasticloadbalancing:CreateListener 1",
            "elasticloadbalancing:CreateLoadBalancer 1",
            "elasticloadbalancing:CreateTargetGroup 1",
            "elasticloadbalancing:DescribeLoadBalancers 1",
            "elasticloadbalancing:DescribeTargetGroups 1",
            "elasticloadbalancing:RegisterTargets 1",
        ];
        assert_eq!(calls, expected);
    })
    .await;
}

/// No call at all for a while.
async fn stays_quiet(scenario: &Scenario) {
    scenario.proxy.reset_counts().await.unwrap();
    steadily(QUIET, "silence", async || match scenario.calls().await {
        calls if calls.is_empty() => Ok(()),
        calls => Err(format!("{calls:?}")),
    })
    .await;
}

/// Waits until the calls of the last change have ended.
async fn stays_still(scenario: &Scenario) {
    crate::wait::until("the calls to end", async || {
        let before = scenario.calls().await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        let after = scenario.calls().await;
        if before == after {
            Ok(())
        } else {
            Err(format!("{after:?}"))
        }
    })
    .await;
}
