//! The Service changes.

use std::time::Duration;

use elbow_sandbox::client::Ask;
use serde_json::json;

use super::flow::{Flow, wait_answer};
use super::{serve, service, workload};
use crate::cluster::hostname;
use crate::scenario::{Scenario, with_installed_elbow, with_own_elbow};
use crate::wait::{steadily, until};

/// How long clients may use a load balancer that was replaced.
const GRACE: Duration = Duration::from_secs(12);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn a_port_that_is_added_costs_the_others_no_request() {
    with_installed_elbow("steady-port", async |scenario| {
        workload(2).deploy(&scenario.cluster).await;
        let nodes = scenario.sandbox.infrastructure.instances.len();
        let hostname = serve(&scenario, &service(&scenario, "web"), nodes).await;
        let flow = Flow::start(&scenario, &hostname).await;
        add_port(&scenario, "web", &hostname).await;
        flow.stop_whole().await;
    })
    .await;
}

/// Adds port 81 to a Service of port 80, and waits until it answers: elbow is at work.
pub(super) async fn add_port(scenario: &Scenario, name: &str, hostname: &str) {
    let ports =
        [("http", 80), ("more", 81)].map(|(name, port)| json!({"name": name, "port": port, "targetPort": 8080}));
    scenario
        .cluster
        .patch_service(name, json!({"spec": {"ports": ports}}))
        .await;
    wait_answer(scenario, &Ask::new(&format!("http://{hostname}:81/")).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn both_addresses_serve_through_a_change_of_scheme_until_the_old_one_goes() {
    with_own_elbow("steady-scheme", async |scenario| {
        let grace = format!("--replacement-grace-period={}s", GRACE.as_secs());
        let _elbow = scenario.elbow("only", &[&grace]).await;
        workload(2).deploy(&scenario.cluster).await;
        let nodes = scenario.sandbox.infrastructure.instances.len();
        let service = service(&scenario, "web").aws("scheme", "internal");
        let old = serve(&scenario, &service, nodes).await;
        let through_old = Flow::start(&scenario, &old).await;
        let annotation = "service.beta.kubernetes.io/aws-load-balancer-scheme";
        let patch = json!({"metadata": {"annotations": {annotation: "internet-facing"}}});
        scenario.cluster.patch_service("web", patch).await;
        let new = other_hostname(&scenario, &old).await;
        let through_new = Flow::start(&scenario, &new).await;
        steadily(GRACE / 2, "the old load balancer", async || {
            stands(&scenario, &old).await
        })
        .await;
        through_old.stop_whole().await;
        until("the old load balancer to be gone", async || {
            match stands(&scenario, &old).await {
                Ok(()) => Err("it stands".to_owned()),
                Err(_) => Ok(()),
            }
        })
        .await;
        through_new.stop_whole().await;
    })
    .await;
}

/// Waits until the Service's status names another hostname than the old one.
async fn other_hostname(scenario: &Scenario, old: &str) -> String {
    until("the new hostname", async || {
        let service = scenario.cluster.services().get("web").await;
        let found = hostname(&service.map_err(|error| error.to_string())?);
        found
            .clone()
            .filter(|name| name != old)
            .ok_or_else(|| format!("{found:?}"))
    })
    .await
}

async fn stands(scenario: &Scenario, hostname: &str) -> Result<(), String> {
    let held = scenario.holdings("web").await;
    let names: Vec<_> = held
        .load_balancers
        .iter()
        .map(|held| &held.description.dns_name)
        .collect();
    if names.iter().any(|name| *name == hostname) {
        Ok(())
    } else {
        Err(format!("{names:?}"))
    }
}
