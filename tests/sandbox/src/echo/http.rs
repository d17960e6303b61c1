//! HTTP/1.1, HTTP/2 with prior knowledge or by ALPN, and calls shaped as gRPC.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
use std::time::Duration;

use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Body, Bytes};
use hyper::header::{CONNECTION, CONTENT_TYPE, HOST, HeaderMap, HeaderValue};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::AsyncReadExt as _;

use super::answer::{Answer, Protocol};
use super::connection::{Connection, Phase};
use super::grpc;
use super::stream::{Stream, after, begins};

/// The longest body of a request that is told in the answer.
const LONGEST: usize = 64 * 1024;

pub(super) type Reply = Response<UnsyncBoxBody<Bytes, Infallible>>;

/// What a client sends first that speaks HTTP/2 without having agreed on it (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Answers the requests of a connection until the client or the server ends; a request under way is finished.
///
/// # Errors
/// When the other end breaks the protocol or the connection.
pub(super) async fn serve(connection: &Connection, stream: Box<dyn Stream>, what: Content) -> io::Result<()> {
    let (is_http2, stream) = tokio::select! {
        looked = speaks_http2(stream) => looked?,
        () = connection.shared.ended() => return Ok(()),
    };
    let service = service_fn(|request| {
        let connection = connection.clone();
        async move { Ok::<_, Infallible>(what.of(&connection, request).await) }
    });
    let ended = connection.shared.ended();
    let stream = TokioIo::new(stream);
    let outcome = if is_http2 {
        let served = http2::Builder::new(TokioExecutor::new()).serve_connection(stream, service);
        finish(served, http2::Connection::graceful_shutdown, ended).await
    } else {
        let served = http1::Builder::new().serve_connection(stream, service);
        finish(served, http1::Connection::graceful_shutdown, ended).await
    };
    outcome.map_err(io::Error::other)
}

/// Serves a connection to its end, which `shut_down` hastens once `ended` has come.
async fn finish<C: Future>(connection: C, shut_down: impl FnOnce(Pin<&mut C>), ended: impl Future) -> C::Output {
    let mut connection = pin!(connection);
    tokio::select! {
        outcome = connection.as_mut() => return outcome,
        _ = ended => {}
    }
    shut_down(connection.as_mut());
    connection.await
}

/// Whether a connection begins as HTTP/2, and the connection with nothing taken from it.
async fn speaks_http2(mut stream: Box<dyn Stream>) -> io::Result<(bool, Box<dyn Stream>)> {
    let mut received = Vec::new();
    loop {
        let count = stream.read_buf(&mut received).await?;
        let so_far = begins(&received, PREFACE);
        if count == 0 || !so_far || received.len() >= PREFACE.len() {
            return Ok((so_far && received.len() >= PREFACE.len(), after(received, stream)));
        }
    }
}

/// What is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// The answer of the workload.
    Echo,
    /// Whether the server is ready: status 200 or 503.
    Readiness,
}

impl Content {
    async fn of<B>(self, connection: &Connection, request: Request<B>) -> Reply
    where
        B: Body<Data = Bytes> + Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let phase = connection.shared.phase();
        let version = request.version();
        let mut reply = match self {
            Self::Echo => echo(connection, request).await,
            Self::Readiness if phase == Phase::Ready => plain(StatusCode::OK, "ready\n"),
            Self::Readiness => plain(StatusCode::SERVICE_UNAVAILABLE, "not ready\n"),
        };
        // A client that keeps its connection takes another one for its next request; HTTP/2 has another way to say this.
        if phase >= Phase::Draining && version < Version::HTTP_2 {
            reply
                .headers_mut()
                .insert(CONNECTION, HeaderValue::from_static("close"));
        }
        reply
    }
}

async fn echo<B>(connection: &Connection, request: Request<B>) -> Reply
where
    B: Body<Data = Bytes> + Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let protocol = protocol(&request);
    let wishes = Wishes::of(request.uri().query().unwrap_or_default());
    let mut answer = connection.answer(protocol);
    describe(&request, &mut answer);
    // A body that is too long or broken off is nothing to tell.
    let body = Limited::new(request.into_body(), LONGEST).collect().await;
    let message = body.map(|body| body.to_bytes()).unwrap_or_default();
    tokio::time::sleep(wishes.delay).await;
    if protocol == Protocol::Grpc {
        return grpc::reply(&answer);
    }
    answer.message = String::from_utf8_lossy(&message).into_owned();
    let mut reply = plain(wishes.status, answer.line());
    reply
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply
}

fn plain(status: StatusCode, text: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Full::new(text.into()).boxed_unsync());
    *reply.status_mut() = status;
    reply
}

fn protocol<B>(request: &Request<B>) -> Protocol {
    let is_grpc = |value: &HeaderValue| value.as_bytes().starts_with(b"application/grpc");
    if request.version() < Version::HTTP_2 {
        Protocol::Http1
    } else if request.headers().get(CONTENT_TYPE).is_some_and(is_grpc) {
        Protocol::Grpc
    } else {
        Protocol::Http2
    }
}

fn describe<B>(request: &Request<B>, answer: &mut Answer) {
    let named = request.headers().get(HOST).map(text);
    answer.host = named.or_else(|| request.uri().authority().map(ToString::to_string));
    answer.method = Some(request.method().to_string());
    answer.path = request.uri().path_and_query().map(ToString::to_string);
    answer.headers = texts(request.headers());
}

fn texts(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::<String, String>::new();
    for (name, value) in headers {
        texts
            .entry(name.to_string())
            .and_modify(|before| before.push_str(&format!(",{}", text(value))))
            .or_insert_with(|| text(value));
    }
    texts
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// What a request asks for by its query: `?status=503&delay-ms=200`.
#[derive(Debug, PartialEq, Eq)]
struct Wishes {
    status: StatusCode,
    delay: Duration,
}

impl Wishes {
    /// Reads a query; what it does not understand it leaves out.
    fn of(query: &str) -> Self {
        let mut wishes = Self {
            status: StatusCode::OK,
            delay: Duration::ZERO,
        };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "status" => wishes.status = value.parse().unwrap_or(wishes.status),
                "delay-ms" => wishes.delay = value.parse().map_or(wishes.delay, Duration::from_millis),
                _ => {}
            }
        }
        wishes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_asks_for_a_status_and_a_delay() {
        let wishes = Wishes::of("a=b&status=503&delay-ms=250");
        assert_eq!(wishes.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(wishes.delay, Duration::from_millis(250));
    }

    #[test]
    fn a_query_that_asks_for_nothing_known_is_answered_at_once() {
        let wishes = Wishes::of("status=high&delay-ms=-1");
        assert_eq!((wishes.status, wishes.delay), (StatusCode::OK, Duration::ZERO));
    }
}
