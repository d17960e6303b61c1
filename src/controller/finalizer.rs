//! Our finalizer: on a Service before the first write to the cloud, off it after the last resource is gone.
//!
//! kube's own `finalizer` releases an object on deletion only; a Service must also be released when its type or class
//! changes.

use k8s_openapi::api::core::v1::Service;
use kube::api::{Patch, PatchParams};
use kube::{Api, ResourceExt};
use serde_json::json;

use super::call::{self, CallError};
use crate::fence::Fence;

/// The finalizer's name.
pub const NAME: &str = "elbow.dev/load-balancer";

/// Is our finalizer on this Service?
#[must_use]
pub fn is_on(service: &Service) -> bool {
    service.finalizers().iter().any(|name| name == NAME)
}

/// Puts our finalizer on the Service; the result carries it. No call if it is there already.
///
/// # Errors
/// [`CallError::is_conflict`] if the Service has changed since it was read.
pub async fn add(api: &Api<Service>, fence: &Fence, service: &Service) -> Result<Service, CallError> {
    if is_on(service) {
        return Ok(service.clone());
    }
    let with_ours = service.finalizers().iter().cloned().chain([NAME.to_owned()]).collect();
    replace(api, fence, service, "add the finalizer", with_ours).await
}

/// Takes our finalizer off the Service. No call if it is not there; a Service that is gone is success (`None`).
///
/// # Errors
/// [`CallError::is_conflict`] if the Service has changed since it was read.
pub async fn remove(api: &Api<Service>, fence: &Fence, service: &Service) -> Result<Option<Service>, CallError> {
    if !is_on(service) {
        return Ok(Some(service.clone()));
    }
    let without_ours = service
        .finalizers()
        .iter()
        .filter(|name| *name != NAME)
        .cloned()
        .collect();
    match replace(api, fence, service, "remove the finalizer", without_ours).await {
        Ok(released) => Ok(Some(released)),
        Err(error) if error.is_gone() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The UID and the resource version are preconditions: finalizers that others have added meanwhile are not lost, and a
/// new Service of the same name is not touched.
async fn replace(
    api: &Api<Service>,
    fence: &Fence,
    service: &Service,
    action: &'static str,
    finalizers: Vec<String>,
) -> Result<Service, CallError> {
    let patch = json!({"metadata": {
        "uid": service.metadata.uid,
        "resourceVersion": service.metadata.resource_version,
        "finalizers": finalizers,
    }});
    let params = PatchParams {
        field_manager: Some(super::FIELD_MANAGER.to_owned()),
        ..PatchParams::default()
    };
    call::write(
        fence,
        action,
        api.patch(&service.name_any(), &params, &Patch::Merge(patch)),
    )
    .await
}
