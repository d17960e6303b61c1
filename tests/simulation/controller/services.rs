//! What people do to Services.

use std::time::Duration;

use serde_json::{Value, json};

use super::{SHORT, serving};
use crate::cluster::Cluster;
use crate::kubernetes::manifest;
use crate::world::assert_same;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_service_is_served_changed_and_deleted_without_a_trace() {
    let mut cluster = serving("web").await;
    cluster.ends_well("after the create").await;
    cluster.kubernetes.change("web", |service| {
        service["spec"]["ports"] = manifest(&[(443, 30443)])["spec"]["ports"].clone();
    });
    cluster.ends_well("after the change").await;
    cluster.kubernetes.delete("web");
    cluster.ends_empty("after the delete").await;
    assert_eq!(cluster.kubernetes.service("shop", "web"), None);
}

#[tokio::test(start_paused = true)]
async fn a_restart_writes_nothing_where_nothing_has_changed() {
    let mut cluster = serving("web").await;
    let before = cluster.kubernetes.services();
    cluster.aws.take_log();
    cluster.restart();
    cluster.ends_well("after the restart").await;
    assert_eq!(cluster.kubernetes.services(), before);
    let writes = cluster
        .aws
        .take_log()
        .into_iter()
        .filter(|action| !action.contains("Describe"));
    assert_eq!(writes.collect::<Vec<_>>(), Vec::<&str>::new());
}

#[tokio::test(start_paused = true)]
async fn a_type_that_changes_back_within_a_second_ends_with_one_load_balancer() {
    for pause in [0, 1, 3, 10, 30, 100, 300, 1000] {
        let mut cluster = serving("web").await;
        let spec = cluster.kubernetes.service("shop", "web").unwrap()["spec"].clone();
        cluster.kubernetes.make_internal("web");
        cluster.pass(Duration::from_millis(pause)).await;
        cluster.kubernetes.change("web", |service| service["spec"] = spec);
        cluster.ends_well(&format!("after {pause} ms")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_type_that_changes_away_takes_all_with_it() {
    let mut cluster = serving("web").await;
    cluster.kubernetes.make_internal("web");
    cluster.ends_empty("after the change of type").await;
    assert_eq!(cluster.kubernetes.services().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_service_made_anew_under_the_same_name_gets_its_own_load_balancer_and_the_old_one_goes() {
    for pause in [0, 5, 20, 100, 1000] {
        let mut cluster = serving("web").await;
        let old = cluster.kubernetes.service("shop", "web").unwrap()["metadata"]["uid"].clone();
        cluster.kubernetes.delete("web");
        cluster
            .until("gone", |cluster| cluster.kubernetes.service("shop", "web").is_none())
            .await;
        cluster.pass(Duration::from_millis(pause)).await;
        cluster.kubernetes.create("web", manifest(&[(80, 30080)]));
        cluster.ends_well(&format!("after {pause} ms")).await;
        assert_ne!(
            cluster.kubernetes.service("shop", "web").unwrap()["metadata"]["uid"],
            old
        );
    }
}

#[tokio::test(start_paused = true)]
async fn services_of_another_class_or_none_are_neither_served_nor_touched() {
    let mut cluster = Cluster::served(1);
    let foreign = |class: Value, kind: &str| {
        let mut manifest = manifest(&[(80, 30080)]);
        manifest["spec"]["loadBalancerClass"] = class;
        manifest["spec"]["type"] = json!(kind);
        manifest
    };
    cluster
        .kubernetes
        .create("other", foreign(json!("example.com/lb"), "LoadBalancer"));
    cluster
        .kubernetes
        .create("unclassed", foreign(Value::Null, "LoadBalancer"));
    cluster.kubernetes.create("internal", foreign(Value::Null, "ClusterIP"));
    let before = cluster.work();
    cluster.settle().await;
    for name in ["other", "unclassed", "internal"] {
        cluster
            .kubernetes
            .change(name, |service| service["metadata"]["labels"] = json!({"a": "b"}));
        cluster.kubernetes.delete(name);
    }
    cluster.settle().await;
    assert_eq!(cluster.work(), before);
}

/// Somebody takes the finalizer off while no process looks, and the Service is gone.
fn remove_by_force(cluster: &mut Cluster, name: &str) {
    let uid = cluster.kubernetes.service("shop", name).unwrap()["metadata"]["uid"].clone();
    cluster.witness.excuse(uid.as_str().unwrap());
    cluster.kill();
    cluster.kubernetes.delete(name);
    cluster
        .kubernetes
        .change(name, |service| service["metadata"]["finalizers"] = json!([]));
    cluster.start();
}

#[tokio::test(start_paused = true)]
async fn what_a_finalizer_removed_by_force_leaves_behind_stays_untouched() {
    let mut cluster = serving("web").await;
    let orphan = cluster.aws.digest();
    remove_by_force(&mut cluster, "web");
    cluster.ends_as(&orphan, "after the removal by force").await;
}

#[tokio::test(start_paused = true)]
async fn what_a_finalizer_removed_by_force_leaves_behind_goes_after_two_audits_where_that_is_wanted() {
    let mut cluster = Cluster::with_flags(1, &["--audit-period=5m", "--delete-orphans"]);
    cluster.kubernetes.create("web", manifest(&[(80, 30080)]));
    cluster.kubernetes.create("api", manifest(&[(81, 30081)]));
    cluster.pass(Duration::from_secs(10)).await;
    let before = cluster.aws.digest();
    remove_by_force(&mut cluster, "web");
    cluster.pass(Duration::from_secs(9 * 60)).await;
    assert_same(&cluster.aws.digest(), &before, "after one audit");
    cluster.pass(Duration::from_secs(10 * 60)).await;
    let expected = cluster.fresh_end().await;
    assert_same(&cluster.aws.digest(), &expected, "after the others");
    assert_eq!(cluster.witness.wrong(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn the_deletion_of_a_namespace_takes_all_of_fifty_services_away() {
    let mut cluster = Cluster::served(1);
    for number in 0..50 {
        cluster
            .kubernetes
            .create(&format!("web-{number}"), manifest(&[(80, 30100 + number)]));
    }
    cluster.settle().await;
    let before = cluster.aws.count();
    cluster.kubernetes.delete_namespace();
    cluster.settle().await;
    let calls = cluster.aws.count() - before;
    assert!(calls <= 50 * 3 + 10, "{calls} calls");
    assert_eq!(cluster.kubernetes.services(), Vec::<Value>::new());
    cluster.ends_empty("after the deletion of the namespace").await;
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_deleted_while_it_is_made_leaves_nothing() {
    for pause in (0..120).step_by(10) {
        let mut cluster = Cluster::served(pause);
        cluster.quiet = SHORT;
        cluster.pass(SECOND).await;
        cluster.kubernetes.create("web", manifest(&[(80, 30080)]));
        cluster.pass(Duration::from_millis(pause)).await;
        cluster.kubernetes.delete("web");
        cluster.ends_empty(&format!("deleted after {pause} ms")).await;
    }
}
