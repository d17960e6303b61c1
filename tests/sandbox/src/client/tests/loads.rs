//! Many requests, and what is counted of them.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::servers::{echo, http_1, http_2, lines, tcp, udp};
use crate::client::{Ask, Failure, Load};

const ONE_SECOND: Duration = Duration::from_secs(1);

fn ask(url: &str) -> Ask {
    Ask::new(url).unwrap()
}

async fn all_of(load: Load) -> crate::client::Report {
    load.run(std::future::pending(), || ()).await
}

#[tokio::test]
async fn a_rate_is_kept_on_fresh_connections_and_answers_are_counted_by_who_gave_them() {
    let connections = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&connections);
    let server = tcp(move |stream| {
        counted.fetch_add(1, Ordering::Relaxed);
        http_1(stream)
    })
    .await;
    let report = all_of(Load::new(ask(&format!("http://{}", server.address)), 50).lasting(ONE_SECOND)).await;
    assert!((40..=51).contains(&report.sent), "{report:?}");
    assert_eq!((report.ok, report.failed.len()), (report.sent, 0));
    assert_eq!(u64::from(connections.load(Ordering::Relaxed)), report.sent);
    assert_eq!(
        (report.by_pod["pod-1"], report.by_node["node-1"]),
        (report.sent, report.sent)
    );
    assert_eq!(report.by_address[&server.address], report.sent);
}

#[tokio::test]
async fn kept_connections_are_used_again() {
    for scheme in ["http", "tcp"] {
        let connections = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&connections);
        let server = tcp(move |stream| {
            counted.fetch_add(1, Ordering::Relaxed);
            async move {
                if scheme == "http" {
                    http_1(stream).await
                } else {
                    lines(stream).await
                }
            }
        })
        .await;
        let load = Load::new(ask(&format!("{scheme}://{}", server.address)), 50)
            .kept(3)
            .lasting(ONE_SECOND);
        let report = all_of(load).await;
        assert!(report.sent >= 40 && report.failed.is_empty(), "{report:?}");
        assert_eq!(connections.load(Ordering::Relaxed), 3);
    }
    let server = udp().await;
    let report = all_of(
        Load::new(ask(&format!("udp://{}", server.address)), 50)
            .kept(2)
            .lasting(ONE_SECOND),
    )
    .await;
    assert!(report.sent >= 40 && report.failed.is_empty(), "{report:?}");
}

#[tokio::test]
async fn a_connection_that_http_ends_between_requests_is_replaced_but_one_of_tcp_has_failed() {
    let once = |mut stream: TcpStream| async move {
        let mut request = [0; 512];
        let length = stream.read(&mut request).await.unwrap();
        let answer = if request[..length].starts_with(b"GET") {
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned()
        } else {
            echo("tcp", "")
        };
        stream.write_all(answer.as_bytes()).await.unwrap();
    };
    let server = tcp(once).await;
    let load = |scheme| {
        Load::new(ask(&format!("{scheme}://{}", server.address)), 20)
            .kept(1)
            .lasting(ONE_SECOND)
    };
    let report = all_of(load("http")).await;
    assert!(report.ok >= 10 && report.failed.is_empty(), "{report:?}");
    let report = all_of(load("tcp")).await;
    assert!(report.ok >= 5 && report.failed.len() >= 5, "{report:?}");
}

#[tokio::test]
async fn a_status_of_500_and_a_call_without_status_0_are_failures() {
    let (plain, calls) = (tcp(http_1).await, tcp(http_2).await);
    let report = all_of(Load::new(ask(&format!("http://{}/status/503", plain.address)), 20).lasting(ONE_SECOND)).await;
    assert!(
        report.ok == 0 && report.failed.iter().all(|failed| failed.why == Failure::Status(503)),
        "{report:?}"
    );
    assert!(report.longest_gap >= ONE_SECOND, "{report:?}");
    let report = all_of(Load::new(ask(&format!("http://{}/status/404", plain.address)), 20).lasting(ONE_SECOND)).await;
    assert!(report.failed.is_empty(), "{report:?}");
    let call =
        |status| Load::new(ask(&format!("http://{}/status/{status}", calls.address)).grpc(), 20).lasting(ONE_SECOND);
    let report = all_of(call(14)).await;
    assert!(
        report.ok == 0 && report.failed.iter().all(|failed| failed.why == Failure::Status(14)),
        "{report:?}"
    );
    assert!(all_of(call(0)).await.failed.is_empty());
}

#[tokio::test]
async fn an_ended_load_still_waits_for_the_answers_that_are_due() {
    let (go_on, _) = tokio::sync::watch::channel(false);
    let (asked, mut is_asked) = tokio::sync::watch::channel(false);
    let (gate, asked) = (go_on.clone(), Arc::new(asked));
    let server = tcp(move |stream: TcpStream| {
        let (mut open, asked) = (gate.subscribe(), Arc::clone(&asked));
        async move {
            stream.readable().await.unwrap();
            asked.send_replace(true);
            open.wait_for(|is_open| *is_open).await.unwrap();
            http_1(stream).await;
        }
    })
    .await;
    let flowed = Cell::new(false);
    let end = async {
        is_asked.wait_for(|is_asked| *is_asked).await.unwrap();
        tokio::spawn(async move { go_on.send_replace(true) });
    };
    let load = Load::new(ask(&format!("http://{}", server.address)), 100);
    let report = load.run(end, || flowed.set(true)).await;
    assert!(report.ok > 0 && report.failed.is_empty(), "{report:?}");
    assert!(!flowed.get(), "no answer came before the end");
}
