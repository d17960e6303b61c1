//! What is left of Services whose finalizer was taken off by force is found and taken away, and nothing else with it.

use elbow_sandbox::http;
use kube::api::DeleteParams;
use serde_json::{Value, json};

use crate::elbow_process::Elbow;
use crate::scenario::{NODES, Printed, Scenario, with_own_elbow};
use crate::wait::until;

/// What `elbow gc` prints with these arguments.
async fn gc(scenario: &Scenario, arguments: &[&str]) -> Printed {
    let lane = format!("gc-{}", scenario.cluster.namespace);
    let words = ["gc"].iter().chain(arguments).map(|word| (*word).to_owned());
    scenario.command(&lane, words.chain(scenario.flags())).await
}

/// The same as a document, with the exit code.
async fn document(scenario: &Scenario, arguments: &[&str]) -> (i32, Value) {
    let printed = gc(scenario, &[&["-o", "json"], arguments].concat()).await;
    let found = serde_json::from_str(&printed.out).unwrap_or_else(|_| panic!("{}{}", printed.out, printed.err));
    (printed.code, found)
}

/// Deletes a Service without giving anybody the time to clean up after it.
async fn delete_by_force(scenario: &Scenario, name: &str) {
    let services = scenario.cluster.services();
    scenario
        .cluster
        .patch_service(name, json!({ "metadata": { "finalizers": null } }))
        .await;
    services.delete(name, &DeleteParams::default()).await.unwrap();
    scenario.cluster.wait_deleted(name).await;
}

/// Two Services that are served, of which one loses its finalizer while elbow is away.
async fn with_an_orphan(scenario: &Scenario) {
    let mut elbow = scenario.elbow("first", &[]).await;
    scenario.serve(&scenario.service("web")).await;
    scenario.serve(&scenario.service("lost")).await;
    elbow.kill().await;
    delete_by_force(scenario, "lost").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn an_orphan_is_listed_and_deleted_and_nothing_else_with_it() {
    let _same_nodes = NODES.read().await;
    with_own_elbow("gc", async |scenario| {
        with_an_orphan(&scenario).await;
        let served = scenario.holdings("web").await;

        let (code, found) = document(&scenario, &[]).await;
        let orphan = &found["orphans"][0];
        assert_eq!(
            (code, &found["outcome"], &found["living"]),
            (2, &json!("orphans"), &json!(1))
        );
        assert_eq!(
            (&orphan["owner"]["name"], &orphan["reason"]),
            (&json!("lost"), &json!("ServiceGone"))
        );
        assert_eq!(orphan["resources"].as_array().unwrap().len(), 3, "{orphan:#}");
        let printed = gc(&scenario, &[]).await;
        assert!(printed.out.contains("there is no such Service"), "{}", printed.out);
        assert!(!scenario.holdings("lost").await.is_empty(), "a look deletes nothing");

        let printed = gc(&scenario, &["--delete"]).await;
        assert_eq!(printed.code, 0, "{}{}", printed.out, printed.err);
        assert!(printed.err.contains("/lost: deleted"), "{}", printed.err);
        assert!(scenario.holdings("lost").await.is_empty());
        assert_eq!(scenario.holdings("web").await, served);
        let (code, left) = document(&scenario, &["--delete"]).await;
        assert_eq!((code, &left["outcome"]), (0, &json!("clean")), "{left:#}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn where_nobody_lives_nothing_is_deleted_unless_that_is_meant() {
    let _same_nodes = NODES.read().await;
    with_own_elbow("gc-all", async |scenario| {
        let mut elbow = scenario.elbow("first", &[]).await;
        scenario.serve(&scenario.service("web")).await;
        elbow.kill().await;
        delete_by_force(&scenario, "web").await;
        let all = scenario.cloud.of_cluster(&scenario.cluster_name).await;

        let refused = gc(&scenario, &["--delete"]).await;
        assert_eq!(refused.code, 1, "{}", refused.out);
        assert!(refused.err.contains("--all-services-gone"), "{}", refused.err);
        assert_eq!(scenario.cloud.of_cluster(&scenario.cluster_name).await, all);

        let (code, done) = document(&scenario, &["--delete", "--all-services-gone"]).await;
        assert_eq!((code, &done["orphans"][0]["fate"]), (0, &json!("deleted")), "{done:#}");
        assert_eq!(done["shared"]["fate"], "deleted", "{done:#}");
        assert!(scenario.cloud.of_cluster(&scenario.cluster_name).await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn the_controller_reports_an_orphan_and_deletes_it_only_with_the_flag() {
    const FAST_AUDIT: &str = "--audit-period=1s";
    let _same_nodes = NODES.read().await;
    with_own_elbow("gc-run", async |scenario| {
        with_an_orphan(&scenario).await;
        let (served, lost) = (scenario.holdings("web").await, scenario.holdings("lost").await);
        let mut reporting = scenario.elbow("second", &[FAST_AUDIT]).await;
        wait_figure(&reporting, "elbow_audits_total{result=\"success\"}", |count| {
            count >= 3.0
        })
        .await;
        wait_figure(&reporting, "elbow_orphans", |count| count == 1.0).await;
        assert_eq!(scenario.holdings("lost").await, lost);
        reporting.kill().await;

        let deleting = scenario.elbow("third", &[FAST_AUDIT, "--delete-orphans"]).await;
        scenario
            .wait_holdings("nothing", "lost", |held| held.is_empty().then_some(()))
            .await;
        wait_figure(&deleting, "elbow_orphans", |count| count == 0.0).await;
        let deleted = "elbow_orphans_deleted_total{result=\"success\"}";
        wait_figure(&deleting, deleted, |count| count == 1.0).await;
        assert_eq!(scenario.holdings("web").await, served);
    })
    .await;
}

/// Waits until a figure, named with its labels, is as wanted.
async fn wait_figure(elbow: &Elbow, name: &str, wanted: impl Fn(f64) -> bool) {
    until(&format!("the figure {name}"), async || {
        let text = http::text(&elbow.metrics_url).await.ok_or("no answer")?;
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        match value {
            Some(value) if wanted(value) => Ok(()),
            value => Err(format!("{value:?}")),
        }
    })
    .await;
}
