//! What people do to Services.

use crate::cluster::Cluster;
use crate::kubernetes::manifest;

#[tokio::test(start_paused = true)]
async fn a_service_is_served_changed_and_deleted_without_a_trace() {
    let mut cluster = Cluster::served(1);
    cluster.kubernetes.create("web", manifest(&[(80, 30080)]));
    cluster.ends_well("after the create").await;
    cluster.kubernetes.change("web", |service| service["spec"]["ports"] = manifest(&[(443, 30443)])["spec"]["ports"].clone());
    cluster.ends_well("after the change").await;
    cluster.kubernetes.delete("web");
    cluster.ends_empty("after the delete").await;
    assert_eq!(cluster.kubernetes.service("shop", "web"), None);
}
