//! The election against an API server that the test plays, on a clock that the test moves.

use std::time::Duration;

use http::Method;
use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;
use rstest::rstest;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::*;
use crate::controller::mock::{ApiServer, Call, api_server};
use crate::fence::Fence;

const COLLECTION: &str = "/apis/coordination.k8s.io/v1/namespaces/elbow/leases?";
const LEASE: &str = "/apis/coordination.k8s.io/v1/namespaces/elbow/leases/elbow-leader";
const REPLACED: &str = "/apis/coordination.k8s.io/v1/namespaces/elbow/leases/elbow-leader?";
const TIMES: Times = Times {
    lease: Duration::from_secs(15),
    renew_deadline: Duration::from_secs(10),
    retry: Duration::from_secs(2),
};

#[tokio::test(start_paused = true)]
async fn the_first_replica_makes_the_lease_and_leads() {
    let (mut election, mut server, fence) = election();
    let leading = tokio::spawn(async move {
        election.acquire().await;
        election
    });
    server.expect(Method::GET, LEASE).await.refuse(404, "NotFound");
    let call = server.expect(Method::POST, COLLECTION).await;
    assert_eq!(call.body["spec"]["holderIdentity"], "me");
    assert_eq!(call.body["spec"]["leaseDurationSeconds"], 15);
    assert!(fence.permit().is_err());
    echo(call, "1");
    leading.await.unwrap();
    assert!(fence.permit().is_ok());
    server.nothing_more().await;
}

#[tokio::test(start_paused = true)]
async fn a_standby_waits_the_whole_term_on_its_own_clock_and_names_the_version_it_takes() {
    let (mut election, mut server, _) = election();
    let started = Instant::now();
    let leading = tokio::spawn(async move { election.acquire().await });
    let call = loop {
        let call = server.next().await;
        if call.method != Method::GET {
            break call;
        }
        // Its clock is years behind: only that it does not change matters.
        call.answer(&held_by("other", "2001-01-01T00:00:00.000000Z", "7"));
    };
    assert_eq!(started.elapsed(), TIMES.lease);
    assert_eq!((&call.method, call.target.as_str()), (&Method::PUT, REPLACED));
    assert_eq!(call.body["metadata"]["resourceVersion"], "7");
    assert_eq!(call.body["spec"]["holderIdentity"], "me");
    assert_eq!(call.body["spec"]["leaseTransitions"], 4);
    echo(call, "8");
    leading.await.unwrap();
}

