//! Nodes -> instances that are registered as targets.

mod bounds;
mod subset;

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::ids::InstanceId;
use crate::aws::stack::Room;
use crate::node::{Node, NodeSet, ZONE_LABEL};
use crate::provider::Warning;

use super::Facts;
use super::annotations::keys;
use super::invalid::quoted;
use bounds::Bounds;
pub use bounds::Ceiling;
pub(super) use bounds::Shape;

/// Instances that may be targets, with their zones as far as they are known.
pub(super) type Candidates = BTreeMap<InstanceId, Option<String>>;

/// Label of nodes that Fargate runs: they are no instances (EKS user guide).
const COMPUTE_TYPE: (&str, &str) = ("eks.amazonaws.com/compute-type", "fargate");

/// How many skipped nodes a warning names.
const MAX_NAMED: usize = 5;

/// The instances that may be targets, and what the user should know of the nodes left out.
pub(super) fn candidates(
    nodes: &NodeSet,
    labels: &BTreeMap<String, String>,
    facts: &Facts,
) -> (Candidates, Vec<Warning>) {
    let mut candidates = Candidates::new();
    let mut skipped = BTreeSet::new();
    for node in nodes.nodes.iter().filter(|node| is_eligible(node, labels)) {
        match instance_id(&node.provider_id) {
            None => drop(skipped.insert(format!(
                "{} (providerID {})",
                quoted(&node.name),
                quoted(&node.provider_id)
            ))),
            Some(id) if facts.unusable_instances.contains(&id) => {
                skipped.insert(format!(
                    "{} ({id} is terminated, or not in VPC {})",
                    quoted(&node.name),
                    facts.vpc
                ));
            }
            Some(id) => {
                let zone = node.labels.get(ZONE_LABEL).or_else(|| facts.instance_zones.get(&id));
                candidates.insert(id, zone.cloned());
            }
        }
    }
    let mut warnings = Vec::new();
    if !skipped.is_empty() {
        warnings.push(skipped_warning(&skipped));
    }
    if candidates.is_empty() {
        warnings.push(no_targets(labels));
    }
    (candidates, warnings)
}

/// The targets among the candidates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) instances: BTreeSet<InstanceId>,
    /// None where all candidates fit, even while all of them are replaced.
    pub(super) room: Option<Room>,
    /// Where some candidates are left out.
    pub(super) warning: Option<Warning>,
}

/// As many of the candidates as the quotas of the account allow.
pub(super) fn choose(candidates: Candidates, shape: Shape, service_uid: &str, facts: &Facts) -> Chosen {
    let bounds = Bounds::new(shape, &facts.limits, facts.ceiling.as_ref());
    let each = bounds.each.targets;
    let in_zone = bounds.in_zone.as_ref().map(|bound| bound.targets);
    let instances = subset::choose(&candidates, each, in_zone, service_uid);
    let tightest = in_zone.unwrap_or(each).min(each);
    Chosen {
        warning: (instances.len() < candidates.len())
            .then(|| quota_warning(instances.len(), candidates.len(), &bounds)),
        room: (facts.ceiling.is_some() || candidates.len().saturating_mul(2) > tightest).then(|| Room {
            each,
            each_in_zone: in_zone,
            zones: candidates
                .into_iter()
                .filter_map(|(id, zone)| Some((id, zone?)))
                .collect(),
        }),
        instances,
    }
}

fn quota_warning(chosen: usize, candidates: usize, bounds: &Bounds) -> Warning {
    let binding = match &bounds.in_zone {
        Some(in_zone) if chosen < bounds.each.targets => format!("{} in a zone", in_zone.why),
        _ => bounds.each.why.clone(),
    };
    Warning {
        reason: "TargetQuota",
        message: format!(
            "{chosen} of {candidates} nodes are targets, the same number in each zone as far as possible, because \
             {binding}; raise the quota in Service Quotas to make targets of all nodes"
        ),
    }
}

fn is_eligible(node: &Node, labels: &BTreeMap<String, String>) -> bool {
    let fargate = node
        .labels
        .get(COMPUTE_TYPE.0)
        .is_some_and(|value| value == COMPUTE_TYPE.1);
    !fargate && labels.iter().all(|(key, value)| node.labels.get(key) == Some(value))
}

