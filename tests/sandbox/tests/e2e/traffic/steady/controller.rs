//! elbow itself stops for a while, in every way there is, and is at work again.

use std::path::Path;
use std::time::Duration;

use elbow_sandbox::install::SELECTOR;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use k8s_openapi::jiff::Timestamp;
use kube::ResourceExt as _;
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tokio::sync::Mutex;

use super::super::workload::is_ready;
use super::changes::add_port;
use super::flow::Flow;
use super::{has_healthy, serve, service, workload};
use crate::scenario::{Scenario, with_installed_elbow};
use crate::wait::{steadily, until};

/// Where elbow is installed.
const SYSTEM: &str = "elbow-system";

/// Name of elbow's Lease.
const LEASE: &str = "elbow-leader";

/// For so long a new leader has nothing to do: longer than the gap that requests would show.
const LOOK: Duration = Duration::from_secs(3);

/// There is one installed elbow; these tests take turns.
static ELBOW: Mutex<()> = Mutex::const_new(());

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn a_restart_of_elbow_loses_no_request() {
    without_elbow("steady-restart", async |scenario| {
        let old = names(scenario).await;
        let selected = ListParams::default().labels(SELECTOR);
        pods(scenario)
            .delete_collection(&DeleteParams::default(), &selected)
            .await
            .unwrap();
        wait_replaced(scenario, &old).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn an_upgrade_of_elbow_by_helm_loses_no_request() {
    without_elbow("steady-upgrade", async |scenario| {
        let old = names(scenario).await;
        let chart = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../charts/elbow");
        let mut helm = scenario.sandbox.command(&scenario.sandbox.tools.helm);
        helm.env("KUBECONFIG", &scenario.sandbox.kubeconfig)
            .env("HOME", &scenario.scratch);
        helm.args(["upgrade", "elbow"]).arg(chart).args(["--namespace", SYSTEM]);
        helm.args(["--reuse-values", "--wait", "--timeout", "120s"]);
        helm.args([
            "--set",
            &format!("podAnnotations.upgraded={}", scenario.cluster.namespace),
        ]);
        let done = helm.output().await.unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        wait_replaced(scenario, &old).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn a_killed_leader_loses_no_request() {
    without_elbow("steady-kill", async |scenario| {
        let leader = wait_leader(scenario, |_| true).await;
        let process = process_of(pod_of(&leader));
        kill_process(process, Signal::KILL).unwrap();
        // By the Pod's name and something of the process, so that also the same Pod leads under another name.
        wait_leader(scenario, |holder| holder != leader).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn a_leader_that_loses_its_lease_loses_no_request() {
    without_elbow("steady-lease", async |scenario| {
        let leader = wait_leader(scenario, |_| true).await;
        let stolen = json!({"spec": {"holderIdentity": "nobody", "renewTime": MicroTime(Timestamp::now())}});
        let leases = leases(scenario);
        leases
            .patch(LEASE, &PatchParams::default(), &Patch::Merge(stolen))
            .await
            .unwrap();
        wait_leader(scenario, |holder| holder != leader && holder != "nobody").await;
    })
    .await;
}

/// Under load, something happens to the installed elbow, and then it is at work again.
async fn without_elbow(name: &str, happens: impl AsyncFnOnce(&Scenario)) {
    let _turn = ELBOW.lock().await;
    with_installed_elbow(name, async |scenario| {
        workload(2).deploy(&scenario.cluster).await;
        let nodes = scenario.sandbox.infrastructure.instances.len();
        let hostname = serve(&scenario, &service(&scenario, "web"), nodes).await;
        let flow = Flow::start(&scenario, &hostname).await;
        happens(&scenario).await;
        // The new leader has looked at everything by then, and what it did wrong shows.
        steadily(LOOK, "the targets to be healthy", async || {
            has_healthy(&scenario, "web", nodes).await
        })
        .await;
        add_port(&scenario, "web", &hostname).await;
        flow.stop_whole().await;
    })
    .await;
}

fn pods(scenario: &Scenario) -> Api<Pod> {
    Api::namespaced(scenario.cluster.client.clone(), SYSTEM)
}

fn leases(scenario: &Scenario) -> Api<Lease> {
    Api::namespaced(scenario.cluster.client.clone(), SYSTEM)
}

/// The names of elbow's Pods that are ready and not about to end.
async fn names(scenario: &Scenario) -> Vec<String> {
    let found = pods(scenario)
        .list(&ListParams::default().labels(SELECTOR))
        .await
        .unwrap();
    found.iter().filter(|pod| is_ready(pod)).map(Pod::name_any).collect()
}

/// Waits until two other Pods are ready.
async fn wait_replaced(scenario: &Scenario, old: &[String]) {
    until("two new Pods of elbow", async || {
        let names = names(scenario).await;
        let new = names.iter().filter(|name| !old.contains(name)).count();
        if new == 2 && names.len() == 2 {
            Ok(())
        } else {
            Err(format!("{names:?}"))
        }
    })
    .await;
}

/// Waits for a leader as wanted; returns its name in the Lease.
async fn wait_leader(scenario: &Scenario, is_wanted: impl Fn(&str) -> bool) -> String {
    until("a leader", async || {
        let lease = leases(scenario).get(LEASE).await.map_err(|error| error.to_string())?;
        let holder = lease.spec.and_then(|spec| spec.holder_identity).unwrap_or_default();
        if !holder.is_empty() && is_wanted(&holder) {
            Ok(holder)
        } else {
            Err(holder)
        }
    })
    .await
}

/// The Pod's name, which a holder's name begins with.
fn pod_of(holder: &str) -> &str {
    holder.split_once('_').map_or(holder, |(pod, _)| pod)
}

/// The process of elbow in a Pod: it has the Pod's name as its host name.
fn process_of(pod: &str) -> Pid {
    let wanted = format!("HOSTNAME={pod}");
    let mut processes = std::fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| {
        let id: i32 = entry.file_name().to_str()?.parse().ok()?;
        let name = std::fs::read_to_string(entry.path().join("comm")).ok()?;
        let environment = std::fs::read(entry.path().join("environ")).ok()?;
        let is_own = environment
            .split(|byte| *byte == 0)
            .any(|variable| variable == wanted.as_bytes());
        (name.trim() == "elbow" && is_own).then(|| Pid::from_raw(id)).flatten()
    });
    processes.next().expect("the leader's process")
}
