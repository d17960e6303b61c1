//! A node dies without a word.

use std::time::Duration;

use elbow_sandbox::client::{Ask, Report};
use futures::join;
use serde_json::json;

use super::super::workload::Workload;
use super::flow::{Flow, wait_answer, wait_answer_from};
use super::pool::Pool;
use super::{has_healthy, local_service, nodes, serve, service, workload};
use crate::scenario::{Scenario, with_installed_elbow};
use crate::wait::{steadily, until};

/// From one check to the next: 10 s, and the sandbox's load balancers are ten times faster. A check that is not answered takes
/// as long there.
const CHECK: Duration = Duration::from_secs(1);

/// How long the client waits for an answer.
const TIMEOUT: Duration = Duration::from_secs(2);

/// What a busy machine may take between a verdict and what follows from it.
const SLACK: Duration = Duration::from_secs(4);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn traffic_is_whole_within_the_health_checks_time_after_a_node_was_killed() {
    with_installed_elbow("node-death", async |scenario| {
        Pool::run(&scenario, async |pool| {
            let (dies, stays) = (pool.add(0).await, pool.add(0).await);
            let elsewhere = workload(2);
            let local = Workload::http("local").replicas(2).in_pool(pool.name());
            let (_, local) = join!(elsewhere.deploy(&scenario.cluster), local.deploy(&scenario.cluster));
            assert_eq!(nodes(&local).len(), 2, "a Pod on each node: {local:?}");
            // Of this one the Pods are elsewhere, so that only the way to them dies.
            let far = pool.select(service(&scenario, "far"));
            let near = pool
                .select(local_service(&scenario, "near"))
                .spec("selector", json!({"app": "local"}));
            let (far, near) = join!(serve(&scenario, &far, 2), serve(&scenario, &near, 2));
            wait_answer_from(&scenario, &near, dies.name()).await;
            let (far, near) = join!(begin(&scenario, &far), begin(&scenario, &near));
            steadily(CHECK, "two healthy targets", async || {
                has_healthy(&scenario, "far", 2).await?;
                has_healthy(&scenario, "near", 2).await
            })
            .await;
            let killed = (far.age(), near.age());
            pool.kill(dies.name()).await;
            join!(watch(&scenario, "far"), watch(&scenario, "near"));
            assert_whole_again(&far.stop().await, killed.0, limit(3));
            let report = near.stop().await;
            assert_whole_again(&report, killed.1, limit(2));
            assert!(report.by_node.contains_key(stays.name()), "{report:?}");
        })
        .await;
    })
    .await;
}

/// How long it takes until a dead node gets nothing more, and the last request that was sent to it has failed: so many checks,
/// and what is left of the time between two of them.
const fn limit(threshold: u32) -> Duration {
    CHECK
        .saturating_mul(threshold + 1)
        .saturating_add(TIMEOUT)
        .saturating_add(SLACK)
}

async fn begin(scenario: &Scenario, hostname: &str) -> Flow {
    let ask = Ask::new(&format!("http://{hostname}/")).unwrap().timeout(TIMEOUT);
    wait_answer(scenario, &ask).await;
    Flow::begin(scenario, ask).await
}

/// Looks on until the time is over by which traffic is whole, and as long again.
async fn watch(scenario: &Scenario, service: &str) {
    until(&format!("only one healthy target of {service}"), async || {
        has_healthy(scenario, service, 1).await
    })
    .await;
    steadily(limit(3), "one healthy target", async || {
        has_healthy(scenario, service, 1).await
    })
    .await;
}

/// Requests failed, as a node is dead, but none before its death, which is between two times of the client, and none later than
/// that.
fn assert_whole_again(report: &Report, killed: (Duration, Duration), limit: Duration) {
    let first = report.failed.first().expect("requests to a dead node fail");
    let last = report.failed.last().expect("requests to a dead node fail");
    println!(
        "{} of {} requests failed until {:?} after the death",
        report.failed.len(),
        report.sent,
        last.at - killed.0
    );
    assert!(first.at >= killed.0, "{first:?} before the death at {killed:?}");
    assert!(
        last.at <= killed.1 + limit,
        "{last:?} more than {limit:?} after the death at {killed:?}"
    );
}
