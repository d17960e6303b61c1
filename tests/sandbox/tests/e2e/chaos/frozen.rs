//! The leader is frozen for a minute, in the middle of its work.

use std::time::Duration;

use elbow_sandbox::proxy::journal::Entry;
use elbow_sandbox::proxy::{Client as Proxy, Fault, Kind};
use tokio::time::{Instant, sleep_until};

use super::NO_GRACE;
use super::fleet::Fleet;
use crate::elbow_process::Elbow;
use crate::leader::wait_leader;
use crate::scenario::{Scenario, with_own_elbow};
use crate::wait::until;

const FREEZE: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn a_leader_frozen_for_a_minute_writes_nothing_more_while_another_does_its_work() {
    with_own_elbow("chaos-frozen", async |scenario| {
        let lane = Proxy::new(&scenario.sandbox.aws_proxy_url, &first_lane(&scenario));
        let first = start_first(&scenario).await;
        wait_leader(&scenario, "first").await;
        let second = scenario.settings("second", &[NO_GRACE]).await;
        tokio::select! {
            () = Elbow::keep(&scenario, &second) => {},
            () = freeze(&scenario, &lane, first) => {},
        }
    })
    .await;
}

async fn freeze(scenario: &Scenario, lane: &Proxy, mut first: Elbow) {
    let mut fleet = Fleet::new(scenario);
    fleet.create(0..8).await;
    fleet.wait_as_declared().await;

    freeze_at_work(&first, &mut fleet, lane).await;
    let thaw = Instant::now() + FREEZE;
    wait_leader(scenario, "second").await;
    fleet.wait_as_declared().await;
    fleet.create(12..16).await;
    fleet.change(0..4).await;
    fleet.delete(8..10).await;
    fleet.wait_as_declared().await;

    sleep_until(thaw).await;
    let before = lane.log(0).await.unwrap().next;
    // News for both, so that the first has every reason to write.
    fleet.change(12..14).await;
    first.signal("CONT").await;
    assert!(
        !first.wait(Duration::from_secs(20)).await,
        "a leader that lost its lease ends with an error"
    );
    fleet.wait_as_declared().await;
    let written = writes(lane, before).await;
    assert!(written.is_empty(), "written after its lease: {written:#?}");
    assert!(!writes(lane, 0).await.is_empty(), "the first never wrote at all");
    wait_leader(scenario, "second").await;
}

/// Calls that the first makes are told from those of the second.
fn first_lane(scenario: &Scenario) -> String {
    format!("{}-first", scenario.lane)
}

async fn start_first(scenario: &Scenario) -> Elbow {
    let settings = scenario.settings("first", &[NO_GRACE]).await;
    let settings = settings.variable("AWS_ACCESS_KEY_ID", &first_lane(scenario));
    let first = Elbow::start(scenario, &settings);
    first.wait_ready().await;
    first
}

/// Of all it has to do, a part is done, a part under way and never reaches AWS, and a part not begun.
async fn freeze_at_work(first: &Elbow, fleet: &mut Fleet<'_>, lane: &Proxy) {
    let held = Fault::new("CreateLoadBalancer", Kind::HoldBefore);
    let slow = Fault::new("*", Kind::LatencyMs(100));
    lane.set_faults(&[held, slow]).await.unwrap();
    fleet.create(8..12).await;
    fleet.change(4..6).await;
    fleet.delete(6..8).await;
    until("a held call", async || match lane.held().await {
        Ok(held) if !held.is_empty() => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
    first.signal("STOP").await;
    lane.clear_faults().await.unwrap();
    lane.hang_up().await.unwrap();
}

/// What was asked of AWS in a lane since, reads left out.
async fn writes(lane: &Proxy, since: u64) -> Vec<Entry> {
    let log = lane.log(since).await.unwrap();
    let entries = log.entries.into_iter();
    entries.filter(|entry| !entry.action.starts_with("Describe")).collect()
}
