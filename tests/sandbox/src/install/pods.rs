//! The logs of elbow's Pods on real nodes, from the API server.

use std::path::Path;

use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use kube::api::{Api, ListParams, LogParams};
use kube::{Client, ResourceExt as _};

use super::SELECTOR;
use crate::error::{Error, Result};
use crate::kubernetes;
use crate::state::Sandbox;

/// What each Pod of elbow has logged, one after the other, with that of a container that was started again; for one that has not
/// started, why not.
///
/// # Errors
/// When the API server does not answer.
pub(super) async fn logs(sandbox: &Sandbox) -> Result<String> {
    let kubeconfig = sandbox.kubeconfig.clone();
    sandbox.enter(async move || read(&kubeconfig).await).await
}

async fn read(kubeconfig: &Path) -> Result<String> {
    let client = kubernetes::client(kubeconfig).await?;
    let pods = Api::<Pod>::all(client.clone());
    let listed = pods.list(&ListParams::default().labels(SELECTOR)).await;
    let mut text = String::new();
    for pod in listed.map_err(Error::kubernetes("list elbow's Pods"))? {
        let status = pod
            .status
            .as_ref()
            .and_then(|status| status.container_statuses.as_ref());
        for container in status.into_iter().flatten() {
            text.push_str(&log_of(&client, &pod, container).await);
        }
        if status.is_none() {
            let condition = pod.status.as_ref().and_then(|status| status.conditions.as_ref());
            text.push_str(&format!("==> {} <==\nnot started: {condition:?}\n", name(&pod)));
        }
    }
    Ok(text)
}

async fn log_of(client: &Client, pod: &Pod, container: &ContainerStatus) -> String {
    let pods = Api::<Pod>::namespaced(client.clone(), &pod.namespace().unwrap_or_default());
    let mut text = String::new();
    for previous in [true, false] {
        if previous && container.restart_count == 0 {
            continue;
        }
        let parameters = LogParams {
            container: Some(container.name.clone()),
            previous,
            ..LogParams::default()
        };
        let head = if previous { " (before it was started again)" } else { "" };
        let log = pods.logs(&pod.name_any(), &parameters).await;
        let log = log.unwrap_or_else(|error| format!("no log: {error}\n"));
        text.push_str(&format!("==> {}{head} <==\n{}{log}\n", name(pod), waiting(container)));
    }
    text
}

/// Why a container does not run, where the kubelet says so.
fn waiting(container: &ContainerStatus) -> String {
    let waiting = container.state.as_ref().and_then(|state| state.waiting.as_ref());
    waiting.map_or_else(String::new, |waiting| {
        let message = waiting.message.clone().unwrap_or_default();
        format!("waiting: {} {message}\n", waiting.reason.clone().unwrap_or_default())
    })
}

fn name(pod: &Pod) -> String {
    format!("{}/{}", pod.namespace().unwrap_or_default(), pod.name_any())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_container_that_waits_says_why() {
        let container = |state| {
            let status =
                json!({"name": "elbow", "image": "", "imageID": "", "ready": false, "restartCount": 0, "state": state});
            serde_json::from_value::<ContainerStatus>(status).unwrap()
        };
        let missing = json!({"waiting": {"reason": "ErrImageNeverPull", "message": "image is not present"}});
        assert_eq!(
            waiting(&container(missing)),
            "waiting: ErrImageNeverPull image is not present\n"
        );
        assert_eq!(waiting(&container(json!({"running": {}}))), "");
    }
}
