//! How targets are probed.
//!
//! Under `externalTrafficPolicy: Local` kube-proxy answers HTTP on healthCheckNodePort and says whether the node has
//! endpoints of the Service. Under `Cluster` any node answers for any pod, so that a connection to the NodePort is enough;
//! but nothing listens on TCP at the NodePort of a UDP port, and AWS has no UDP probe: there kube-proxy's own health is
//! asked, which also fails as soon as the node is about to go (Kubernetes KEP-3836).

use std::num::NonZeroU16;

use crate::aws::stack::{HealthCheck, HealthCheckPort, HealthCheckProtocol, Matcher, TargetProtocol};
use crate::provider::Warning;
use crate::service::{Port, Protocol, Service, TrafficPolicy};

use super::annotations::keys::{self, Key};
use super::annotations::{Probe, ProbePort, ProbeProtocol};
use super::invalid::Faults;

/// Where kube-proxy answers `/healthz` (its `--healthz-bind-address`, default `0.0.0.0:10256`). Nodes always admit load
/// balancers there.
pub const KUBE_PROXY_PORT: Port = NonZeroU16::new(10256).expect("10256 is not zero");

const KUBE_PROXY_PATH: &str = "/healthz";
const SUCCESS_CODES: &str = "200-399";

/// The probe of every target group of one Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Probes {
    probe: Probe,
    policy: TrafficPolicy,
    /// None where the default holds, which depends on the target group's protocol.
    port: Option<HealthCheckPort>,
}

/// Seconds and counts where no annotation says otherwise: those of the AWS Load Balancer Controller.
struct Timing {
    interval: u16,
    timeout: u16,
    threshold: u16,
}

const CLUSTER: Timing = Timing {
    interval: 10,
    timeout: 10,
    threshold: 3,
};
/// A node that lost its last pod answers at once, so that doubt can be shorter.
const LOCAL: Timing = Timing {
    interval: 10,
    timeout: 6,
    threshold: 2,
};

impl Probes {
    pub(super) fn read(service: &Service, probe: &Probe, faults: &mut Faults) -> Self {
        let timing = timing(service.traffic_policy);
        let (interval, timeout) = (probe.interval.unwrap_or(timing.interval), probe.timeout.unwrap_or(0));
        if timeout > interval {
            let why = format!("is above the interval of {interval} seconds");
            faults.add_value(&keys::HEALTH_TIMEOUT, &timeout.to_string(), &why);
        }
        let port = match &probe.port {
            Some(ProbePort::Traffic) => Some(HealthCheckPort::Traffic),
            Some(ProbePort::Number(port)) => Some(HealthCheckPort::Number(*port)),
            Some(ProbePort::Name(name)) => node_port(service, name, faults),
            None if service.traffic_policy == TrafficPolicy::Local => health_check_node_port(service, faults),
            None => None,
        };
        Self {
            probe: probe.clone(),
            policy: service.traffic_policy,
            port,
        }
    }

    /// The health check of a target group of this protocol.
    pub(super) fn of(&self, target: TargetProtocol) -> HealthCheck {
        let probe = &self.probe;
        let timing = timing(self.policy);
        let interval = probe.interval.unwrap_or(timing.interval);
        HealthCheck {
            protocol: self.protocol(target),
            port: self.port(target),
            interval,
            timeout: probe.timeout.unwrap_or(timing.timeout.min(interval)),
            healthy_threshold: probe.healthy_threshold.unwrap_or(timing.threshold),
            unhealthy_threshold: probe.unhealthy_threshold.unwrap_or(timing.threshold),
        }
    }

    /// What the user asked for and does not get, or not as meant.
    pub(super) fn warnings(&self, targets: impl Iterator<Item = TargetProtocol> + Clone) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let http = |target| self.protocol(target) != HealthCheckProtocol::Tcp;
        if !targets.clone().any(http) {
            let probe = &self.probe;
            let asked = [
                (&keys::HEALTH_PATH, probe.path.is_some()),
                (&keys::SUCCESS_CODES, probe.success_codes.is_some()),
            ];
            let ignored = asked.into_iter().filter(|(_, asked)| *asked);
            warnings.extend(ignored.map(|(key, _)| without_effect(key, "probes are TCP connections")));
        }
        if self.port == Some(HealthCheckPort::Traffic) && targets.clone().any(|target| target == TargetProtocol::Udp) {
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

    fn port(&self, target: TargetProtocol) -> HealthCheckPort {
        self.port.unwrap_or(match target {
            TargetProtocol::Udp => HealthCheckPort::Number(KUBE_PROXY_PORT),
            _ => HealthCheckPort::Traffic,
        })
    }

    fn protocol(&self, target: TargetProtocol) -> HealthCheckProtocol {
        let kube_proxy = self.port.is_none() && target == TargetProtocol::Udp;
        let http_by_default = kube_proxy || self.policy == TrafficPolicy::Local;
        let default = if http_by_default {
            ProbeProtocol::Http
        } else {
            ProbeProtocol::Tcp
        };
        let default_path = if http_by_default { KUBE_PROXY_PATH } else { "/" };
        let path = self.probe.path.clone().unwrap_or_else(|| default_path.to_owned());
        let matcher = self
            .probe
            .success_codes
            .clone()
            .unwrap_or_else(|| SUCCESS_CODES.to_owned());
        match self.probe.protocol.unwrap_or(default) {
            ProbeProtocol::Tcp => HealthCheckProtocol::Tcp,
            ProbeProtocol::Http => HealthCheckProtocol::Http {
                path,
                matcher: Matcher::Http(matcher),
            },
            ProbeProtocol::Https => HealthCheckProtocol::Https {
                path,
                matcher: Matcher::Http(matcher),
            },
        }
    }
}

fn timing(policy: TrafficPolicy) -> &'static Timing {
    match policy {
        TrafficPolicy::Cluster => &CLUSTER,
        TrafficPolicy::Local => &LOCAL,
    }
}

fn health_check_node_port(service: &Service, faults: &mut Faults) -> Option<HealthCheckPort> {
    if service.health_check_node_port.is_none() {
        let text = "spec.healthCheckNodePort is missing though spec.externalTrafficPolicy is Local; set it, or name a port in annotation";
        faults.add("HealthCheckPortMissing", format!("{text} {}", keys::HEALTH_PORT));
    }
    service.health_check_node_port.map(HealthCheckPort::Number)
}

fn node_port(service: &Service, name: &str, faults: &mut Faults) -> Option<HealthCheckPort> {
    let named =
        |port: &&crate::service::ServicePort| port.protocol == Protocol::Tcp && port.name.as_deref() == Some(name);
    let node_port = service.ports.iter().find(named).and_then(|port| port.node_port);
    if node_port.is_none() {
        faults.add_value(
            &keys::HEALTH_PORT,
            name,
            "is no TCP port of the Service with a nodePort",
        );
    }
    node_port.map(HealthCheckPort::Number)
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
