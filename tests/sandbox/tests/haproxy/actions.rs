//! What listeners do with requests: forward by weight, redirect, answer themselves.

use std::collections::BTreeMap;

use elbow_sandbox::data_plane::model::{Action, Listener, ListenerProtocol, Redirect};
use elbow_sandbox::data_plane::verdict::State;

use crate::bed::{Bed, answer, reply};
use crate::made::{PORT, forward, group, listener, weighted};

fn redirect(parts: [&str; 5], status: u16) -> Action {
    let [protocol, host, port, path, query] = parts.map(str::to_owned);
    Action::Redirect(Redirect {
        protocol,
        host,
        port,
        path,
        query,
        status,
    })
}

#[tokio::test]
#[ignore = "needs HAProxy: run by cargo sandbox test"]
async fn requests_go_to_every_healthy_target_and_to_no_other() {
    let mut bed = Bed::new().await;
    let web = bed.group("web", 3).await;
    bed.application(vec![listener(PORT, ListenerProtocol::Http, forward("web"))], vec![web])
        .await;
    let mut pods = bed.pods(&bed.ask("/"), 6).await;
    pods.sort();
    assert_eq!(pods, ["web-0", "web-0", "web-1", "web-1", "web-2", "web-2"]);
    bed.judge("web", "web-1", State::Unhealthy);
    bed.apply().await;
    let pods = bed.pods(&bed.ask("/"), 6).await;
    assert!(!pods.contains(&"web-1".to_owned()), "{pods:?}");
}

#[tokio::test]
#[ignore = "needs HAProxy: run by cargo sandbox test"]
async fn all_targets_get_requests_when_none_is_healthy_and_without_any_the_answer_is_503() {
    let mut bed = Bed::new().await;
    let web = bed.group("web", 2).await;
    let listeners = vec![
        listener(PORT, ListenerProtocol::Http, forward("web")),
        listener(8081, ListenerProtocol::Http, forward("empty")),
        listener(8082, ListenerProtocol::Http, forward("gone")),
    ];
    let empty = bed.group("empty", 0).await;
    bed.application(listeners, vec![web, empty]).await;
    for id in ["web-0", "web-1"] {
        bed.judge("web", id, State::Unhealthy);
    }
    bed.apply().await;
    let mut pods = bed.pods(&bed.ask("/"), 4).await;
    pods.sort();
    assert_eq!(pods, ["web-0", "web-0", "web-1", "web-1"]);
    for port in [8081, 8082] {
        assert_eq!(reply(&bed.ask_port("http", port, "/")).await.status(), 503);
    }
}

#[tokio::test]
#[ignore = "needs HAProxy: run by cargo sandbox test"]
async fn weights_share_requests_and_a_weight_of_zero_gets_none() {
    let mut bed = Bed::new().await;
    let groups = vec![
        bed.group("a", 1).await,
        bed.group("b", 1).await,
        bed.group("c", 1).await,
    ];
    let action = weighted(&[("a", 3), ("b", 1), ("c", 0)]);
    bed.application(vec![listener(PORT, ListenerProtocol::Http, action)], groups)
        .await;
    let mut counts = BTreeMap::<String, u32>::new();
    for pod in bed.pods(&bed.ask("/"), 400).await {
        *counts.entry(pod).or_default() += 1;
    }
    // Three quarters of 400 with five standard deviations to either side.
    assert!((257..=343).contains(&counts["a-0"]), "{counts:?}");
    assert_eq!(counts.keys().collect::<Vec<_>>(), ["a-0", "b-0"]);
}

#[tokio::test]
#[ignore = "needs HAProxy: run by cargo sandbox test"]
async fn redirects_keep_what_their_placeholders_stand_for() {
    let mut bed = Bed::new().await;
    let same = redirect(["HTTPS", "#{host}", "443", "/#{path}", "#{query}"], 301);
    let other = redirect(
        [
            "#{protocol}",
            "new.#{host}",
            "#{port}",
            "/100%/#{path}",
            "from=old&#{query}",
        ],
        302,
    );
    let bare = redirect(["HTTPS", "other.example", "8443", "/", ""], 302);
    bed.application(
        vec![
            listener(PORT, ListenerProtocol::Http, same),
            listener(8081, ListenerProtocol::Http, other),
            listener(8082, ListenerProtocol::Http, bare),
        ],
        vec![],
    )
    .await;
    for (port, path, status, location) in [
        (PORT, "/a/b?c=d&e", 301, "https://shop.example:443/a/b?c=d&e"),
        (PORT, "/", 301, "https://shop.example:443/"),
        (8081, "/a?b", 302, "http://new.shop.example:8081/100%/a?from=old&b"),
        (8082, "/a?b", 302, "https://other.example:8443/"),
    ] {
        let reply = reply(&bed.ask_port("http", port, path)).await;
        assert_eq!(
            (reply.status(), reply.header("location")),
            (status, Some(location)),
            "{port}{path}"
        );
    }
}

#[tokio::test]
#[ignore = "needs HAProxy: run by cargo sandbox test"]
async fn fixed_responses_are_told_as_they_were_written() {
    let mut bed = Bed::new().await;
    let text = "{ \"a\": 'b',\n  \"c\": \"100% of $HOME #1\\n ü\" }";
    let respond = |status, content_type: &str, body: &str| Action::Respond {
        status,
        content_type: content_type.to_owned(),
        body: body.to_owned(),
    };
    bed.application(
        vec![
            listener(PORT, ListenerProtocol::Http, respond(418, "application/json", text)),
            listener(8081, ListenerProtocol::Http, respond(503, "", "")),
        ],
        vec![],
    )
    .await;
    let told = reply(&bed.ask("/")).await;
    assert_eq!(
        (told.status(), told.header("content-type"), told.body.as_str()),
        (418, Some("application/json"), text)
    );
    let told = reply(&bed.ask_port("http", 8081, "/")).await;
    assert_eq!((told.status(), told.body.as_str()), (503, ""));
}

#[tokio::test]
#[ignore = "needs HAProxy: run by cargo sandbox test"]
async fn a_target_that_refuses_is_no_reason_to_ask_another() {
    let mut bed = Bed::new().await;
    let web = bed.group("web", 1).await;
    let mut targets = web.targets.clone();
    targets.push(crate::made::target("dead", "127.0.0.1:1".parse().unwrap()));
    let web = group("web", web.protocol, targets);
    let listener = Listener {
        ..listener(PORT, ListenerProtocol::Http, forward("web"))
    };
    bed.application(vec![listener], vec![web]).await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(reply(&bed.ask("/")).await.status());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 503, 503]);
    bed.judge("web", "dead", State::Unhealthy);
    bed.apply().await;
    for _ in 0..4 {
        assert_eq!(answer(&bed.ask("/")).await.pod, "web-0");
    }
}
