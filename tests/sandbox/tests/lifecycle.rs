//! The sandbox itself: what `up` makes, that it is made once, and that nothing stays.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use elbow_sandbox::layout::Layout;
use elbow_sandbox::process::Record;
use elbow_sandbox::{Sandbox, kubernetes, wait};
use k8s_openapi::api::core::v1::Node;
use kube::{Api, ResourceExt};
use rustix::process::{Pid, Signal, kill_process};

#[path = "lifecycle/real_nodes.rs"]
mod real_nodes;

/// Without real nodes, as the sandbox that `cargo sandbox test` brought up for these tests.
const UP: &str = "up --no-nodes";

/// The sandbox that `cargo sandbox test` brought up.
fn shared() -> Sandbox {
    let directory = std::env::var_os("ELBOW_SANDBOX_DIR").expect("ELBOW_SANDBOX_DIR is set by cargo sandbox test");
    Sandbox::load(Path::new(&directory)).unwrap()
}

fn command(name: &str, directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_elbow-sandbox"));
    command
        .args(name.split(' '))
        .arg("--dir")
        .arg(directory)
        .stdin(Stdio::null());
    command
}

fn run(name: &str, directory: &Path) -> Output {
    let output = command(name, directory).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {errors}");
    output
}

fn signal(process: u32, signal: Signal) {
    let id = i32::try_from(process).ok().and_then(Pid::from_raw).unwrap();
    kill_process(id, signal).unwrap();
}

/// Where a test has a sandbox of its own; whatever the test comes to, it is taken down.
struct Own(PathBuf);

impl Own {
    fn new(name: &str) -> Self {
        let unique = format!("{name}-{}", std::process::id());
        Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(unique))
    }

    fn records(&self) -> Vec<Record> {
        Record::all(&Layout::new(&self.0).unwrap()).unwrap()
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let _ = command("down", &self.0).output();
    }
}

#[tokio::test]
#[ignore = "needs the sandbox"]
async fn there_is_a_ready_node_without_taints_for_each_instance() {
    kubernetes::install_tls();
    let sandbox = shared();
    let nodes: Api<Node> = Api::all(kubernetes::client(&sandbox.kubeconfig).await.unwrap());
    for instance in &sandbox.infrastructure.instances {
        let node = nodes.get(&instance.private_dns).await.unwrap();
        let spec = node.spec.clone().unwrap();
        let expected = format!("aws:///{}/{}", instance.zone, instance.id);
        assert_eq!(spec.provider_id, Some(expected));
        assert_eq!(spec.taints, None);
        assert_eq!(node.labels()["topology.kubernetes.io/zone"], instance.zone);
        let conditions = node.status.unwrap().conditions.unwrap();
        assert!(
            conditions
                .iter()
                .any(|condition| condition.type_ == "Ready" && condition.status == "True")
        );
    }
    let zones: BTreeSet<&str> = sandbox
        .infrastructure
        .instances
        .iter()
        .map(|instance| instance.zone.as_str())
        .collect();
    assert_eq!(zones.len(), 3, "one instance a zone");
}

#[test]
#[ignore = "needs the sandbox"]
fn the_environment_file_leads_a_shell_to_the_tools_and_the_api_server() {
    let script = ". \"$0\" && command -v kubectl helm && kubectl version --output=json && helm list";
    let layout = shared().layout().unwrap();
    let output = Command::new("/bin/sh")
        .args(["-c", script])
        .arg(layout.environment())
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        // kubectl keeps a cache in the home directory; this one goes with the sandbox.
        .env("HOME", layout.part("home"))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(text.contains("serverVersion"), "{text}");
    assert!(!text.contains("v0.0.0"), "{text}");
}

#[test]
#[ignore = "needs the sandbox"]
fn up_leaves_a_running_sandbox_as_it_is() {
    let sandbox = shared();
    let before = Record::all(&sandbox.layout().unwrap()).unwrap();
    let output = run(UP, &sandbox.directory);
    assert!(String::from_utf8_lossy(&output.stderr).contains("is up already"));
    let after = Record::all(&sandbox.layout().unwrap()).unwrap();
    assert!(before.iter().all(|record| after.contains(record)));
    assert_eq!(Sandbox::load(&sandbox.directory).unwrap(), sandbox);
}

#[tokio::test]
#[ignore = "needs the sandbox"]
async fn a_second_sandbox_runs_beside_the_first_is_repaired_and_leaves_nothing() {
    kubernetes::install_tls();
    let own = Own::new("second");
    run(UP, &own.0);
    let second = Sandbox::load(&own.0).unwrap();
    assert!(second.is_healthy().await.unwrap());
    assert!(shared().is_healthy().await.unwrap());
    assert_ne!(second.aws_proxy_url, shared().aws_proxy_url);

    let records = own.records();
    let etcd = records
        .iter()
        .find(|record| record.name() == "etcd")
        .unwrap()
        .process()
        .pid();
    signal(etcd, Signal::KILL);
    let noticed = async || !second.is_healthy().await.unwrap();
    wait::until("the end of etcd", Duration::from_secs(10), noticed)
        .await
        .unwrap();
    run(UP, &own.0);
    assert!(Sandbox::load(&own.0).unwrap().is_healthy().await.unwrap());
    assert!(
        records.iter().all(|record| !record.process().is_alive()),
        "the old parts are gone"
    );

    let records = own.records();
    run("down", &own.0);
    assert!(records.iter().all(|record| !record.process().is_alive()));
    assert!(!own.0.exists());
}

#[tokio::test]
#[ignore = "needs the sandbox"]
async fn an_interrupted_up_leaves_nothing() {
    let own = Own::new("interrupted");
    let mut up = command(UP, &own.0).stderr(Stdio::null()).spawn().unwrap();
    // Terraform is the last part to start, and the only one that ends by itself.
    let begun = async || own.records().iter().any(|record| record.name() == "terraform");
    wait::until("terraform", Duration::from_secs(120), begun).await.unwrap();
    let records = own.records();
    signal(up.id(), Signal::INT);
    assert!(!up.wait().unwrap().success());
    assert!(records.iter().all(|record| !record.process().is_alive()));
    assert!(!own.0.exists());
}
