//! Settings of the AWS plug-in that are the same for all Services of the cluster.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use crate::aws::stack::{Scheme, Tags};

/// What an operator sets once for the cluster. Each field is a flag of `elbow run`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsSettings {
    /// `--cluster-name`: the value of the tag `elbow.dev/cluster`, not empty.
    pub cluster: String,
    /// `--alb-load-balancer-class`: values of `spec.loadBalancerClass` that ask for an Application Load Balancer; every
    /// other asks for a Network Load Balancer.
    pub alb_classes: BTreeSet<String>,
    /// `--default-load-balancer-scheme`: where the Service says nothing.
    pub default_scheme: Scheme,
    /// `--default-tags`: on every resource of a Service; its annotation may override a value.
    pub default_tags: Tags,
    /// `--default-ssl-policy`: of TLS listeners.
    pub default_ssl_policy: String,
    /// `--node-port-range`, as the API server's `--service-node-port-range`: nodes admit load balancers on these ports.
    pub node_ports: RangeInclusive<u16>,
    /// `--external-managed-tags`: keys that others keep on our resources; never wanted, never removed.
    pub external_managed_tags: BTreeSet<String>,
    /// `--service-target-eni-security-group-tags`: tags that tell a node's own group where its network interface has several.
    pub target_eni_group_tags: Tags,
    /// `--enable-manage-backend-security-group-rules`: does a load balancer with security groups of the Service's choice
    /// carry the cluster's backend group too, where the Service does not say?
    pub manage_backend_rules: bool,
}
