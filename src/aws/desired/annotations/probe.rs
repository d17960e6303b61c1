//! What annotations say of health checks. Ranges: ELBv2 API reference, `CreateTargetGroup`.

use crate::service::Port;

use super::ports::{PortRef, port_ref};
use super::values::{self, Refusal};
use super::{Reader, keys};

/// What the annotations say of health checks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::aws::desired) struct Probe {
    pub(in crate::aws::desired) protocol: Option<ProbeProtocol>,
    pub(in crate::aws::desired) port: Option<ProbePort>,
    pub(in crate::aws::desired) path: Option<String>,
    pub(in crate::aws::desired) success_codes: SuccessCodes,
    pub(in crate::aws::desired) interval: Option<u16>,
    pub(in crate::aws::desired) timeout: Option<u16>,
    pub(in crate::aws::desired) healthy_threshold: Option<u16>,
    pub(in crate::aws::desired) unhealthy_threshold: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::aws::desired) enum ProbeProtocol {
    Tcp,
    Http,
    Https,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::aws::desired) enum ProbePort {
    Traffic,
    Number(Port),
    /// A port of the Service.
    Name(String),
}

impl Probe {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            protocol: reader.read(&keys::HEALTH_PROTOCOL, probe_protocol),
            port: reader.read(&keys::HEALTH_PORT, probe_port),
            path: reader.read(&keys::HEALTH_PATH, path),
            success_codes: reader.read(&keys::SUCCESS_CODES, success_codes).unwrap_or_default(),
            interval: reader.read(&keys::HEALTH_INTERVAL, |value| values::number(value, 5..=300)),
            timeout: reader.read(&keys::HEALTH_TIMEOUT, |value| values::number(value, 2..=120)),
            healthy_threshold: reader.read(&keys::HEALTHY_THRESHOLD, |value| values::number(value, 2..=10)),
            unhealthy_threshold: reader.read(&keys::UNHEALTHY_THRESHOLD, |value| values::number(value, 2..=10)),
        }
    }
}

fn probe_protocol(value: &str) -> Result<ProbeProtocol, Refusal> {
    match value.to_ascii_lowercase().as_str() {
        "tcp" => Ok(ProbeProtocol::Tcp),
        "http" => Ok(ProbeProtocol::Http),
        "https" => Ok(ProbeProtocol::Https),
        _ => Err(Refusal::new()),
    }
}

fn probe_port(value: &str) -> Result<ProbePort, Refusal> {
    match (value, port_ref(value)?) {
        ("", _) => Err(Refusal::new()),
        ("traffic-port", _) => Ok(ProbePort::Traffic),
        (_, PortRef::Number(number)) => Ok(ProbePort::Number(number)),
        (_, PortRef::Name(name)) => Ok(ProbePort::Name(name)),
    }
}

/// Longest `HealthCheckPath` (ELBv2 API reference, `CreateTargetGroup`).
const MAX_PATH: usize = 1024;

fn path(value: &str) -> Result<String, Refusal> {
    let sound = value.starts_with('/') && value.len() <= MAX_PATH && value.bytes().all(|byte| byte.is_ascii_graphic());
    if sound {
        Ok(value.to_owned())
    } else {
        Err(Refusal::new())
    }
}

/// Codes and ranges of them, in one spelling; a value of the annotation may hold both kinds, for ports of both kinds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::aws::desired) struct SuccessCodes {
    /// HTTP codes from 200 to 599, none where none is given.
    pub(in crate::aws::desired) http: Option<String>,
    /// gRPC codes from 0 to 99, none where none is given.
    pub(in crate::aws::desired) grpc: Option<String>,
    /// The largest HTTP code; 0 where none is given.
    pub(in crate::aws::desired) highest: u16,
}

/// Ranges: ELBv2 API reference, `Matcher`.
fn success_codes(value: &str) -> Result<SuccessCodes, Refusal> {
    let (mut http, mut grpc, mut highest) = (Vec::new(), Vec::new(), 0);
    for element in values::list(value) {
        let (from, to) = element.split_once('-').unwrap_or((element, element));
        let code = |text| values::number(text, 0..=599);
        let (from, to) = (code(from)?, code(to)?);
        if from > to {
            return Err("holds a range that runs backwards".into());
        }
        let spelled = if from == to {
            from.to_string()
        } else {
            format!("{from}-{to}")
        };
        match (from, to) {
            (_, ..=99) => grpc.push(spelled),
            (200.., _) => {
                http.push(spelled);
                highest = highest.max(to);
            }
            _ => return Err(Refusal::new()),
        }
    }
    let joined = |codes: Vec<String>| (!codes.is_empty()).then(|| codes.join(","));
    let codes = SuccessCodes {
        http: joined(http),
        grpc: joined(grpc),
        highest,
    };
    if codes == SuccessCodes::default() {
        Err(Refusal::new())
    } else {
        Ok(codes)
    }
}
