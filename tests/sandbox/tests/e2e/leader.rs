//! Two replicas: one leads, the other takes over, and never do both write.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use elbow_sandbox::proxy::{Fault, Kind};
use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;

use crate::scenario::{Scenario, with_own_elbow};
use crate::wait::{steadily, until, within};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn killing_the_leader_hands_over_within_20_seconds_and_nothing_is_written_twice() {
    with_own_elbow("leader-killed", async |scenario| {
        let mut first = scenario.elbow("first", &[]).await;
        wait_leader(&scenario, "first").await;
        let _second = scenario.elbow("second", &[]).await;
        // Killed in the middle of a create: the load balancer is made, its listener is not.
        scenario
            .proxy
            .set_faults(&[Fault::new("CreateListener", Kind::HoldBefore).nth(1)])
            .await
            .unwrap();
        scenario.cluster.create_service(&scenario.service("web")).await;
        scenario.proxy.wait_held(Duration::from_secs(30)).await.unwrap();
        first.kill().await;
        let killed = Instant::now();
        scenario.proxy.clear_faults().await.unwrap();
        scenario.proxy.hang_up().await.unwrap();
        within(
            Duration::from_secs(20),
            "the other replica to finish the work",
            async || {
                let held = scenario.holdings("web").await;
                if held.listener_ports() == [80] {
                    Ok(())
                } else {
                    Err(format!("{held:#?}"))
                }
            },
        )
        .await;
        println!("handed over in {:.1} s", killed.elapsed().as_secs_f64());
        scenario.cluster.wait_programmed("web").await;
        assert_each_created_once(&scenario).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn a_frozen_leader_that_wakes_after_its_lease_writes_nothing_more() {
    with_own_elbow("leader-frozen", async |scenario| {
        let mut first = scenario.elbow("first", &[]).await;
        wait_leader(&scenario, "first").await;
        let _second = scenario.elbow("second", &[]).await;
        // Frozen in the middle of a create, with work left that it would go on with.
        scenario
            .proxy
            .set_faults(&[Fault::new("CreateLoadBalancer", Kind::HoldBefore).nth(1)])
            .await
            .unwrap();
        scenario.cluster.create_service(&scenario.service("web")).await;
        scenario.proxy.wait_held(Duration::from_secs(30)).await.unwrap();
        first.signal("STOP").await;
        scenario.proxy.clear_faults().await.unwrap();
        scenario.proxy.hang_up().await.unwrap();
        scenario.cluster.wait_programmed("web").await;
        wait_leader(&scenario, "second").await;
        let before = scenario.proxy.counts().await.unwrap();
        first.signal("CONT").await;
        steadily(Duration::from_secs(3), "no call of a leader that is none", async || {
            let now = scenario.proxy.counts().await.map_err(|error| error.to_string())?;
            if now == before {
                Ok(())
            } else {
                Err(format!("{before:?} then {now:?}"))
            }
        })
        .await;
        assert!(
            !first.wait(Duration::from_secs(20)).await,
            "a leader that lost its lease ends with an error"
        );
        assert_each_created_once(&scenario).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn the_replica_that_does_not_lead_is_live_ready_and_measured_too() {
    with_own_elbow("leader-standby", async |scenario| {
        let _first = scenario.elbow("first", &[]).await;
        wait_leader(&scenario, "first").await;
        let second = scenario.elbow("second", &[]).await;
        for url in [format!("{}/healthz", second.health_url), second.metrics_url.clone()] {
            assert!(elbow_sandbox::http::answers(&url).await, "{url}");
        }
        wait_leader(&scenario, "first").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn sigterm_stops_at_a_calls_edge_within_10_seconds_and_gives_the_lease_back() {
    with_own_elbow("leader-stopped", async |scenario| {
        let mut first = scenario.elbow("first", &[]).await;
        wait_leader(&scenario, "first").await;
        scenario
            .proxy
            .set_faults(&[Fault::new("mutating", Kind::LatencyMs(500))])
            .await
            .unwrap();
        scenario.cluster.create_service(&scenario.service("web")).await;
        until("the create to be under way", async || match scenario.calls().await {
            calls if calls.iter().any(|call| call.contains("CreateTargetGroup")) => Ok(()),
            calls => Err(format!("{calls:?}")),
        })
        .await;
        first.signal("TERM").await;
        assert!(
            first.wait(Duration::from_secs(10)).await,
            "it ends by itself, with success"
        );
        let holder = holder(&scenario).await;
        assert_eq!(holder, None, "the lease is free");
        let log = scenario.proxy.log(0).await.unwrap();
        let broken: Vec<_> = log.entries.iter().filter(|entry| entry.status.is_none()).collect();
        assert!(broken.is_empty(), "calls cut off in the middle: {broken:#?}");
    })
    .await;
}

/// No create call succeeded more often than for one Service of one port.
async fn assert_each_created_once(scenario: &Scenario) {
    let log = scenario.proxy.log(0).await.unwrap();
    let mut done: BTreeMap<(String, String), usize> = BTreeMap::new();
    for entry in log
        .entries
        .iter()
        .filter(|entry| entry.status == Some(200) && entry.action.starts_with("Create"))
    {
        let name = entry
            .fields
            .get("Name")
            .or(entry.fields.get("GroupName"))
            .or(entry.fields.get("Port"))
            .cloned();
        *done
            .entry((entry.action.clone(), name.unwrap_or_default()))
            .or_default() += 1;
    }
    let twice: Vec<_> = done.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "written twice: {twice:?}");
}

/// Waits until the replica of this name holds the Lease.
pub(crate) async fn wait_leader(scenario: &Scenario, replica: &str) {
    until(&format!("{replica} to lead"), async || match holder(scenario).await {
        Some(holder) if holder.starts_with(replica) => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
}

/// Who holds the Lease, if anyone: the replica's name and something of its process.
pub(crate) async fn holder(scenario: &Scenario) -> Option<String> {
    let leases = Api::<Lease>::namespaced(scenario.cluster.client.clone(), &scenario.cluster.namespace);
    let lease = leases.get_opt("elbow-leader").await.unwrap()?;
    lease.spec?.holder_identity.filter(|holder| !holder.is_empty())
}
