//! Not one request is lost: 100 a second go through the hostname from the sandbox's client while pods, nodes, ports, elbow
//! itself and the load balancer change.
//!
//! What the workload does for it is what elbow asks of users: a Pod that is to end goes on serving for longer than health
//! checks and DNS need to look elsewhere, and is ready only when it serves.

mod changes;
mod controller;
mod flow;
mod node_death;
mod nodes;
mod pods;
mod pool;

use std::collections::BTreeSet;

use elbow::aws::api::AwsApi as _;
use serde_json::json;

use super::workload::{Running, Workload};
use crate::manifest::Manifest;
use crate::scenario::Scenario;
use crate::wait::until;

/// How many seconds a Pod that is to end goes on: health checks of 2 times 10 s, ten times faster here, and then elbow's and
/// the name server's time on a busy machine.
const LINGER: u64 = 8;

/// Pods that nobody misses when they are told to end as Kubernetes tells them.
fn workload(replicas: u16) -> Workload {
    Workload::http("web").replicas(replicas).linger(LINGER)
}

/// A Service of the Pods of [`workload`].
fn service(scenario: &Scenario, name: &str) -> Manifest {
    scenario.service(name).spec("selector", json!({"app": "web"}))
}

/// As [`service`], and each node sends only to its own Pods.
fn local_service(scenario: &Scenario, name: &str) -> Manifest {
    service(scenario, name).spec("externalTrafficPolicy", json!("Local"))
}

/// Creates the Service, and waits until so many of its targets are healthy; returns its hostname.
async fn serve(scenario: &Scenario, manifest: &Manifest, healthy: usize) -> String {
    let hostname = scenario.serve(manifest).await;
    wait_healthy(scenario, manifest.name(), healthy).await;
    hostname
}

/// Waits until at least so many targets behind each port of a Service are healthy.
async fn wait_healthy(scenario: &Scenario, name: &str, count: usize) {
    until(&format!("{count} healthy targets of {name}"), async || {
        let counts = healthy(scenario, name).await?;
        let enough = !counts.is_empty() && counts.iter().all(|healthy| *healthy >= count);
        enough.then_some(()).ok_or_else(|| format!("{counts:?}"))
    })
    .await;
}

/// Whether exactly so many targets behind the one port of a Service are healthy.
async fn has_healthy(scenario: &Scenario, name: &str, count: usize) -> Result<(), String> {
    let counts = healthy(scenario, name).await?;
    (counts == [count])
        .then_some(())
        .ok_or_else(|| format!("{counts:?} are healthy"))
}

/// How many targets are healthy behind each port of a Service.
async fn healthy(scenario: &Scenario, name: &str) -> Result<Vec<usize>, String> {
    let held = scenario.holdings(name).await;
    let mut counts = Vec::new();
    for group in &held.target_groups {
        let health = scenario.cloud.api.describe_target_health(&group.description.arn).await;
        let health = health.map_err(|error| error.to_string())?;
        counts.push(health.iter().filter(|found| found.state == "healthy").count());
    }
    Ok(counts)
}

fn names(pods: &[Running]) -> BTreeSet<String> {
    pods.iter().map(|pod| pod.name.clone()).collect()
}

fn nodes(pods: &[Running]) -> BTreeSet<String> {
    pods.iter().map(|pod| pod.node.clone()).collect()
}
