//! Requests from the sandbox's client through a hostname, at a steady rate.

use std::collections::BTreeMap;
use std::time::Duration;

use elbow_sandbox::client::report::Failed;
use elbow_sandbox::client::{Ask, Load, Report, Running};
use tokio::time::Instant;

use super::super::visitor::station;
use crate::scenario::Scenario;
use crate::wait::{PATIENCE, until};

/// Requests a second, each on a connection of its own.
const RATE: u32 = 100;

/// So many answers on end tell that a Service is served.
const ANSWERS: usize = 10;

/// A way that is shut for a moment fails no request but holds all of them up, for the beginning of a connection is sent again after
/// a second (RFC 6298). Half of that is left to a busy machine.
const GAP: Duration = Duration::from_millis(1500);

/// Requests to one hostname that go on and on.
pub(super) struct Flow {
    running: Running,
    began: Instant,
    flowing: Instant,
}

impl Flow {
    /// Waits until the hostname answers, then begins to ask it.
    pub(super) async fn start(scenario: &Scenario, hostname: &str) -> Self {
        let ask = Ask::new(&format!("http://{hostname}/")).unwrap();
        wait_answer(scenario, &ask).await;
        Self::begin(scenario, ask).await
    }

    /// Begins to ask, and returns at the first good answer.
    pub(super) async fn begin(scenario: &Scenario, ask: Ask) -> Self {
        let began = Instant::now();
        let mut running = station(&scenario.sandbox).load(&Load::new(ask, RATE)).unwrap();
        running.flowing(PATIENCE).await.unwrap();
        let flowing = Instant::now();
        Self {
            running,
            began,
            flowing,
        }
    }

    /// How long requests are sent by now, at least and at most: the client's own clock begins when it has started.
    pub(super) fn age(&self) -> (Duration, Duration) {
        (self.flowing.elapsed(), self.began.elapsed())
    }

    /// Ends the requests; what became of them.
    pub(super) async fn stop(self) -> Report {
        let (_, age) = self.age();
        let report = self.running.stop().await.unwrap();
        let due = age.as_secs() * u64::from(RATE);
        // The client itself takes a moment to start.
        assert!(
            report.sent + 2 * u64::from(RATE) > due,
            "{} requests in {age:?} are no {RATE} a second",
            report.sent
        );
        report
    }

    /// Ends the requests, of which not one may have failed, and which may not have stood still.
    pub(super) async fn stop_whole(self) -> Report {
        let report = self.stop().await;
        assert!(
            report.failed.is_empty(),
            "{} of {} requests failed, the longest gap was {:?}; the others by node {:?}\n{}",
            report.failed.len(),
            report.sent,
            report.longest_gap,
            report.by_node,
            failures(&report.failed),
        );
        assert!(report.longest_gap < GAP, "no answer for {:?}", report.longest_gap);
        println!("{} requests, all answered: {:?}", report.sent, report.by_pod);
        report
    }
}

/// What failed where and when, a line for each reason and address.
fn failures(failed: &[Failed]) -> String {
    let mut kinds: BTreeMap<String, Vec<Duration>> = BTreeMap::new();
    for one in failed {
        let kind = format!("{} at {:?}", one.why, one.address);
        kinds.entry(kind).or_default().push(one.at);
    }
    let lines = kinds.iter().map(|(kind, times)| {
        let (first, last) = (times.iter().min(), times.iter().max());
        format!("{} times {kind}, between {first:?} and {last:?}", times.len())
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Waits until there are answers one after the other: the nodes' kube-proxies learn of a new Service each in its own time.
pub(super) async fn wait_answer(scenario: &Scenario, ask: &Ask) {
    let station = station(&scenario.sandbox);
    until("answers through the load balancer, one after the other", async || {
        for _ in 0..ANSWERS {
            station.ask(ask).await.map_err(|error| error.to_string())?;
        }
        Ok(())
    })
    .await;
}

/// Waits until a Pod on that node answers.
pub(super) async fn wait_answer_from(scenario: &Scenario, hostname: &str, node: &str) {
    let ask = Ask::new(&format!("http://{hostname}/")).unwrap();
    let station = station(&scenario.sandbox);
    until(&format!("an answer from {node}"), async || {
        let reply = station.ask(&ask).await.map_err(|error| error.to_string())?;
        let from = reply.field("node");
        if from.as_deref() == Some(node) {
            Ok(())
        } else {
            Err(format!("{from:?}"))
        }
    })
    .await;
}
