//! What stands in the status of a Service: the load balancer's hostname, and conditions that people, `kubectl wait` and
//! `helm --wait` read. Pure; `publish` writes it.
//!
//! Conditions of Services carry no `observedGeneration`: a Service has no `metadata.generation`.

mod publish;

pub use publish::publish;

use k8s_openapi::api::core::v1::{LoadBalancerIngress, PortStatus, Service};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use k8s_openapi::jiff::Timestamp;

use crate::provider::{Ensured, ProviderError};

/// Is the cloud as the Service declares?
pub const PROGRAMMED: &str = "elbow.dev/Programmed";
/// Present while elbow is at work on it or will try again soon; the name is kstatus' own, which `helm --wait` obeys.
pub const RECONCILING: &str = "Reconciling";
/// Present while only a person can help; the name is kstatus' own, on which `helm --wait` fails at once.
pub const STALLED: &str = "Stalled";

/// The part of a Service's status that is elbow's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OwnStatus {
    /// `status.loadBalancer.ingress`.
    pub ingress: Vec<LoadBalancerIngress>,
    /// Those of `status.conditions` that are ours, at most one of each type, ordered by type.
    pub conditions: Vec<Condition>,
}

/// How far a Service has come.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// The cloud is about to be changed.
    Ensuring,
    /// The cloud is as declared.
    Ensured(&'a Ensured),
    /// It is not, and why.
    Failed(&'a ProviderError),
}

impl OwnStatus {
    /// What is ours in the status of `service` now.
    #[must_use]
    pub fn of(service: &Service) -> Self {
        let status = service.status.clone().unwrap_or_default();
        let ours = [PROGRAMMED, RECONCILING, STALLED];
        let mut conditions = status.conditions.unwrap_or_default();
        conditions.retain(|condition| ours.contains(&&*condition.type_));
        conditions.sort_by(|one, other| one.type_.cmp(&other.type_));
        let ingress = status
            .load_balancer
            .and_then(|load_balancer| load_balancer.ingress)
            .unwrap_or_default();
        Self { ingress, conditions }
    }

    /// Was elbow ever done with this Service, and has not stumbled since?
    #[must_use]
    pub fn is_programmed(&self) -> bool {
        self.condition(PROGRAMMED)
            .is_some_and(|condition| condition.status == "True")
    }

    /// What shall stand there after `progress`. What has not changed keeps its `lastTransitionTime`. A failure leaves the
    /// hostname: the load balancer still serves what was declared before. While targets wait for the cloud's rate, the hostname
    /// is given out and the rest stays as it was.
    #[must_use]
    pub fn after(&self, progress: Progress<'_>, now: Timestamp) -> Self {
        let condition = |type_, status, reason, message| self.changed(type_, status, reason, message, now);
        let (ingress, mut conditions) = match progress {
            Progress::Ensuring => {
                let message = "the load balancer is being brought in line with the Service";
                let programmed = match self.condition(PROGRAMMED) {
                    Some(condition) if condition.status == "True" => condition.clone(),
                    _ => condition(PROGRAMMED, "False", "Pending", message),
                };
                (
                    self.ingress.clone(),
                    vec![programmed, condition(RECONCILING, "True", "Ensuring", message)],
                )
            }
            Progress::Ensured(
                ensured @ Ensured {
                    pending: Some(what), ..
                },
            ) => {
                let conditions = if self.is_programmed() {
                    self.conditions.clone()
                } else {
                    vec![
                        condition(PROGRAMMED, "False", "Pending", what),
                        condition(RECONCILING, "True", "Ensuring", what),
                    ]
                };
                (vec![ingress(ensured)], conditions)
            }
            Progress::Ensured(ensured) => (
                vec![ingress(ensured)],
                vec![condition(PROGRAMMED, "True", "Programmed", &served(ensured))],
            ),
            Progress::Failed(error) => {
                let (reason, message) = (error.reason(), error.to_string());
                let hint = if error.is_stalled() { STALLED } else { RECONCILING };
                let conditions = vec![
                    condition(PROGRAMMED, "False", reason, &message),
                    condition(hint, "True", reason, &message),
                ];
                (self.ingress.clone(), conditions)
            }
        };
        conditions.sort_by(|one, other| one.type_.cmp(&other.type_));
        Self { ingress, conditions }
    }

    fn condition(&self, type_: &str) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.type_ == type_)
    }

    fn changed(&self, type_: &str, status: &str, reason: &str, message: &str, now: Timestamp) -> Condition {
        let same = self.condition(type_).filter(|condition| condition.status == status);
        Condition {
            type_: type_.to_owned(),
            status: status.to_owned(),
            reason: reason.to_owned(),
            message: message.to_owned(),
            last_transition_time: same.map_or(Time(now), |condition| condition.last_transition_time.clone()),
            observed_generation: None,
        }
    }
}

/// Summary and warnings in one: a change of either is then a change of the condition.
fn served(ensured: &Ensured) -> String {
    let warnings = ensured.warnings.iter().map(|warning| warning.message.as_str());
    std::iter::once(ensured.summary.as_str())
        .chain(warnings)
        .collect::<Vec<_>>()
        .join("; ")
}

fn ingress(ensured: &Ensured) -> LoadBalancerIngress {
    let port = |(port, protocol): &(crate::service::Port, crate::service::Protocol)| PortStatus {
        port: i32::from(port.get()),
        protocol: protocol.to_string(),
        error: None,
    };
    LoadBalancerIngress {
        hostname: Some(ensured.hostname.clone()),
        ports: Some(ensured.ports.iter().map(port).collect()),
        ..LoadBalancerIngress::default()
    }
}

#[cfg(test)]
mod tests;
