//! What happens to nodes.

use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};

use super::serving;
use crate::cluster::Cluster;
use crate::kubernetes::{Kind, node};
use crate::world::instance;

/// The instances that are targets now.
fn targets(cluster: &Cluster) -> Vec<String> {
    let state = cluster.aws.state();
    let ours = state
        .target_groups
        .values()
        .filter(|group| group.name.starts_with("k8s-"));
    ours.flat_map(|group| &group.targets)
        .map(|target| target.instance.to_string())
        .collect()
}

fn instances(numbers: &[u8]) -> Vec<String> {
    numbers.iter().map(|number| instance(*number).to_string()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_storm_of_nodes_that_are_not_ready_or_cordoned_takes_no_target_out() {
    let mut cluster = serving("web").await;
    let before = cluster.work();
    for number in 1..=3 {
        cluster.kubernetes.change_node(number, |node| {
            node["status"]["conditions"][0]["status"] = json!("Unknown");
            node["spec"]["unschedulable"] = json!(true);
            node["spec"]["taints"] = json!([{"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}]);
        });
    }
    cluster.settle().await;
    assert_eq!(cluster.work(), before);
    assert_eq!(targets(&cluster), instances(&[1, 2, 3]));
}

/// The autoscaler's taint.
fn scale_down(node: &mut Value) {
    node["spec"]["taints"] = json!([{"key": "ToBeDeletedByClusterAutoscaler", "effect": "NoSchedule"}]);
}

/// Karpenter's taint.
fn disrupt(node: &mut Value) {
    node["spec"]["taints"] = json!([{"key": "karpenter.sh/disrupted", "effect": "NoSchedule"}]);
}

fn exclude(node: &mut Value) {
    node["metadata"]["labels"]["node.kubernetes.io/exclude-from-external-load-balancers"] = json!("");
}

#[rstest]
#[case::tainted_by_the_autoscaler(scale_down)]
#[case::tainted_by_karpenter(disrupt)]
#[case::labelled(exclude)]
#[tokio::test(start_paused = true)]
async fn a_node_that_is_to_go_is_no_target_soon_after(#[case] mark: fn(&mut Value)) {
    let mut cluster = serving("web").await;
    cluster.kubernetes.change_node(2, mark);
    cluster.pass(Duration::from_secs(5)).await;
    assert_eq!(targets(&cluster), instances(&[1, 3]));
    cluster.ends_well("without the node").await;
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_deleted_is_no_target_and_one_that_joins_is() {
    let mut cluster = serving("web").await;
    cluster.kubernetes.remove_node(2);
    cluster.kubernetes.add_node(4);
    cluster.pass(Duration::from_secs(5)).await;
    assert_eq!(targets(&cluster), instances(&[1, 3, 4]));
    cluster.ends_well("with other nodes").await;
}

#[tokio::test(start_paused = true)]
async fn a_node_that_was_never_ready_is_no_target_until_it_is() {
    let mut cluster = serving("web").await;
    let mut late = node(4);
    late["status"]["conditions"][0] = json!({"type": "Ready", "status": "False", "reason": "NodeStatusNeverUpdated"});
    cluster.kubernetes.adopt(Kind::Node, late);
    cluster.settle().await;
    assert_eq!(targets(&cluster), instances(&[1, 2, 3]));
    cluster
        .kubernetes
        .change_node(4, |node| node["status"]["conditions"][0]["status"] = json!("True"));
    cluster.settle().await;
    assert_eq!(targets(&cluster), instances(&[1, 2, 3, 4]));
}

#[tokio::test(start_paused = true)]
async fn all_nodes_are_replaced_without_an_empty_target_group() {
    let mut cluster = serving("web").await;
    for (new, old) in [(4, 1), (5, 2), (6, 3)] {
        cluster.kubernetes.add_node(new);
        cluster.pass(Duration::from_millis(700)).await;
        cluster.kubernetes.remove_node(old);
        cluster.pass(Duration::from_millis(700)).await;
    }
    cluster.ends_well("with new nodes only").await;
    assert_eq!(targets(&cluster), instances(&[4, 5, 6]));
}

#[tokio::test(start_paused = true)]
async fn nodes_that_join_together_are_registered_in_one_call() {
    let mut cluster = serving("web").await;
    cluster.aws.take_log();
    for number in 4..=9 {
        cluster.kubernetes.add_node(number);
        cluster.pass(Duration::from_millis(100)).await;
    }
    cluster.settle().await;
    let log = cluster.aws.take_log();
    let registered = log.iter().filter(|action| action.ends_with(":RegisterTargets")).count();
    assert_eq!(registered, 1, "{log:?}");
    assert_eq!(targets(&cluster).len(), 9);
}
