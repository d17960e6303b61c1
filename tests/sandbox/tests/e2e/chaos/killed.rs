//! SIGKILL every few seconds.

use std::time::Duration;

use elbow_sandbox::proxy::{Fault, Kind};
use tokio::time::{Instant, sleep_until};

use super::fleet::Fleet;
use super::seed::Seed;
use super::{ALONE, LONG_PATIENCE};
use crate::elbow_process::Elbow;
use crate::scenario::{Scenario, with_own_elbow};
use crate::wait::within;

const SERVICES: usize = 50;

/// Between two deeds: the work on all Services then lasts through several kills.
const PAUSE: Duration = Duration::from_millis(200);

/// How long it works at least before it is killed, counted from its first write.
const AT_WORK: Duration = Duration::from_secs(2);

/// So that kills find calls under way.
const LATENCY: Kind = Kind::LatencyMs(50);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn killed_every_4_to_8_seconds_50_services_come_change_and_go() {
    live_while_killed("chaos-killed", |_| Vec::new()).await;
}

/// As it says, with more faults beside.
pub(super) async fn live_while_killed(name: &str, more: impl Fn(&Seed) -> Vec<Fault>) {
    with_own_elbow(name, async |scenario| {
        let seed = Seed::new();
        let mut faults = more(&seed);
        faults.push(Fault::new("*", LATENCY));
        scenario.proxy.set_faults(&faults).await.unwrap();
        let life = live(&scenario);
        let kills = kill_until_done(&scenario, &seed, life).await;
        println!("killed {kills} times");
        assert!(kills >= 5, "only {kills} kills: too few to mean anything");
    })
    .await;
}

async fn live(scenario: &Scenario) {
    let mut fleet = Fleet::new(scenario).pausing(PAUSE);
    fleet.create(0..SERVICES).await;
    let created = fleet.wait_as_declared().await;
    fleet.change(0..SERVICES).await;
    let changed = fleet.wait_as_declared().await;
    fleet.delete(0..SERVICES).await;
    let deleted = fleet.wait_as_declared().await;
    let seconds = [created, changed, deleted].map(|took| format!("{:.1}", took.as_secs_f64()));
    println!(
        "{SERVICES} Services after the last deed of each kind: {} s",
        seconds.join(" / ")
    );
}

/// Starts elbow again and again; returns how often it was killed before the work was done.
async fn kill_until_done(scenario: &Scenario, seed: &Seed, work: impl Future<Output = ()>) -> u64 {
    let settings = scenario.settings("victim", &ALONE).await;
    tokio::pin!(work);
    for kills in 0.. {
        let mut elbow = Elbow::start(scenario, &settings);
        let shortest = Duration::from_secs_f64(seed.between(4.0, 8.0, kills));
        let done = tokio::select! {
            () = &mut work => true,
            () = life(scenario, shortest) => false,
        };
        elbow.assert_sound();
        elbow.kill().await;
        if done {
            return kills;
        }
    }
    unreachable!("the work ends, or panics at its deadline")
}

/// So long, and [`AT_WORK`] at least: on a busy machine a start alone may take as long.
async fn life(scenario: &Scenario, shortest: Duration) {
    let end = Instant::now() + shortest;
    // No call has that number, so this only asks for the next one.
    let since = scenario.proxy.log(u64::MAX).await.unwrap().next;
    within(LONG_PATIENCE, "the first write of a life", async || {
        let log = scenario.proxy.log(since).await.map_err(|error| error.to_string())?;
        let mut entries = log.entries.iter();
        match entries.find(|entry| !entry.action.starts_with("Describe")) {
            Some(_) => Ok(()),
            None => Err(format!("{} reads", log.entries.len())),
        }
    })
    .await;
    sleep_until(end.max(Instant::now() + AT_WORK)).await;
}
