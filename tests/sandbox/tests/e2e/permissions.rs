//! The chart's role is all that elbow needs, and needs all that it has.

use std::time::Duration;

use futures::StreamExt as _;
use k8s_openapi::api::core::v1::Event;
use kube::Api;
use kube::api::{DeleteParams, ListParams};
use serde_json::json;

use crate::elbow_process::{Elbow, Settings};
use crate::identity;
use crate::scenario::{Scenario, with_own_elbow};
use crate::wait::within;

/// How long a life under the whole role may take; a reduced one is given the same.
const LIFE: Duration = Duration::from_secs(12);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn without_any_one_verb_of_the_charts_role_a_services_life_is_not_whole() {
    let mut permissions = Vec::new();
    with_own_elbow("role-whole", async |scenario| {
        permissions = identity::permissions(&scenario).await;
        let kubeconfig = identity::chart(&scenario).await;
        live(&scenario, kubeconfig)
            .await
            .expect("a whole life under the whole role");
    })
    .await;
    assert!(permissions.len() >= 8, "{permissions:?}");
    let lives = permissions.iter().enumerate().map(async |(number, missing)| {
        let mut whole = false;
        with_own_elbow(&format!("role-{number}"), async |scenario| {
            let kubeconfig = identity::without(&scenario, missing).await;
            whole = live(&scenario, kubeconfig).await.is_ok();
            identity::forget(&scenario).await;
        })
        .await;
        whole.then(|| missing.to_string())
    });
    let needless: Vec<_> = futures::stream::iter(lives)
        .buffer_unordered(4)
        .filter_map(async |found| found)
        .collect()
        .await;
    assert!(
        needless.is_empty(),
        "the chart gives what elbow does not need: {needless:?}"
    );
}

/// Create, an error that repeats, repair, restart, delete: all that elbow does with the API server. An error says which step failed.
async fn live(scenario: &Scenario, kubeconfig: std::path::PathBuf) -> Result<(), String> {
    let settings = Settings {
        replica: "only".to_owned(),
        kubeconfig,
        environment: scenario.environment(),
        flags: Vec::new(),
    };
    let mut elbow = Elbow::start(scenario, &settings);
    scenario.cluster.create_service(&scenario.service("web")).await;
    let served = tokio::time::timeout(LIFE, scenario.cluster.wait_programmed("web")).await;
    let outcome = match served {
        Err(_) => Err("not served".to_owned()),
        Ok(_) => edited(scenario, &mut elbow, &settings).await,
    };
    elbow.kill().await;
    outcome?;
    // A watch that is forbidden is made up for by listing again and again, which the life alone does not show.
    let log = std::fs::read_to_string(&elbow.log).map_err(|error| error.to_string())?;
    if log.to_lowercase().contains("forbidden") {
        return Err("something was forbidden".to_owned());
    }
    Ok(())
}

async fn edited(scenario: &Scenario, elbow: &mut Elbow, settings: &Settings) -> Result<(), String> {
    let scheme = |value: Option<&str>| json!({ "metadata": { "annotations": { "service.beta.kubernetes.io/aws-load-balancer-scheme": value } } });
    // The same error twice: the second time its event is counted, not written.
    for _ in 0..2 {
        scenario.cluster.patch_service("web", scheme(Some("public"))).await;
        timely(scenario.cluster.wait_refused("web", "InvalidAnnotation"))
            .await
            .ok_or("the error is not told")?;
        scenario.cluster.patch_service("web", scheme(None)).await;
        timely(scenario.cluster.wait_programmed("web"))
            .await
            .ok_or("not served again")?;
    }
    timely(wait_counted(scenario))
        .await
        .ok_or("the repeated event is not counted")?;
    // A restart has to renew the lease that the first one left.
    elbow.kill().await;
    *elbow = Elbow::start(scenario, settings);
    scenario
        .cluster
        .patch_service("web", json!({ "spec": { "ports": [{ "name": "http", "port": 81 }] } }))
        .await;
    let moved = scenario.wait_holdings("the new port", "web", |held| {
        (held.listener_ports() == [81]).then_some(())
    });
    tokio::time::timeout(LIFE + Duration::from_secs(10), moved)
        .await
        .map_err(|_| "not changed after a restart")?;
    scenario
        .cluster
        .services()
        .delete("web", &DeleteParams::default())
        .await
        .map_err(|error| error.to_string())?;
    timely(scenario.cluster.wait_deleted("web"))
        .await
        .ok_or_else(|| "not deleted".to_owned())
}

async fn timely<T>(work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(LIFE, work).await.ok()
}

async fn wait_counted(scenario: &Scenario) {
    let events = Api::<Event>::namespaced(scenario.cluster.client.clone(), &scenario.cluster.namespace);
    within(LIFE * 2, "an event with a series", async || {
        let found = events
            .list(&ListParams::default())
            .await
            .map_err(|error| error.to_string())?
            .items;
        let counted = found.iter().any(|event| event.series.is_some());
        if counted {
            Ok(())
        } else {
            Err(format!(
                "{:?}",
                found.iter().map(|event| &event.reason).collect::<Vec<_>>()
            ))
        }
    })
    .await;
}
