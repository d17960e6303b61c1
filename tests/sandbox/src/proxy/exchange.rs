//! One call from its arrival to its answer, with what is to go wrong in between.

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::http::request::Parts;
use hyper::http::uri::{Authority, Scheme};
use hyper::http::{HeaderMap, StatusCode, Uri, header};
use hyper::{Request, Response as HyperResponse};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::Proxy;
use super::call::Call;
use super::fault::Kind;
use super::hold::{Phase, Verdict};
use super::journal::Recording;
use super::wire::{self, Response, respond};

/// Largest request, in bytes; AWS's own limits for the actions in use are far below.
const MAX_REQUEST: usize = 4 * 1024 * 1024;
/// Largest answer, in bytes: a page of thousands of described objects fits.
const MAX_ANSWER: usize = 64 * 1024 * 1024;
/// Headers that belong to one connection and not to the message (RFC 9110, section 7.6.1), and those that are made anew.
const HOP_HEADERS: [header::HeaderName; 7] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::HOST,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// The connection is to end without an answer.
#[derive(Debug, thiserror::Error)]
#[error("connection dropped on purpose")]
pub struct Dropped;

/// Where calls go to, with a pool of connections.
#[derive(Clone, Debug)]
pub struct Upstream {
    http: HttpClient<HttpConnector, Full<Bytes>>,
    authority: Authority,
}

impl Upstream {
    /// The upstream at `http://host:port`; none for another kind of URL.
    #[must_use]
    pub fn new(url: &Uri) -> Option<Self> {
        if url.scheme() != Some(&Scheme::HTTP) {
            return None;
        }
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let http = HttpClient::builder(TokioExecutor::new()).build(connector);
        Some(Self {
            http,
            authority: url.authority()?.clone(),
        })
    }

    /// Sends a call on; an upstream that cannot be reached or read is a 502.
    async fn send(self, parts: Parts, body: Bytes) -> Response {
        match self.try_send(parts, body).await {
            Ok(response) => response,
            Err(error) => {
                let message = format!("LocalStack did not answer: {error}");
                respond(StatusCode::BAD_GATEWAY, "text/plain", message)
            }
        }
    }

    async fn try_send(self, parts: Parts, body: Bytes) -> Result<Response, Box<dyn std::error::Error + Send + Sync>> {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let uri = Uri::builder()
            .scheme(Scheme::HTTP)
            .authority(self.authority)
            .path_and_query(path)
            .build()?;
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = parts.method;
        *request.uri_mut() = uri;
        *request.headers_mut() = end_to_end(parts.headers);
        let (parts, body) = self.http.request(request).await?.into_parts();
        let body = Limited::new(body, MAX_ANSWER).collect().await?.to_bytes();
        let mut response = HyperResponse::new(Full::new(body));
        *response.status_mut() = parts.status;
        *response.headers_mut() = end_to_end(parts.headers);
        Ok(response)
    }
}

fn end_to_end(mut headers: HeaderMap) -> HeaderMap {
    for name in HOP_HEADERS {
        headers.remove(name);
    }
    headers
}

/// Takes a request through faults and upstream to its answer.
///
/// # Errors
/// [`Dropped`] when the connection is to end without one.
pub(super) async fn exchange(proxy: &Proxy, request: Request<Incoming>) -> Result<Response, Dropped> {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MAX_REQUEST).collect().await else {
        return Ok(respond(
            StatusCode::PAYLOAD_TOO_LARGE,
            "text/plain",
            "request cut off or larger than 4 MiB",
        ));
    };
    let body = body.to_bytes();
    let call = Call::of(&parts, &body);
    let decision = proxy.faults.decide(&call);
    let mut recording = proxy.journal.begin(&call, decision.name());
    if !decision.latency.is_zero() {
        tokio::time::sleep(decision.latency).await;
    }
    let forward = Forward {
        proxy,
        call: &call,
        parts,
        body,
    };
    forward.under(decision.disruption, &mut recording).await
}

/// A call that is ready to be sent on.
struct Forward<'a> {
    proxy: &'a Proxy,
    call: &'a Call,
    parts: Parts,
    body: Bytes,
}

impl Forward<'_> {
    async fn under(self, disruption: Option<Kind>, recording: &mut Recording) -> Result<Response, Dropped> {
        let (proxy, call) = (self.proxy, self.call);
        let answer = match disruption {
            None | Some(Kind::LatencyMs(_)) => self.send().await,
            Some(Kind::Throttle) => wire::throttle(call),
            Some(Kind::Error { code, status, message }) => wire::error(call, status, &code, &message),
            Some(Kind::DropBefore) => return Err(Dropped),
            Some(Kind::LostReply) => {
                recording.answered(self.send().await.status().as_u16());
                return Err(Dropped);
            }
            Some(Kind::HoldBefore) => {
                proceed(proxy.holds.hold(recording.seq(), call, Phase::Before).await)?;
                self.send().await
            }
            Some(Kind::HoldAfter) => {
                let answer = self.send().await;
                recording.answered(answer.status().as_u16());
                proceed(proxy.holds.hold(recording.seq(), call, Phase::After).await)?;
                answer
            }
        };
        recording.answered(answer.status().as_u16());
        Ok(answer)
    }

    /// Runs as a task of its own: what AWS has received it carries out, also when the caller hangs up meanwhile.
    async fn send(self) -> Response {
        let sent = tokio::spawn(self.proxy.upstream.clone().send(self.parts, self.body));
        sent.await.unwrap_or_else(|error| {
            respond(
                StatusCode::INTERNAL_SERVER_ERROR,
                "text/plain",
                format!("the proxy failed: {error}"),
            )
        })
    }
}

fn proceed(verdict: Verdict) -> Result<(), Dropped> {
    match verdict {
        Verdict::Proceed => Ok(()),
        Verdict::HangUp => Err(Dropped),
    }
}
