//! Waiting for a node to be ready.

use std::path::Path;
use std::time::Duration;

use k8s_openapi::api::core::v1::Node;
use k8s_openapi::jiff::Timestamp;
use kube::Api;

use super::RealNode;
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::process::{Record, indented_tail};
use crate::{kubernetes, wait};

/// Two seconds when the machine is idle; builds of others may keep it busy.
const READY_WITHIN: Duration = Duration::from_secs(90);

/// Taints of a node that was not ready; a controller takes them away a moment later.
const NOT_READY: [&str; 2] = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

/// The time now, to the second, which is how exactly a kubelet reports.
pub(super) fn now() -> i64 {
    Timestamp::now().as_second()
}

/// Waits until the kubelet has reported since then that the node is ready, and Pods may be placed there.
pub(super) async fn wait(
    kubeconfig: &Path,
    node: &RealNode,
    record: &Record,
    layout: &Layout,
    since: i64,
) -> Result<()> {
    let nodes: Api<Node> = Api::all(kubernetes::client(kubeconfig).await?);
    let settled = wait::until(node.name(), READY_WITHIN, async || {
        let found = nodes.get_opt(node.name()).await;
        let ready = matches!(found, Ok(Some(found)) if is_ready(&found, since));
        ready || !record.process().is_alive()
    });
    let settled = settled.await;
    let (problem, log) = match (settled, record.process().is_alive()) {
        (Ok(()), true) => return Ok(()),
        (_, false) => ("ended".to_owned(), record.log().to_owned()),
        (Err(_), true) => (
            format!("is not ready after {} s", READY_WITHIN.as_secs()),
            node.log(layout, "kubelet"),
        ),
    };
    Err(Error::NotReady {
        what: format!("the node {}", node.name()),
        problem,
        tail: indented_tail(&log),
        log,
    })
}

fn is_ready(node: &Node, since: i64) -> bool {
    let status = node.status.as_ref();
    let mut conditions = status
        .and_then(|status| status.conditions.iter().flatten().find(|one| one.type_ == "Ready"))
        .into_iter();
    let fresh = conditions.any(|ready| {
        let reported = ready.last_heartbeat_time.as_ref().map(|time| time.0.as_second());
        ready.status == "True" && reported.is_some_and(|reported| reported >= since)
    });
    let spec = node.spec.as_ref();
    let mut taints = spec.into_iter().flat_map(|spec| spec.taints.iter().flatten());
    fresh && !taints.any(|taint| NOT_READY.contains(&taint.key.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_value, json};

    fn node(status: &str, taint: &str) -> Node {
        from_value(json!({
            "metadata": {"name": "n"},
            "spec": {"taints": [{"key": taint, "effect": "NoSchedule"}]},
            "status": {"conditions": [
                {"type": "Ready", "status": status, "lastHeartbeatTime": "2026-01-01T00:00:10Z"},
            ]},
        }))
        .unwrap()
    }

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_second()
    }

    #[test]
    fn a_report_from_before_the_start_does_not_count() {
        let node = node("True", "dedicated");
        assert!(is_ready(&node, at("2026-01-01T00:00:10Z")));
        assert!(!is_ready(&node, at("2026-01-01T00:00:11Z")));
    }

    #[test]
    fn a_node_without_a_report_that_it_is_ready_is_not() {
        let since = at("2026-01-01T00:00:00Z");
        assert!(!is_ready(&node("Unknown", "dedicated"), since));
        assert!(!is_ready(&Node::default(), since));
    }

    #[test]
    fn pods_cannot_be_placed_while_the_taint_of_a_silent_node_stays() {
        assert!(!is_ready(
            &node("True", "node.kubernetes.io/not-ready"),
            at("2026-01-01T00:00:00Z")
        ));
    }
}
