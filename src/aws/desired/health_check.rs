//! How targets are probed.
//!
//! Under `externalTrafficPolicy: Local` kube-proxy answers HTTP on healthCheckNodePort and says whether the node has
//! endpoints of the Service. Under `Cluster` any node answers for any pod, so that a connection to the NodePort is enough;
//! but nothing listens on TCP at the NodePort of a UDP port, and AWS has no UDP probe: there kube-proxy's own health is
//! asked, which also fails as soon as the node is about to go (Kubernetes KEP-3836).
//!
//! Of another Service, to which the load balancer forwards too, healthCheckNodePort says nothing: its own NodePort is
//! probed, where under either policy a node answers exactly if it can serve. So it is for HTTP/2 and gRPC behind an
//! application load balancer, which kube-proxy does not speak.

mod defaults;

use std::num::NonZeroU16;

use crate::aws::stack::{HealthCheck, HealthCheckPort, HealthCheckProtocol, HttpVersion, TargetProtocol};
use crate::provider::Warning;
use crate::service::Port;

use super::annotations::keys::{self, Key};
use super::annotations::{Probe, ProbePort, ProbeProtocol};
use super::backends::{Backend, Source};
use super::declaration::{Declaration, tcp};
use super::invalid::{Faults, quoted};
use defaults::{Timing, matcher};

/// Where kube-proxy answers `/healthz` (its `--healthz-bind-address`, default `0.0.0.0:10256`). Nodes always admit load
/// balancers there.
pub const KUBE_PROXY_PORT: Port = NonZeroU16::new(10256).expect("10256 is not zero");

/// The probes of all target groups of one Service.
#[derive(Clone, Copy)]
pub(super) struct Probes<'a> {
    declared: Declaration<'a>,
}

impl<'a> Probes<'a> {
    pub(super) fn read(declared: Declaration<'a>, faults: &mut Faults) -> Self {
        let probes = Self { declared };
        let probe = probes.probe();
        let kind = Timing::of(declared, true);
        let interval = probe.interval.unwrap_or(kind.interval);
        if let Some(timeout) = probe
            .timeout
            .filter(|timeout| *timeout > kind.longest_timeout(interval))
        {
            let relation = if declared.is_application() {
                "is not below"
            } else {
                "is above"
            };
            let why = format!("{relation} the interval of {interval} seconds");
            faults.add_value(&keys::HEALTH_TIMEOUT, &timeout.to_string(), &why);
        }
        if declared.is_application() && probe.protocol == Some(ProbeProtocol::Tcp) {
            faults.add_value(&keys::HEALTH_PROTOCOL, "tcp", "is for network load balancers only");
        }
        let codes = &probe.success_codes;
        if declared.is_application() && codes.highest > MAX_CODE {
            let why = format!("is above {MAX_CODE}, the highest for an application load balancer");
            faults.add_value(&keys::SUCCESS_CODES, &codes.highest.to_string(), &why);
        }
        probes
    }

    /// The health check of a target group of this protocol for this source.
    pub(super) fn of(self, target: TargetProtocol, source: &Source<'_>, faults: &mut Faults) -> HealthCheck {
        let probe = self.probe();
        let asked_port = probe.port.as_ref().map(|port| port_of(port, source, faults));
        let by_default = self.defaults(target, source, asked_port.is_some(), faults);
        let timing = Timing::of(self.declared, source.is_owner);
        let interval = probe.interval.unwrap_or(timing.interval);
        let path = probe.path.clone().unwrap_or_else(|| by_default.path.to_owned());
        let matcher = matcher(target, &probe.success_codes);
        HealthCheck {
            protocol: match probe.protocol.unwrap_or(by_default.protocol) {
                ProbeProtocol::Tcp => HealthCheckProtocol::Tcp,
                ProbeProtocol::Http => HealthCheckProtocol::Http { path, matcher },
                ProbeProtocol::Https => HealthCheckProtocol::Https { path, matcher },
            },
            port: asked_port.unwrap_or(by_default.port),
            interval,
            timeout: probe
                .timeout
                .unwrap_or_else(|| timing.timeout.min(timing.longest_timeout(interval))),
            healthy_threshold: probe.healthy_threshold.unwrap_or(timing.threshold),
            unhealthy_threshold: probe.unhealthy_threshold.unwrap_or(timing.threshold),
        }
    }

