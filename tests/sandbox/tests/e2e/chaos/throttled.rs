//! AWS throttles one call in five, and of one in twenty the answer is lost.

use elbow_sandbox::proxy::{Fault, Kind};

use super::ALONE;
use super::fleet::Fleet;
use super::seed::Seed;
use crate::scenario::with_own_elbow;

const SERVICES: usize = 20;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn with_a_fifth_throttled_and_a_twentieth_of_the_answers_lost_20_services_come_change_and_go() {
    with_own_elbow("chaos-throttled", async |scenario| {
        let mut elbow = scenario.elbow("only", &ALONE).await;
        let seed = Seed::new();
        scenario.proxy.set_faults(&faults(&seed)).await.unwrap();
        let mut fleet = Fleet::new(&scenario);

        fleet.create(0..SERVICES).await;
        let created = fleet.wait_as_declared().await;
        fleet.change(0..SERVICES).await;
        let changed = fleet.wait_as_declared().await;
        fleet.delete(0..SERVICES).await;
        let deleted = fleet.wait_as_declared().await;

        elbow.assert_sound();
        let seconds = [created, changed, deleted].map(|took| format!("{:.1}", took.as_secs_f64()));
        println!(
            "{SERVICES} Services created, changed and deleted: {} s",
            seconds.join(" / ")
        );
    })
    .await;
}

/// Of all calls, reads too.
pub(super) fn faults(seed: &Seed) -> [Fault; 2] {
    [
        Fault::new("*", Kind::Throttle).probability(0.2, seed.0),
        Fault::new("*", Kind::LostReply).probability(0.05, seed.0.wrapping_add(1)),
    ]
}
