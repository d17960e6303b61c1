//! A node that may be a target, reduced to the fields that a provider reads.

use std::collections::BTreeMap;

/// Well-known label of Kubernetes that names a node's region, set by the cloud's node controller.
pub const REGION_LABEL: &str = "topology.kubernetes.io/region";
/// Well-known label of Kubernetes that names a node's availability zone, set by the cloud's node controller.
pub const ZONE_LABEL: &str = "topology.kubernetes.io/zone";

/// A node of the stable node set: one that shall receive traffic of load balancers unless a Service narrows the choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// `metadata.name`.
    pub name: String,
    /// `spec.providerID`, such as `aws:///us-east-1a/i-0123456789abcdef0`.
    pub provider_id: String,
    /// `metadata.labels`.
    pub labels: BTreeMap<String, String>,
}

/// The nodes that are targets at one moment, ordered by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeSet {
    /// Ordered by name, without duplicates.
    pub nodes: Vec<Node>,
}

impl NodeSet {
    /// The region that the first node with the label names.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        let mut labels = self.nodes.iter().filter_map(|node| node.labels.get(REGION_LABEL));
        labels.next().map(String::as_str)
    }
}
