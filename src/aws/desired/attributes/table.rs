//! The tables of attributes (ELBv2 API reference, `LoadBalancerAttribute`, `TargetGroupAttribute` and
//! `ListenerAttribute`).

mod listener;
mod target_group;

use std::fmt;
use std::ops::RangeInclusive;

use crate::aws::stack::TargetProtocol;

pub(super) use listener::{HTTP_LISTENER, HTTPS_LISTENER, TCP_LISTENER};
pub(super) use target_group::{APPLICATION_TARGET_GROUP, NETWORK_TARGET_GROUP, TARGET_GROUP};

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
    ZeroOrInteger(RangeInclusive<u32>),
    OneOf(&'static [&'static str]),
    Text,
    /// The name of an S3 bucket.
    BucketName,
    /// The name of an HTTP header, or of a cookie.
    HeaderName,
    /// The value of an HTTP header; empty for none.
    HeaderValue,
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
            Self::ZeroOrInteger(range) => integer(value, &(0..=0)).or_else(|| integer(value, range)),
            Self::OneOf(words) => word(words),
            Self::Text => {
                (value.len() <= MAX_TEXT && value.bytes().all(|byte| byte.is_ascii_graphic())).then(|| value.into())
            }
            Self::BucketName => is_bucket_name(value).then(|| value.into()),
            Self::HeaderName => {
                let sound = (1..=MAX_HEADER_NAME).contains(&value.len()) && value.bytes().all(is_token);
                sound.then(|| value.into())
            }
            Self::HeaderValue => {
                let printable = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
                (value.len() <= MAX_TEXT && value.bytes().all(printable)).then(|| value.into())
            }
        }
    }
}

/// Longest name of an object in S3, which bounds bucket and prefix.
const MAX_TEXT: usize = 1024;

/// Longest name of a header (Elastic Load Balancing user guide, HTTP header modification).
const MAX_HEADER_NAME: usize = 40;

/// RFC 9110, section 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// S3 user guide, general purpose bucket naming rules, as far as they are about single characters.
fn is_bucket_name(name: &str) -> bool {
    let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    (3..=63).contains(&bytes.len())
        && bytes.iter().all(|byte| alphanumeric(byte) || b".-".contains(byte))
        && bytes.first().is_some_and(alphanumeric)
        && bytes.last().is_some_and(alphanumeric)
}

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
            Self::ZeroOrInteger(range) => write!(f, "0 or {} to {}", range.start(), range.end()),
            Self::OneOf(words) => f.write_str(&words.join(" or ")),
            Self::Text => write!(f, "up to {MAX_TEXT} printable ASCII characters"),
            Self::BucketName => f.write_str(
                "the name of an S3 bucket: 3 to 63 lower case letters, digits, dots and hyphens, with a letter or digit \
                 at its ends",
            ),
            Self::HeaderName => write!(f, "1 to {MAX_HEADER_NAME} characters of an HTTP header's name"),
            Self::HeaderValue => write!(f, "up to {MAX_TEXT} printable ASCII characters and spaces"),
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

const BOOLEAN_OFF: Option<&str> = Some("false");

/// Attributes of Network Load Balancers.
pub(super) static NETWORK_LOAD_BALANCER: &[Row] = &[
    row("access_logs.s3.bucket", None, Values::BucketName),
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
    row("access_logs.s3.bucket", None, Values::BucketName),
    row("access_logs.s3.enabled", BOOLEAN_OFF, Values::Boolean),
    row("access_logs.s3.prefix", Some(""), Values::Text),
    row("client_keep_alive.seconds", Some("3600"), Values::Integer(60..=604_800)),
    row("connection_logs.s3.bucket", None, Values::BucketName),
    row("connection_logs.s3.enabled", BOOLEAN_OFF, Values::Boolean),
    row("connection_logs.s3.prefix", Some(""), Values::Text),
    row("deletion_protection.enabled", BOOLEAN_OFF, Values::Boolean),
    row("health_check_logs.s3.bucket", None, Values::BucketName),
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
