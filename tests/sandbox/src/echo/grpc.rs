//! gRPC as far as load balancers see it: the content type, one length-prefixed message, and the status in the trailers.
//!
//! The message is the answer's JSON, for nobody here has a schema. Format: gRPC over HTTP/2, Responses.

use std::future::ready;

use http_body_util::{BodyExt as _, Full};
use hyper::Response;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};

use super::answer::Answer;
use super::http::Reply;

/// Where application load balancers look for the health of gRPC targets; a server without such a method says that it has none,
/// which they take for healthy (ELB documentation, Health checks for Application Load Balancer target groups).
const PROBE: &str = "/AWS.ALB/";

const OK: &str = "0";
const UNIMPLEMENTED: &str = "12";

/// The answer to a unary call.
pub(super) fn reply(answer: &Answer) -> Reply {
    let is_probe = answer.path.as_deref().is_some_and(|path| path.starts_with(PROBE));
    let (message, status) = if is_probe {
        (Vec::new(), UNIMPLEMENTED)
    } else {
        (framed(&answer.line()), OK)
    };
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static(status));
    let body = Full::new(Bytes::from(message)).with_trailers(ready(Some(Ok(trailers))));
    let mut reply = Response::new(body.boxed_unsync());
    reply
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc+json"));
    reply
}

/// The message behind its prefix: not compressed, so many bytes.
fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    [&[0], length.to_be_bytes().as_slice(), message].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_behind_its_length() {
        assert_eq!(framed(b"abc"), b"\0\0\0\0\x03abc");
    }
}
