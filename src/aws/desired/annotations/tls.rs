//! What annotations say of TLS and HTTPS, at the listener and towards the targets.

use crate::aws::ids::CertificateArn;
use crate::aws::stack::AlpnPolicy;

use super::super::invalid::quoted;
use super::ports::{PortChoice, PortRef, port_choice, port_ref};
use super::values::{self, Refusal};
use super::{Reader, keys};

/// What is asked for; a field is none or empty where its key is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::aws::desired) struct Tls {
    /// The first is the default one.
    pub(in crate::aws::desired) certificates: Vec<CertificateArn>,
    pub(in crate::aws::desired) ports: Option<PortChoice>,
    pub(in crate::aws::desired) policy: Option<String>,
    pub(in crate::aws::desired) redirect: Option<PortRef>,
    pub(in crate::aws::desired) backend: Option<BackendProtocol>,
    pub(in crate::aws::desired) alpn: AlpnPolicy,
}

/// What targets are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::aws::desired) enum BackendProtocol {
    /// As it comes, or HTTP.
    Plain,
    /// The same over TLS.
    Tls,
}

impl Tls {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            certificates: reader.read(&keys::SSL_CERT, certificates).unwrap_or_default(),
            ports: reader.read(&keys::SSL_PORTS, port_choice).flatten(),
            policy: reader.read(&keys::SSL_POLICY, policy),
            redirect: reader.read(&keys::SSL_REDIRECT, redirect),
            backend: reader.read(&keys::BACKEND_PROTOCOL, backend),
            alpn: reader.read(&keys::ALPN_POLICY, alpn).unwrap_or_default(),
        }
    }
}

fn certificates(value: &str) -> Result<Vec<CertificateArn>, Refusal> {
    let mut certificates = Vec::new();
    for arn in values::list(value) {
        let mut fields = arn.split(':');
        let fields = (fields.next(), fields.next(), fields.next());
        let certificate = CertificateArn::new(arn);
        match fields {
            (Some("arn"), Some(_), Some("acm" | "iam")) if arn.is_ascii() && arn.contains('/') => {}
            _ => return Err(format!("holds {}, which is not such an ARN", quoted(arn))),
        }
        if !certificates.contains(&certificate) {
            certificates.push(certificate);
        }
    }
    Ok(certificates)
}

/// How the names of all policies begin (Elastic Load Balancing user guides, security policies).
const POLICY_PREFIX: &str = "ELBSecurityPolicy-";
/// Longest name in bytes; the longest that AWS has is shorter than half of it.
const MAX_POLICY: usize = 128;

fn policy(value: &str) -> Result<String, Refusal> {
    let name = value.strip_prefix(POLICY_PREFIX).unwrap_or_default();
    let sound = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if sound && !name.is_empty() && value.len() <= MAX_POLICY {
        Ok(value.to_owned())
    } else {
        Err(format!("is no such name, which begins with {POLICY_PREFIX}"))
    }
}

fn redirect(value: &str) -> Result<PortRef, Refusal> {
    if value.is_empty() {
        return Err(Refusal::new());
    }
    port_ref(value)
}

fn backend(value: &str) -> Result<BackendProtocol, Refusal> {
    match value.to_ascii_lowercase().as_str() {
        "tcp" | "http" => Ok(BackendProtocol::Plain),
        "ssl" | "https" => Ok(BackendProtocol::Tls),
        _ => Err(Refusal::new()),
    }
}

fn alpn(value: &str) -> Result<AlpnPolicy, Refusal> {
    let policies = [
        AlpnPolicy::None,
        AlpnPolicy::HTTP1Only,
        AlpnPolicy::HTTP2Only,
        AlpnPolicy::HTTP2Optional,
        AlpnPolicy::HTTP2Preferred,
    ];
    let named = policies.into_iter().find(|policy| policy.to_string() == value);
    named.ok_or_else(Refusal::new)
}
