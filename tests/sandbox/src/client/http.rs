//! HTTP's two versions over an open stream.

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::header::HeaderMap;
use hyper::{Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::ask::{Ask, Form};
use super::connect::Duplex;
use super::failure::Failure;
use super::reply::Head;

/// The first five bytes of a message in gRPC: not compressed, and its length.
const GRPC_PREFIX: usize = 5;

/// HTTP/1.1 on one connection.
pub(super) struct Http1(http1::SendRequest<Full<Bytes>>);

impl Http1 {
    pub(super) async fn new(stream: Box<dyn Duplex>) -> Result<Self, Failure> {
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // Its error reaches the request that it breaks.
        tokio::spawn(async move { drop(connection.await) });
        Ok(Self(sender))
    }

    pub(super) fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    pub(super) async fn exchange(&mut self, ask: &Ask) -> Result<(Head, String), Failure> {
        self.0.ready().await?;
        let authority = host(ask);
        let request = with_fields(ask, Request::builder().uri(ask.target.path()).header("host", authority))?;
        read(ask, self.0.send_request(request).await?).await
    }
}

/// HTTP/2 on one connection.
pub(super) struct Http2(http2::SendRequest<Full<Bytes>>);

impl Http2 {
    pub(super) async fn new(stream: Box<dyn Duplex>) -> Result<Self, Failure> {
        let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
        tokio::spawn(async move { drop(connection.await) });
        Ok(Self(sender))
    }

    pub(super) fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    pub(super) async fn exchange(&mut self, ask: &Ask) -> Result<(Head, String), Failure> {
        self.0.ready().await?;
        let scheme = if ask.target.scheme().is_secure() {
            "https"
        } else {
            "http"
        };
        let uri = format!("{scheme}://{}{}", host(ask), ask.target.path());
        let request = with_fields(ask, Request::builder().uri(uri).version(Version::HTTP_2))?;
        read(ask, self.0.send_request(request).await?).await
    }
}

fn host(ask: &Ask) -> String {
    let given = ask.headers.iter().find(|(name, _)| name == "host");
    given.map_or_else(|| ask.target.authority(), |(_, value)| value.clone())
}

fn with_fields(ask: &Ask, request: hyper::http::request::Builder) -> Result<Request<Full<Bytes>>, Failure> {
    let mut request = request.method(ask.method.as_str());
    for (name, value) in ask.headers.iter().filter(|(name, _)| name != "host") {
        request = request.header(name, value);
    }
    let body = match ask.form {
        Form::Http1 | Form::Http2 => Bytes::from(ask.body.clone()),
        Form::Grpc => {
            request = request
                .header("content-type", "application/grpc")
                .header("te", "trailers");
            framed(&ask.body)
        }
    };
    request.body(Full::new(body)).map_err(|error| Failure::of(&error))
}

fn framed(message: &str) -> Bytes {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    let mut frame = vec![0];
    frame.extend(length.to_be_bytes());
    frame.extend(message.as_bytes());
    Bytes::from(frame)
}

async fn read(ask: &Ask, response: Response<Incoming>) -> Result<(Head, String), Failure> {
    let (parts, body) = response.into_parts();
    let body = body.collect().await?;
    let trailers = body.trailers().map(fields).unwrap_or_default();
    let bytes = body.to_bytes();
    let is_framed = ask.form == Form::Grpc && parts.status.is_success();
    let bytes = if is_framed {
        bytes.slice(GRPC_PREFIX.min(bytes.len())..)
    } else {
        bytes
    };
    let head = Head {
        version: format!("{:?}", parts.version),
        status: parts.status.as_u16(),
        headers: fields(&parts.headers),
        trailers,
    };
    Ok((head, String::from_utf8_lossy(&bytes).into_owned()))
}

fn fields(map: &HeaderMap) -> Vec<(String, String)> {
    let field = |(name, value): (&hyper::header::HeaderName, &hyper::header::HeaderValue)| {
        (
            name.as_str().to_owned(),
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
        )
    };
    map.iter().map(field).collect()
}
