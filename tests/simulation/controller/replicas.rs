//! Several replicas, of which one writes.

use std::time::Duration;

use super::{Cluster, SHORT};
use crate::kubernetes::manifest;

/// The default of `--leader-election-lease-duration`.
const LEASE: Duration = Duration::from_secs(15);
/// How late a standby may notice that a lease has run out or was given back.
const LATE: Duration = Duration::from_secs(1);
const STEP: Duration = Duration::from_millis(50);

/// Two replicas, of which the first leads.
async fn led() -> Cluster {
    let mut cluster = Cluster::replicated(3, 1);
    cluster
        .until("a leader", |cluster| cluster.kubernetes.leader().is_some())
        .await;
    cluster.start();
    cluster.pass(Duration::from_secs(5)).await;
    cluster.quiet = SHORT / 2;
    cluster
}

/// How long it takes until somebody else leads.
async fn time_to_takeover(cluster: &mut Cluster) -> Duration {
    let (begun, before) = (tokio::time::Instant::now(), cluster.kubernetes.leader());
    while cluster.kubernetes.leader() == before {
        assert!(begun.elapsed() < LEASE * 3, "nobody takes the lease");
        cluster.pass(STEP).await;
    }
    begun.elapsed()
}

#[tokio::test(start_paused = true)]
async fn a_frozen_leader_writes_nothing_when_it_is_resumed() {
    for pause in [0, 20, 60, 85] {
        let mut cluster = led().await;
        cluster.kubernetes.create("web", manifest(&[(80, 30080)]));
        cluster.pass(Duration::from_millis(pause)).await;
        cluster.processes[0].freeze();
        let took = time_to_takeover(&mut cluster).await;
        assert!(took <= LEASE + LATE, "{took:?}");
        cluster.pass(Duration::from_secs(60) - took).await;
        cluster.processes[0].resume();
        cluster.kubernetes.create("late", manifest(&[(81, 30081)]));
        cluster
            .until("the old leader ends", |cluster| cluster.processes[0].has_ended())
            .await;
        cluster.ends_well(&format!("frozen after {pause} ms")).await;
        let writers = cluster.witness.writers();
        assert!(
            writers.len() <= 2 && writers.is_sorted(),
            "frozen after {pause} ms: {writers:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn another_replica_goes_on_when_the_leader_is_killed() {
    for pause in [0, 20, 60, 85] {
        let mut cluster = led().await;
        cluster.kubernetes.create("web", manifest(&[(80, 30080)]));
        cluster.pass(Duration::from_millis(pause)).await;
        cluster.processes.remove(0);
        let took = time_to_takeover(&mut cluster).await;
        assert!(took <= LEASE + LATE, "{took:?}");
        cluster.ends_well(&format!("killed after {pause} ms")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_is_told_to_stop_gives_its_lease_back_and_another_goes_on() {
    for pause in [0, 20, 60, 85] {
        let mut cluster = led().await;
        cluster.kubernetes.create("web", manifest(&[(80, 30080)]));
        cluster.pass(Duration::from_millis(pause)).await;
        cluster.processes[0].stop();
        let took = time_to_takeover(&mut cluster).await;
        assert!(took <= LATE, "{took:?}");
        assert!(cluster.processes[0].has_ended());
        cluster.ends_well(&format!("stopped after {pause} ms")).await;
    }
}

/// As a Deployment with one replica is rolled.
#[tokio::test(start_paused = true)]
async fn a_process_that_is_stopped_in_the_middle_of_its_work_is_followed_by_one_that_ends_it() {
    for pause in (0..120).step_by(15) {
        let mut cluster = Cluster::served(pause);
        cluster.quiet = SHORT;
        cluster.pass(Duration::from_secs(1)).await;
        cluster.kubernetes.create("web", manifest(&[(80, 30080)]));
        cluster.pass(Duration::from_millis(pause)).await;
        cluster.processes[0].stop();
        cluster.pass(Duration::from_secs(10)).await;
        assert!(cluster.processes[0].has_ended(), "10 s after the signal");
        cluster.start();
        cluster.ends_well(&format!("stopped after {pause} ms")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_leader_without_its_api_server_writes_nothing_after_its_term() {
    let mut cluster = led().await;
    cluster.kubernetes.create("web", manifest(&[(80, 30080)]));
    cluster.pass(Duration::from_millis(60)).await;
    cluster.kubernetes.restart(Duration::from_secs(60));
    cluster
        .until("the leader ends", |cluster| cluster.processes[0].has_ended())
        .await;
    assert!(cluster.processes[0].fence.permit().is_err());
    cluster.start();
    cluster.ends_well("after the outage").await;
}
