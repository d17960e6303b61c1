//! What holds where no annotation says otherwise: the defaults of the AWS Load Balancer Controller.

use crate::aws::stack::{HealthCheckPort, HttpVersion, Matcher, TargetProtocol};
use crate::service::TrafficPolicy;

use super::super::annotations::keys;
use super::super::annotations::{ProbeProtocol, SuccessCodes};
use super::super::backends::Source;
use super::super::declaration::Declaration;
use super::super::invalid::Faults;
use super::{KUBE_PROXY_PORT, Probes, is_grpc};

const KUBE_PROXY_PATH: &str = "/healthz";
/// A method that need not exist: its absence (code 12) shows that a gRPC server answers.
const GRPC_PATH: &str = "/AWS.ALB/healthcheck";

/// What is asked, and where.
pub(super) struct Defaults {
    pub(super) protocol: ProbeProtocol,
    pub(super) port: HealthCheckPort,
    pub(super) path: &'static str,
}

/// Seconds and counts.
pub(super) struct Timing {
    pub(super) interval: u16,
    pub(super) timeout: u16,
    pub(super) threshold: u16,
    /// Must a timeout be shorter than the interval? AWS lets network load balancers have both equal.
    strict: bool,
}

const CLUSTER: Timing = Timing {
    interval: 10,
    timeout: 10,
    threshold: 3,
    strict: false,
};
/// A node that lost its last pod answers at once, so that doubt can be shorter.
const LOCAL: Timing = Timing {
    interval: 10,
    timeout: 6,
    threshold: 2,
    strict: false,
};
const APPLICATION: Timing = Timing {
    interval: 15,
    timeout: 5,
    threshold: 2,
    strict: true,
};

impl Timing {
    pub(super) fn of(declared: Declaration<'_>, is_owner: bool) -> &'static Self {
        match declared.service.traffic_policy {
            _ if declared.is_application() => &APPLICATION,
            TrafficPolicy::Local if is_owner => &LOCAL,
            TrafficPolicy::Local | TrafficPolicy::Cluster => &CLUSTER,
        }
    }

    pub(super) fn longest_timeout(&self, interval: u16) -> u16 {
        if self.strict {
            interval.saturating_sub(1)
        } else {
            interval
        }
    }
}

impl Probes<'_> {
    pub(super) fn defaults(
        self,
        target: TargetProtocol,
        source: &Source<'_>,
        port_given: bool,
        faults: &mut Faults,
    ) -> Defaults {
        let local = self.declared.service.traffic_policy == TrafficPolicy::Local && source.is_owner;
        match target {
            TargetProtocol::Tcp | TargetProtocol::Tls | TargetProtocol::TcpUdp | TargetProtocol::Udp => {
                let udp = target == TargetProtocol::Udp && !port_given;
                match local || udp {
                    true => kube_proxy(if local {
                        self.health_check_node_port(port_given, faults)
                    } else {
                        KUBE_PROXY
                    }),
                    false => traffic(ProbeProtocol::Tcp, "/"),
                }
            }
            TargetProtocol::Http(HttpVersion::Http1) | TargetProtocol::Https(HttpVersion::Http1)
                if local && !port_given =>
            {
                kube_proxy(self.health_check_node_port(port_given, faults))
            }
            TargetProtocol::Http(_) => traffic(ProbeProtocol::Http, path(target)),
            TargetProtocol::Https(_) => traffic(ProbeProtocol::Https, path(target)),
        }
    }

    fn health_check_node_port(self, port_given: bool, faults: &mut Faults) -> HealthCheckPort {
        let port = self.declared.service.health_check_node_port;
        if port.is_none() && !port_given {
            let text = "spec.healthCheckNodePort is missing though spec.externalTrafficPolicy is Local; set it, or name a port in annotation";
            faults.add("HealthCheckPortMissing", format!("{text} {}", keys::HEALTH_PORT));
        }
        port.map_or(HealthCheckPort::Traffic, HealthCheckPort::Number)
    }
}

const KUBE_PROXY: HealthCheckPort = HealthCheckPort::Number(KUBE_PROXY_PORT);

fn kube_proxy(port: HealthCheckPort) -> Defaults {
    Defaults {
        protocol: ProbeProtocol::Http,
        port,
        path: KUBE_PROXY_PATH,
    }
}

fn traffic(protocol: ProbeProtocol, path: &'static str) -> Defaults {
    Defaults {
        protocol,
        port: HealthCheckPort::Traffic,
        path,
    }
}

fn path(target: TargetProtocol) -> &'static str {
    if is_grpc(target) { GRPC_PATH } else { "/" }
}

/// The codes of success, those that are given or else the default ones.
pub(super) fn matcher(target: TargetProtocol, given: &SuccessCodes) -> Matcher {
    let or = |given: &Option<String>, default: &str| given.clone().unwrap_or_else(|| default.to_owned());
    match target {
        _ if is_grpc(target) => Matcher::Grpc(or(&given.grpc, "12")),
        TargetProtocol::Http(_) | TargetProtocol::Https(_) => Matcher::Http(or(&given.http, "200")),
        _ => Matcher::Http(or(&given.http, "200-399")),
    }
}
