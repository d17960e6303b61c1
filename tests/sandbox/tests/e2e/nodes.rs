//! Nodes join and leave; the targets follow.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use crate::scenario::{Scenario, with_own_elbow};
use crate::spare::SpareNode;
use crate::wait::steadily;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn a_node_joins_when_it_is_first_ready_and_stays_through_not_ready_and_cordon() {
    changing_nodes("node-joins", async |scenario| {
        let _elbow = scenario.elbow("only", &[]).await;
        scenario.serve(&scenario.service("web")).await;
        let spare = SpareNode::join(scenario, "spare", false).await;
        steadily(
            Duration::from_secs(3),
            "a node that was never ready as no target",
            async || {
                if targets(scenario).await.contains(&spare.instance) {
                    Err("it is one".to_owned())
                } else {
                    Ok(())
                }
            },
        )
        .await;
        spare.set_ready(scenario, true).await;
        wait_target(scenario, &spare, true).await;

        spare.set_ready(scenario, false).await;
        spare
            .patch(scenario, json!({ "spec": { "unschedulable": true } }))
            .await;
        steadily(Duration::from_secs(3), "the target", async || {
            if targets(scenario).await.contains(&spare.instance) {
                Ok(())
            } else {
                Err("it left".to_owned())
            }
        })
        .await;
        spare.remove(scenario).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn a_node_leaves_when_it_is_deleted_excluded_or_tainted_for_removal() {
    changing_nodes("node-leaves", async |scenario| {
        let _elbow = scenario.elbow("only", &[]).await;
        scenario.serve(&scenario.service("web")).await;
        let spare = SpareNode::join(scenario, "spare", true).await;
        wait_target(scenario, &spare, true).await;

        let exclude = "node.kubernetes.io/exclude-from-external-load-balancers";
        spare
            .patch(scenario, json!({ "metadata": { "labels": { exclude: "true" } } }))
            .await;
        wait_target(scenario, &spare, false).await;
        spare
            .patch(scenario, json!({ "metadata": { "labels": { exclude: "false" } } }))
            .await;
        wait_target(scenario, &spare, true).await;

        for key in ["ToBeDeletedByClusterAutoscaler", "karpenter.sh/disrupted"] {
            let taint = json!({ "key": key, "effect": "NoSchedule" });
            spare.patch(scenario, json!({ "spec": { "taints": [taint] } })).await;
            wait_target(scenario, &spare, false).await;
            spare.patch(scenario, json!({ "spec": { "taints": null } })).await;
            wait_target(scenario, &spare, true).await;
        }
        spare.delete_node(scenario).await;
        wait_target(scenario, &spare, false).await;
        spare.remove(scenario).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn target_node_labels_narrow_the_targets_and_a_joining_node_costs_one_registration() {
    changing_nodes("node-labels", async |scenario| {
        let _elbow = scenario.elbow("only", &[]).await;
        let spare = SpareNode::join(scenario, "spare", true).await;
        let narrow = scenario
            .service("narrow")
            .aws("target-node-labels", &format!("spare={}", spare.name));
        scenario.serve(&narrow).await;
        scenario
            .wait_holdings("the labelled node alone", "narrow", |held| {
                let targets = held.target_groups.first()?.targets.iter();
                let instances: Vec<_> = targets.map(|target| target.instance.as_str()).collect();
                (instances == [spare.instance.as_str()]).then_some(())
            })
            .await;
        scenario.serve(&scenario.service("web")).await;

        scenario.proxy.reset_counts().await.unwrap();
        let second = SpareNode::join(scenario, "second", true).await;
        wait_target(scenario, &second, true).await;
        let wanted = ["ec2:DescribeInstances 1", "elasticloadbalancing:RegisterTargets 1"];
        assert_eq!(scenario.calls().await, wanted);
        second.remove(scenario).await;
        spare.remove(scenario).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn targets_of_most_nodes_that_are_deleted_at_once_stay_until_that_has_lasted() {
    changing_nodes("node-mass", async |scenario| {
        let _elbow = scenario.elbow("only", &["--mass-removal-delay=12s"]).await;
        let mut spares = Vec::new();
        for name in ["one", "two", "three"] {
            let spare = SpareNode::join(scenario, name, true).await;
            let pool = json!({ "metadata": { "labels": { "pool": scenario.cluster.namespace } } });
            spare.patch(scenario, pool).await;
            spares.push(spare);
        }
        let pool = format!("pool={}", scenario.cluster.namespace);
        scenario
            .serve(&scenario.service("web").aws("target-node-labels", &pool))
            .await;
        for spare in &spares {
            wait_target(scenario, spare, true).await;
        }
        let [one, two, three] = &spares[..] else {
            panic!("three spares")
        };
        futures::join!(one.delete_node(scenario), two.delete_node(scenario));
        scenario.cluster.wait_event("web", "TargetsHeld").await;
        steadily(Duration::from_secs(3), "three targets", async || {
            match targets(scenario).await.len() {
                3 => Ok(()),
                other => Err(format!("{other} targets")),
            }
        })
        .await;
        wait_target(scenario, one, false).await;
        wait_target(scenario, two, false).await;
        wait_target(scenario, three, true).await;
        for spare in spares {
            spare.remove(scenario).await;
        }
    })
    .await;
}

/// Runs a test that changes the nodes while no other such test does, and no test that counts what nodes cost.
async fn changing_nodes(name: &str, test: impl AsyncFnOnce(&Scenario)) {
    let _alone = crate::scenario::NODES.write().await;
    with_own_elbow(name, async |scenario| test(&scenario).await).await;
}

async fn targets(scenario: &Scenario) -> BTreeSet<String> {
    targets_of(scenario, "web").await
}

async fn targets_of(scenario: &Scenario, service: &str) -> BTreeSet<String> {
    let held = scenario.holdings(service).await;
    held.target_group()
        .targets
        .iter()
        .map(|target| target.instance.to_string())
        .collect()
}

async fn wait_target(scenario: &Scenario, spare: &SpareNode, present: bool) {
    scenario
        .wait_holdings(&format!("{} to be a target: {present}", spare.name), "web", |held| {
            let targets = &held.target_groups.first()?.targets;
            (targets.iter().any(|target| target.instance.as_str() == spare.instance) == present).then_some(())
        })
        .await;
}
