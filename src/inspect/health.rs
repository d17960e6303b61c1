//! What AWS' words for the health of a target mean, and what to do (ELBv2 API reference, `TargetHealth`).

use super::report::Severity;
use crate::aws::api::TargetDescription;
use crate::aws::stack::{HealthCheck, HealthCheckPort, HealthCheckProtocol};

/// `TargetHealth.Reason` of a target that turns the probe down.
pub(super) const FAILED: &str = "Target.FailedHealthChecks";
/// `TargetHealth.Reason` of a target that does not answer the probe.
const TIMEOUT: &str = "Target.Timeout";

const INITIAL: &str = "wait: AWS registers and probes it for the first time, which takes a minute or two";

/// What the health of one target means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) severity: Severity,
    /// A fixed word in `PascalCase`.
    pub(super) reason: &'static str,
    pub(super) action: String,
}

/// What a target is probed for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Probe<'a> {
    pub(super) check: Option<&'a HealthCheck>,
    /// Is its port one where a node answers for this Service or for kube-proxy?
    pub(super) port_is_known: bool,
}

/// The words whose meaning does not depend on the probe: the word, how bad it is, what elbow calls it and what to do.
const FIXED: [(&str, Severity, &str, &str); 9] = [
    (
        "Elb.RegistrationInProgress",
        Severity::Symptom,
        "TargetInitial",
        INITIAL,
    ),
    ("Elb.InitialHealthChecking", Severity::Symptom, "TargetInitial", INITIAL),
    (
        TIMEOUT,
        Severity::Symptom,
        "TargetTimeout",
        "nothing answers the probe in time: see that the nodes' groups admit the load balancer, that the node is Ready and that \
         pods are; a slow answer needs a longer annotation aws-load-balancer-healthcheck-timeout",
    ),
    (
        "Target.NotInUse",
        Severity::Broken,
        "TargetNotInUse",
        "no listener forwards to its target group, or the load balancer has no subnet in the node's zone: add a subnet of that \
         zone (role tag or annotation aws-load-balancer-subnets), or keep the node out by aws-load-balancer-target-node-labels",
    ),
    (
        "Target.NotRegistered",
        Severity::Broken,
        "TargetNotRegistered",
        "it was taken out by hand: elbow registers it again with its next audit",
    ),
    (
        "Target.InvalidState",
        Severity::Broken,
        "TargetInvalidState",
        "its instance is stopped or terminated: start it, or delete the Node so that elbow takes the target out",
    ),
    (
        "Target.IpUnusable",
        Severity::Broken,
        "TargetIpUnusable",
        "its address is in use by a load balancer: give the node another",
    ),
    (
        "Target.HealthCheckDisabled",
        Severity::Notice,
        "TargetNotProbed",
        "health checks are off for this target group, so AWS does not know whether it works",
    ),
    (
        "Elb.InternalError",
        Severity::Broken,
        "TargetInternalError",
        "a fault within AWS: see the AWS Health Dashboard, or wait",
    ),
];

/// What it means; none where the target is healthy.
pub(super) fn meaning(target: &TargetDescription, probe: Probe<'_>) -> Option<Meaning> {
    if target.state == "healthy" {
        return None;
    }
    Some(match target.reason.as_str() {
        FAILED | TIMEOUT if !probe.port_is_known => wrong_port(probe.check),
        FAILED => failed(probe.check),
        "Target.ResponseCodeMismatch" => mismatch(probe.check),
        word => fixed(word),
    })
}

fn fixed(word: &str) -> Meaning {
    let unknown = (
        Severity::Symptom,
        "TargetUnhealthy",
        "aws elbv2 describe-target-health tells what AWS knows of it",
    );
    let known = FIXED.iter().find(|(known, ..)| *known == word);
    let (severity, reason, action) =
        known.map_or(unknown, |(_, severity, reason, action)| (*severity, *reason, *action));
    Meaning {
        severity,
        reason,
        action: action.to_owned(),
    }
}

fn failed(check: Option<&HealthCheck>) -> Meaning {
    let local = check.is_some_and(|check| path(check) == Some("/healthz"));
    let action = if local {
        "kube-proxy on the node does not answer that all is well: see that it runs there, and that pods of the Service are Ready"
    } else {
        "the node refuses the probe: see that pods of the Service are Ready, that kube-proxy runs on the node and that the probe's \
         protocol is the pods' own (annotation aws-load-balancer-healthcheck-protocol)"
    };
    Meaning {
        severity: Severity::Symptom,
        reason: "TargetFailedHealthChecks",
        action: action.to_owned(),
    }
}

fn wrong_port(check: Option<&HealthCheck>) -> Meaning {
    let probed = check.map_or_else(String::new, |check| format!(" {}", shown(check)));
    Meaning {
        severity: Severity::Broken,
        reason: "HealthCheckPort",
        action: format!(
            "the probe goes to{probed}, which is neither a nodePort of the Service nor kube-proxy's: take annotation \
             aws-load-balancer-healthcheck-port out, or name a port where every node answers"
        ),
    }
}

fn mismatch(check: Option<&HealthCheck>) -> Meaning {
    let probed = check.map_or_else(|| "the probe".to_owned(), shown);
    Meaning {
        severity: Severity::Broken,
        reason: "TargetResponseCodeMismatch",
        action: format!(
            "{probed} is answered with another code: correct annotation aws-load-balancer-healthcheck-path, or name the code in \
             aws-load-balancer-healthcheck-success-codes"
        ),
    }
}

/// A health check as people read it, such as `HTTP :10256/healthz`.
pub(super) fn shown(check: &HealthCheck) -> String {
    let port = match check.port {
        HealthCheckPort::Traffic => "nodePort".to_owned(),
        HealthCheckPort::Number(port) => port.to_string(),
    };
    let protocol = match &check.protocol {
        HealthCheckProtocol::Tcp => "TCP",
        HealthCheckProtocol::Http { .. } => "HTTP",
        HealthCheckProtocol::Https { .. } => "HTTPS",
    };
    format!("{protocol} :{port}{}", path(check).unwrap_or_default())
}

fn path(check: &HealthCheck) -> Option<&str> {
    match &check.protocol {
        HealthCheckProtocol::Tcp => None,
        HealthCheckProtocol::Http { path, .. } | HealthCheckProtocol::Https { path, .. } => Some(path),
    }
}
