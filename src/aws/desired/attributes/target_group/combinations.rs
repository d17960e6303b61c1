//! Attributes of target groups that do not go together.

use std::fmt;

use crate::aws::stack::{Attributes, ListenerProtocol, TargetProtocol};
use crate::service::Port;

use super::super::super::annotations::keys;
use super::super::super::invalid::Faults;
use super::{AskedOfTargetGroups, Behind, PRESERVE_CLIENT_IP, STICKINESS, STICKINESS_TYPE};

const UNHEALTHY_TERMINATION: &str = "target_health_state.unhealthy.connection_termination.enabled";
pub(super) const UNHEALTHY_DRAINING: &str = "target_health_state.unhealthy.draining_interval_seconds";
const COOKIE_NAME: &str = "stickiness.app_cookie.cookie_name";
const SLOW_START: &str = "slow_start.duration_seconds";
const ALGORITHM: &str = "load_balancing.algorithm.type";
const ANOMALY_MITIGATION: &str = "load_balancing.algorithm.anomaly_mitigation";

/// How names of cookies begin that the load balancer keeps for itself.
const RESERVED_COOKIES: &str = "AWSALB";

fn holds(attributes: &Attributes, key: &str, value: &str) -> bool {
    attributes.get(key).is_some_and(|held| held == value)
}

pub(super) fn terminates_unhealthy(attributes: &Attributes) -> bool {
    holds(attributes, UNHEALTHY_TERMINATION, "true")
}

impl AskedOfTargetGroups {
    /// ELBv2 API reference, `TargetGroupAttribute`.
    pub(super) fn refuse_combinations(&self, attributes: &Attributes, behind: Behind, faults: &mut Faults) {
        if terminates_unhealthy(attributes) && !holds(attributes, UNHEALTHY_DRAINING, "0") {
            self.refuse(
                UNHEALTHY_DRAINING,
                behind.port,
                needs(UNHEALTHY_TERMINATION, "false"),
                faults,
            );
        }
        if behind.is_application() {
            self.refuse_of_application(attributes, behind.port, faults);
        }
        if behind.listener == ListenerProtocol::Tls && holds(attributes, STICKINESS, "true") {
            refuse_sticky_tls(behind.port, faults);
        }
        if matches!(behind.protocol, TargetProtocol::Udp | TargetProtocol::TcpUdp) {
            let why = format!("is not possible with UDP port {}", behind.port);
            for (key, value) in [(PRESERVE_CLIENT_IP, "false"), (UNHEALTHY_TERMINATION, "true")] {
                if holds(attributes, key, value) {
                    self.refuse(&format!("{key}={value}"), behind.port, &why, faults);
                }
            }
        }
    }

    /// Elastic Load Balancing user guide, target groups of Application Load Balancers.
    fn refuse_of_application(&self, attributes: &Attributes, port: Port, faults: &mut Faults) {
        let sticky_app = holds(attributes, STICKINESS, "true") && holds(attributes, STICKINESS_TYPE, "app_cookie");
        let cookie = attributes.get(COOKIE_NAME);
        if sticky_app && cookie.is_none() {
            let why = format!("needs {COOKIE_NAME} beside it");
            self.refuse(STICKINESS_TYPE, port, why, faults);
        }
        if cookie.is_some_and(|name| name.to_ascii_uppercase().starts_with(RESERVED_COOKIES)) {
            let why = format!("begins with {RESERVED_COOKIES}, which AWS keeps for itself");
            self.refuse(COOKIE_NAME, port, why, faults);
        }
        if !holds(attributes, SLOW_START, "0") && !holds(attributes, ALGORITHM, "round_robin") {
            self.refuse(SLOW_START, port, needs(ALGORITHM, "round_robin"), faults);
        }
        if holds(attributes, ANOMALY_MITIGATION, "on") && !holds(attributes, ALGORITHM, "weighted_random") {
            self.refuse(ANOMALY_MITIGATION, port, needs(ALGORITHM, "weighted_random"), faults);
        }
    }

    /// Tells an attribute, or a pair, by the annotation that asks for it.
    fn refuse(&self, pair: &str, port: Port, why: impl fmt::Display, faults: &mut Faults) {
        let attribute = pair.split_once('=').map_or(pair, |(attribute, _)| attribute);
        let of_port = self.by_port.get(&port);
        let why = why.to_string();
        if of_port.is_some_and(|asked| asked.contains_key(attribute)) {
            faults.add_value_at(&keys::PORT_TARGET_GROUP_ATTRIBUTES, port, pair, &why);
        } else {
            faults.add_value(&keys::TARGET_GROUP_ATTRIBUTES, pair, &why);
        }
    }
}

fn needs(key: &str, value: &str) -> String {
    format!("needs {key}={value} beside it")
}

fn refuse_sticky_tls(port: Port, faults: &mut Faults) {
    faults.add(
        "UnsupportedSessionAffinity",
        format!(
            "port {port}: a TLS listener has no source_ip stickiness in AWS; set spec.sessionAffinity to None (or \
             {STICKINESS}=false in annotation {}), or take the port out of annotation {}",
            keys::TARGET_GROUP_ATTRIBUTES,
            keys::SSL_PORTS
        ),
    );
}
