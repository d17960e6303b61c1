//! The attributes that AWS gives to what is new (ELBv2 user guides for Network Load Balancers, "attributes").

use elbow::aws::stack::{Attributes, TargetProtocol};

const LOAD_BALANCER: &[(&str, &str)] = &[
    ("access_logs.s3.bucket", ""),
    ("access_logs.s3.enabled", "false"),
    ("access_logs.s3.prefix", ""),
    ("deletion_protection.enabled", "false"),
    ("dns_record.client_routing_policy", "any_availability_zone"),
    ("load_balancing.cross_zone.enabled", "false"),
    ("zonal_shift.config.enabled", "false"),
];

const TARGET_GROUP: &[(&str, &str)] = &[
    ("deregistration_delay.connection_termination.enabled", "false"),
    ("deregistration_delay.timeout_seconds", "300"),
    ("load_balancing.cross_zone.enabled", "use_load_balancer_configuration"),
    ("preserve_client_ip.enabled", "true"),
    ("proxy_protocol_v2.enabled", "false"),
    ("stickiness.enabled", "false"),
    ("stickiness.type", "source_ip"),
    ("target_group_health.dns_failover.minimum_healthy_targets.count", "1"),
    (
        "target_group_health.dns_failover.minimum_healthy_targets.percentage",
        "off",
    ),
    (
        "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count",
        "1",
    ),
    (
        "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage",
        "off",
    ),
    ("target_health_state.unhealthy.connection_termination.enabled", "true"),
    ("target_health_state.unhealthy.draining_interval_seconds", "0"),
];

pub(super) fn load_balancer_attributes() -> Attributes {
    attributes(LOAD_BALANCER)
}

/// Of a target group that carries UDP, connections end with the target, and not with its health.
pub(super) fn target_group_attributes(protocol: TargetProtocol) -> Attributes {
    let mut attributes = attributes(TARGET_GROUP);
    if protocol != TargetProtocol::Tcp {
        attributes.insert(
            "deregistration_delay.connection_termination.enabled".to_owned(),
            "true".to_owned(),
        );
        attributes.insert(
            "target_health_state.unhealthy.connection_termination.enabled".to_owned(),
            "false".to_owned(),
        );
    }
    attributes
}

fn attributes(pairs: &[(&str, &str)]) -> Attributes {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}
