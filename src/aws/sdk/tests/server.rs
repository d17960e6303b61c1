//! A server on loopback that stands for AWS, and an observer that remembers.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, StatusCode, Uri};
use tokio::net::TcpListener;

use crate::aws::sdk::{Call, CallObserver};

/// What DescribeSubnets answers where there is none.
pub(super) const NO_SUBNETS: &str = "<DescribeSubnetsResponse><subnetSet/></DescribeSubnetsResponse>";

/// A request that came in.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) peer: SocketAddr,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A server that remembers its requests. It ends with the test's runtime.
pub(super) struct Server {
    pub(super) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Answers everything alike.
    pub(super) async fn start(status: u16, body: &'static str) -> Self {
        Self::answering(move |_| (status, body.to_owned())).await
    }

    /// Answers each request by `answer`.
    pub(super) async fn answering(answer: impl Fn(&Request) -> (u16, String) + Clone + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::<Mutex<Vec<Request>>>::default();
        let seen = requests.clone();
        let serve = move |ConnectInfo(peer), uri: Uri, headers: HeaderMap, body: String| {
            let path = uri.path().to_owned();
            let request = Request {
                peer,
                path,
                headers,
                body,
            };
            let (status, body) = answer(&request);
            seen.lock().unwrap().push(request);
            std::future::ready((StatusCode::from_u16(status).unwrap(), body))
        };
        let app = Router::new().fallback(serve);
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, requests }
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The distinct connections by which requests came.
    pub(super) fn connections(&self) -> usize {
        let peers: BTreeSet<_> = self.requests().iter().map(|request| request.peer).collect();
        peers.len()
    }
}

/// What the observer was told, a line for each call.
#[derive(Default)]
pub(super) struct Seen(Mutex<Vec<String>>);

impl Seen {
    pub(super) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl CallObserver for Seen {
    fn observed(&self, call: &Call<'_>) {
        let status = call.status.map_or("-".to_owned(), |status| status.to_string());
        let code = call.error_code.unwrap_or("ok");
        let (service, operation, attempts) = (call.service, call.operation, call.attempts);
        let line = format!("{service} {operation} {status} {code} x{attempts}");
        self.0.lock().unwrap().push(line);
    }
}
