//! Network load balancers: TLS listeners, TLS to targets, PROXY protocol.

use std::collections::BTreeSet;

use elbow_sandbox::client::Ask;
use elbow_sandbox::data_plane::model::{Kind, ListenerProtocol, TargetProtocol};
use elbow_sandbox::echo::Kind as EchoKind;

use crate::bed::{Bed, answer};
use crate::made::{PORT, forward, group, listener, secure, with};

const SECURE: u16 = 8443;
const PROXY: &[(&str, &str)] = &[("proxy_protocol_v2.enabled", "true")];

#[tokio::test]
#[ignore = "needs HAProxy: run by cargo sandbox test"]
async fn tls_ends_at_the_load_balancer_or_begins_anew_towards_targets() {
    let mut bed = Bed::new().await;
    let plain = group(
        "plain",
        TargetProtocol::Tcp,
        vec![bed.target("plain-0", EchoKind::Tcp, &[]).await],
    );
    let again = group(
        "again",
        TargetProtocol::Tls,
        vec![bed.target("again-0", EchoKind::Tls, &[]).await],
    );
    let certificate = ["arn:shop.example"];
    let listeners = vec![
        secure(SECURE, ListenerProtocol::Tls, forward("plain"), &certificate),
        secure(8444, ListenerProtocol::Tls, forward("again"), &certificate),
    ];
    bed.serve(Kind::Network, listeners, vec![plain, again]).await;
    let at = answer(&bed.ask_port("tls", SECURE, "").body("line")).await;
    assert_eq!(
        (at.pod.as_str(), at.message.as_str(), at.tls),
        ("plain-0", "line", None)
    );
    let at = answer(&bed.ask_port("tls", 8444, "")).await;
    assert_eq!((at.pod.as_str(), at.tls.is_some()), ("again-0", true));
    assert_eq!(at.client.ip(), bed.at);
}

#[tokio::test]
#[ignore = "needs HAProxy: run by cargo sandbox test"]
async fn the_proxy_header_names_the_client_to_targets_of_tcp_and_tls_listeners() {
    let mut bed = Bed::new().await;
    let required = ["--proxy-protocol=required"];
    let plain = group(
        "plain",
        TargetProtocol::Tcp,
        vec![bed.target("plain-0", EchoKind::Tcp, &required).await],
    );
    let again = group(
        "again",
        TargetProtocol::Tls,
        vec![bed.target("again-0", EchoKind::Tls, &required).await],
    );
    let listeners = vec![
        listener(PORT, ListenerProtocol::Tcp, forward("plain")),
        secure(SECURE, ListenerProtocol::Tls, forward("again"), &["arn:shop.example"]),
    ];
    bed.serve(Kind::Network, listeners, vec![with(plain, PROXY), with(again, PROXY)])
        .await;
    let asks: [Ask; 2] = [bed.ask_port("tcp", PORT, ""), bed.ask_port("tls", SECURE, "")];
    for ask in asks {
        let ask = ask.from("127.0.0.9".parse().unwrap());
        let reply = ask.send().await.unwrap();
        let at: elbow_sandbox::echo::Answer = reply.json().unwrap();
        let proxy = at.proxy.unwrap();
        assert_eq!(
            (proxy.version, proxy.source, proxy.destination),
            (2, Some(reply.local), Some(reply.address))
        );
    }
}

#[tokio::test]
#[ignore = "needs HAProxy: run by cargo sandbox test"]
async fn with_stickiness_a_client_address_keeps_its_target_and_others_have_others() {
    let mut bed = Bed::new().await;
    let mut targets = Vec::new();
    for id in ["web-0", "web-1", "web-2"] {
        targets.push(bed.target(id, EchoKind::Tcp, &[]).await);
    }
    let sticky = [("stickiness.enabled", "true"), ("stickiness.type", "source_ip")];
    let web = with(group("web", TargetProtocol::Tcp, targets), &sticky);
    let listener = secure(SECURE, ListenerProtocol::Tls, forward("web"), &["arn:shop.example"]);
    bed.serve(Kind::Network, vec![listener], vec![web]).await;
    let mut chosen = BTreeSet::new();
    for client in 1..=24 {
        let ask = bed.ask_port("tls", SECURE, "").from([127, 0, 9, client].into());
        let pods: BTreeSet<String> = bed.pods(&ask, 3).await.into_iter().collect();
        assert_eq!(pods.len(), 1, "{client}: {pods:?}");
        chosen.extend(pods);
    }
    assert_eq!(chosen.len(), 3);
}
