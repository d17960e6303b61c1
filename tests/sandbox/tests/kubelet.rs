//! The kubelet stand-in on the sandbox's API server, with a small web server in elbow's place.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use elbow_sandbox::kubelet::{Replica, replica};
use elbow_sandbox::layout::Layout;
use elbow_sandbox::{checkout, kubernetes, wait};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use k8s_openapi::api::core::v1::{Namespace, Pod};
use kube::api::{DeleteParams, ListParams, PostParams};
use kube::{Api, Client, ResourceExt};
use serde_json::json;
use tokio::process::{Child, Command};

/// Generous: the machine may be busy with other tests.
const WITHIN: Duration = Duration::from_secs(60);

/// Serves its own arguments, environment and kubeconfig on the health port; SIGTERM ends it at once.
const SERVER: &str = r#"#!/bin/sh
set -e
mkdir -p "$SITE/$HOSTNAME" && cd "$SITE/$HOSTNAME"
echo "$@" > args; env > environment; cp "$KUBECONFIG" kubeconfig
exec python3 -m http.server --bind "$POD_IP" "$PORT"
"#;

/// A namespace with a stand-in of its own, for Pods with a label of its own.
struct Stage {
    client: Client,
    namespace: String,
    directory: PathBuf,
    stand_in: Child,
}

impl Stage {
    async fn set(name: &str) -> Self {
        kubernetes::install_tls();
        let sandbox = std::env::var_os("ELBOW_SANDBOX_DIR").map_or_else(checkout::default_directory, PathBuf::from);
        let kubeconfig = Layout::new(&sandbox).unwrap().kubeconfig();
        let client = kubernetes::client(&kubeconfig).await.unwrap();
        let namespace = format!("{name}-{}", std::process::id());
        let object = json!({"metadata": {"name": namespace}});
        let namespaces = Api::<Namespace>::all(client.clone());
        namespaces
            .create(&PostParams::default(), &serde_json::from_value(object).unwrap())
            .await
            .unwrap();
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(&namespace);
        let stand_in = start_stand_in(&directory, &kubeconfig, &namespace);
        Self {
            client,
            namespace,
            directory,
            stand_in,
        }
    }

