//! Health checks of target groups.

use aws_sdk_elasticloadbalancingv2::types::{Matcher, ProtocolEnum, TargetGroup};

use super::port;
use crate::aws::stack::{HealthCheck, HealthCheckPort, HealthCheckProtocol, Matcher as Codes};

/// AWS' word for [`HealthCheckPort::Traffic`].
const TRAFFIC_PORT: &str = "traffic-port";

/// What a Network Load Balancer takes for success where nothing else is said (ELBv2 API reference, `Matcher`).
const NETWORK_CODES: &str = "200-399";
/// What an Application Load Balancer takes for success.
const APPLICATION_CODES: &str = "200";
/// What it takes for success of gRPC: that the method is not implemented.
const GRPC_CODES: &str = "12";

/// A health check as `CreateTargetGroup` and `ModifyTargetGroup` want it.
pub(in crate::aws::sdk) struct Request {
    /// `HealthCheckProtocol`.
    pub(in crate::aws::sdk) protocol: ProtocolEnum,
    /// `HealthCheckPort`.
    pub(in crate::aws::sdk) port: String,
    /// `HealthCheckPath`; none with TCP.
    pub(in crate::aws::sdk) path: Option<String>,
    /// `Matcher`; none with TCP.
    pub(in crate::aws::sdk) matcher: Option<Matcher>,
}

/// What differs between the protocols, in the SDK's types.
pub(in crate::aws::sdk) fn request(check: &HealthCheck) -> Request {
    let (protocol, http) = match &check.protocol {
        HealthCheckProtocol::Tcp => (ProtocolEnum::Tcp, None),
        HealthCheckProtocol::Http { path, matcher } => (ProtocolEnum::Http, Some((path, matcher))),
        HealthCheckProtocol::Https { path, matcher } => (ProtocolEnum::Https, Some((path, matcher))),
    };
    Request {
        protocol,
        port: match check.port {
            HealthCheckPort::Traffic => TRAFFIC_PORT.to_owned(),
            HealthCheckPort::Number(number) => number.to_string(),
        },
        path: http.map(|(path, _)| path.clone()),
        matcher: http.map(|(_, codes)| match codes {
            Codes::Http(codes) => Matcher::builder().http_code(codes).build(),
            Codes::Grpc(codes) => Matcher::builder().grpc_code(codes).build(),
        }),
    }
}

/// The health check of a target group; none if it is switched off or of a kind that elbow never makes.
pub(super) fn read(group: &TargetGroup) -> Option<HealthCheck> {
    if group.health_check_enabled() == Some(false) {
        return None;
    }
    Some(HealthCheck {
        protocol: protocol(group)?,
        port: match group.health_check_port()? {
            TRAFFIC_PORT => HealthCheckPort::Traffic,
            number => HealthCheckPort::Number(port(number.parse().ok())?),
        },
        interval: number(group.health_check_interval_seconds())?,
        timeout: number(group.health_check_timeout_seconds())?,
        healthy_threshold: number(group.healthy_threshold_count())?,
        unhealthy_threshold: number(group.unhealthy_threshold_count())?,
    })
}

fn protocol(group: &TargetGroup) -> Option<HealthCheckProtocol> {
    let path = group.health_check_path().unwrap_or("/").to_owned();
    let matcher = codes(group);
    match group.health_check_protocol()? {
        ProtocolEnum::Tcp => Some(HealthCheckProtocol::Tcp),
        ProtocolEnum::Http => Some(HealthCheckProtocol::Http { path, matcher }),
        ProtocolEnum::Https => Some(HealthCheckProtocol::Https { path, matcher }),
        _ => None,
    }
}

fn codes(group: &TargetGroup) -> Codes {
    let grpc = group.matcher().and_then(Matcher::grpc_code);
    let http = group.matcher().and_then(Matcher::http_code);
    match (grpc, http) {
        (Some(codes), _) => Codes::Grpc(codes.to_owned()),
        (None, Some(codes)) => Codes::Http(codes.to_owned()),
        (None, None) if group.protocol_version() == Some("GRPC") => Codes::Grpc(GRPC_CODES.to_owned()),
        (None, None) => Codes::Http(default_codes(group).to_owned()),
    }
}

fn default_codes(group: &TargetGroup) -> &'static str {
    match group.protocol() {
        Some(ProtocolEnum::Http | ProtocolEnum::Https) => APPLICATION_CODES,
        _ => NETWORK_CODES,
    }
}

fn number(value: Option<i32>) -> Option<u16> {
    u16::try_from(value?).ok()
}
