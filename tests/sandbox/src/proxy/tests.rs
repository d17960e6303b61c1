//! The proxy as its clients see it, in front of a small upstream on loopback.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;

use super::exchange::Upstream;
use super::hold::Phase;
use super::{Calls, Client, Fault, Kind, Proxy, server};

const PATIENCE: Duration = Duration::from_secs(20);

/// A proxy, its upstream, and how many requests reached that.
struct Bench {
    url: String,
    reached: Arc<AtomicUsize>,
    http: HttpClient<HttpConnector, Full<Bytes>>,
}

impl Bench {
    async fn start() -> Self {
        let reached = Arc::new(AtomicUsize::new(0));
        let upstream = start_upstream(Arc::clone(&reached)).await;
        Self::before(&upstream, reached).await
    }

    async fn before(upstream: &str, reached: Arc<AtomicUsize>) -> Self {
        let upstream = Upstream::new(&upstream.parse().unwrap()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(server::serve(listener, Arc::new(Proxy::new(upstream))));
        let http = HttpClient::builder(TokioExecutor::new())
            .retry_canceled_requests(false)
            .build_http();
        Self { url, reached, http }
    }

    fn control(&self, lane: &str) -> Client {
        Client::new(&self.url, lane)
    }

    fn reached(&self) -> usize {
        self.reached.load(Ordering::SeqCst)
    }

    /// Status and body of the answer; none when the connection ended without one.
    async fn call(&self, lane: &str, service: &str, action: &str) -> Option<(u16, String)> {
        let credential = format!("AWS4-HMAC-SHA256 Credential={lane}/20261121/us-east-1/{service}/aws4_request");
        let request = Request::post(&self.url)
            .header("authorization", credential)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Full::from(format!("Action={action}&Name=n")))
            .unwrap();
        let response = self.http.request(request).await.ok()?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Some((status, String::from_utf8(body.to_vec()).unwrap()))
    }
}

async fn start_upstream(reached: Arc<AtomicUsize>) -> String {
    let echo = move |body: String| async move {
        reached.fetch_add(1, Ordering::SeqCst);
        format!("<did>{body}</did>")
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(echo)).await });
    url
}

#[tokio::test]
async fn calls_pass_unchanged_and_are_counted_by_lane() {
    let bench = Bench::start().await;
    let answer = bench.call("a", "ec2", "CreateTags").await;
    assert_eq!(answer, Some((200, "<did>Action=CreateTags&Name=n</did>".to_owned())));
    bench.call("a", "ec2", "CreateTags").await;
    bench.call("b", "elasticloadbalancing", "DescribeTags").await;

    let counts = bench.control("a").counts().await.unwrap();
    assert_eq!((counts.total, counts.calls["ec2:CreateTags"]), (2, 2));
    assert_eq!(Client::for_all_lanes(&bench.url).counts().await.unwrap().total, 3);

    bench.control("a").reset_counts().await.unwrap();
    assert_eq!(bench.control("a").counts().await.unwrap().total, 0);
    assert_eq!(bench.control("b").counts().await.unwrap().total, 1);
}

#[tokio::test]
async fn the_log_tells_what_was_asked_and_answered() {
    let bench = Bench::start().await;
    bench.call("a", "ec2", "CreateTags").await;
    bench.call("b", "ec2", "CreateTags").await;
    let log = bench.control("b").log(0).await.unwrap();
    let [entry] = log.entries.as_slice() else {
        panic!("one entry, not {log:?}")
    };
    assert_eq!(
        (entry.seq, entry.action.as_str(), entry.fields["Name"].as_str()),
        (1, "CreateTags", "n")
    );
    assert_eq!((entry.status, entry.fault.clone()), (Some(200), None));
    assert!(bench.control("b").log(log.next).await.unwrap().entries.is_empty());
}

#[tokio::test]
async fn throttles_and_errors_speak_the_services_format_and_spare_aws() {
    let bench = Bench::start().await;
    bench
        .control("a")
        .set_faults(&[Fault::new("*", Kind::Throttle)])
        .await
        .unwrap();
    let (status, body) = bench.call("a", "ec2", "CreateTags").await.unwrap();
    assert_eq!(status, 503);
    assert!(
        body.contains("<Response><Errors><Error><Code>RequestLimitExceeded</Code>"),
        "{body}"
    );
    let (status, body) = bench.call("a", "elasticloadbalancing", "DescribeTags").await.unwrap();
    assert_eq!(status, 400);
    assert!(
        body.contains("<Error><Type>Sender</Type><Code>Throttling</Code>"),
        "{body}"
    );

    let kind = Kind::Error {
        code: "Odd".to_owned(),
        status: 500,
        message: "a<b".to_owned(),
    };
    bench
        .control("a")
        .set_faults(&[Fault::new("Describe*", kind)])
        .await
        .unwrap();
    let (status, body) = bench.call("a", "elasticloadbalancing", "DescribeTags").await.unwrap();
    assert_eq!(status, 500);
    assert!(
        body.contains("<Type>Receiver</Type><Code>Odd</Code><Message>a&lt;b</Message>"),
        "{body}"
    );
    assert_eq!(bench.reached(), 0);

    bench.call("b", "elasticloadbalancing", "DescribeTags").await.unwrap();
    bench.control("a").clear_faults().await.unwrap();
    bench.call("a", "elasticloadbalancing", "DescribeTags").await.unwrap();
    assert_eq!(
        bench.reached(),
        2,
        "another lane, and the lane once cleared, are not disturbed"
    );
}