    async fn deploy(&self, replicas: i32) {
        let env = json!([
            {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            {"name": "PORT", "value": "18099"},
            {"name": "SITE", "value": self.directory.join("site")},
        ]);
        let container = json!({
            "name": "server", "image": "none", "args": ["--listen=$(POD_IP):$(PORT)", "$$(PORT)"], "env": env,
            "ports": [{"name": "health", "containerPort": 18099}],
            "readinessProbe": {"httpGet": {"path": "/args", "port": "health"}, "periodSeconds": 1, "timeoutSeconds": 5, "failureThreshold": 1},
        });
        let labels = json!({"elbow-test": self.namespace});
        let deployment = json!({
            "metadata": {"name": "server"},
            "spec": {
                "replicas": replicas, "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
            },
        });
        let api = Api::<Deployment>::namespaced(self.client.clone(), &self.namespace);
        api.create(&PostParams::default(), &serde_json::from_value(deployment).unwrap())
            .await
            .unwrap();
    }

    async fn delete_deployment(&self) {
        let api = Api::<Deployment>::namespaced(self.client.clone(), &self.namespace);
        api.delete("server", &DeleteParams::default()).await.unwrap();
    }

    async fn pods(&self) -> Vec<Pod> {
        let api = Api::<Pod>::namespaced(self.client.clone(), &self.namespace);
        api.list(&ListParams::default()).await.unwrap().items
    }

    async fn ready(&self, count: usize) -> Vec<Pod> {
        let enough = async || self.pods().await.iter().filter(|pod| is_ready(pod)).count() == count;
        wait::until("pods to be ready", WITHIN, enough).await.unwrap();
        self.pods().await
    }

    fn replicas(&self) -> Vec<Replica> {
        replica::all(&self.directory).unwrap()
    }

    fn served(&self, pod: &Pod, file: &str) -> String {
        std::fs::read_to_string(self.directory.join("site").join(pod.name_any()).join(file)).unwrap()
    }

    async fn strike(mut self) {
        let namespaces = Api::<Namespace>::all(self.client.clone());
        namespaces
            .delete(&self.namespace, &DeleteParams::default())
            .await
            .unwrap();
        let gone = async || self.pods().await.is_empty();
        wait::until("pods to be gone", WITHIN, gone).await.unwrap();
        self.stand_in.kill().await.unwrap();
        std::fs::remove_dir_all(&self.directory).unwrap();
    }
}

fn start_stand_in(directory: &Path, kubeconfig: &Path, namespace: &str) -> Child {
    std::fs::create_dir_all(directory).unwrap();
    let server = directory.join("server");
    std::fs::write(&server, SERVER).unwrap();
    std::fs::set_permissions(&server, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_elbow-sandbox"));
    command
        .arg("--dir")
        .arg(directory)
        .arg("kubelet")
        .arg("--kubeconfig")
        .arg(kubeconfig);
    command
        .arg("--elbow")
        .arg(server)
        .args(["--selector", &format!("elbow-test={namespace}")]);
    command.kill_on_drop(true).spawn().unwrap()
}

fn is_ready(pod: &Pod) -> bool {
    let mut conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

fn restarts(pod: &Pod) -> i32 {
    pod.status.as_ref().unwrap().container_statuses.as_ref().unwrap()[0].restart_count
}

#[tokio::test]
#[ignore = "needs the sandbox"]
async fn a_deployments_pods_run_with_their_own_arguments_addresses_and_identity() {
    let stage = Stage::set("kubelet-run").await;
    stage.deploy(2).await;
    let pods = stage.ready(2).await;

    let addresses: BTreeSet<&str> = pods
        .iter()
        .filter_map(|pod| pod.status.as_ref()?.pod_ip.as_deref())
        .collect();
    assert_eq!(addresses.len(), 2, "each pod has an address of its own");
    let nodes: BTreeSet<&str> = pods
        .iter()
        .filter_map(|pod| pod.spec.as_ref()?.node_name.as_deref())
        .collect();
    assert_eq!(nodes.len(), 2, "the pods are spread");
    for pod in &pods {
        let address = pod.status.as_ref().unwrap().pod_ip.clone().unwrap();
        assert_eq!(stage.served(pod, "args"), format!("--listen={address}:18099 $(PORT)\n"));
        assert!(
            !stage.served(pod, "environment").contains("CARGO"),
            "nothing of this process's environment"
        );
    }

    let kubeconfig = replica::all(&stage.directory).unwrap()[0]
        .log
        .with_extension("kubeconfig");
    let own = kubernetes::client(&kubeconfig).await.unwrap();
    let review = Api::<SelfSubjectReview>::all(own)
        .create(&PostParams::default(), &SelfSubjectReview::default())
        .await
        .unwrap();
    let user = review.status.unwrap().user_info.unwrap().username.unwrap();
    assert_eq!(user, format!("system:serviceaccount:{}:default", stage.namespace));
    stage.strike().await;
}

#[tokio::test]
#[ignore = "needs the sandbox"]
async fn a_killed_process_is_started_again() {
    let stage = Stage::set("kubelet-kill").await;
    stage.deploy(1).await;
    stage.ready(1).await;
    assert!(stage.replicas()[0].kill());
    let restarted = async || stage.pods().await.iter().any(|pod| restarts(pod) == 1 && is_ready(pod));
    wait::until("the second run to be ready", WITHIN, restarted)
        .await
        .unwrap();
    let last = stage.pods().await[0]
        .status
        .clone()
        .unwrap()
        .container_statuses
        .unwrap()[0]
        .last_state
        .clone();
    assert_eq!(last.unwrap().terminated.unwrap().exit_code, 137);
    stage.strike().await;
}

#[tokio::test]
#[ignore = "needs the sandbox"]
async fn a_frozen_process_is_unready_until_it_goes_on() {
    let stage = Stage::set("kubelet-freeze").await;
    stage.deploy(1).await;
    stage.ready(1).await;
    assert!(stage.replicas()[0].freeze());
    stage.ready(0).await;
    assert!(stage.replicas()[0].thaw());
    let pods = stage.ready(1).await;
    assert_eq!(restarts(&pods[0]), 0);
    stage.strike().await;
}

#[tokio::test]
#[ignore = "needs the sandbox"]
async fn deleting_the_deployment_ends_its_processes_and_removes_its_pods() {
    let stage = Stage::set("kubelet-delete").await;
    stage.deploy(1).await;
    stage.ready(1).await;
    let replica = stage.replicas().remove(0);
    stage.delete_deployment().await;
    let gone = async || stage.pods().await.is_empty();
    wait::until("pods to be gone", WITHIN, gone).await.unwrap();
    assert!(!replica.process.unwrap().is_alive());
    assert!(
        !replica.log.with_extension("token").exists(),
        "the token is gone with the pod"
    );
    stage.strike().await;
}
