//! Who joins, who stays, who leaves.

use rstest::rstest;
use serde_json::{Value, from_value, json};

use super::*;

const EXCLUDE: &str = "node.kubernetes.io/exclude-from-external-load-balancers";

#[rstest]
#[case::ready(json!({}), true)]
#[case::no_instance(json!({"spec": {"providerID": null}}), false)]
#[case::empty_instance(json!({"spec": {"providerID": ""}}), false)]
#[case::never_reported(json!({"status": {"conditions": []}}), false)]
#[case::starting(not_ready("KubeletNotReady", "2026-01-01T00:00:01Z"), false)]
#[case::cordoned(json!({"spec": {"unschedulable": true}}), true)]
#[case::excluded(json!({"metadata": {"labels": {EXCLUDE: "true"}}}), false)]
#[case::excluded_by_an_empty_value(json!({"metadata": {"labels": {EXCLUDE: ""}}}), false)]
#[case::excluded_by_garbage(json!({"metadata": {"labels": {EXCLUDE: "garbage"}}}), false)]
#[case::included_by_false(json!({"metadata": {"labels": {EXCLUDE: "false"}}}), true)]
#[case::included_by_zero(json!({"metadata": {"labels": {EXCLUDE: "0"}}}), true)]
#[case::scaled_down(tainted("ToBeDeletedByClusterAutoscaler"), false)]
#[case::disrupted(tainted("karpenter.sh/disrupted"), false)]
#[case::tainted_for_pods_only(tainted("dedicated"), true)]
#[case::on_fargate(json!({"metadata": {"labels": {"eks.amazonaws.com/compute-type": "fargate"}}}), false)]
#[case::on_ec2(json!({"metadata": {"labels": {"eks.amazonaws.com/compute-type": "ec2"}}}), true)]
#[case::being_deleted(json!({"metadata": {"deletionTimestamp": "2026-01-02T00:00:00Z"}}), false)]
fn a_node_seen_for_the_first_time(#[case] change: Value, #[case] joins: bool) {
    let mut nodes = StableNodes::default();
    assert_eq!(nodes.apply(Event::Apply(node(change))), joins);
    assert_eq!(nodes.current().nodes.len(), usize::from(joins));
}

#[rstest]
#[case::was_ready_before(not_ready("KubeletNotReady", "2026-01-01T08:00:00Z"), true)]
#[case::lost_contact(unknown("NodeStatusUnknown"), true)]
#[case::never_had_contact(unknown("NodeStatusNeverUpdated"), false)]
fn after_a_restart_a_node_that_is_not_ready_keeps_its_traffic_if_it_was_ready_once(
    #[case] change: Value,
    #[case] joins: bool,
) {
    let mut nodes = StableNodes::default();
    nodes.apply(Event::Init);
    nodes.apply(Event::InitApply(node(change)));
    nodes.apply(Event::InitDone);
    assert_eq!(nodes.current().nodes.len(), usize::from(joins));
}

#[rstest]
#[case::not_ready(not_ready("KubeletNotReady", "2026-01-01T00:00:01Z"), true)]
#[case::unknown(unknown("NodeStatusUnknown"), true)]
#[case::cordoned(json!({"spec": {"unschedulable": true}}), true)]
#[case::excluded(json!({"metadata": {"labels": {EXCLUDE: "true"}}}), false)]
#[case::scaled_down(tainted("ToBeDeletedByClusterAutoscaler"), false)]
#[case::being_deleted(json!({"metadata": {"deletionTimestamp": "2026-01-02T00:00:00Z"}}), false)]
#[case::another_of_its_name(
    json!({"metadata": {"uid": "u-2"}, "status": {"conditions": [{"type": "Ready", "status": "False"}]}}), false
)]
fn a_node_that_has_joined(#[case] change: Value, #[case] stays: bool) {
    let mut nodes = StableNodes::default();
    nodes.apply(Event::Apply(node(json!({}))));
    assert_eq!(nodes.apply(Event::Apply(node(change))), !stays);
    assert_eq!(nodes.current().nodes.len(), usize::from(stays));
}