#[tokio::test]
async fn a_lost_reply_is_done_and_a_dropped_call_is_not() {
    let bench = Bench::start().await;
    bench
        .control("a")
        .set_faults(&[Fault::new("*", Kind::LostReply)])
        .await
        .unwrap();
    assert_eq!(bench.call("a", "ec2", "CreateTags").await, None);
    assert_eq!(bench.reached(), 1);
    let log = bench.control("a").log(0).await.unwrap();
    assert_eq!(
        (log.entries[0].status, log.entries[0].fault.as_deref()),
        (Some(200), Some("lost_reply"))
    );

    bench
        .control("a")
        .set_faults(&[Fault::new("*", Kind::DropBefore).times(1)])
        .await
        .unwrap();
    assert_eq!(bench.call("a", "ec2", "CreateTags").await, None);
    assert_eq!(bench.reached(), 1);
    assert!(bench.call("a", "ec2", "CreateTags").await.is_some());
}

#[tokio::test]
async fn latency_delays_each_call() {
    let bench = Bench::start().await;
    bench
        .control("a")
        .set_faults(&[Fault::new("*", Kind::LatencyMs(60))])
        .await
        .unwrap();
    let started = Instant::now();
    let calls = (0..30).map(|_| bench.call("a", "ec2", "DescribeSubnets"));
    let answers = futures::future::join_all(calls).await;
    assert!(answers.iter().all(Option::is_some));
    let elapsed = started.elapsed();
    assert!(elapsed >= Duration::from_millis(60), "{elapsed:?}");
    assert!(
        elapsed < Duration::from_millis(60 * 30),
        "30 calls wait side by side, not in a row: {elapsed:?}"
    );
}

#[tokio::test]
async fn a_call_held_before_reaches_aws_when_released() {
    let bench = Bench::start().await;
    let control = bench.control("a");
    control
        .set_faults(&[Fault::new(Calls::Any(vec!["Create*".to_owned()]), Kind::HoldBefore)])
        .await
        .unwrap();
    let test = async {
        let held = control.wait_held(PATIENCE).await.unwrap();
        assert_eq!((held[0].action.as_str(), held[0].phase), ("CreateTags", Phase::Before));
        assert_eq!(bench.reached(), 0);
        assert_eq!(bench.control("b").release().await.unwrap(), []);
        assert_eq!(control.release().await.unwrap(), held);
    };
    let (answer, ()) = tokio::join!(bench.call("a", "ec2", "CreateTags"), test);
    assert_eq!((answer.unwrap().0, bench.reached()), (200, 1));
    assert_eq!(control.held().await.unwrap(), []);
}

#[tokio::test]
async fn a_call_held_after_is_done_before_its_release() {
    let bench = Bench::start().await;
    let control = bench.control("a");
    control.set_faults(&[Fault::new("*", Kind::HoldAfter)]).await.unwrap();
    let test = async {
        assert_eq!(control.wait_held(PATIENCE).await.unwrap()[0].phase, Phase::After);
        assert_eq!(bench.reached(), 1);
        control.release().await.unwrap();
    };
    let (answer, ()) = tokio::join!(bench.call("a", "ec2", "CreateTags"), test);
    assert_eq!(answer.unwrap().0, 200);
}

#[tokio::test]
async fn hanging_up_on_a_held_call_spares_aws() {
    let bench = Bench::start().await;
    let control = bench.control("a");
    control.set_faults(&[Fault::new("*", Kind::HoldBefore)]).await.unwrap();
    let test = async {
        control.wait_held(PATIENCE).await.unwrap();
        control.hang_up().await.unwrap();
    };
    let (answer, ()) = tokio::join!(bench.call("a", "ec2", "CreateTags"), test);
    assert_eq!((answer, bench.reached()), (None, 0));
}

#[tokio::test]
async fn a_caller_that_hangs_up_is_no_longer_held() {
    let bench = Bench::start().await;
    let control = bench.control("a");
    control.set_faults(&[Fault::new("*", Kind::HoldBefore)]).await.unwrap();
    {
        let call = bench.call("a", "ec2", "CreateTags");
        let held = control.wait_held(PATIENCE);
        tokio::pin!(call);
        tokio::select! {
            answer = &mut call => panic!("not held: {answer:?}"),
            held = held => assert_eq!(held.unwrap().len(), 1),
        }
    }
    let gone = async {
        while !control.held().await.unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.unwrap();
    assert_eq!(bench.reached(), 0);
}

#[tokio::test]
async fn waiting_for_a_held_call_ends_in_time() {
    let bench = Bench::start().await;
    let error = bench
        .control("a")
        .wait_held(Duration::from_millis(1))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("lane \"a\""), "{error}");
}

#[tokio::test]
async fn an_upstream_that_is_down_is_a_bad_gateway() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let bench = Bench::before(&nobody, Arc::default()).await;
    let (status, body) = bench.call("a", "ec2", "CreateTags").await.unwrap();
    assert_eq!(status, 502);
    assert!(body.contains("LocalStack did not answer"), "{body}");
}

#[tokio::test]
async fn control_calls_with_mistakes_are_refused_with_a_reason() {
    let bench = Bench::start().await;
    let get = |path: &str| bench.http.get(format!("{}/_proxy/{path}", bench.url).parse().unwrap());
    assert_eq!(get("nothing").await.unwrap().status(), 404);
    assert_eq!(get("log?since=x").await.unwrap().status(), 400);
    let fault = Request::post(format!("{}/_proxy/faults", bench.url))
        .body(Full::from(r#"[{"kind": "flood"}]"#))
        .unwrap();
    assert_eq!(bench.http.request(fault).await.unwrap().status(), 400);
}
