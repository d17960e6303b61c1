//! Attributes of target groups of instances.

use super::{Row, Values, row};

/// Most targets that a target group can have, whatever its quota.
const MANY: u32 = 1000;

/// Longest stickiness by cookie in seconds: a week.
const WEEK: u32 = 604_800;

/// Behind load balancers of every kind.
pub(in super::super) static TARGET_GROUP: &[Row] = &[
    row(
        "deregistration_delay.timeout_seconds",
        Some("300"),
        Values::Integer(0..=3600),
    ),
    row(
        "load_balancing.cross_zone.enabled",
        Some("use_load_balancer_configuration"),
        Values::OneOf(&["true", "false", "use_load_balancer_configuration"]),
    ),
    row("stickiness.enabled", Some("false"), Values::Boolean),
    row(
        "target_group_health.dns_failover.minimum_healthy_targets.count",
        Some("1"),
        Values::OffOrInteger(1..=MANY),
    ),
    row(
        "target_group_health.dns_failover.minimum_healthy_targets.percentage",
        Some("off"),
        Values::OffOrInteger(1..=100),
    ),
    row(
        "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count",
        Some("1"),
        Values::Integer(1..=MANY),
    ),
    row(
        "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage",
        Some("off"),
        Values::OffOrInteger(1..=100),
    ),
];

/// Behind Network Load Balancers.
pub(in super::super) static NETWORK_TARGET_GROUP: &[Row] = &[
    row(
        "deregistration_delay.connection_termination.enabled",
        Some("false"),
        Values::Boolean,
    )
    .with_udp_default("true"),
    row("preserve_client_ip.enabled", Some("true"), Values::Boolean),
    row("proxy_protocol_v2.enabled", Some("false"), Values::Boolean),
    row("stickiness.type", Some("source_ip"), Values::OneOf(&["source_ip"])),
    row(
        "target_health_state.unhealthy.connection_termination.enabled",
        Some("true"),
        Values::Boolean,
    )
    .with_udp_default("false"),
    row(
        "target_health_state.unhealthy.draining_interval_seconds",
        Some("0"),
        Values::Integer(0..=360_000),
    ),
];

/// Behind Application Load Balancers.
pub(in super::super) static APPLICATION_TARGET_GROUP: &[Row] = &[
    row(
        "load_balancing.algorithm.anomaly_mitigation",
        Some("off"),
        Values::OneOf(&["on", "off"]),
    ),
    row(
        "load_balancing.algorithm.type",
        Some("round_robin"),
        Values::OneOf(&["round_robin", "least_outstanding_requests", "weighted_random"]),
    ),
    row(
        "slow_start.duration_seconds",
        Some("0"),
        Values::ZeroOrInteger(30..=900),
    ),
    // AWS takes no empty name, so that nobody can go back to it.
    row("stickiness.app_cookie.cookie_name", None, Values::HeaderName),
    row(
        "stickiness.app_cookie.duration_seconds",
        Some("86400"),
        Values::Integer(1..=WEEK),
    ),
    row(
        "stickiness.lb_cookie.duration_seconds",
        Some("86400"),
        Values::Integer(1..=WEEK),
    ),
    row(
        "stickiness.type",
        Some("lb_cookie"),
        Values::OneOf(&["lb_cookie", "app_cookie"]),
    ),
];
