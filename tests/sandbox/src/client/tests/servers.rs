//! Servers that answer as the echo workload does, and some that misbehave.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::{HeaderMap, HeaderValue};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::files;
use crate::scratch::Scratch;

/// A server that ends with the test.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves each connection by the function, on a free port.
pub(super) async fn tcp<F, S>(serve: F) -> Server
where
    F: Fn(TcpStream) -> S + Send + 'static,
    S: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(stream));
        }
    });
    Server { address, task }
}

/// Answers every datagram.
pub(super) async fn udp() -> Server {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let mut datagram = [0; 512];
        loop {
            let (length, client) = socket.recv_from(&mut datagram).await.unwrap();
            let heard = String::from_utf8_lossy(&datagram[..length]).into_owned();
            socket.send_to(echo("udp", &heard).as_bytes(), client).await.unwrap();
        }
    });
    Server { address, task }
}

/// One line of JSON, as the echo workload answers.
pub(super) fn echo(protocol: &str, heard: &str) -> String {
    let answer = serde_json::json!({ "pod": "pod-1", "node": "node-1", "protocol": protocol, "heard": heard });
    format!("{answer}\n")
}

/// A line for each line.
pub(super) async fn lines<S: AsyncRead + AsyncWrite + Unpin>(stream: S) {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while stream.read_line(&mut line).await.is_ok_and(|length| length > 0) {
        stream.write_all(echo("tcp", line.trim_end()).as_bytes()).await.unwrap();
        line.clear();
    }
}

/// HTTP/1.1: the path `/status/N` answers so, all others 200.
pub(super) async fn http_1<S: AsyncRead + AsyncWrite + Unpin>(stream: S) {
    let _ended = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service_fn(answer))
        .await;
}

/// HTTP/2 with prior knowledge.
pub(super) async fn http_2<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S) {
    let connection = http2::Builder::new(TokioExecutor::new());
    let _ended = connection
        .serve_connection(TokioIo::new(stream), service_fn(call))
        .await;
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (parts, body) = request.into_parts();
    let heard = String::from_utf8_lossy(&body.collect().await?.to_bytes()).into_owned();
    let mut response = Response::new(Full::from(echo("http", &format!("{heard} {:?}", parts.headers))));
    if let Some(status) = parts.uri.path().strip_prefix("/status/") {
        *response.status_mut() = status.parse().unwrap();
    }
    response
        .headers_mut()
        .insert("set-cookie", HeaderValue::from_static("AWSALB=one; Path=/"));
    Ok(response)
}

/// gRPC's shape: a framed message, and the status in the trailers; the path `/status/N` chooses it.
async fn call(
    request: Request<Incoming>,
) -> Result<Response<impl hyper::body::Body<Data = Bytes, Error = hyper::Error>>, hyper::Error> {
    let (parts, body) = request.into_parts();
    let sent = body.collect().await?.to_bytes();
    let status = parts.uri.path().strip_prefix("/status/").unwrap_or("0").to_owned();
    let heard = String::from_utf8_lossy(sent.get(5..).unwrap_or_default()).into_owned();
    let message = echo("grpc", &format!("{heard} {}", parts.uri));
    let mut frame = vec![0];
    frame.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    frame.extend(message.as_bytes());
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", status.parse().unwrap());
    let frames = [Ok(Frame::data(Bytes::from(frame))), Ok(Frame::trailers(trailers))];
    Ok(Response::new(StreamBody::new(futures::stream::iter(frames))))
}

/// An authority with a certificate for `shop.example`.
pub(super) struct Secure {
    scratch: Scratch,
    configuration: ServerConfig,
}

impl Secure {
    pub(super) fn new(alpn: &[&str]) -> Self {
        let scratch = Scratch::new();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = params.self_signed(&key).unwrap();
        let text = pem::encode(&pem::Pem::new("CERTIFICATE", authority.der().to_vec()));
        files::write(&scratch.path().join("ca.crt"), text).unwrap();
        let issuer = Issuer::new(params, key);
        let own = KeyPair::generate().unwrap();
        let names = CertificateParams::new(vec!["shop.example".to_owned()]).unwrap();
        let leaf = names.signed_by(&own, &issuer).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let key = PrivatePkcs8KeyDer::from(own.serialize_der());
        let builder = builder.unwrap().with_no_client_auth();
        let mut configuration = builder.with_single_cert(vec![leaf.der().clone()], key.into()).unwrap();
        configuration.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        Self { scratch, configuration }
    }

    pub(super) fn authority(&self) -> PathBuf {
        self.scratch.path().join("ca.crt")
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::new(self.configuration.clone()))
    }
}
