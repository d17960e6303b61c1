//! Writes a Pod's status whenever its container's progress changes.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Pod, PodStatus};
use k8s_openapi::jiff::Timestamp;
use kube::api::{Patch, PatchParams};
use kube::{Api, ResourceExt};
use tokio::sync::watch;

use super::environment::Addresses;
use super::status::{Progress, pod_status};

/// Time between tries while the API server does not answer.
const PAUSE: Duration = Duration::from_millis(500);

/// Publishes until the Pod is gone or nobody can report progress any more.
pub(super) async fn publish(api: Api<Pod>, pod: Pod, addresses: Addresses, mut progress: watch::Receiver<Progress>) {
    let mut written = pod.status.clone().unwrap_or_default();
    loop {
        let latest = progress.borrow_and_update().clone();
        let wanted = pod_status(&pod, addresses, &latest, &written, Timestamp::now());
        match write(&api, &pod, &wanted).await {
            Ok(()) => written = wanted,
            Err(kube::Error::Api(status)) if status.is_not_found() => return,
            Err(error) => {
                eprintln!("{}: cannot write the status, trying again: {error}", pod.name_any());
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        }
        if progress.changed().await.is_err() {
            return;
        }
    }
}

/// A strategic merge: conditions that others wrote stay.
async fn write(api: &Api<Pod>, pod: &Pod, status: &PodStatus) -> kube::Result<()> {
    let patch = serde_json::json!({"metadata": {"uid": pod.metadata.uid}, "status": status});
    api.patch_status(&pod.name_any(), &PatchParams::default(), &Patch::Strategic(patch))
        .await
        .map(|_written| ())
}
