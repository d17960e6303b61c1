//! What AWS holds, as comparable lines: load balancers, target groups, security groups and their rules.

use std::collections::BTreeSet;

use crate::aws::{Aws, EC2, ELBV2, Error, Item};

/// The tag by which elbow marks what a resource is for, and its value for the group that all of a cluster's load balancers
/// share. That group and the nodes' rules for it serve the next Service too, so they may come, stay and go.
const SHARED: (&str, &str) = ("elbow.dev/resource", "backend-security-group");

/// What AWS holds at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Snapshot {
    lines: BTreeSet<String>,
    shared: BTreeSet<String>,
}

impl Snapshot {
    /// Reads everything in the account's region, whoever it belongs to.
    pub(super) async fn of(aws: &Aws) -> Result<Self, Error> {
        let balancers = aws.list(ELBV2, "DescribeLoadBalancers", &[], "LoadBalancers").await?;
        let targets = aws.list(ELBV2, "DescribeTargetGroups", &[], "TargetGroups").await?;
        let groups = aws
            .list(EC2, "DescribeSecurityGroups", &[], "securityGroupInfo")
            .await?;
        let rules = aws
            .list(EC2, "DescribeSecurityGroupRules", &[], "securityGroupRuleSet")
            .await?;
        let balancers = balancers
            .iter()
            .map(|item| format!("load balancer {}", item.get("LoadBalancerName")));
        let targets = targets
            .iter()
            .map(|item| format!("target group {}", item.get("TargetGroupName")));
        let named = |item: &Item| format!("security group {} {}", item.get("groupId"), item.get("groupName"));
        let mut lines: BTreeSet<String> = balancers.chain(targets).collect();
        lines.extend(groups.iter().map(named).chain(rules.iter().map(rule)));
        let shared = groups
            .iter()
            .filter(|group| is_shared(group))
            .map(|group| group.get("groupId").to_owned());
        Ok(Self {
            lines,
            shared: shared.collect(),
        })
    }

    /// A report when nothing but shared things differ; the differences otherwise.
    pub(super) fn compared_with(&self, before: &Self) -> Result<String, String> {
        let (shared, other): (Vec<String>, Vec<String>) = self
            .differences(before)
            .partition(|line| self.is_about_shared(before, line));
        if !other.is_empty() {
            return Err(other.join("\n"));
        }
        let mut report = format!(
            "as before: {} load balancers, target groups, security groups and rules",
            before.lines.len()
        );
        if !shared.is_empty() {
            report.push_str("\nshared by all Services of the cluster, for the next one:\n");
            report.push_str(&shared.join("\n"));
        }
        Ok(report)
    }

    fn differences<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = String> + 'a {
        let new = self.lines.difference(&before.lines).map(|line| format!("  + {line}"));
        new.chain(before.lines.difference(&self.lines).map(|line| format!("  - {line}")))
    }

    fn is_about_shared(&self, before: &Self, line: &str) -> bool {
        self.shared
            .iter()
            .chain(&before.shared)
            .any(|id| line.contains(id.as_str()))
    }
}

/// A rule without its own id, for a rule that is taken away and made again is the same rule.
fn rule(rule: &Item) -> String {
    let direction = if rule.get("isEgress") == "true" { "to" } else { "from" };
    let peers = ["cidrIpv4", "cidrIpv6", "prefixListId", "referencedGroupInfo/groupId"];
    let peer = peers
        .iter()
        .map(|peer| rule.get(peer))
        .find(|peer| !peer.is_empty())
        .unwrap_or("anywhere");
    let (group, protocol) = (rule.get("groupId"), rule.get("ipProtocol"));
    format!(
        "rule of {group}: {protocol} {}-{} {direction} {peer}",
        rule.get("fromPort"),
        rule.get("toPort")
    )
}

fn is_shared(group: &Item) -> bool {
    group
        .all("tagSet/key")
        .zip(group.all("tagSet/value"))
        .any(|tag| tag == SHARED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(lines: &[&str], shared: &[&str]) -> Snapshot {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Snapshot {
            lines: owned(lines),
            shared: owned(shared),
        }
    }

    #[test]
    fn what_is_left_and_what_is_missing_is_named() {
        let before = snapshot(&["load balancer foreign", "security group sg-1 nodes"], &[]);
        let after = snapshot(&["security group sg-1 nodes", "target group left"], &[]);
        assert_eq!(
            after.compared_with(&before),
            Err("  + target group left\n  - load balancer foreign".to_owned())
        );
        assert!(before.compared_with(&before).unwrap().starts_with("as before: 2 "));
    }

    #[test]
    fn the_clusters_shared_group_may_stay() {
        let before = snapshot(&["security group sg-1 nodes"], &[]);
        let rule = "rule of sg-1: tcp 30000-32767 from sg-2";
        let after = snapshot(
            &["security group sg-1 nodes", "security group sg-2 backend", rule],
            &["sg-2"],
        );
        assert!(after.compared_with(&before).unwrap().contains(rule));
        assert!(before.compared_with(&after).is_ok());
    }
}
