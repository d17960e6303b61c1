//! What each protocol answers.

use elbow_sandbox::echo::{Answer, Kind, Protocol};
use http_body_util::Full;
use hyper::{Request, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};

use crate::client::{get, http1, http2, line, tls};
use crate::server;

const PROXY: &str = "PROXY TCP4 203.0.113.10 198.18.0.1 40000 443\r\n";

#[tokio::test]
async fn http_1_answers_who_it_is_and_what_was_asked() {
    let server = server(&["--http=0"]).await;
    let address = server.address(Kind::Http).unwrap();
    let request = Request::post("/cart?id=7")
        .header("host", "web.example.com")
        .header("x-forwarded-for", "203.0.113.10")
        .body(Full::from("two apples"))
        .unwrap();
    let answer = http1(address, request).await.answer();
    assert_eq!((answer.pod.as_str(), answer.node.as_str()), ("web-1", "node-a"));
    assert_eq!(answer.protocol, Protocol::Http1);
    assert_eq!(answer.server, address);
    assert!(answer.client.ip().is_loopback());
    assert_eq!(answer.host.as_deref(), Some("web.example.com"));
    assert_eq!(answer.method.as_deref(), Some("POST"));
    assert_eq!(answer.path.as_deref(), Some("/cart?id=7"));
    assert_eq!(answer.headers["x-forwarded-for"], "203.0.113.10");
    assert_eq!(answer.message, "two apples");
    assert_eq!(answer.proxy, None);
}

#[tokio::test]
async fn http_2_is_spoken_on_the_same_port_by_those_who_know() {
    let server = server(&["--http=0"]).await;
    let stream = TcpStream::connect(server.address(Kind::Http).unwrap()).await.unwrap();
    let answer = http2(
        stream,
        Request::get("http://api.example.com/v1").body(Full::default()).unwrap(),
    )
    .await;
    let answer = answer.answer();
    assert_eq!(answer.protocol, Protocol::Http2);
    assert_eq!(answer.host.as_deref(), Some("api.example.com"));
    assert_eq!(answer.path.as_deref(), Some("/v1"));
}

#[tokio::test]
async fn a_grpc_call_is_answered_by_a_message_and_a_status_in_the_trailers() {
    let server = server(&["--http=0"]).await;
    let call = async |path: &str| {
        let stream = TcpStream::connect(server.address(Kind::Http).unwrap()).await.unwrap();
        let request = Request::post(format!("http://api.example.com{path}"))
            .header("content-type", "application/grpc")
            .body(Full::default())
            .unwrap();
        http2(stream, request).await
    };
    let reply = call("/echo.Echo/Say").await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.trailers["grpc-status"], "0");
    let (prefix, message) = reply.body.split_at(5);
    assert_eq!(usize::from(prefix[4]) + 256 * usize::from(prefix[3]), message.len());
    let answer: Answer = serde_json::from_slice(message).unwrap();
    assert_eq!(answer.protocol, Protocol::Grpc);
    // What application load balancers take for a healthy target by default.
    assert_eq!(call("/AWS.ALB/healthcheck").await.trailers["grpc-status"], "12");
}

#[tokio::test]
async fn a_request_chooses_its_status() {
    let server = server(&["--http=0"]).await;
    let reply = http1(server.address(Kind::Http).unwrap(), get("/?status=503")).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.answer().pod, "web-1");
}

#[tokio::test]
async fn tls_tells_the_name_asked_for_and_the_protocol_agreed_on() {
    let server = server(&["--https=0"]).await;
    let address = server.address(Kind::Https).unwrap();
    let stream = tls(address, "h2").await;
    let answer = http2(
        stream,
        Request::get("https://web.example.com/").body(Full::default()).unwrap(),
    )
    .await;
    let session = answer.answer().tls.unwrap();
    assert_eq!(session.server_name.as_deref(), Some("web.example.com"));
    assert_eq!(session.application_protocol.as_deref(), Some("h2"));
}

#[tokio::test]
async fn each_line_of_a_tcp_connection_is_answered() {
    let server = server(&["--tcp=0", "--tls=0"]).await;
    let mut stream = TcpStream::connect(server.address(Kind::Tcp).unwrap()).await.unwrap();
    for text in ["one", "two"] {
        let answer: Answer = serde_json::from_str(&line(&mut stream, &format!("{text}\n")).await).unwrap();
        assert_eq!((answer.protocol, answer.message.as_str()), (Protocol::Tcp, text));
    }
    let mut stream = tls(server.address(Kind::Tls).unwrap(), "any").await;
    let answer: Answer = serde_json::from_str(&line(&mut stream, "three\n").await).unwrap();
    assert_eq!(answer.message, "three");
    assert!(answer.tls.is_some());
}

#[tokio::test]
async fn a_connection_on_which_nothing_is_said_is_answered_by_nothing() {
    let server = server(&["--tcp=0"]).await;
    let mut stream = TcpStream::connect(server.address(Kind::Tcp).unwrap()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "");
}

#[tokio::test]
async fn a_datagram_is_answered_by_a_datagram() {
    let server = server(&["--udp=0"]).await;
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(server.address(Kind::Udp).unwrap()).await.unwrap();
    socket.send(b"ping").await.unwrap();
    let mut buffer = vec![0; 2048];
    let length = socket.recv(&mut buffer).await.unwrap();
    let answer: Answer = serde_json::from_slice(&buffer[..length]).unwrap();
    assert_eq!((answer.protocol, answer.message.as_str()), (Protocol::Udp, "ping"));
    assert_eq!(answer.client, socket.local_addr().unwrap());
}

#[tokio::test]
async fn a_proxy_header_is_told_whatever_follows_it() {
    let server = server(&["--http=0", "--tcp=0", "--proxy-protocol=required"]).await;
    let mut stream = TcpStream::connect(server.address(Kind::Tcp).unwrap()).await.unwrap();
    let answer: Answer = serde_json::from_str(&line(&mut stream, &format!("{PROXY}hi\n")).await).unwrap();
    let proxy = answer.proxy.unwrap();
    assert_eq!(
        (proxy.version, proxy.source),
        (1, Some("203.0.113.10:40000".parse().unwrap()))
    );
    assert_eq!(answer.message, "hi");

    let mut stream = TcpStream::connect(server.address(Kind::Http).unwrap()).await.unwrap();
    stream.write_all(PROXY.as_bytes()).await.unwrap();
    let reply = http2(
        stream,
        Request::get("http://a.example.com/").body(Full::default()).unwrap(),
    )
    .await;
    assert_eq!(reply.answer().proxy, Some(proxy));
}

#[tokio::test]
async fn a_connection_without_the_required_proxy_header_is_closed() {
    let server = server(&["--tcp=0", "--proxy-protocol=required"]).await;
    let mut stream = TcpStream::connect(server.address(Kind::Tcp).unwrap()).await.unwrap();
    assert_eq!(line(&mut stream, "hello there\n").await, "");
}

#[tokio::test]
async fn an_optional_proxy_header_may_be_missing() {
    let server = server(&["--http=0", "--proxy-protocol=optional"]).await;
    let answer = http1(server.address(Kind::Http).unwrap(), get("/")).await.answer();
    assert_eq!((answer.proxy, answer.protocol), (None, Protocol::Http1));
}
