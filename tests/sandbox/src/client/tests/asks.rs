//! One request, in each protocol, and each way to fail.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::servers::{Secure, http_1, http_2, lines, tcp, udp};
use crate::client::{Ask, Failure, Jar};
use crate::ports;

fn ask(scheme: &str, address: std::net::SocketAddr) -> Ask {
    Ask::new(&format!("{scheme}://{address}")).unwrap()
}

#[tokio::test]
async fn http_1_is_answered_with_status_headers_and_body() {
    let server = tcp(http_1).await;
    let url = format!("http://{}/status/404?a=b", server.address);
    let asked = Ask::new(&url)
        .unwrap()
        .header("Host", "shop.example")
        .header("X-Mine", "1")
        .body("text");
    let reply = asked.method("POST").send().await.unwrap();
    assert_eq!((reply.status(), reply.address), (404, server.address));
    assert_eq!(reply.field("pod").as_deref(), Some("pod-1"));
    let heard = reply.field("heard").unwrap();
    assert!(
        heard.starts_with("text ") && heard.contains("shop.example") && heard.contains("x-mine"),
        "{heard}"
    );
}

#[tokio::test]
async fn a_jar_keeps_the_last_cookie_of_a_name_and_sends_it() {
    let server = tcp(http_1).await;
    let mut jar = Jar::default();
    let first = jar.on(ask("http", server.address)).send().await.unwrap();
    assert!(!first.body.contains("cookie"), "{}", first.body);
    jar.keep(&first);
    jar.keep(&first);
    assert_eq!(jar.get("AWSALB"), Some("one"));
    let second = jar.on(ask("http", server.address)).send().await.unwrap();
    assert!(
        second.field("heard").unwrap().contains(r#""cookie": "AWSALB=one""#),
        "{}",
        second.body
    );
}

#[tokio::test]
async fn http_2_is_spoken_in_clear_text_and_a_call_has_its_status_in_the_trailers() {
    let server = tcp(http_2).await;
    let url = format!("http://{}/status/7", server.address);
    let reply = Ask::new(&url)
        .unwrap()
        .grpc()
        .body("call")
        .header("host", "shop.example")
        .send()
        .await
        .unwrap();
    let head = reply.http.as_ref().unwrap();
    assert_eq!(
        (head.version.as_str(), head.status, head.grpc_status()),
        ("HTTP/2.0", 200, Some(7))
    );
    assert_eq!(
        reply.field("heard").as_deref(),
        Some("call http://shop.example/status/7")
    );
}

#[tokio::test]
async fn tcp_udp_and_tls_are_asked_with_a_line_or_a_datagram() {
    let (over_tcp, over_udp) = (tcp(lines).await, udp().await);
    let reply = ask("tcp", over_tcp.address).body("line").send().await.unwrap();
    assert_eq!(reply.field("heard").as_deref(), Some("line"));
    let reply = ask("udp", over_udp.address).send().await.unwrap();
    assert_eq!(
        (reply.field("protocol").as_deref(), reply.field("heard").as_deref()),
        (Some("udp"), Some("hello"))
    );
}

#[tokio::test]
async fn tls_holds_the_certificate_to_the_name_and_to_the_authority() {
    let secure = Secure::new(&["http/1.1"]);
    let acceptor = secure.acceptor();
    let server = tcp(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                http_1(stream).await;
            }
        }
    })
    .await;
    let asked = Ask::new("https://shop.example/").unwrap().at(server.address);
    let reply = asked.clone().trust(secure.authority()).send().await.unwrap();
    assert_eq!((reply.status(), reply.alpn.as_deref()), (200, Some("http/1.1")));
    assert!(reply.certificate.unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
    let other = asked
        .clone()
        .trust(secure.authority())
        .server_name("other.example")
        .send()
        .await;
    assert!(
        matches!(&other, Err(Failure::Tls(why)) if why.contains("other.example")),
        "{other:?}"
    );
    let untrusted = asked.send().await;
    assert!(matches!(untrusted, Err(Failure::Tls(_))), "{untrusted:?}");
}

#[tokio::test]
async fn http_2_over_tls_is_agreed_on_by_alpn() {
    let secure = Secure::new(&["h2"]);
    let acceptor = secure.acceptor();
    let server = tcp(move |stream| {
        let acceptor = acceptor.clone();
        async move { http_2(acceptor.accept(stream).await.unwrap()).await }
    })
    .await;
    let asked = Ask::new("https://shop.example/")
        .unwrap()
        .at(server.address)
        .trust(secure.authority());
    let reply = asked.http2().send().await.unwrap();
    assert_eq!((reply.alpn.as_deref(), reply.status()), (Some("h2"), 200));
}

#[tokio::test]
async fn the_source_address_is_the_one_asked_for() {
    let (over_tcp, over_udp) = (tcp(lines).await, udp().await);
    let from = "127.0.0.9".parse().unwrap();
    for asked in [ask("tcp", over_tcp.address), ask("udp", over_udp.address)] {
        assert_eq!(asked.from(from).send().await.unwrap().local.ip(), from);
    }
}

#[tokio::test]
async fn a_port_without_a_listener_refuses() {
    let [port] = ports::free().unwrap();
    for scheme in ["http", "tcp", "udp"] {
        let outcome = ask(scheme, ([127, 0, 0, 1], port).into()).send().await;
        assert_eq!(outcome, Err(Failure::Refused), "{scheme}");
    }
}

#[tokio::test]
async fn silence_is_a_timeout() {
    let server = tcp(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let outcome = ask("http", server.address)
        .timeout(Duration::from_millis(100))
        .send()
        .await;
    assert_eq!(outcome, Err(Failure::Timeout));
}

#[tokio::test]
async fn a_broken_connection_is_a_reset() {
    let server = tcp(|stream| async move {
        stream.readable().await.unwrap();
        // Without time to linger, closing sends a reset.
        stream.set_zero_linger().unwrap();
    })
    .await;
    for scheme in ["http", "tcp"] {
        assert_eq!(
            ask(scheme, server.address).send().await,
            Err(Failure::Reset),
            "{scheme}"
        );
    }
}

#[tokio::test]
async fn an_answer_that_ends_early_is_short() {
    let http = tcp(|mut stream: TcpStream| async move {
        stream.readable().await.unwrap();
        let mut request = [0; 512];
        assert!(stream.try_read(&mut request).unwrap() > 0);
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")
            .await
            .unwrap();
    })
    .await;
    assert_eq!(ask("http", http.address).send().await, Err(Failure::Short));
    let line = tcp(|mut stream: TcpStream| async move {
        stream.readable().await.unwrap();
        let mut request = [0; 512];
        assert!(stream.try_read(&mut request).unwrap() > 0);
        stream.write_all(b"no end").await.unwrap();
    })
    .await;
    assert_eq!(ask("tcp", line.address).send().await, Err(Failure::Short));
}

#[tokio::test]
async fn a_name_without_an_address_is_unresolved() {
    let outcome = Ask::new("http://no-such-name.invalid/").unwrap().send().await;
    assert!(matches!(outcome, Err(Failure::Unresolved(_))), "{outcome:?}");
}
