//! Clients that stay where they were.

use std::collections::BTreeSet;
use std::time::Duration;

use elbow_sandbox::client::Jar;
use elbow_sandbox::data_plane::model::{Action, ListenerProtocol, Weighted};
use elbow_sandbox::data_plane::verdict::State;

use crate::bed::{Bed, reply};
use crate::made::{PORT, forward, listener, with};

const STICKY: &[(&str, &str)] = &[
    ("stickiness.enabled", "true"),
    ("stickiness.type", "lb_cookie"),
    ("stickiness.lb_cookie.duration_seconds", "600"),
];

/// The Pod that answers a client with that jar.
async fn visit(bed: &Bed, jar: &mut Jar) -> String {
    let reply = reply(&jar.on(bed.ask("/"))).await;
    jar.keep(&reply);
    reply.field("pod").unwrap()
}

async fn visits(bed: &Bed, jar: &mut Jar, count: usize) -> BTreeSet<String> {
    let mut pods = BTreeSet::new();
    for _ in 0..count {
        pods.insert(visit(bed, jar).await);
    }
    pods
}

#[tokio::test]
#[ignore = "needs HAProxy: run by cargo sandbox test"]
async fn a_cookie_keeps_a_client_with_its_target_until_that_is_unhealthy() {
    let mut bed = Bed::new().await;
    let web = with(bed.group("web", 3).await, STICKY);
    bed.application(vec![listener(PORT, ListenerProtocol::Http, forward("web"))], vec![web])
        .await;
    let mut jar = Jar::default();
    let first = visit(&bed, &mut jar).await;
    assert!(jar.get("AWSALB").is_some());
    assert_eq!(visits(&bed, &mut jar, 6).await, BTreeSet::from([first.clone()]));
    let others: BTreeSet<String> = bed.pods(&bed.ask("/"), 6).await.into_iter().collect();
    assert_eq!(others.len(), 3, "without a cookie every target is chosen: {others:?}");
    bed.judge("web", &first, State::Unhealthy);
    bed.apply().await;
    let second = visit(&bed, &mut jar).await;
    assert_ne!(second, first);
    bed.judge("web", &first, State::Healthy);
    bed.apply().await;
    assert_eq!(
        visits(&bed, &mut jar, 6).await,
        BTreeSet::from([second]),
        "the cookie was replaced"
    );
}

#[tokio::test]
#[ignore = "needs HAProxy: run by cargo sandbox test"]
async fn no_cookie_is_set_without_stickiness() {
    let mut bed = Bed::new().await;
    let web = bed.group("web", 2).await;
    bed.application(vec![listener(PORT, ListenerProtocol::Http, forward("web"))], vec![web])
        .await;
    assert_eq!(reply(&bed.ask("/")).await.header("set-cookie"), None);
}

#[tokio::test]
#[ignore = "needs HAProxy: run by cargo sandbox test"]
async fn a_cookie_keeps_a_client_with_its_target_group() {
    let mut bed = Bed::new().await;
    let groups = vec![bed.group("a", 2).await, bed.group("b", 2).await];
    let group = |arn: &str| Weighted {
        arn: arn.to_owned(),
        weight: 1,
    };
    let action = Action::Forward {
        groups: vec![group("a"), group("b")],
        stickiness: Some(Duration::from_secs(600)),
    };
    bed.application(vec![listener(PORT, ListenerProtocol::Http, action)], groups)
        .await;
    let mut chosen = BTreeSet::new();
    for _ in 0..20 {
        let mut jar = Jar::default();
        let first = visit(&bed, &mut jar).await;
        let (group, _) = first.split_once('-').unwrap();
        let pods = visits(&bed, &mut jar, 6).await;
        assert!(pods.iter().all(|pod| pod.starts_with(group)), "{first}: {pods:?}");
        chosen.insert(group.to_owned());
    }
    assert_eq!(chosen.len(), 2, "of twenty clients some are in each group");
}
