//! The API server is killed in the middle of elbow's work and is away for a while; elbow has one of its own, which shares
//! all with that of the other tests but the process.

mod spare;

use std::ops::Range;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use elbow_sandbox::proxy::{Fault, Kind};
use tokio::time::sleep;

use super::fleet::Fleet;
use super::{ALONE, NO_GRACE};
use crate::elbow_process::{Elbow, Settings};
use crate::scenario::{Scenario, with_own_elbow};
use crate::wait::until;
use spare::ApiServer;

/// How long it is away: longer than a lease.
const AWAY: Duration = Duration::from_secs(16);

/// How long a lease of these tests lasts at most.
const LEASE_MS: u64 = 12_000;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn an_api_server_that_restarts_in_the_middle_of_the_work_costs_nothing_but_the_time() {
    with_own_elbow("chaos-api-server", async |scenario| {
        let mut server = ApiServer::start(&scenario).await;
        scenario
            .proxy
            .set_faults(&[Fault::new("*", Kind::LatencyMs(100))])
            .await
            .unwrap();
        let mut fleet = Fleet::new(&scenario);

        let mut elbow = Elbow::start(&scenario, &settings(&scenario, &server, "alone", &ALONE).await);
        fleet.create(0..8).await;
        fleet.wait_as_declared().await;
        restart_amid_work(&scenario, &mut server, &mut fleet, 8).await;
        fleet.wait_as_declared().await;
        elbow.assert_sound();
        elbow.kill().await;

        // As a Deployment: the leader loses its lease and ends, and is started anew.
        let first = settings(&scenario, &server, "first", &[NO_GRACE]).await;
        let second = settings(&scenario, &server, "second", &[NO_GRACE]).await;
        let work = async {
            fleet.create(20..24).await;
            fleet.wait_as_declared().await;
            let away = restart_amid_work(&scenario, &mut server, &mut fleet, 24).await;
            fleet.wait_as_declared().await;
            assert_unled(&scenario, away).await;
        };
        tokio::select! {
            () = Elbow::keep(&scenario, &first) => {},
            () = Elbow::keep(&scenario, &second) => {},
            () = work => {},
        }
    })
    .await;
}

/// Kills the API server while Services from number `next` on come, and others change and go, and has more of that while it
/// is away. There must be Services `next - 4` to `next`; afterwards there are `next + 2` to `next + 12` more. Returns when it
/// was away, as the proxy tells the time.
async fn restart_amid_work(
    scenario: &Scenario,
    server: &mut ApiServer,
    fleet: &mut Fleet<'_>,
    next: usize,
) -> Range<u64> {
    scenario.proxy.reset_counts().await.unwrap();
    fleet.create(next..next + 6).await;
    fleet.change(next - 2..next).await;
    fleet.delete(next - 4..next - 3).await;
    until("the work to be under way", async || match scenario.calls().await {
        calls if calls.iter().any(|call| call.contains("CreateTargetGroup")) => Ok(()),
        calls => Err(format!("{calls:?}")),
    })
    .await;
    server.kill().await;
    let from = now_ms();
    fleet.create(next + 6..next + 12).await;
    fleet.change(next + 2..next + 4).await;
    fleet.delete(next..next + 2).await;
    fleet.delete(next - 3..next - 2).await;
    sleep(AWAY).await;
    let to = now_ms();
    server.restart().await;
    from..to
}

/// Who cannot renew the Lease must have stopped writing to AWS when it ran out.
async fn assert_unled(scenario: &Scenario, away: Range<u64>) {
    let log = scenario.proxy.log(0).await.unwrap();
    let entries = log.entries.iter();
    let without_lease = entries.filter(|entry| (away.start + LEASE_MS..away.end).contains(&entry.time_ms));
    let written: Vec<_> = without_lease
        .filter(|entry| !entry.action.starts_with("Describe"))
        .collect();
    assert!(written.is_empty(), "written without a lease: {written:#?}");
}

/// Milliseconds since 1970.
fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_millis().try_into().unwrap()
}

async fn settings(scenario: &Scenario, server: &ApiServer, replica: &str, flags: &[&str]) -> Settings {
    let settings = scenario.settings(replica, flags).await;
    let kubeconfig: PathBuf = server.kubeconfig(&settings.kubeconfig);
    Settings { kubeconfig, ..settings }
}
