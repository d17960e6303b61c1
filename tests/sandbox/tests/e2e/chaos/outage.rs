//! AWS is gone for a minute: connections are refused, then every answer is an error, then there is none.

mod edge;

use std::time::{Duration, Instant};

use elbow_sandbox::http;
use elbow_sandbox::proxy::Kind;
use kube::ResourceExt as _;

use super::ALONE;
use super::fleet::Fleet;
use crate::cluster::hostname;
use crate::elbow_process::Elbow;
use crate::scenario::{Scenario, with_own_elbow};
use crate::wait::steadily;
use edge::Edge;

/// How long each face of the outage lasts.
const PHASE: Duration = Duration::from_secs(20);

/// A minute of failures makes the pause before the next try grow to 1 + 2 + 4 + .. s and no further than this, the share of
/// chance in it and the time of the try itself included.
const ONE_BACKOFF: Duration = Duration::from_secs(90);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn a_minute_without_aws_loses_nothing_and_is_made_up_for_within_one_backoff() {
    with_own_elbow("chaos-outage", async |scenario| {
        let mut aws = Edge::open(&scenario).await;
        let settings = scenario.settings("only", &ALONE).await;
        let mut elbow = Elbow::start(&scenario, &settings.variable("AWS_ENDPOINT_URL", &aws.url));
        let mut fleet = Fleet::new(&scenario);
        fleet.create(0..8).await;
        fleet.wait_as_declared().await;

        aws.set(Kind::LatencyMs(200)).await;
        fleet.create(8..12).await;
        fleet.change(0..2).await;
        fleet.delete(6..8).await;
        aws.wait_call("CreateTargetGroup").await;
        aws.close().await;
        live(&scenario, &mut elbow, &fleet).await;

        aws.reopen().await;
        aws.set(unavailable()).await;
        fleet.create(12..14).await;
        fleet.change(2..4).await;
        fleet.delete(4..6).await;
        live(&scenario, &mut elbow, &fleet).await;

        aws.set(Kind::HoldBefore).await;
        live(&scenario, &mut elbow, &fleet).await;

        aws.heal().await;
        let back = Instant::now();
        fleet.wait_as_declared().await;
        let recovered = back.elapsed();
        println!("all as declared {:.1} s after AWS was back", recovered.as_secs_f64());
        assert!(recovered < ONE_BACKOFF, "{recovered:?}");
        elbow.assert_sound();
    })
    .await;
}

fn unavailable() -> Kind {
    Kind::Error {
        code: "ServiceUnavailable".to_owned(),
        status: 503,
        message: "AWS is not there.".to_owned(),
    }
}

/// One face of the outage: elbow lives, forgets no Service that it has to clean up after, and unpublishes no hostname.
async fn live(scenario: &Scenario, elbow: &mut Elbow, fleet: &Fleet<'_>) {
    let before = fleet.services().await.unwrap();
    steadily(PHASE, "what there was", async || {
        if !http::answers(&format!("{}/healthz", elbow.health_url)).await {
            return Err("elbow is not live".to_owned());
        }
        let now = fleet.services().await?;
        for was in &before {
            let is = now.iter().find(|is| is.metadata.uid == was.metadata.uid);
            match is {
                Some(is) if hostname(was).is_some() && hostname(is) != hostname(was) => {
                    return Err(format!("{}: {:?}, then {:?}", was.name_any(), was.status, is.status));
                }
                None if !scenario.holdings(&was.name_any()).await.is_empty() => {
                    return Err(format!("{} went before what stands for it in AWS", was.name_any()));
                }
                _ => {}
            }
        }
        Ok(())
    })
    .await;
    elbow.assert_sound();
}
