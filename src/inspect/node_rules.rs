//! Security group rules on the way from the load balancer to the nodes: for the nodePort and for the health check.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::{Cloud, Evidence, SeenTargetGroup};
use super::report::{Finding, Severity};
use super::rules::{self, Door};
use super::target_groups::{forwards_to, health_check, staying};
use crate::aws::ids::{InstanceId, SecurityGroupId};
use crate::aws::stack::{HealthCheckPort, RuleSource, Target, TargetProtocol};
use crate::service::Protocol;

/// What a door is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    Traffic,
    Health,
}

/// The doors that instances with the same groups must open.
type Doors = BTreeMap<BTreeSet<SecurityGroupId>, BTreeSet<(Use, Door)>>;

/// Looks at the groups of all targets.
pub(super) fn look(evidence: &Evidence) -> Vec<Finding> {
    let (Some(cloud), Some(found)) = (evidence.cloud(), evidence.load_balancer()) else {
        return Vec::new();
    };
    let groups_of: BTreeMap<&InstanceId, &BTreeSet<SecurityGroupId>> = cloud
        .instances
        .iter()
        .map(|known| (&known.id, &known.security_groups))
        .collect();
    let mut doors = Doors::new();
    let forwarded = found
        .listeners
        .iter()
        .flat_map(forwards_to)
        .filter_map(|arn| cloud.target_group(arn));
    for group in forwarded {
        for target in staying(group) {
            if let Some(ids) = groups_of.get(&target.target.instance) {
                doors
                    .entry((*ids).clone())
                    .or_default()
                    .extend(doors_of(group, &target.target));
            }
        }
    }
    let all = doors.len();
    let checks = doors
        .iter()
        .flat_map(|(ids, doors)| doors.iter().map(move |door| (ids, *door)));
    checks
        .map(|(ids, door)| admission(cloud, &found.description.security_groups, ids, door, all))
        .collect()
}

/// What a target must open. Probes use TCP whatever the traffic is.
fn doors_of(group: &SeenTargetGroup, target: &Target) -> Vec<(Use, Door)> {
    let settings = group.description.settings.as_ref();
    let protocols = settings.map_or(&[][..], |settings| carried(settings.protocol));
    let traffic = protocols.iter().map(|protocol| {
        let door = Door {
            protocol: *protocol,
            port: target.port,
        };
        (Use::Traffic, door)
    });
    let health = health_check(group).map(|check| {
        let port = match check.port {
            HealthCheckPort::Traffic => target.port,
            HealthCheckPort::Number(port) => port,
        };
        let door = Door {
            protocol: Protocol::Tcp,
            port,
        };
        (Use::Health, door)
    });
    traffic.chain(health).collect()
}

fn carried(protocol: TargetProtocol) -> &'static [Protocol] {
    match protocol {
        TargetProtocol::Tcp | TargetProtocol::Tls | TargetProtocol::Http(_) | TargetProtocol::Https(_) => {
            &[Protocol::Tcp]
        }
        TargetProtocol::Udp => &[Protocol::Udp],
        TargetProtocol::TcpUdp => &[Protocol::Tcp, Protocol::Udp],
    }
}

/// Do these groups of nodes admit the load balancer at the door? A network is only said to be admitted: whether the load
/// balancer or its clients are within it is the user's to know.
fn admission(
    cloud: &Cloud,
    balancer: &BTreeSet<SecurityGroupId>,
    nodes: &BTreeSet<SecurityGroupId>,
    (purpose, door): (Use, Door),
    sets: usize,
) -> Finding {
    let Door { protocol, port } = door;
    let (ids, from) = (rules::ids(nodes), rules::ids(balancer));
    let what = match purpose {
        Use::Traffic => "",
        Use::Health => " for health checks",
    };
    let sources = rules::sources(&cloud.groups, nodes, door);
    let admits = |source: &RuleSource| {
        rules::is_everybody(source) || matches!(source, RuleSource::Group(id) if balancer.contains(id))
    };
    if sources.iter().any(|source| admits(source)) {
        return Finding::sound(format!("{ids} admit the load balancer to {protocol} {port}{what}"));
    }
    let networks = sources.iter().any(|source| !matches!(source, RuleSource::Group(_)));
    let opened = format!("{ids} open {protocol} {port}{what} to {}", rules::shown(&sources));
    if networks && balancer.is_empty() {
        return Finding::sound(opened);
    }
    if networks {
        return Finding::notice("NodeRuleNarrow", opened + " only");
    }
    let reason = match purpose {
        Use::Traffic => "NodeRuleMissing",
        Use::Health => "HealthRuleMissing",
    };
    // Nodes with other groups may still be reached.
    let severity = if sets > 1 { Severity::Degraded } else { Severity::Broken };
    let wanted = if from.is_empty() {
        "the load balancer's subnets".to_owned()
    } else {
        from
    };
    Finding::fault(
        severity,
        reason,
        format!("the nodes' groups {ids} do not admit the load balancer to {protocol} {port}{what}"),
        format!(
            "elbow puts its rule back with its next audit (--audit-period); where the load balancer has groups of yours (annotation \
             aws-load-balancer-security-groups), add it: allow {protocol} {port} from {wanted} in {ids}"
        ),
    )
}