/// The instance of a node: the last part of `aws:///ZONE/ID`, as the cloud provider for AWS writes it.
pub(crate) fn instance_id(provider_id: &str) -> Option<InstanceId> {
    let (_, id) = provider_id.strip_prefix("aws://")?.rsplit_once('/')?;
    let digits = id.strip_prefix("i-")?;
    let sound = (8..=17).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    sound.then(|| InstanceId::new(id))
}

fn skipped_warning(skipped: &BTreeSet<String>) -> Warning {
    let named: Vec<_> = skipped.iter().take(MAX_NAMED).map(String::as_str).collect();
    let rest = skipped.len() - named.len();
    let rest = if rest == 0 {
        String::new()
    } else {
        format!(" and {rest} more")
    };
    let message = format!(
        "no target is made of nodes {}{rest}; a node needs a providerID aws:///ZONE/INSTANCE-ID of an instance in the VPC",
        named.join(", ")
    );
    Warning {
        reason: "NodeSkipped",
        message,
    }
}

/// The reason is that of Kubernetes' service controller.
fn no_targets(labels: &BTreeMap<String, String>) -> Warning {
    let message = if labels.is_empty() {
        "there are no nodes that may be targets of this load balancer".to_owned()
    } else {
        let labels: Vec<_> = labels
            .iter()
            .take(MAX_NAMED)
            .map(|(key, value)| quoted(&format!("{key}={value}")))
            .collect();
        format!(
            "no node carries the labels {} of annotation {}",
            labels.join(", "),
            keys::NODE_LABELS
        )
    };
    Warning {
        reason: "UnAvailableLoadBalancer",
        message,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::aws::desired::fixtures::{Case, node, tcp};

    const LABELS: &str = "aws-load-balancer-target-node-labels";

    fn targets(case: &Case) -> Vec<String> {
        case.stack()
            .target_groups
            .values()
            .flat_map(|group| &group.targets)
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn every_node_is_a_target_at_the_node_port() {
        assert_eq!(
            targets(&Case::new()),
            ["i-0000000000000000a:30080", "i-0000000000000000b:30080"]
        );
    }

    #[rstest]
    #[case("aws:///us-east-1a/i-0123456789abcdef0", Some("i-0123456789abcdef0"))]
    #[case("aws:///us-east-1a/i-01234567", Some("i-01234567"))]
    #[case("aws://us-east-1a/i-01234567", Some("i-01234567"))]
    #[case("", None)]
    #[case("aws:///us-east-1a/", None)]
    #[case("aws:///us-east-1a/i-", None)]
    #[case("aws:///us-east-1a/i-0123456z", None)]
    #[case("aws:///us-east-1a/i-0123456789abcdef00", None)]
    #[case("aws:///us-east-1a/fargate-ip-10-0-0-1", None)]
    #[case("gce://project/zone/i-01234567", None)]
    #[case("i-01234567", None)]
    fn the_instance_is_read_from_the_provider_id(#[case] provider_id: &str, #[case] expected: Option<&str>) {
        assert_eq!(instance_id(provider_id), expected.map(InstanceId::new));
    }

    #[test]
    fn a_node_without_an_instance_is_skipped_with_a_warning_and_the_others_stay() {
        let mut case = Case::new();
        case.nodes.nodes[0].provider_id = "kind://x\n".into();
        let desired = case.desired();
        assert_eq!(targets(&case), ["i-0000000000000000b:30080"]);
        assert_eq!(desired.warnings[0].reason, "NodeSkipped");
        assert!(
            desired.warnings[0]
                .message
                .contains("`node-a` (providerID `kind://x\\n`)")
        );
    }

    #[test]
    fn an_instance_that_aws_would_refuse_is_skipped_with_a_warning() {
        let mut case = Case::new();
        case.facts.unusable_instances = [InstanceId::new("i-0000000000000000a")].into();
        assert_eq!(targets(&case), ["i-0000000000000000b:30080"]);
        assert_eq!(case.warning_reasons(), ["NodeSkipped"]);
    }

    #[test]
    fn a_warning_names_five_skipped_nodes_and_counts_the_others() {
        let mut case = Case::new();
        case.nodes.nodes.extend((0..7).map(|n| node(&format!("bad-{n}"), "")));
        let warning = case.desired().warnings.remove(0);
        assert!(
            warning.message.contains("`bad-4` (providerID ``) and 2 more"),
            "{}",
            warning.message
        );
    }

    /// So many nodes, of which the odd ones have a zone by label, and the even ones by EC2.
    fn crowd(count: u16) -> Case {
        let mut case = Case::new();
        case.nodes.nodes.clear();
        for number in 0..count {
            let id = format!("i-{number:08x}");
            let zone = ["us-east-1a", "us-east-1b"][usize::from(number % 2)];
            let mut node = node(&format!("node-{number}"), &format!("aws:///{zone}/{id}"));
            if number % 2 == 1 {
                node.labels.insert(ZONE_LABEL.into(), zone.into());
            } else {
                case.facts.instance_zones.insert(InstanceId::new(id), zone.into());
            }
            case.nodes.nodes.push(node);
        }
        case
    }

    #[test]
    fn more_nodes_than_a_zone_may_have_leave_some_out_with_a_warning_that_names_the_quota() {
        let case = crowd(1200);
        let desired = case.desired();
        assert_eq!(targets(&case).len(), 1000);
        assert!(desired.is_short_of_quota);
        let [warning] = &desired.warnings[..] else {
            panic!("{:?}", desired.warnings)
        };
        assert_eq!(warning.reason, "TargetQuota");
        for part in ["1000 of 1200 nodes", "L-A0D0B863"] {
            assert!(warning.message.contains(part), "{}", warning.message);
        }
        let two = crowd(1200).ports([tcp(80, 30080), tcp(81, 30081)]);
        let message = two.desired().warnings.remove(0).message;
        for part in [
            "500 of 1200 nodes",
            "500 targets, of which a node takes 2",
            "in a zone",
            "L-B211E961",
        ] {
            assert!(message.contains(part), "{message}");
        }
    }

    #[rstest]
    #[case::across_zones("aws-load-balancer-cross-zone-load-balancing-enabled", "true", 500)]
    #[case::one_target_group_across_zones(
        "aws-load-balancer-target-group-attributes",
        "load_balancing.cross_zone.enabled=true",
        500
    )]
    #[case::within_zones("aws-load-balancer-cross-zone-load-balancing-enabled", "false", 600)]
    fn the_quota_depends_on_whether_load_is_balanced_across_zones(
        #[case] key: &str,
        #[case] value: &str,
        #[case] expected: usize,
    ) {
        assert_eq!(targets(&crowd(600).annotate(key, value)).len(), expected);
    }

    #[test]
    fn as_long_as_all_nodes_fit_twice_nobody_counts() {
        assert_eq!(crowd(250).stack().room, None);
        let room = crowd(251).stack().room.unwrap();
        assert_eq!((room.each, room.each_in_zone, room.zones.len()), (1000, Some(500), 251));
        assert_eq!(room.zones[&InstanceId::new("i-00000000")], "us-east-1a");
        assert_eq!(room.zones[&InstanceId::new("i-00000001")], "us-east-1b");
    }

    #[test]
    fn fargate_nodes_are_left_out_silently() {
        let mut case = Case::new();
        case.nodes.nodes[0]
            .labels
            .insert(COMPUTE_TYPE.0.into(), COMPUTE_TYPE.1.into());
        assert_eq!(targets(&case), ["i-0000000000000000b:30080"]);
        assert!(case.warning_reasons().is_empty());
    }

    #[test]
    fn labels_narrow_the_choice() {
        let mut case = Case::new().annotate(LABELS, "pool=edge, size=");
        case.nodes.nodes[1]
            .labels
            .extend([("pool".into(), "edge".into()), ("size".into(), String::new())]);
        assert_eq!(targets(&case), ["i-0000000000000000b:30080"]);
    }

    #[rstest]
    #[case::no_nodes(|case: &mut Case| case.nodes.nodes.clear(), "no nodes")]
    #[case::no_match(|case: &mut Case| *case = case.clone().annotate(LABELS, "pool=edge"), "`pool=edge`")]
    fn a_load_balancer_without_targets_stands_with_a_warning(#[case] spoil: fn(&mut Case), #[case] why: &str) {
        let mut case = Case::new();
        spoil(&mut case);
        let desired = case.desired();
        assert!(targets(&case).is_empty());
        assert_eq!(desired.warnings[0].reason, "UnAvailableLoadBalancer");
        assert!(
            desired.warnings[0].message.contains(why),
            "{}",
            desired.warnings[0].message
        );
    }
}