/// The leader renews every two seconds and is killed; when in its round decides what the standby had seen last.
#[rstest]
#[tokio::test(start_paused = true)]
async fn a_standby_takes_over_within_a_second_after_the_term_of_a_leader_that_was_killed(
    #[values(4000, 4001, 4400, 4999, 5500, 5999)] killed: u64,
    #[values(0, 130, 499)] phase: u64,
) {
    let (mut election, mut server, _) = election();
    let epoch = Instant::now();
    let killed = Duration::from_millis(killed);
    sleep(Duration::from_millis(phase)).await;
    let leading = tokio::spawn(async move { election.acquire().await });
    let call = loop {
        let call = server.next().await;
        if call.method != Method::GET {
            break call;
        }
        let renewal = epoch.elapsed().min(killed).as_secs() / 2;
        call.answer(&held_by("other", &format!("2026-01-01T00:00:0{renewal}.000000Z"), "7"));
    };
    let last_renewal = Duration::from_secs(killed.as_secs() / 2 * 2);
    assert!(epoch.elapsed() >= last_renewal + TIMES.lease, "too early");
    assert!(
        epoch.elapsed() < killed + TIMES.lease + Duration::from_secs(1),
        "too late"
    );
    echo(call, "8");
    leading.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_standby_does_not_take_a_lease_that_is_renewed() {
    let (mut election, mut server, fence) = election();
    let standby = tokio::spawn(async move { election.acquire().await });
    for round in 0..30 {
        let renewed = format!("2001-01-01T00:00:{round:02}.000000Z");
        server
            .expect(Method::GET, LEASE)
            .await
            .answer(&held_by("other", &renewed, "7"));
    }
    assert!(fence.permit().is_err());
    standby.abort();
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_was_given_back_is_taken_at_once() {
    let (mut election, mut server, _) = election();
    let started = Instant::now();
    let leading = tokio::spawn(async move { election.acquire().await });
    server
        .expect(Method::GET, LEASE)
        .await
        .answer(&held_by("", "2001-01-01T00:00:00.000000Z", "7"));
    echo(server.expect(Method::PUT, REPLACED).await, "8");
    leading.await.unwrap();
    assert_eq!(started.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn of_two_that_take_it_the_slower_waits() {
    let (mut election, mut server, fence) = election();
    let standby = tokio::spawn(async move { election.acquire().await });
    server
        .expect(Method::GET, LEASE)
        .await
        .answer(&held_by("", "2001-01-01T00:00:00.000000Z", "7"));
    server.expect(Method::PUT, REPLACED).await.refuse(409, "Conflict");
    for _ in 0..3 {
        server
            .expect(Method::GET, LEASE)
            .await
            .answer(&held_by("other", "2026-01-01T00:00:00.000000Z", "8"));
    }
    assert!(fence.permit().is_err());
    standby.abort();
}

#[tokio::test(start_paused = true)]
async fn a_leader_renews_without_reading_and_gives_the_lease_back() {
    let (mut election, mut server) = leading().await;
    let kept = tokio::spawn(async move {
        tokio::select! {
            lost = election.keep() => panic!("{lost}"),
            () = sleep(Duration::from_secs(7)) => {}
        }
        election.release().await;
    });
    for round in 2..5 {
        let call = server.expect(Method::PUT, REPLACED).await;
        assert_eq!(call.body["metadata"]["resourceVersion"], (round - 1).to_string());
        assert_eq!(call.body["spec"]["acquireTime"], json!("2026-01-01T00:00:00.000000Z"));
        echo(call, &round.to_string());
    }
    let call = server.expect(Method::PUT, REPLACED).await;
    assert_eq!(call.body["spec"]["holderIdentity"], "");
    echo(call, "5");
    kept.await.unwrap();
    server.nothing_more().await;
}

#[tokio::test(start_paused = true)]
async fn a_leader_cut_off_steps_down_before_another_may_lead() {
    let (mut election, mut server) = leading().await;
    let started = Instant::now();
    let lost = tokio::spawn(async move { election.keep().await });
    let refusals = tokio::spawn(async move {
        loop {
            server.next().await.refuse(500, "InternalError");
        }
    });
    assert_eq!(lost.await.unwrap(), Lost::Expired(TIMES.renew_deadline));
    assert_eq!(started.elapsed(), TIMES.renew_deadline);
    refusals.abort();
}

#[tokio::test(start_paused = true)]
async fn a_leader_whose_api_server_hangs_steps_down_in_time_too() {
    let (mut election, mut server) = leading().await;
    let started = Instant::now();
    let lost = tokio::spawn(async move { election.keep().await });
    let mut unanswered = Vec::new();
    let silence = tokio::spawn(async move {
        loop {
            unanswered.push(server.next().await);
        }
    });
    assert_eq!(lost.await.unwrap(), Lost::Expired(TIMES.renew_deadline));
    assert_eq!(started.elapsed(), TIMES.renew_deadline);
    silence.abort();
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_finds_another_in_its_place_steps_down_at_once() {
    let (mut election, mut server) = leading().await;
    let lost = tokio::spawn(async move { election.keep().await });
    server.expect(Method::PUT, REPLACED).await.refuse(409, "Conflict");
    server
        .expect(Method::GET, LEASE)
        .await
        .answer(&held_by("other", "2026-01-01T00:00:00.000000Z", "9"));
    assert_eq!(lost.await.unwrap(), Lost::Taken("other".to_owned()));
    server.nothing_more().await;
}

#[tokio::test(start_paused = true)]
async fn a_renewal_whose_answer_was_lost_is_found_again() {
    let (mut election, mut server) = leading().await;
    let kept = tokio::spawn(async move { election.keep().await });
    let unanswered = server.expect(Method::PUT, REPLACED).await;
    let renewed = unanswered.body.clone();
    // The write was done; the next round reads first.
    let call = server.expect(Method::GET, LEASE).await;
    call.answer(&with_version(renewed, "2"));
    let call = server.expect(Method::PUT, REPLACED).await;
    assert_eq!(call.body["metadata"]["resourceVersion"], "2");
    echo(call, "3");
    assert!(!kept.is_finished());
    kept.abort();
    drop(unanswered);
}

#[test]
fn two_processes_of_one_pod_have_two_names() {
    let (one, other) = (identity("elbow-0"), identity("elbow-0"));
    assert_ne!(one, other);
    assert!(one.starts_with("elbow-0_"));
}

fn election() -> (Election, ApiServer, Fence) {
    let (client, server) = api_server();
    let fence = Fence::closed();
    let api: Api<Lease> = Api::namespaced(client, "elbow");
    (
        Election::new(api, "elbow-leader".to_owned(), "me".to_owned(), TIMES, fence.clone()),
        server,
        fence,
    )
}

/// One that has taken the lease, at version 1.
async fn leading() -> (Election, ApiServer) {
    let (mut election, mut server, _) = election();
    let acquired = tokio::spawn(async move {
        election.acquire().await;
        election
    });
    server
        .expect(Method::GET, LEASE)
        .await
        .answer(&held_by("me", "2026-01-01T00:00:00.000000Z", "0"));
    echo(server.expect(Method::PUT, REPLACED).await, "1");
    (acquired.await.unwrap(), server)
}

/// Answers a write with what was written.
fn echo(call: Call, version: &str) {
    let written = with_version(call.body.clone(), version);
    call.answer(&written);
}

fn with_version(mut lease: Value, version: &str) -> Value {
    lease["metadata"]["resourceVersion"] = json!(version);
    lease
}

fn held_by(holder: &str, renewed: &str, version: &str) -> Value {
    json!({
        "metadata": {"name": "elbow-leader", "namespace": "elbow", "resourceVersion": version},
        "spec": {
            "holderIdentity": holder, "leaseDurationSeconds": 15, "leaseTransitions": 3,
            "acquireTime": "2026-01-01T00:00:00.000000Z", "renewTime": renewed,
        },
    })
}
