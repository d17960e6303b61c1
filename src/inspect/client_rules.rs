//! Security group rules on the way from clients to the load balancer.

use std::collections::BTreeSet;

use super::evidence::{Cloud, Evidence, SeenLoadBalancer};
use super::report::Finding;
use super::rules::{self, Door};
use crate::service::ServicePort;

/// Looks at the ports that the load balancer listens on.
pub(super) fn look(evidence: &Evidence) -> Vec<Finding> {
    let (Some(cloud), Some(found)) = (evidence.cloud(), evidence.load_balancer()) else {
        return Vec::new();
    };
    if found.description.security_groups.is_empty() {
        let message = format!(
            "{} has no security groups, so that all who reach it may connect",
            found.description.name
        );
        return vec![Finding::sound(message)];
    }
    let listening = |port: &&ServicePort| found.listeners.iter().any(|listener| listener.port == port.port);
    let doors: BTreeSet<Door> = evidence.declared.ports.iter().filter(listening).map(door).collect();
    doors.into_iter().map(|door| admission(cloud, found, door)).collect()
}

fn door(port: &ServicePort) -> Door {
    Door {
        protocol: port.protocol,
        port: port.port,
    }
}

fn admission(cloud: &Cloud, found: &SeenLoadBalancer, door: Door) -> Finding {
    let Door { protocol, port } = door;
    let groups = &found.description.security_groups;
    let sources = rules::sources(&cloud.groups, groups, door);
    if !sources.is_empty() {
        return Finding::sound(format!("{protocol} {port} is open to {}", rules::shown(&sources)));
    }
    let ids = rules::ids(groups);
    Finding::broken(
        "ClientsNotAdmitted",
        format!("the load balancer's groups {ids} admit nobody to {protocol} {port}"),
        format!(
            "if the groups are elbow's, it puts the rule back with its next audit (--audit-period); if they are yours, allow {protocol} \
             {port} from your clients: aws ec2 authorize-security-group-ingress"
        ),
    )
}
