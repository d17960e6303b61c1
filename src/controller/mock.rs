//! An API server that a test plays by hand: each request is expected, looked at and answered, and nothing may come besides.

use std::pin::Pin;
use std::time::Duration;

use http::{Method, Request, Response};
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};
use tower_test::mock::{self, Handle, SendResponse};

/// The test's end.
pub(crate) struct ApiServer {
    handle: Pin<Box<Handle<Request<Body>, Response<Body>>>>,
}

/// A request that waits for its answer.
pub(crate) struct Call {
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) target: String,
    /// `Content-Type`.
    pub(crate) kind: String,
    /// `null` if there is none.
    pub(crate) body: Value,
    respond: SendResponse<Response<Body>>,
}

/// A client whose requests the test answers.
pub(crate) fn api_server() -> (Client, ApiServer) {
    let (service, handle) = mock::pair::<Request<Body>, Response<Body>>();
    (
        Client::new(service, "default"),
        ApiServer {
            handle: Box::pin(handle),
        },
    )
}

impl ApiServer {
    /// The next request.
    pub(crate) async fn next(&mut self) -> Call {
        let request = tokio::time::timeout(Duration::from_secs(3600), self.handle.next_request()).await;
        let (request, respond) = request
            .expect("a request within an hour of test time")
            .expect("a client");
        let (head, body) = request.into_parts();
        let body = body.collect_bytes().await.unwrap();
        let kind = head
            .headers
            .get("content-type")
            .map(|kind| kind.to_str().unwrap().to_owned());
        Call {
            method: head.method,
            target: head.uri.path_and_query().unwrap().to_string(),
            kind: kind.unwrap_or_default(),
            body: if body.is_empty() {
                Value::Null
            } else {
                serde_json::from_slice(&body).unwrap()
            },
            respond,
        }
    }

    /// The next request, which must be this.
    pub(crate) async fn expect(&mut self, method: Method, target: &str) -> Call {
        let call = self.next().await;
        assert_eq!((&call.method, call.target.as_str()), (&method, target), "{}", call.body);
        call
    }

    /// All clients are gone, and nothing came that was not expected.
    pub(crate) async fn nothing_more(mut self) {
        if let Some((request, _)) = self.handle.next_request().await {
            panic!("unexpected: {} {}", request.method(), request.uri());
        }
    }
}

impl Call {
    /// Answers with an object.
    pub(crate) fn answer(self, object: &impl serde::Serialize) {
        self.send(200, &json!(object));
    }

    /// Answers with an error.
    pub(crate) fn refuse(self, code: u16, reason: &str) {
        let message = format!("the test says {reason}");
        self.send(
            code,
            &json!({"kind": "Status", "status": "Failure", "reason": reason, "message": message, "code": code}),
        );
    }

    fn send(self, code: u16, body: &Value) {
        let body = Body::from(serde_json::to_vec(body).unwrap());
        self.respond
            .send_response(Response::builder().status(code).body(body).unwrap());
    }
}
