//! New configurations come into force without a failed request.

use std::time::Duration;

use elbow_sandbox::client::{Ask, Load, Running};
use elbow_sandbox::data_plane::model::{Kind, ListenerProtocol, TargetProtocol};
use elbow_sandbox::data_plane::verdict::State;
use elbow_sandbox::echo::Kind as EchoKind;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::bed::Bed;
use crate::made::{PORT, forward, group, listener, says, secure, target};

const DEADLINE: Duration = Duration::from_secs(30);

/// A target that was deregistered takes requests for a while that were sent to it before.
const STAYS: &str = "--drain=0.5";

/// So many TLS sessions a second can be begun by a client that is not optimized on a machine that is busy.
const HANDSHAKES: u32 = 20;

/// A load that flows, on fresh connections and on kept ones.
async fn loads(bed: &Bed, ask: &Ask, rate: u32) -> [Running; 2] {
    let fresh = bed.station().load(&Load::new(ask.clone(), rate)).unwrap();
    let kept = bed.station().load(&Load::new(ask.clone(), rate).kept(10)).unwrap();
    let mut loads = [fresh, kept];
    for load in &mut loads {
        load.flowing(DEADLINE).await.unwrap();
    }
    loads
}

async fn end_without_a_failure(loads: [Running; 2]) {
    for load in loads {
        let report = load.stop().await.unwrap();
        assert!(report.ok > 10 && report.failed.is_empty(), "{report:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs HAProxy: run by cargo sandbox test"]
async fn http_requests_do_not_fail_while_listeners_come_and_go_and_targets_are_replaced() {
    let mut bed = Bed::new().await;
    let mut web = bed.group("web", 2).await;
    let first = listener(PORT, ListenerProtocol::Http, forward("web"));
    bed.application(vec![first.clone()], vec![web.clone()]).await;
    let loads = loads(&bed, &bed.ask("/"), 100).await;
    for round in 0..6_u16 {
        let port = 9000 + round;
        web.targets.remove(0);
        web.targets
            .push(bed.target(&format!("new-{round}"), EchoKind::Http, &[STAYS]).await);
        let more = listener(port, ListenerProtocol::Http, says("more"));
        bed.application(vec![first.clone(), more], vec![web.clone()]).await;
        assert_eq!(bed.ask_port("http", port, "/").send().await.unwrap().body, "more");
        // Whoever sent it a request any later would notice.
        bed.drain_oldest().await;
    }
    end_without_a_failure(loads).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs HAProxy: run by cargo sandbox test"]
async fn a_target_that_is_taken_out_and_back_costs_no_request_and_no_reload() {
    let mut bed = Bed::new().await;
    let web = bed.group("web", 3).await;
    bed.application(vec![listener(PORT, ListenerProtocol::Http, forward("web"))], vec![web])
        .await;
    let loads = loads(&bed, &bed.ask("/?delay-ms=20"), 100).await;
    for state in [State::Unhealthy, State::Healthy, State::Unhealthy, State::Healthy] {
        bed.judge("web", "web-1", state);
        bed.apply().await;
        let pods = bed.pods(&bed.ask("/"), 12).await;
        assert_eq!(pods.contains(&"web-1".to_owned()), state == State::Healthy, "{pods:?}");
    }
    assert_eq!(
        bed.proxy.running().unwrap().leaving().await,
        Some(0),
        "no worker was replaced"
    );
    end_without_a_failure(loads).await;
}

/// Answers each request when it is told to, and tells how many have arrived.
async fn held_target(arrived: watch::Sender<usize>, go_on: watch::Receiver<bool>) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (arrived, mut go_on) = (arrived.clone(), go_on.clone());
            tokio::spawn(async move {
                let mut request = [0; 1024];
                assert!(stream.read(&mut request).await.unwrap() > 0);
                arrived.send_modify(|count| *count += 1);
                go_on.wait_for(|is_on| *is_on).await.unwrap();
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nlate")
                    .await
                    .unwrap();
            });
        }
    });
    address
}

#[tokio::test]
#[ignore = "needs HAProxy: run by cargo sandbox test"]
async fn a_request_under_way_is_answered_by_the_target_that_is_deregistered_meanwhile() {
    let mut bed = Bed::new().await;
    let (arrived, mut count) = watch::channel(0);
    let (go_on, held) = watch::channel(false);
    let leaving = target("leaving", held_target(arrived, held).await);
    let mut web = bed.group("web", 1).await;
    let staying = std::mem::replace(&mut web.targets, vec![leaving]);
    let listener = listener(PORT, ListenerProtocol::Http, forward("web"));
    bed.application(vec![listener.clone()], vec![web.clone()]).await;
    let ask = bed.ask("/");
    let under_way = tokio::spawn(async move { ask.send().await });
    count.wait_for(|count| *count == 1).await.unwrap();
    web.targets = staying;
    bed.application(vec![listener], vec![web]).await;
    assert_eq!(bed.pods(&bed.ask("/"), 4).await, ["web-0"; 4]);
    go_on.send_replace(true);
    assert_eq!(under_way.await.unwrap().unwrap().body, "late");
    assert_eq!(*count.borrow(), 1);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs HAProxy: run by cargo sandbox test"]
async fn connections_through_a_tls_listener_outlive_a_reload() {
    let mut bed = Bed::new().await;
    let web = group(
        "web",
        TargetProtocol::Tcp,
        vec![bed.target("web-0", EchoKind::Tcp, &[]).await],
    );
    let first = secure(8443, ListenerProtocol::Tls, forward("web"), &["arn:shop.example"]);
    bed.serve(Kind::Network, vec![first.clone()], vec![web.clone()]).await;
    let loads = loads(&bed, &bed.ask_port("tls", 8443, ""), HANDSHAKES).await;
    for port in 9000..9003 {
        let more = secure(port, ListenerProtocol::Tls, forward("web"), &["arn:shop.example"]);
        bed.serve(Kind::Network, vec![first.clone(), more], vec![web.clone()])
            .await;
    }
    assert!(
        bed.proxy.running().unwrap().leaving().await.unwrap() > 0,
        "the old workers keep their connections"
    );
    end_without_a_failure(loads).await;
}

#[tokio::test]
#[ignore = "needs HAProxy: run by cargo sandbox test"]
async fn a_configuration_that_cannot_come_into_force_leaves_the_last_one_there() {
    let mut bed = Bed::new().await;
    bed.application(vec![listener(PORT, ListenerProtocol::Http, says("first"))], vec![])
        .await;
    let taken = TcpListener::bind((bed.at, 9001)).await.unwrap();
    let good = bed.picture.clone();
    let second = listener(PORT, ListenerProtocol::Http, says("second"));
    let blocked = listener(9001, ListenerProtocol::Http, says("blocked"));
    bed.picture.model.load_balancers[0].listeners = vec![second, blocked];
    let error = bed.proxy.apply(&bed.picture).await.unwrap_err().to_string();
    assert!(error.contains("haproxy.log"), "{error}");
    assert_eq!(bed.ask("/").send().await.unwrap().body, "first");
    drop(taken);
    bed.apply().await;
    assert_eq!(bed.ask("/").send().await.unwrap().body, "second");
    bed.picture = good;
    bed.apply().await;
    assert_eq!(bed.ask("/").send().await.unwrap().body, "first");
}
