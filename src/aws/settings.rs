//! Settings of the AWS plug-in that are the same for all Services of the cluster.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use crate::aws::desired::tags;
use crate::aws::stack::{Scheme, Tags};

/// What an operator sets once for the cluster. Each field is a flag of `elbow run`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsSettings {
    /// `--cluster-name`: the value of the tag `elbow.dev/cluster`, not empty.
    pub cluster: String,
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
}

/// Longest name of a cluster (Amazon EKS API reference, `CreateCluster`).
const MAX_CLUSTER: usize = 100;

impl AwsSettings {
    /// What an operator has to correct, one sentence for each fault; empty if all is sound.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if !is_cluster_name(&self.cluster) {
            faults.push(format!(
                "--cluster-name: allowed are 1 to {MAX_CLUSTER} letters, digits, hyphens, underscores and dots, the first a \
                 letter or digit"
            ));
        }
        faults.extend(
            tags::faults(&self.default_tags)
                .into_iter()
                .map(|fault| format!("--default-tags: {fault}")),
        );
        let kept_by_others = self
            .default_tags
            .keys()
            .filter(|key| self.external_managed_tags.contains(*key));
        faults.extend(kept_by_others.map(|key| format!("--default-tags: {key} is also in --external-managed-tags")));
        if self.node_ports.is_empty() || self.node_ports.contains(&0) {
            faults.push("--node-port-range: allowed is FROM-TO with 1 <= FROM <= TO <= 65535".to_owned());
        }
        faults
    }
}

/// Names of EKS clusters, and dots, which other ways to make a cluster allow.
fn is_cluster_name(name: &str) -> bool {
    name.len() <= MAX_CLUSTER
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::aws::desired::fixtures::{settings, text_map};

    #[test]
    fn sound_settings_have_no_fault() {
        assert_eq!(settings().faults(), Vec::<String>::new());
    }

    #[rstest]
    #[case::no_cluster(|s: &mut AwsSettings| s.cluster.clear(), "--cluster-name")]
    #[case::odd_cluster(|s: &mut AwsSettings| s.cluster = "a/b".into(), "--cluster-name")]
    #[case::long_cluster(|s: &mut AwsSettings| s.cluster = "a".repeat(101), "--cluster-name")]
    #[case::tag_of_aws(|s: &mut AwsSettings| s.default_tags = text_map(&[("aws:x", "1")]), "--default-tags: `aws:x=1`")]
    #[case::tag_of_others(|s: &mut AwsSettings| {
        s.default_tags = text_map(&[("x", "1")]);
        s.external_managed_tags.insert("x".into());
    }, "--external-managed-tags")]
    #[case::port_zero(|s: &mut AwsSettings| s.node_ports = 0..=10, "--node-port-range")]
    #[case::backwards(|s: &mut AwsSettings| s.node_ports = RangeInclusive::new(10, 1), "--node-port-range")]
    fn a_fault_names_the_flag(#[case] spoil: fn(&mut AwsSettings), #[case] flag: &str) {
        let mut settings = settings();
        spoil(&mut settings);
        let faults = settings.faults();
        assert!(faults.len() == 1 && faults[0].contains(flag), "{faults:?}");
    }
}
