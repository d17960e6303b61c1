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
use crate::service::Receipt;

/// Is the cloud as the Service declares?
pub const PROGRAMMED: &str = "elbow.dev/Programmed";
/// Present while nothing is left to do. Its message is for elbow alone: it tells after a restart as what the cloud was left.
pub const RECEIPT: &str = "elbow.dev/Receipt";
/// Present while elbow is at work on it or will try again soon; the name is kstatus' own, which `helm --wait` obeys.
pub const RECONCILING: &str = "Reconciling";
/// Present while only a person can help; the name is kstatus' own, on which `helm --wait` fails at once.
pub const STALLED: &str = "Stalled";

const ENSURING: &str = "the load balancer is being brought in line with the Service";

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
    /// The cloud is about to be changed though the Service has not changed.
    Resumed,
}

impl OwnStatus {
    /// What is ours in the status of `service` now.
    #[must_use]
    pub fn of(service: &Service) -> Self {
        let status = service.status.clone().unwrap_or_default();
        let ours = [PROGRAMMED, RECEIPT, RECONCILING, STALLED];
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

    /// What the provider gave when it was last done.
    #[must_use]
    pub fn receipt(&self) -> Option<Receipt> {
        let condition = self.condition(RECEIPT)?;
        Some(Receipt(condition.message.clone()))
    }

    /// Do both say the same to people?
    #[must_use]
    pub fn says_as(&self, other: &Self) -> bool {
        self.ingress == other.ingress && self.without_receipt() == other.without_receipt()
    }

    /// What shall stand there after `progress`. What has not changed keeps its `lastTransitionTime`. A failure leaves the
    /// hostname: the load balancer still serves what was declared before.
    #[must_use]
    pub fn after(&self, progress: Progress<'_>, now: Timestamp) -> Self {
        let (ingress, mut conditions) = match progress {
            Progress::Ensuring => (self.ingress.clone(), self.ensuring(ENSURING, now)),
            Progress::Ensured(ensured) => (vec![ingress(ensured)], self.ensured(ensured, now)),
            Progress::Failed(error) => (self.ingress.clone(), self.failed(error, now)),
            Progress::Resumed => (self.ingress.clone(), self.without_receipt()),
        };
        conditions.sort_by(|one, other| one.type_.cmp(&other.type_));
        Self { ingress, conditions }
    }

    fn without_receipt(&self) -> Vec<Condition> {
        let mut conditions = self.conditions.clone();
        conditions.retain(|condition| condition.type_ != RECEIPT);
        conditions
    }

    fn ensuring(&self, message: &str, now: Timestamp) -> Vec<Condition> {
        let programmed = match self.condition(PROGRAMMED) {
            Some(condition) if condition.status == "True" => condition.clone(),
            _ => self.changed(PROGRAMMED, "False", "Pending", message, now),
        };
        vec![programmed, self.changed(RECONCILING, "True", "Ensuring", message, now)]
    }

    fn ensured(&self, ensured: &Ensured, now: Timestamp) -> Vec<Condition> {
        match &ensured.pending {
            Some(_) if self.is_programmed() => return self.without_receipt(),
            Some(pending) => return self.ensuring(pending, now),
            None => {}
        }
        let receipt = ensured.receipt.as_ref();
        let receipt = receipt.map(|receipt| self.changed(RECEIPT, "True", "Settled", &receipt.0, now));
        let programmed = self.changed(PROGRAMMED, "True", "Programmed", &served(ensured), now);
        std::iter::once(programmed).chain(receipt).collect()
    }

    fn failed(&self, error: &ProviderError, now: Timestamp) -> Vec<Condition> {
        let (reason, message) = (error.reason(), error.to_string());
        let hint = if error.is_stalled() { STALLED } else { RECONCILING };
        vec![
            self.changed(PROGRAMMED, "False", reason, &message, now),
            self.changed(hint, "True", reason, &message, now),
        ]
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
