//! Plain HTTP to the parts of the sandbox on the loopback interface.

use std::time::Duration;

use http_body_util::Empty;
use hyper::Uri;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

/// A part that is under load answers late; one that is dead does not answer at all.
const WITHIN: Duration = Duration::from_secs(5);

/// Whether a GET is answered with a status of success (2xx) within 5 s.
pub async fn answers(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else {
        return false;
    };
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let answer = tokio::time::timeout(WITHIN, client.get(uri)).await;
    matches!(answer, Ok(Ok(response)) if response.status().is_success())
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
        assert!(!answers(&format!("http://{address}/other")).await);
        server.abort();
    }

    #[tokio::test]
    async fn nobody_listening_is_no_answer() {
        let [port] = ports::free().unwrap();
        assert!(!answers(&format!("http://127.0.0.1:{port}/")).await);
    }
}
