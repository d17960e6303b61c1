//! What a single Node object says: is it to leave, has it ever been Ready.

use k8s_openapi::api::core::v1::{Node, NodeCondition};
use k8s_openapi::jiff::SignedDuration;
use kube::ResourceExt;

/// Well-known label of Kubernetes: such a node receives no traffic of external load balancers.
const EXCLUDED: &str = "node.kubernetes.io/exclude-from-external-load-balancers";
/// Taints of nodes that are about to be taken away: Cluster Autoscaler, Karpenter.
const REMOVAL_TAINTS: [&str; 2] = ["ToBeDeletedByClusterAutoscaler", "karpenter.sh/disrupted"];
/// EKS' label of nodes that are one pod on Fargate: they have no instance and no NodePort.
const COMPUTE_TYPE: (&str, &str) = ("eks.amazonaws.com/compute-type", "fargate");
/// The kubelet writes its first Ready condition when it makes its Node; a condition that changed clearly later has held
/// another value before. The margin covers the clocks of kubelet and API server.
const FIRST_STATUS: SignedDuration = SignedDuration::from_secs(10);

/// Must this node not be a target (any more), whatever its health?
pub(super) fn must_leave(node: &Node) -> bool {
    let (key, value) = COMPUTE_TYPE;
    node.metadata.deletion_timestamp.is_some()
        || node.labels().get(EXCLUDED).is_some_and(|value| !is_false(value))
        || node.labels().get(key).is_some_and(|found| found == value)
        || node
            .spec
            .iter()
            .flat_map(|spec| spec.taints.iter().flatten())
            .any(|taint| REMOVAL_TAINTS.contains(&taint.key.as_str()))
}

/// Is or was this node Ready? Read from the Node alone, so that a node that is NotReady for a moment while elbow starts
/// keeps its connections. When in doubt, yes: a target too many is found unhealthy, one too few drops traffic.
pub(super) fn has_been_ready(node: &Node) -> bool {
    let conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions
        .into_iter()
        .find(|condition| condition.type_ == "Ready")
        .is_some_and(|ready| {
            ready.status == "True"
                || (ready.reason.as_deref() != Some("NodeStatusNeverUpdated") && has_changed(node, ready))
        })
}

/// Has the condition had another status since the node was made?
fn has_changed(node: &Node, condition: &NodeCondition) -> bool {
    match (&node.metadata.creation_timestamp, &condition.last_transition_time) {
        (Some(created), Some(changed)) => changed.0.duration_since(created.0) > FIRST_STATUS,
        _ => false,
    }
}

/// The spellings that Go's `strconv.ParseBool`, and so Kubernetes' service controller, reads as false.
fn is_false(value: &str) -> bool {
    matches!(value, "0" | "f" | "F" | "false" | "False" | "FALSE")
}
