//! Plain HTTP to the parts of the sandbox on the loopback interface.

use std::time::Duration;

use http_body_util::{BodyExt as _, Empty};
use hyper::Uri;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

/// A part that is under load answers late; one that is dead does not answer at all.
const WITHIN: Duration = Duration::from_secs(5);

/// Whether a GET is answered with a status of success (2xx) within 5 s.
pub async fn answers(url: &str) -> bool {
    text(url).await.is_some()
}

/// What a GET is answered with; none without a status of success (2xx) within 5 s.
pub async fn text(url: &str) -> Option<String> {
    let uri = url.parse::<Uri>().ok()?;
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let get = async {
        let response = client.get(uri).await.ok()?;
        let is_success = response.status().is_success();
        let body = response.into_body().collect().await.ok()?.to_bytes();
        is_success.then(|| String::from_utf8_lossy(&body).into_owned())
    };
    tokio::time::timeout(WITHIN, get).await.ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports;

    #[tokio::test]
    async fn only_a_success_counts_as_an_answer() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = axum::Router::new().route("/health", axum::routing::get(|| async { "ok" }));
        let server = tokio::spawn(axum::serve(listener, routes).into_future());
        assert!(answers(&format!("http://{address}/health")).await);
        assert_eq!(text(&format!("http://{address}/health")).await.as_deref(), Some("ok"));
        assert!(!answers(&format!("http://{address}/other")).await);
        server.abort();
    }

    #[tokio::test]
    async fn nobody_listening_is_no_answer() {
        let [port] = ports::free().unwrap();
        assert!(!answers(&format!("http://127.0.0.1:{port}/")).await);
    }
}