#[test]
fn a_storm_that_cordons_all_nodes_and_makes_them_not_ready_takes_nobody_out() {
    let mut nodes = StableNodes::default();
    let named = |number: u8, mut change: Value| {
        merge(&mut change, json!({"metadata": {"name": format!("node-{number}")}}));
        node(change)
    };
    for number in 0..100 {
        nodes.apply(Event::Apply(named(number, json!({}))));
    }
    for number in 0..100 {
        let mut change = unknown("NodeStatusUnknown");
        merge(&mut change, json!({"spec": {"unschedulable": true}}));
        assert!(!nodes.apply(Event::Apply(named(number, change))));
    }
    assert_eq!(nodes.current().nodes.len(), 100);
}

#[test]
fn a_deleted_node_leaves() {
    let mut nodes = StableNodes::default();
    nodes.apply(Event::Apply(node(json!({}))));
    assert!(nodes.apply(Event::Delete(node(json!({})))));
    assert_eq!(nodes.current(), NodeSet::default());
}

#[test]
fn the_set_carries_name_instance_and_labels_ordered_by_name() {
    let mut nodes = StableNodes::default();
    for name in ["b", "a"] {
        let labels = json!({"zone": name});
        nodes.apply(Event::Apply(node(
            json!({"metadata": {"name": name, "labels": labels}}),
        )));
    }
    let expected = |name: &str| Node {
        name: name.to_owned(),
        provider_id: "aws:///us-east-1a/i-1".to_owned(),
        labels: [("zone".to_owned(), name.to_owned())].into(),
    };
    assert_eq!(nodes.current().nodes, [expected("a"), expected("b")]);
}

#[test]
fn a_new_label_or_instance_changes_the_set_and_a_heartbeat_does_not() {
    let mut nodes = StableNodes::default();
    nodes.apply(Event::Apply(node(json!({}))));
    assert!(!nodes.apply(Event::Apply(node(json!({"metadata": {"resourceVersion": "2"}})))));
    assert!(nodes.apply(Event::Apply(node(json!({"metadata": {"labels": {"tier": "edge"}}})))));
    assert!(nodes.apply(Event::Apply(node(
        json!({"spec": {"providerID": "aws:///us-east-1a/i-2"}})
    ))));
}

#[test]
fn while_the_watch_lists_anew_nobody_leaves() {
    let mut nodes = StableNodes::default();
    for name in ["a", "b"] {
        nodes.apply(Event::Apply(node(json!({"metadata": {"name": name}}))));
    }
    assert!(!nodes.apply(Event::Init));
    assert_eq!(nodes.current().nodes.len(), 2);
    let hiccup = json!({"metadata": {"name": "a"}, "status": {"conditions": [{"type": "Ready", "status": "False"}]}});
    nodes.apply(Event::InitApply(node(hiccup)));
    assert_eq!(nodes.current().nodes.len(), 2);
    assert!(nodes.apply(Event::InitDone));
    assert_eq!(
        nodes.current().nodes.iter().map(|node| &*node.name).collect::<Vec<_>>(),
        ["a"]
    );
}

fn tainted(key: &str) -> Value {
    json!({"spec": {"taints": [{"key": key, "effect": "NoSchedule"}]}})
}

fn not_ready(reason: &str, since: &str) -> Value {
    let ready = json!({"type": "Ready", "status": "False", "reason": reason, "lastTransitionTime": since});
    json!({"status": {"conditions": [ready]}})
}

fn unknown(reason: &str) -> Value {
    let since = "2026-01-01T08:00:00Z";
    let ready = json!({"type": "Ready", "status": "Unknown", "reason": reason, "lastTransitionTime": since});
    json!({"status": {"conditions": [ready]}})
}

/// A healthy node with `change` merged over it.
fn node(change: Value) -> k8s::Node {
    let mut node = json!({
        "metadata": {"name": "a", "uid": "u-1", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"providerID": "aws:///us-east-1a/i-1"},
        "status": {"conditions": [
            {"type": "MemoryPressure", "status": "False"},
            {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:05Z"},
        ]},
    });
    merge(&mut node, change);
    from_value(node).unwrap()
}

fn merge(into: &mut Value, change: Value) {
    match (into, change) {
        (Value::Object(into), Value::Object(change)) => {
            for (key, value) in change {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, change) => *into = change,
    }
}
