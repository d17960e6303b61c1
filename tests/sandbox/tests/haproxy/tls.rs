//! TLS to clients and to targets, and the versions of HTTP on both sides.

use elbow_sandbox::client::Failure;
use elbow_sandbox::data_plane::model::{Kind, Listener, ListenerProtocol, TargetProtocol, Version};
use elbow_sandbox::echo::{Kind as EchoKind, Protocol};

use crate::bed::{Bed, answer, reply};
use crate::made::{forward, group, says, secure};

const PORT: u16 = 8443;

#[tokio::test]
#[ignore = "needs HAProxy: run by cargo sandbox test"]
async fn the_certificate_is_chosen_by_the_name_asked_for_and_the_first_one_is_for_all_others() {
    let mut bed = Bed::new().await;
    let certificates = ["arn:shop.example", "arn:*.api.example"];
    bed.application(
        vec![secure(PORT, ListenerProtocol::Https, says("ok"), &certificates)],
        vec![],
    )
    .await;
    let ask = bed.ask_port("https", PORT, "/");
    let default = reply(&ask).await.certificate;
    let api = reply(&ask.clone().server_name("v1.api.example")).await.certificate;
    assert!(default.is_some() && api.is_some() && default != api);
    let other = ask.server_name("other.example").send().await;
    assert!(
        matches!(&other, Err(Failure::Tls(why)) if why.contains("shop.example")),
        "{other:?}"
    );
}

#[tokio::test]
#[ignore = "needs HAProxy: run by cargo sandbox test"]
async fn clients_speak_http_2_over_tls_unless_it_is_switched_off_and_never_in_the_clear() {
    let mut bed = Bed::new().await;
    let web = bed.group("web", 1).await;
    let plain = crate::made::listener(8080, ListenerProtocol::Http, forward("web"));
    let listener = secure(PORT, ListenerProtocol::Https, forward("web"), &["arn:shop.example"]);
    bed.application(vec![plain, listener], vec![web]).await;
    let ask = bed.ask_port("https", PORT, "/").alpn(&["h2", "http/1.1"]).http2();
    let over_2 = reply(&ask).await;
    assert_eq!(
        (over_2.alpn.as_deref(), over_2.http.as_ref().unwrap().version.as_str()),
        (Some("h2"), "HTTP/2.0")
    );
    assert_eq!(answer(&ask).await.protocol, Protocol::Http1, "to the target");
    assert!(bed.ask("/").http2().send().await.is_err());
    bed.balancer(&[("routing.http2.enabled", "false")]).await;
    let ask = bed.ask_port("https", PORT, "/").alpn(&["h2", "http/1.1"]);
    assert_eq!(reply(&ask).await.alpn.as_deref(), Some("http/1.1"));
}

/// A load balancer before a target of that kind and version.
async fn versioned(kind: EchoKind, protocol: TargetProtocol, version: Version) -> Bed {
    let mut bed = Bed::new().await;
    let target = bed.target("web-0", kind, &[]).await;
    let mut web = group("web", protocol, vec![target]);
    web.version = version;
    let listener = secure(PORT, ListenerProtocol::Https, forward("web"), &["arn:shop.example"]);
    bed.application(vec![listener], vec![web]).await;
    bed
}

#[tokio::test]
#[ignore = "needs HAProxy: run by cargo sandbox test"]
async fn targets_are_spoken_to_in_the_version_of_their_group() {
    for (kind, protocol) in [
        (EchoKind::Http, TargetProtocol::Http),
        (EchoKind::Https, TargetProtocol::Https),
    ] {
        let bed = versioned(kind, protocol, Version::Http1).await;
        assert_eq!(
            answer(&bed.ask_port("https", PORT, "/").http2()).await.protocol,
            Protocol::Http1
        );
        let bed = versioned(kind, protocol, Version::Http2).await;
        let at = answer(&bed.ask_port("https", PORT, "/").http2()).await;
        assert_eq!(at.protocol, Protocol::Http2);
        let is_secure = at.tls.is_some();
        assert_eq!(is_secure, protocol == TargetProtocol::Https);
    }
}

#[tokio::test]
#[ignore = "needs HAProxy: run by cargo sandbox test"]
async fn calls_of_grpc_pass_with_their_trailers() {
    let bed = versioned(EchoKind::Http, TargetProtocol::Http, Version::Grpc).await;
    let reply = reply(&bed.ask_port("https", PORT, "/shop.Cart/Add").grpc().body("{}")).await;
    let head = reply.http.as_ref().unwrap();
    assert_eq!((head.status, head.grpc_status()), (200, Some(0)), "{reply:?}");
    let at: elbow_sandbox::echo::Answer = reply.json().unwrap();
    assert_eq!(
        (at.protocol, at.path.as_deref()),
        (Protocol::Grpc, Some("/shop.Cart/Add"))
    );
}

#[tokio::test]
#[ignore = "needs HAProxy: run by cargo sandbox test"]
async fn a_version_that_does_not_fit_the_group_is_answered_with_464() {
    let bed = versioned(EchoKind::Http, TargetProtocol::Http, Version::Grpc).await;
    let ask = bed.ask_port("https", PORT, "/");
    assert_eq!(reply(&ask).await.status(), 464, "HTTP/1.1 to a group for gRPC");
    assert_eq!(reply(&ask.http2()).await.status(), 464, "a GET to a group for gRPC");
    let bed = versioned(EchoKind::Http, TargetProtocol::Http, Version::Http2).await;
    assert_eq!(
        reply(&bed.ask_port("https", PORT, "/")).await.status(),
        464,
        "HTTP/1.1 to a group for HTTP/2"
    );
    let bed = versioned(EchoKind::Http, TargetProtocol::Http, Version::Http1).await;
    assert_eq!(
        reply(&bed.ask_port("https", PORT, "/").grpc()).await.status(),
        464,
        "gRPC to a group for HTTP/1.1"
    );
}

#[tokio::test]
#[ignore = "needs HAProxy: run by cargo sandbox test"]
async fn a_tls_listener_of_a_network_load_balancer_agrees_on_what_its_alpn_policy_says() {
    let mut bed = Bed::new().await;
    let target = bed.target("web-0", EchoKind::Http, &[]).await;
    let listener = |port, policy: &str| Listener {
        alpn: policy.to_owned(),
        ..secure(port, ListenerProtocol::Tls, forward("web"), &["arn:shop.example"])
    };
    let policies = [
        (8443, "HTTP1Only", "http/1.1"),
        (8444, "HTTP2Optional", "http/1.1"),
        (8445, "HTTP2Preferred", "h2"),
    ];
    let listeners = policies
        .iter()
        .map(|(port, policy, _)| listener(*port, policy))
        .collect();
    bed.serve(
        Kind::Network,
        listeners,
        vec![group("web", TargetProtocol::Tcp, vec![target])],
    )
    .await;
    for (port, policy, expected) in policies {
        let ask = bed
            .ask_port("tls", port, "")
            .alpn(&["h2", "http/1.1"])
            .body("GET / HTTP/1.0\r\n\r\n");
        assert_eq!(reply(&ask).await.alpn.as_deref(), Some(expected), "{policy}");
    }
    let ask = bed.ask_port("https", 8445, "/").http2();
    assert_eq!(
        answer(&ask).await.protocol,
        Protocol::Http2,
        "HTTP/2 passes to the target as it is"
    );
}
