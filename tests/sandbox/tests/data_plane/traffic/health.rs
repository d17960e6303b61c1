//! What health checks find and what follows; targets that leave.

use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::time::timeout;

use crate::bed::{Bed, CLIENT};
use crate::fixture::{group, picture};
use crate::model::{Attributes, Listener, ListenerProtocol, Probe};
use crate::verdict::State;

const IN_A: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);
const IN_B: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 2);
const IN_C: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 3);
/// So many connections meet every target that may get them.
const CONNECTIONS: usize = 20;
/// Much longer than a verdict takes here, and much shorter than a proxy may take.
const SOON: Duration = Duration::from_secs(10);
const CROSS_ZONE: (&str, &str) = ("load_balancing.cross_zone.enabled", "true");

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs network namespaces: run by cargo sandbox test"]
async fn a_target_that_stops_gets_nothing_until_it_is_back() {
    let mut bed = Bed::new().await;
    let mut picture = picture();
    bed.serve_healthy(&picture).await;
    bed.stop("b");
    let verdict = bed.until("b", State::Unhealthy).await;
    assert_eq!(verdict.reason, "Target.FailedHealthChecks");
    assert_eq!(bed.named(), [IN_A, IN_C], "the name leaves the zone out");
    group(&mut picture).attributes = Attributes::from_iter([CROSS_ZONE]);
    bed.serve(&picture).await;
    bed.wait("the zone's return", async || bed.named() == [IN_A, IN_B, IN_C])
        .await;
    for _ in 0..10 {
        assert_ne!(bed.ask(CLIENT, IN_B).await.unwrap().0, "b");
    }
    bed.start("b").await;
    bed.until("b", State::Healthy).await;
    bed.wait("connections to it", async || {
        bed.ask(CLIENT, IN_B).await.unwrap().0 == "b"
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs network namespaces: run by cargo sandbox test"]
async fn a_target_that_stops_gets_nothing_though_the_proxy_is_busy() {
    let mut bed = Bed::without_proxy().await;
    let mut picture = picture();
    group(&mut picture).attributes = Attributes::from_iter([CROSS_ZONE]);
    let listeners = &mut picture.model.load_balancers[0].listeners;
    let secure = Listener {
        port: 443,
        protocol: ListenerProtocol::Tls,
        ..listeners[0].clone()
    };
    listeners.push(secure);
    bed.serve(&picture).await;
    bed.wait("connections to b", async || {
        answers(&bed).await.iter().any(|node| node == "b")
    })
    .await;
    bed.stop("b");
    let others = bed.wait("connections to others only", async || {
        let nodes = answers(&bed).await;
        nodes.len() == CONNECTIONS && nodes.iter().all(|node| node != "b")
    });
    timeout(SOON, others).await.expect("the proxy is not waited for");
    assert!(bed.verdict("b").is_none(), "what is told waits for the proxy");
}

/// The nodes that answer [`CONNECTIONS`].
async fn answers(bed: &Bed) -> Vec<String> {
    let mut nodes = Vec::new();
    for _ in 0..CONNECTIONS {
        nodes.extend(bed.ask(CLIENT, IN_A).await.map(|(node, _)| node));
    }
    nodes
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs network namespaces: run by cargo sandbox test"]
async fn where_all_targets_are_unhealthy_all_get_connections() {
    let bed = Bed::new().await;
    let mut picture = picture();
    // The programs do not speak HTTP.
    group(&mut picture).health_check.probe = Probe::Http {
        tls: false,
        path: "/".to_owned(),
        codes: vec![200..=399],
    };
    bed.serve(&picture).await;
    for node in ["a", "b", "c"] {
        bed.until(node, State::Unhealthy).await;
    }
    assert_eq!(bed.named(), [IN_A, IN_B, IN_C]);
    assert_eq!(bed.ask(CLIENT, IN_C).await.unwrap().0, "c");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs network namespaces: run by cargo sandbox test"]
async fn connections_to_a_deregistered_target_go_on_for_the_delay_and_then_end() {
    let bed = Bed::new().await;
    let mut picture = picture();
    let ends = ("deregistration_delay.connection_termination.enabled", "true");
    group(&mut picture).attributes =
        Attributes::from_iter([CROSS_ZONE, ends, ("deregistration_delay.timeout_seconds", "3")]);
    bed.serve_healthy(&picture).await;
    let mut open = bed.connect(CLIENT, IN_A).await.unwrap();
    let (node, _) = open.ask().await.unwrap();
    let leaving = format!("i-{node}");
    group(&mut picture).targets.retain(|target| target.id != leaving);
    bed.serve(&picture).await;
    bed.until(&node, State::Draining).await;
    assert_eq!(open.ask().await.unwrap().0, node);
    for _ in 0..10 {
        assert_ne!(bed.ask(CLIENT, IN_A).await.unwrap().0, node);
    }
    bed.wait("the end of the delay", async || bed.verdict(&node).is_none())
        .await;
    assert_eq!(open.ask().await, None);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs network namespaces: run by cargo sandbox test"]
async fn connections_to_an_unhealthy_target_end_where_the_group_says_so() {
    for ends in [true, false] {
        let bed = Bed::new().await;
        let mut picture = picture();
        let key = "target_health_state.unhealthy.connection_termination.enabled";
        group(&mut picture).attributes = Attributes::from_iter([(key, ends.to_string())]);
        bed.serve_healthy(&picture).await;
        let mut open = bed.connect(CLIENT, IN_A).await.unwrap();
        assert!(open.ask().await.is_some());
        // Nobody listens on this port.
        group(&mut picture).health_check.port = Some(30081);
        let all = picture.model.security_groups["sg-lb"].clone();
        picture.model.security_groups.insert("sg-nodes".to_owned(), all);
        bed.serve(&picture).await;
        bed.until("a", State::Unhealthy).await;
        assert_eq!(open.ask().await.is_none(), ends);
    }
}
