//! The API server is killed in the middle of elbow's work and is away for a while; elbow has one of its own, which shares
//! all with that of the other tests but the process.

mod spare;

use std::path::PathBuf;
use std::time::Duration;

use elbow_sandbox::proxy::{Fault, Kind};
use tokio::time::sleep;

use super::fleet::Fleet;
use super::{ALONE, NO_GRACE};
use crate::elbow_process::{Elbow, Settings};
use crate::scenario::{Scenario, with_own_elbow};
use crate::wait::until;
use spare::ApiServer;

/// How long it is away. Longer than any lease of these tests lasts.
const AWAY: Duration = Duration::from_secs(12);

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
            restart_amid_work(&scenario, &mut server, &mut fleet, 24).await;
            fleet.wait_as_declared().await;
        };
        tokio::select! {
            () = keep(&scenario, &first) => {},
            () = keep(&scenario, &second) => {},
            () = work => {},
        }
    })
    .await;
}

/// Kills the API server while Services from number `next` on come, and others change and go, and has more of that while it
/// is away. There must be Services `next - 4` to `next`; afterwards there are `next + 2` to `next + 12` more.
async fn restart_amid_work(scenario: &Scenario, server: &mut ApiServer, fleet: &mut Fleet<'_>, next: usize) {
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
    fleet.create(next + 6..next + 12).await;
    fleet.change(next + 2..next + 4).await;
    fleet.delete(next..next + 2).await;
    fleet.delete(next - 3..next - 2).await;
    sleep(AWAY).await;
    server.restart().await;
}

async fn settings(scenario: &Scenario, server: &ApiServer, replica: &str, flags: &[&str]) -> Settings {
    let settings = scenario.settings(replica, flags).await;
    let kubeconfig: PathBuf = server.kubeconfig(&settings.kubeconfig);
    Settings { kubeconfig, ..settings }
}

/// Starts a replica whenever it has ended, as a kubelet does.
async fn keep(scenario: &Scenario, settings: &Settings) {
    loop {
        let mut replica = Elbow::start(scenario, settings);
        replica.wait(Duration::from_hours(1)).await;
        println!("{} ended and is started anew", settings.replica);
        sleep(Duration::from_secs(1)).await;
    }
}
