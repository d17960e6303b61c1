//! Writes the status by server-side apply: fields and conditions of others stay, ours that are left out go.

use k8s_openapi::api::core::v1::Service;
use kube::api::{Patch, PatchParams};
use kube::{Api, ResourceExt};
use serde_json::{Value, json};

use super::OwnStatus;
use crate::controller::FIELD_MANAGER;
use crate::controller::call::{self, CallError};
use crate::fence::Fence;

/// Makes the status of `service` say `wanted`. No call if it says so already: every patch wakes the watch again. Returns
/// the Service as it is then, or `None` if nothing was to be done.
///
/// # Errors
/// [`CallError::is_gone`] if the Service does not exist any more, [`CallError::is_conflict`] if there is another of its
/// name (the UID is a precondition).
pub async fn publish(
    api: &Api<Service>,
    fence: &Fence,
    service: &Service,
    wanted: &OwnStatus,
) -> Result<Option<Service>, CallError> {
    if OwnStatus::of(service) == *wanted {
        return Ok(None);
    }
    let params = PatchParams::apply(FIELD_MANAGER).force();
    let patch = Patch::Apply(patch(service, wanted));
    let patched = call::write(
        fence,
        "patch the status",
        api.patch_status(&service.name_any(), &params, &patch),
    )
    .await?;
    Ok(Some(patched))
}

fn patch(service: &Service, wanted: &OwnStatus) -> Value {
    let mut status = json!({});
    if !wanted.ingress.is_empty() {
        status["loadBalancer"] = json!({"ingress": wanted.ingress});
    }
    if !wanted.conditions.is_empty() {
        status["conditions"] = json!(wanted.conditions);
    }
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": service.name_any(), "namespace": service.namespace(), "uid": service.uid()},
        "status": status,
    })
}
