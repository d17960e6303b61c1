//! Errors in each service's own wire format, so that the SDK of the caller reads them as AWS's.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::http::{HeaderValue, StatusCode, header};

use super::call::{Call, Protocol};

/// An answer with its whole body.
pub type Response = hyper::Response<Full<Bytes>>;

/// The request id of injected answers; tells them apart from the back end's.
const REQUEST_ID: &str = "injected-by-elbow-sandbox";

/// The error by which the call's service throttles: `RequestLimitExceeded` (503) in EC2, `Throttling` (400) in the other
/// query services, `ThrottlingException` (400) in JSON services.
#[must_use]
pub fn throttle(call: &Call) -> Response {
    match call.protocol {
        Protocol::Ec2 => error(call, 503, "RequestLimitExceeded", "Request limit exceeded."),
        Protocol::Query => error(call, 400, "Throttling", "Rate exceeded"),
        Protocol::Json => error(call, 400, "ThrottlingException", "Rate exceeded"),
    }
}

/// An error document of the call's service; a status that HTTP does not know becomes 500.
#[must_use]
pub fn error(call: &Call, status: u16, code: &str, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let (content_type, body) = match call.protocol {
        Protocol::Query => ("text/xml", query_error(call, status, code, message)),
        Protocol::Ec2 => ("text/xml;charset=UTF-8", ec2_error(code, message)),
        Protocol::Json => ("application/x-amz-json-1.1", json_error(code, message)),
    };
    let mut response = respond(status, content_type, body);
    response
        .headers_mut()
        .insert("x-amzn-requestid", HeaderValue::from_static(REQUEST_ID));
    if let (Protocol::Json, Ok(code)) = (call.protocol, HeaderValue::from_str(code)) {
        response.headers_mut().insert("x-amzn-errortype", code);
    }
    response
}

/// An answer with this status, content type and body.
#[must_use]
pub fn respond(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn query_error(call: &Call, status: StatusCode, code: &str, message: &str) -> String {
    let fault = if status.is_server_error() { "Receiver" } else { "Sender" };
    let namespace = match call.service.as_str() {
        "elasticloadbalancing" => " xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/\"",
        _ => "",
    };
    let (code, message) = (escape(code), escape(message));
    format!(
        "<ErrorResponse{namespace}><Error><Type>{fault}</Type><Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
    )
}

fn ec2_error(code: &str, message: &str) -> String {
    let (code, message) = (escape(code), escape(message));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Errors><Error><Code>{code}</Code><Message>{message}</Message>\
         </Error></Errors><RequestID>{REQUEST_ID}</RequestID></Response>"
    )
}

fn json_error(code: &str, message: &str) -> String {
    serde_json::json!({"__type": code, "message": message}).to_string()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
