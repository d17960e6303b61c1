//! The part of a Service's status that outlives the process, and the controller's memory of it that does not.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use elbow::provider::{Ensured, Occasion, ProviderError};
use elbow::service::{Receipt, Service};

/// By the Service's UID.
#[derive(Debug, Default)]
pub(crate) struct Kubernetes(Mutex<HashMap<String, Entry>>);

#[derive(Debug, Default)]
struct Entry {
    /// In the status.
    receipt: Option<Receipt>,
    /// In the process: what was tried last.
    tried: Option<Service>,
}

impl Kubernetes {
    /// A pass begins. A declaration that this process sees changed is announced, which withdraws the receipt.
    pub(super) fn begin(&self, service: &mut Service) -> Occasion {
        let mut entries = self.entries();
        let entry = entries.entry(service.owner.uid.clone()).or_default();
        let declared = Service {
            receipt: None,
            published: None,
            ..service.clone()
        };
        let known = entry.tried.replace(declared.clone());
        if known.as_ref().is_some_and(|known| *known != declared) {
            entry.receipt = None;
        }
        service.receipt.clone_from(&entry.receipt);
        if entry.receipt.is_some() {
            Occasion::Upkeep
        } else {
            Occasion::Change
        }
    }

    /// The provider is about to write.
    pub(super) fn withdraw(&self, service: &mut Service) {
        service.receipt = None;
        self.keep(service, None);
    }

    /// What the status says after a pass: a failure withdraws the receipt.
    pub(super) fn end(&self, service: &Service, outcome: &Result<Ensured, ProviderError>) {
        let receipt = outcome.as_ref().ok().and_then(|ensured| ensured.receipt.clone());
        self.keep(service, receipt);
    }

    /// The Service is to go.
    pub(super) fn forget(&self, service: &Service) {
        self.entries().remove(&service.owner.uid);
    }

    pub(super) fn restart(&self) {
        for entry in self.entries().values_mut() {
            entry.tried = None;
        }
    }

    /// What the status of a Service holds.
    pub(crate) fn receipt(&self, service: &Service) -> Option<Receipt> {
        self.entries().get(&service.owner.uid)?.receipt.clone()
    }

    fn keep(&self, service: &Service, receipt: Option<Receipt>) {
        self.entries().entry(service.owner.uid.clone()).or_default().receipt = receipt;
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
