//! What targets are told about clients.

use elbow_sandbox::client::Ask;
use elbow_sandbox::data_plane::model::ListenerProtocol;

use crate::bed::{Bed, answer};
use crate::made::{PORT, forward, listener, secure};

const SECURE: u16 = 8443;

async fn bed(attributes: &[(&str, &str)]) -> Bed {
    let mut bed = Bed::new().await;
    let web = bed.group("web", 1).await;
    let plain = listener(PORT, ListenerProtocol::Http, forward("web"));
    let secure = secure(SECURE, ListenerProtocol::Https, forward("web"), &["arn:shop.example"]);
    bed.application(vec![plain, secure], vec![web]).await;
    bed.balancer(attributes).await;
    bed
}

/// A request from an address of its own that came through another proxy.
fn forwarded(bed: &Bed) -> Ask {
    client(bed).header("x-forwarded-for", "192.0.2.7")
}

fn client(bed: &Bed) -> Ask {
    bed.ask("/").from("127.0.0.9".parse().unwrap())
}

async fn told(ask: &Ask, header: &str) -> Option<String> {
    answer(ask).await.headers.remove(header)
}

#[tokio::test]
#[ignore = "needs HAProxy: run by cargo sandbox test"]
async fn protocol_port_and_client_are_told_and_the_host_stays() {
    let bed = bed(&[]).await;
    let at = answer(&client(&bed)).await;
    assert_eq!(at.host.as_deref(), Some("shop.example:8080"));
    let header = |name: &str| at.headers.get(name).map(String::as_str);
    assert_eq!(header("x-forwarded-for"), Some("127.0.0.9"));
    assert_eq!(
        (header("x-forwarded-proto"), header("x-forwarded-port")),
        (Some("http"), Some("8080"))
    );
    let at = answer(&bed.ask_port("https", SECURE, "/")).await;
    let header = |name: &str| at.headers.get(name).map(String::as_str);
    assert_eq!(
        (header("x-forwarded-proto"), header("x-forwarded-port")),
        (Some("https"), Some("8443"))
    );
    assert_eq!(header("x-amzn-tls-version"), None);
    assert_eq!(at.client.ip(), bed.at, "connections come from the load balancer");
}

#[tokio::test]
#[ignore = "needs HAProxy: run by cargo sandbox test"]
async fn an_earlier_proxy_is_appended_to_kept_or_removed() {
    const MODE: &str = "routing.http.xff_header_processing.mode";
    let mut bed = bed(&[(MODE, "append")]).await;
    assert_eq!(
        told(&forwarded(&bed), "x-forwarded-for").await.as_deref(),
        Some("192.0.2.7, 127.0.0.9")
    );
    bed.balancer(&[(MODE, "preserve")]).await;
    assert_eq!(
        told(&forwarded(&bed), "x-forwarded-for").await.as_deref(),
        Some("192.0.2.7")
    );
    assert_eq!(told(&client(&bed), "x-forwarded-for").await, None);
    bed.balancer(&[(MODE, "remove")]).await;
    assert_eq!(told(&forwarded(&bed), "x-forwarded-for").await, None);
}

#[tokio::test]
#[ignore = "needs HAProxy: run by cargo sandbox test"]
async fn the_client_s_port_and_the_tls_session_are_told_on_request() {
    let bed = bed(&[
        ("routing.http.xff_client_port.enabled", "true"),
        ("routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "true"),
    ])
    .await;
    let ask = bed.ask_port("https", SECURE, "/");
    let reply = ask.send().await.unwrap();
    let at: elbow_sandbox::echo::Answer = reply.json().unwrap();
    assert_eq!(at.headers["x-forwarded-for"], reply.local.to_string());
    assert_eq!(at.headers["x-amzn-tls-version"], "TLSv1.3");
    assert!(at.headers["x-amzn-tls-cipher-suite"].starts_with("TLS_"), "{at:?}");
}
