//! How the workload becomes ready and how it ends.

use std::time::Duration;

use elbow_sandbox::echo::Kind;
use elbow_sandbox::wait;
use hyper::StatusCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::{Kept, get, http1, line};
use crate::server;

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn it_is_ready_after_the_time_set() {
    let server = server(&["--health=0", "--http=0", "--ready-after=0.3"]).await;
    let health = server.address(Kind::Health).unwrap();
    let status = async || http1(health, get("/readyz")).await.status;
    assert_eq!(status().await, StatusCode::SERVICE_UNAVAILABLE);
    // It serves meanwhile: who sends traffic to a Pod that is not ready sees it.
    assert_eq!(
        http1(server.address(Kind::Http).unwrap(), get("/")).await.status,
        StatusCode::OK
    );
    wait::until("readiness", PATIENCE, async || status().await == StatusCode::OK)
        .await
        .unwrap();
}

#[tokio::test]
async fn while_it_drains_it_serves_new_connections_and_asks_kept_ones_to_leave() {
    let server = server(&["--health=0", "--http=0", "--drain=3600"]).await;
    let (health, address) = (
        server.address(Kind::Health).unwrap(),
        server.address(Kind::Http).unwrap(),
    );
    let ready = async || http1(health, get("/readyz")).await.status == StatusCode::OK;
    wait::until("readiness", PATIENCE, ready).await.unwrap();
    let mut kept = Kept::to(address).await;
    assert!(!kept.send(get("/")).await.headers.contains_key("connection"));

    let drain = tokio::spawn(server.drain());
    wait::until("the end of readiness", PATIENCE, async || !ready().await)
        .await
        .unwrap();
    assert_eq!(http1(address, get("/")).await.status, StatusCode::OK);
    assert_eq!(kept.send(get("/")).await.headers["connection"], "close");
    drain.abort();
}

#[tokio::test]
async fn at_its_end_it_finishes_the_request_under_way_and_takes_no_other() {
    let server = server(&["--http=0"]).await;
    let address = server.address(Kind::Http).unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n";
    // The server asks for the body once the request is under way.
    assert_eq!(line(&mut stream, head).await, "HTTP/1.1 100 Continue\r\n");
    let drain = tokio::spawn(server.drain());
    let refused = async || TcpStream::connect(address).await.is_err();
    wait::until("the end of the listener", PATIENCE, refused).await.unwrap();
    stream.write_all(b"ok").await.unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    assert!(reply.contains("HTTP/1.1 200 OK"), "{reply}");
    assert!(reply.contains("\"message\":\"ok\""), "{reply}");
    drain.await.unwrap().unwrap();
}

#[tokio::test]
async fn at_its_end_it_closes_connections_that_say_nothing() {
    let server = server(&["--tcp=0", "--http=0", "--proxy-protocol=optional"]).await;
    let mut lines = TcpStream::connect(server.address(Kind::Tcp).unwrap()).await.unwrap();
    assert!(line(&mut lines, "hello\n").await.contains("hello"));
    let mut silent = TcpStream::connect(server.address(Kind::Http).unwrap()).await.unwrap();
    let ended = tokio::time::timeout(PATIENCE, server.drain()).await;
    ended.expect("silent connections do not keep it").unwrap();
    for stream in [&mut lines, &mut silent] {
        // A connection that was closed before it was served may be reset.
        assert!(matches!(stream.read(&mut [0; 8]).await, Ok(0) | Err(_)));
    }
}