    /// Tells codes that none of the target groups can use.
    pub(super) fn check(self, made: &[&Backend], faults: &mut Faults) {
        let codes = self.probe().success_codes.grpc.as_ref();
        if let Some(codes) = codes.filter(|_| !made.iter().any(|backend| is_grpc(backend.protocol))) {
            let why = "is a gRPC code, and no port has appProtocol grpc behind an application load balancer";
            faults.add_value(&keys::SUCCESS_CODES, codes, why);
        }
    }

    /// What the user asked for and does not get, or not as meant.
    pub(super) fn warnings(self, made: &[&Backend]) -> Vec<Warning> {
        let probe = self.probe();
        let mut warnings = Vec::new();
        let http = |backend: &&&Backend| backend.health_check.protocol != HealthCheckProtocol::Tcp;
        if !made.iter().any(|backend| http(&backend)) {
            let asked = [
                (&keys::HEALTH_PATH, probe.path.is_some()),
                (&keys::SUCCESS_CODES, probe.success_codes.http.is_some()),
            ];
            let ignored = asked.into_iter().filter(|(_, asked)| *asked);
            warnings.extend(ignored.map(|(key, _)| without_effect(key, "probes are TCP connections")));
        }
        let cannot_pass = |backend: &&Backend| {
            backend.protocol == TargetProtocol::Udp && backend.health_check.port == HealthCheckPort::Traffic
        };
        if made.iter().any(cannot_pass) {
            let message = format!(
                "annotation {}: probes use TCP, and nothing listens on TCP at the nodePort of a UDP port, so that all \
                 its nodes will be unhealthy; take the annotation out or name another port",
                keys::HEALTH_PORT
            );
            warnings.push(Warning {
                reason: "HealthCheckCannotPass",
                message,
            });
        }
        warnings
    }

    fn probe(self) -> &'a Probe {
        &self.declared.asked.probe
    }
}

/// Highest HTTP code of success behind an application load balancer (ELBv2 API reference, `Matcher`).
const MAX_CODE: u16 = 499;

fn is_grpc(target: TargetProtocol) -> bool {
    let version = match target {
        TargetProtocol::Http(version) | TargetProtocol::Https(version) => Some(version),
        _ => None,
    };
    version == Some(HttpVersion::Grpc)
}

fn port_of(port: &ProbePort, source: &Source<'_>, faults: &mut Faults) -> HealthCheckPort {
    let name = match port {
        ProbePort::Traffic => return HealthCheckPort::Traffic,
        ProbePort::Number(port) => return HealthCheckPort::Number(*port),
        ProbePort::Name(name) => name,
    };
    let named = tcp(source.all).find(|port| port.name.as_ref() == Some(name));
    let node_port = named.and_then(|port| port.node_port);
    if node_port.is_none() {
        let service = source.other.map_or_else(
            || "the Service".to_owned(),
            |other| format!("Service {}", quoted(other)),
        );
        let why = format!("is no TCP port of {service} with a nodePort");
        faults.add_value(&keys::HEALTH_PORT, name, &why);
    }
    node_port.map_or(HealthCheckPort::Traffic, HealthCheckPort::Number)
}

/// A warning that an annotation has no effect.
pub(super) fn without_effect(key: &Key, why: &str) -> Warning {
    Warning {
        reason: "AnnotationIgnored",
        message: format!("annotation {key} has no effect: {why}"),
    }
}

#[cfg(test)]
mod tests;
