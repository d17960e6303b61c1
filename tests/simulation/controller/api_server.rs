//! What the API server does to its clients.

use std::time::Duration;

use rstest::rstest;
use serde_json::json;

use super::{SHORT, serving};
use crate::cluster::Cluster;
use crate::kubernetes::manifest;

const FOREIGN: &str = "example.com/other";
const HOLD: Duration = Duration::from_secs(60);

/// Changes, deletes and makes Services, and exchanges a node.
fn much_happens(cluster: &Cluster) {
    cluster.kubernetes.change("web", |service| {
        service["spec"]["ports"] = manifest(&[(80, 30080), (443, 30443)])["spec"]["ports"].clone();
    });
    cluster.kubernetes.delete("api");
    cluster.kubernetes.create("late", manifest(&[(81, 30081)]));
    cluster.kubernetes.remove_node(1);
    cluster.kubernetes.add_node(4);
}

async fn serving_two() -> Cluster {
    let mut cluster = serving("web").await;
    cluster.kubernetes.create("api", manifest(&[(8080, 30808)]));
    cluster.settle().await;
    cluster
}

#[tokio::test(start_paused = true)]
async fn nothing_is_lost_while_the_api_server_restarts() {
    for before in [0, 5, 20, 50, 100, 500] {
        let mut cluster = serving_two().await;
        cluster.kubernetes.create("busy", manifest(&[(82, 30082)]));
        cluster.pass(Duration::from_millis(before)).await;
        cluster.kubernetes.restart(Duration::from_secs(30));
        cluster.pass(Duration::from_secs(10)).await;
        much_happens(&cluster);
        cluster.ends_well(&format!("restarted after {before} ms")).await;
    }
}

#[rstest]
#[case::and_knows_all_that_happened(false)]
#[case::and_has_forgotten(true)]
#[tokio::test(start_paused = true)]
async fn nothing_is_lost_when_the_server_ends_all_watches(#[case] forgets: bool) {
    let mut cluster = serving_two().await;
    cluster.kubernetes.hold_watches();
    much_happens(&cluster);
    cluster.kubernetes.cut_watches();
    if forgets {
        cluster.kubernetes.forget_history();
    }
    cluster.kubernetes.release_watches();
    cluster.ends_well("after the cut").await;
}

#[tokio::test(start_paused = true)]
async fn a_service_and_a_node_deleted_behind_the_back_of_a_watch_are_noticed() {
    let mut cluster = serving_two().await;
    cluster.kubernetes.hold_watches();
    cluster.kubernetes.delete("api");
    cluster.kubernetes.remove_node(2);
    cluster.kubernetes.forget_history();
    cluster.kubernetes.cut_watches();
    cluster.kubernetes.release_watches();
    cluster.ends_well("after the relist").await;
    assert_eq!(cluster.kubernetes.services().len(), 1);
}

/// Puts a finalizer of somebody else on the Service, or takes it off.
fn turn_foreign_finalizer(cluster: &Cluster) {
    cluster.kubernetes.change("web", |service| {
        let names = service["metadata"]["finalizers"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let (foreign, mut others): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| name == FOREIGN);
        if foreign.is_empty() {
            others.push(json!(FOREIGN));
        }
        service["metadata"]["finalizers"] = json!(others);
    });
}

fn has_foreign_finalizer(cluster: &Cluster) -> bool {
    let web = cluster.kubernetes.service("shop", "web").unwrap();
    let names = web["metadata"]["finalizers"].as_array().unwrap();
    names.iter().any(|name| name == FOREIGN)
}

