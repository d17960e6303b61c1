//! The real controller on both APIs.

mod api_server;
mod crash;
mod nodes;
mod replicas;
mod services;
mod walk;

use std::time::Duration;

use crate::cluster::Cluster;
use crate::kubernetes::manifest;

/// No delay is longer where things go wrong once.
const SHORT: Duration = Duration::from_secs(100);

/// A cluster that serves this Service.
async fn serving(name: &str) -> Cluster {
    let mut cluster = Cluster::served(1);
    cluster.kubernetes.create(name, manifest(&[(80, 30080)]));
    cluster.pass(Duration::from_secs(10)).await;
    cluster
}
