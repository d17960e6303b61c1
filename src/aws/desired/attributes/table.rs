//! The tables of attributes (ELBv2 API reference, `LoadBalancerAttribute` and `TargetGroupAttribute`).

use std::fmt;
use std::ops::RangeInclusive;

use crate::aws::stack::TargetProtocol;

/// An attribute.
pub(super) struct Row {
    pub(super) key: &'static str,
    /// None where AWS has none, where it depends on more than elbow knows, or where AWS would refuse to go back to it.
    pub(super) default: Option<&'static str>,
    /// Of target groups for UDP and TCP_UDP.
    pub(super) udp_default: Option<&'static str>,
    pub(super) values: Values,
}

/// What an attribute may hold.
pub(super) enum Values {
    Boolean,
    Integer(RangeInclusive<u32>),
    OffOrInteger(RangeInclusive<u32>),
    OneOf(&'static [&'static str]),
    Text,
}

impl Row {
    pub(super) fn default_for(&self, protocol: TargetProtocol) -> Option<&'static str> {
        match protocol {
            TargetProtocol::Udp | TargetProtocol::TcpUdp => self.udp_default,
            _ => self.default,
        }
    }

    const fn with_udp_default(self, default: &'static str) -> Self {
        Self {
            udp_default: Some(default),
            ..self
        }
    }
}

impl Values {
    /// The value as AWS reports it; none if it is not allowed.
    pub(super) fn parse(&self, value: &str) -> Option<String> {
        let word = |words: &[&str]| {
            words
                .iter()
                .find(|word| word.eq_ignore_ascii_case(value))
                .map(|word| (*word).to_owned())
        };
        match self {
            Self::Boolean => word(&["true", "false"]),
            Self::Integer(range) => integer(value, range),
            Self::OffOrInteger(range) => word(&["off"]).or_else(|| integer(value, range)),
            Self::OneOf(words) => word(words),
            Self::Text => {
                (value.len() <= MAX_TEXT && value.bytes().all(|byte| byte.is_ascii_graphic())).then(|| value.into())
            }
        }
    }
}

/// Longest name of an object in S3, which bounds bucket and prefix.
const MAX_TEXT: usize = 1024;

fn integer(value: &str, range: &RangeInclusive<u32>) -> Option<String> {
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    let number = value.parse().ok().filter(|number| digits && range.contains(number))?;
    Some(number.to_string())
}

impl fmt::Display for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean => f.write_str("true or false"),
            Self::Integer(range) => write!(f, "{} to {}", range.start(), range.end()),
            Self::OffOrInteger(range) => write!(f, "off or {} to {}", range.start(), range.end()),
            Self::OneOf(words) => f.write_str(&words.join(" or ")),
            Self::Text => write!(f, "up to {MAX_TEXT} printable ASCII characters"),
        }
    }
}

const fn row(key: &'static str, default: Option<&'static str>, values: Values) -> Row {
    Row {
        key,
        default,
        udp_default: default,
        values,
    }
}

/// Most targets that a target group can have, whatever its quota.
const MANY: u32 = 1000;

const BOOLEAN_OFF: Option<&str> = Some("false");

/// Attributes of Network Load Balancers.
pub(super) static NETWORK_LOAD_BALANCER: &[Row] = &[
    row("access_logs.s3.bucket", None, Values::Text),
    row("access_logs.s3.enabled", BOOLEAN_OFF, Values::Boolean),
    row("access_logs.s3.prefix", Some(""), Values::Text),
    row("deletion_protection.enabled", BOOLEAN_OFF, Values::Boolean),
    row(
        "dns_record.client_routing_policy",
        Some("any_availability_zone"),
        Values::OneOf(&[
            "any_availability_zone",
            "availability_zone_affinity",
            "partial_availability_zone_affinity",
        ]),
    ),
    // Its default follows scheme and address type.
    row("ipv6.deny_all_igw_traffic", None, Values::Boolean),
    row("load_balancing.cross_zone.enabled", BOOLEAN_OFF, Values::Boolean),
    // AWS refuses to decrease it.
    row("secondary_ips.auto_assigned.per_subnet", None, Values::Integer(0..=7)),
    row("zonal_shift.config.enabled", BOOLEAN_OFF, Values::Boolean),
];

/// Attributes of Application Load Balancers.
pub(super) static APPLICATION_LOAD_BALANCER: &[Row] = &[
    row("access_logs.s3.bucket", None, Values::Text),
    row("access_logs.s3.enabled", BOOLEAN_OFF, Values::Boolean),
    row("access_logs.s3.prefix", Some(""), Values::Text),
    row("client_keep_alive.seconds", Some("3600"), Values::Integer(60..=604_800)),
    row("connection_logs.s3.bucket", None, Values::Text),
    row("connection_logs.s3.enabled", BOOLEAN_OFF, Values::Boolean),
    row("connection_logs.s3.prefix", Some(""), Values::Text),
    row("deletion_protection.enabled", BOOLEAN_OFF, Values::Boolean),
    row("health_check_logs.s3.bucket", None, Values::Text),
    row("health_check_logs.s3.enabled", BOOLEAN_OFF, Values::Boolean),
    row("health_check_logs.s3.prefix", Some(""), Values::Text),
    row("idle_timeout.timeout_seconds", Some("60"), Values::Integer(1..=4000)),
    // Its default follows scheme and address type.
    row("ipv6.deny_all_igw_traffic", None, Values::Boolean),
    // AWS lets nobody change it.
    row(
        "load_balancing.cross_zone.enabled",
        Some("true"),
        Values::OneOf(&["true"]),
    ),
    row(
        "routing.http.desync_mitigation_mode",
        Some("defensive"),
        Values::OneOf(&["monitor", "defensive", "strictest"]),
    ),
    row(
        "routing.http.drop_invalid_header_fields.enabled",
        BOOLEAN_OFF,
        Values::Boolean,
    ),
    row(
        "routing.http.preserve_host_header.enabled",
        BOOLEAN_OFF,
        Values::Boolean,
    ),
    row(
        "routing.http.x_amzn_tls_version_and_cipher_suite.enabled",
        BOOLEAN_OFF,
        Values::Boolean,
    ),
    row("routing.http.xff_client_port.enabled", BOOLEAN_OFF, Values::Boolean),
    row(
        "routing.http.xff_header_processing.mode",
        Some("append"),
        Values::OneOf(&["append", "preserve", "remove"]),
    ),
    row("routing.http2.enabled", Some("true"), Values::Boolean),
    row("waf.fail_open.enabled", BOOLEAN_OFF, Values::Boolean),
    row("zonal_shift.config.enabled", BOOLEAN_OFF, Values::Boolean),
];

/// Attributes of target groups of instances behind Network Load Balancers.
pub(super) static TARGET_GROUP: &[Row] = &[
    row(
        "deregistration_delay.connection_termination.enabled",
        Some("false"),
        Values::Boolean,
    )
    .with_udp_default("true"),
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
    row("preserve_client_ip.enabled", Some("true"), Values::Boolean),
    row("proxy_protocol_v2.enabled", Some("false"), Values::Boolean),
    row("stickiness.enabled", Some("false"), Values::Boolean),
    row("stickiness.type", Some("source_ip"), Values::OneOf(&["source_ip"])),
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