/// A patch of ours that meets their edit fails, and loses nothing.
#[tokio::test(start_paused = true)]
async fn a_finalizer_of_somebody_else_that_comes_at_any_moment_of_a_create_stays() {
    for pause in (0..40).step_by(2) {
        let mut cluster = Cluster::served(pause);
        cluster.quiet = SHORT;
        cluster.pass(Duration::from_secs(1)).await;
        cluster.kubernetes.create("web", manifest(&[(80, 30080)]));
        cluster.pass(Duration::from_millis(pause)).await;
        turn_foreign_finalizer(&cluster);
        cluster.ends_well(&format!("edited after {pause} ms")).await;
        assert!(has_foreign_finalizer(&cluster), "edited after {pause} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn a_finalizer_of_somebody_else_that_goes_at_any_moment_does_not_come_back() {
    for pause in (0..60).step_by(3) {
        let mut cluster = serving("web").await;
        cluster.quiet = SHORT;
        turn_foreign_finalizer(&cluster);
        cluster.pass(Duration::from_secs(1)).await;
        cluster.kubernetes.make_internal("web");
        cluster.pass(Duration::from_millis(pause)).await;
        turn_foreign_finalizer(&cluster);
        cluster.ends_empty(&format!("edited after {pause} ms")).await;
        assert!(!has_foreign_finalizer(&cluster), "edited after {pause} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_others_edit_all_the_time_is_served_and_keeps_their_edits() {
    let mut cluster = Cluster::served(1);
    cluster.kubernetes.create("web", manifest(&[(80, 30080)]));
    for number in 0..300 {
        cluster.pass(Duration::from_millis(3)).await;
        cluster.kubernetes.change("web", |service| {
            service["metadata"]["labels"] = json!({"edit": number.to_string()});
        });
    }
    cluster.ends_well("after many edits").await;
    let web = cluster.kubernetes.service("shop", "web").unwrap();
    assert_eq!(web["metadata"]["labels"]["edit"], "299");
}

/// The watch shows what was, while all that is done is done to what is.
#[tokio::test(start_paused = true)]
async fn a_stale_view_after_a_restart_does_no_harm() {
    let mut cluster = serving_two().await;
    cluster.restart();
    cluster.pass(Duration::from_secs(2)).await;
    cluster.kubernetes.hold_watches();
    much_happens(&cluster);
    cluster.pass(HOLD).await;
    cluster.kubernetes.release_watches();
    cluster.ends_well("after the view was fresh again").await;
}

#[tokio::test(start_paused = true)]
async fn a_service_made_anew_behind_a_stale_view_is_not_taken_for_the_old_one() {
    let mut cluster = serving("web").await;
    cluster.kubernetes.hold_watches();
    cluster.kubernetes.delete("web");
    cluster.pass(HOLD).await;
    cluster.kubernetes.release_watches();
    cluster
        .until("gone", |cluster| cluster.kubernetes.service("shop", "web").is_none())
        .await;
    cluster.kubernetes.hold_watches();
    cluster.kubernetes.create("web", manifest(&[(80, 30080)]));
    cluster
        .kubernetes
        .change("web", |service| service["metadata"]["labels"] = json!({"a": "b"}));
    cluster.pass(HOLD).await;
    cluster.kubernetes.release_watches();
    cluster.ends_well("with the new Service").await;
}

#[rstest]
#[case::a_little(Duration::from_millis(200))]
#[case::some_seconds(Duration::from_secs(5))]
#[case::longer_than_writes_are_remembered(Duration::from_secs(60))]
#[tokio::test(start_paused = true)]
async fn watches_that_lag_end_in_the_same_state(#[case] lag: Duration) {
    let mut cluster = serving_two().await;
    cluster.kubernetes.delay_watches(lag);
    much_happens(&cluster);
    cluster.pass(lag * 2).await;
    cluster.kubernetes.delete("late");
    cluster.pass(lag / 2).await;
    cluster.kubernetes.make_internal("web");
    cluster.ends_well("behind the lag").await;
}

/// Statuses that others have set stay.
#[tokio::test(start_paused = true)]
async fn a_condition_of_somebody_else_is_kept() {
    let mut cluster = serving("web").await;
    let foreign = json!({
        "type": "example.com/Foreign", "status": "True", "reason": "Because", "message": "",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    });
    let theirs = foreign.clone();
    cluster.kubernetes.change("web", |service| {
        service["status"]["conditions"].as_array_mut().unwrap().push(theirs)
    });
    cluster.ends_well("with a foreign condition").await;
    cluster.kubernetes.make_internal("web");
    cluster.ends_empty("without a load balancer").await;
    let web = cluster.kubernetes.service("shop", "web").unwrap();
    assert_eq!(web["status"]["conditions"], json!([foreign]));
}
