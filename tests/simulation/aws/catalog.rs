//! The attributes that AWS gives to what is new (ELBv2 API reference, `LoadBalancerAttribute`, `TargetGroupAttribute` and
//! `ListenerAttribute`).

use elbow::aws::stack::{Attributes, ListenerProtocol, LoadBalancerKind, Scheme, TargetProtocol};

const BOTH: &[(&str, &str)] = &[
    ("access_logs.s3.bucket", ""),
    ("access_logs.s3.enabled", "false"),
    ("access_logs.s3.prefix", ""),
    ("deletion_protection.enabled", "false"),
    ("zonal_shift.config.enabled", "false"),
];

const NETWORK: &[(&str, &str)] = &[
    ("dns_record.client_routing_policy", "any_availability_zone"),
    ("load_balancing.cross_zone.enabled", "false"),
    ("secondary_ips.auto_assigned.per_subnet", "0"),
];

const APPLICATION: &[(&str, &str)] = &[
    ("client_keep_alive.seconds", "3600"),
    ("connection_logs.s3.bucket", ""),
    ("connection_logs.s3.enabled", "false"),
    ("connection_logs.s3.prefix", ""),
    ("health_check_logs.s3.bucket", ""),
    ("health_check_logs.s3.enabled", "false"),
    ("health_check_logs.s3.prefix", ""),
    ("idle_timeout.timeout_seconds", "60"),
    ("load_balancing.cross_zone.enabled", "true"),
    ("routing.http.desync_mitigation_mode", "defensive"),
    ("routing.http.drop_invalid_header_fields.enabled", "false"),
    ("routing.http.preserve_host_header.enabled", "false"),
    ("routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "false"),
    ("routing.http.xff_client_port.enabled", "false"),
    ("routing.http.xff_header_processing.mode", "append"),
    ("routing.http2.enabled", "true"),
    ("waf.fail_open.enabled", "false"),
];

const ANY_TARGETS: &[(&str, &str)] = &[
    ("deregistration_delay.timeout_seconds", "300"),
    ("load_balancing.cross_zone.enabled", "use_load_balancer_configuration"),
    ("stickiness.enabled", "false"),
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
];

const NETWORK_TARGETS: &[(&str, &str)] = &[
    ("deregistration_delay.connection_termination.enabled", "false"),
    ("preserve_client_ip.enabled", "true"),
    ("proxy_protocol_v2.enabled", "false"),
    ("stickiness.type", "source_ip"),
    ("target_health_state.unhealthy.connection_termination.enabled", "true"),
    ("target_health_state.unhealthy.draining_interval_seconds", "0"),
];

/// Of a target group that carries UDP, connections end with the target, and not with its health.
const UDP_TARGETS: &[(&str, &str)] = &[
    ("deregistration_delay.connection_termination.enabled", "true"),
    ("target_health_state.unhealthy.connection_termination.enabled", "false"),
];

const APPLICATION_TARGETS: &[(&str, &str)] = &[
    ("load_balancing.algorithm.anomaly_mitigation", "off"),
    ("load_balancing.algorithm.type", "round_robin"),
    ("slow_start.duration_seconds", "0"),
    ("stickiness.app_cookie.cookie_name", ""),
    ("stickiness.app_cookie.duration_seconds", "86400"),
    ("stickiness.lb_cookie.duration_seconds", "86400"),
    ("stickiness.type", "lb_cookie"),
];

const TCP_LISTENER: &[(&str, &str)] = &[("tcp.idle_timeout.seconds", "350")];

const RESPONSE_HEADERS: &[&str] = &[
    "access_control_allow_credentials",
    "access_control_allow_headers",
    "access_control_allow_methods",
    "access_control_allow_origin",
    "access_control_expose_headers",
    "access_control_max_age",
    "content_security_policy",
    "strict_transport_security",
    "x_content_type_options",
    "x_frame_options",
];

const TLS_REQUEST_HEADERS: &[&str] = &[
    "mtls_clientcert",
    "mtls_clientcert_issuer",
    "mtls_clientcert_leaf",
    "mtls_clientcert_serial_number",
    "mtls_clientcert_subject",
    "mtls_clientcert_validity",
    "tls_cipher_suite",
    "tls_version",
];

pub(super) fn load_balancer_attributes(kind: LoadBalancerKind, scheme: Scheme) -> Attributes {
    let internal = scheme == Scheme::Internal;
    let denied = [("ipv6.deny_all_igw_traffic", if internal { "true" } else { "false" })];
    match kind {
        LoadBalancerKind::Network => attributes(&[BOTH, NETWORK, &denied]),
        LoadBalancerKind::Application => attributes(&[BOTH, APPLICATION, &denied]),
    }
}

pub(super) fn target_group_attributes(protocol: TargetProtocol) -> Attributes {
    match protocol {
        TargetProtocol::Tcp | TargetProtocol::Tls => attributes(&[ANY_TARGETS, NETWORK_TARGETS]),
        TargetProtocol::Udp | TargetProtocol::TcpUdp => attributes(&[ANY_TARGETS, NETWORK_TARGETS, UDP_TARGETS]),
        TargetProtocol::Http(_) | TargetProtocol::Https(_) => attributes(&[ANY_TARGETS, APPLICATION_TARGETS]),
    }
}

pub(super) fn listener_attributes(protocol: ListenerProtocol) -> Attributes {
    match protocol {
        ListenerProtocol::Tcp | ListenerProtocol::TcpUdp => attributes(&[TCP_LISTENER]),
        ListenerProtocol::Tls | ListenerProtocol::Udp => Attributes::new(),
        ListenerProtocol::Http => http_listener(),
        ListenerProtocol::Https => {
            let request = |name: &&str| (format!("routing.http.request.x_amzn_{name}.header_name"), String::new());
            let mut attributes = http_listener();
            attributes.extend(TLS_REQUEST_HEADERS.iter().map(request));
            attributes
        }
    }
}

fn http_listener() -> Attributes {
    let response = |name: &&str| (format!("routing.http.response.{name}.header_value"), String::new());
    let mut attributes: Attributes = RESPONSE_HEADERS.iter().map(response).collect();
    attributes.insert("routing.http.response.server.enabled".to_owned(), "true".to_owned());
    attributes
}

/// The later wins.
fn attributes(parts: &[&[(&str, &str)]]) -> Attributes {
    let pairs = parts.iter().flat_map(|pairs| pairs.iter());
    pairs
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}
