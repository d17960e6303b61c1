//! One health check: a connection from the load balancer's own address, and what is asked over it.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpSocket;
use tokio_rustls::TlsConnector;

use super::{Check, Outcome};
use crate::data_plane::model::{Probe, Version};

mod trust;

type Failure = Box<dyn Error + Send + Sync>;

/// An empty message of gRPC: not compressed, of no length.
const NOTHING: &[u8] = &[0; 5];

/// Checks once; without an answer in time it counts as such.
pub(super) async fn ask(check: &Check, within: Duration) -> Outcome {
    match tokio::time::timeout(within, attempt(check)).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Outcome::Failed,
        Err(_) => Outcome::TimedOut,
    }
}

async fn attempt(check: &Check) -> Result<Outcome, Failure> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((check.from, 0)))?;
    let stream = socket.connect(check.to.into()).await?;
    let Probe::Http { tls, path, codes } = &check.how.probe else {
        return Ok(Outcome::Passed);
    };
    let code = if *tls {
        let connector = TlsConnector::from(Arc::new(trust::anyone(check.version)?));
        let name = ServerName::IpAddress((*check.to.ip()).into());
        exchange(check, path, connector.connect(name, stream).await?).await?
    } else {
        exchange(check, path, stream).await?
    };
    if codes.iter().any(|range| range.contains(&code)) {
        Ok(Outcome::Passed)
    } else {
        Ok(Outcome::Mismatch(code))
    }
}

/// Asks and reads the code: of gRPC where that is spoken, else of HTTP.
async fn exchange<S>(check: &Check, path: &str, stream: S) -> Result<u16, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let request = request(check, path)?;
    let stream = TokioIo::new(stream);
    let response = if check.version == Version::Http1 {
        let (mut sender, connection) = http1::handshake(stream).await?;
        tokio::select! {
            response = sender.send_request(request) => response?,
            ended = connection => return Err(ended.err().map_or_else(|| "hung up".into(), Into::into)),
        }
    } else {
        let (mut sender, connection) = http2::handshake(TokioExecutor::new(), stream).await?;
        tokio::spawn(connection);
        sender.send_request(request).await?
    };
    match check.version {
        Version::Grpc => grpc_status(response).await,
        Version::Http1 | Version::Http2 => Ok(response.status().as_u16()),
    }
}

/// HTTP/2 has its host in the address.
fn request(check: &Check, path: &str) -> Result<Request<Full<Bytes>>, Failure> {
    let builder = Request::builder().header("user-agent", "ELB-HealthChecker/2.0");
    let absolute = format!("http://{}{path}", check.to);
    Ok(match check.version {
        Version::Http1 => builder
            .uri(path)
            .header("host", check.to.to_string())
            .body(Full::default())?,
        Version::Http2 => builder.uri(absolute).body(Full::default())?,
        Version::Grpc => builder
            .method(Method::POST)
            .uri(absolute)
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(Full::from(NOTHING))?,
    })
}

/// The status is in the headers of an answer without a body, else behind the body.
async fn grpc_status(response: Response<Incoming>) -> Result<u16, Failure> {
    let (parts, body) = response.into_parts();
    let trailers = body.collect().await?.trailers().cloned().unwrap_or_default();
    let status = parts.headers.get("grpc-status").or(trailers.get("grpc-status"));
    let status = status.ok_or("an answer without a gRPC status")?;
    Ok(status.to_str()?.parse()?)
}
