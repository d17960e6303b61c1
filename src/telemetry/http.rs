//! The endpoints: `/healthz`, `/readyz`, `/metrics`. None of them asks AWS or the API server.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::{Arc, RwLock};

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::metrics;

/// The figures, which grow by collectors while the endpoint serves.
pub type SharedRegistry = Arc<RwLock<Registry>>;

/// Where to listen: `:PORT` is every address, IPv6 where the machine has it and IPv4 otherwise; `IP:PORT` is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindAddress {
    /// Every address of the machine.
    Every(u16),
    /// One address.
    One(SocketAddr),
}

/// It is not possible to listen where it was asked.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}")]
pub struct BindError {
    address: BindAddress,
    source: std::io::Error,
}

impl FromStr for BindAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let every = text
            .strip_prefix(':')
            .map(str::parse)
            .map(|port| port.map(Self::Every).ok());
        every
            .unwrap_or_else(|| text.parse().map(Self::One).ok())
            .ok_or_else(|| ":PORT, IPv4:PORT or [IPv6]:PORT".to_owned())
    }
}

impl fmt::Display for BindAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every(port) => write!(f, ":{port}"),
            Self::One(address) => write!(f, "{address}"),
        }
    }
}

impl BindAddress {
    /// Listens there.
    ///
    /// # Errors
    /// [`BindError`] names the address.
    pub async fn listen(self) -> Result<TcpListener, BindError> {
        let listener = match self {
            Self::One(address) => TcpListener::bind(address).await,
            Self::Every(port) => match TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)).await {
                Ok(listener) => Ok(listener),
                Err(_) => TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await,
            },
        };
        listener.map_err(|source| BindError { address: self, source })
    }
}

/// `/healthz`: the process runs. `/readyz`: its caches are filled.
pub fn health(ready: watch::Receiver<bool>) -> Router {
    let readiness = async move || {
        if *ready.borrow() {
            (StatusCode::OK, "ok")
        } else {
            (StatusCode::SERVICE_UNAVAILABLE, "caches are not synced")
        }
    };
    Router::new()
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(readiness))
}

/// `/metrics`, in the OpenMetrics text format.
pub fn figures(registry: SharedRegistry) -> Router {
    const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let answer = async move || {
        let registry = registry.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        match metrics::encode(&registry) {
            Ok(text) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    };
    Router::new().route("/metrics", get(answer))
}

/// Serves until `stop` resolves; requests under way are answered.
pub async fn serve(listener: TcpListener, endpoints: Router, stop: impl Future<Output = ()> + Send + 'static) {
    if let Err(error) = axum::serve(listener, endpoints).with_graceful_shutdown(stop).await {
        tracing::error!(%error, "an endpoint has ended");
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use rstest::rstest;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_process_is_alive_before_it_is_ready() {
        let ready = watch::Sender::new(false);
        assert_eq!(ask(health(ready.subscribe()), "/healthz").await.0, 200);
        assert_eq!(ask(health(ready.subscribe()), "/readyz").await.0, 503);
        ready.send_replace(true);
        assert_eq!(ask(health(ready.subscribe()), "/readyz").await.0, 200);
        assert_eq!(ask(health(ready.subscribe()), "/other").await.0, 404);
    }

    #[tokio::test]
    async fn figures_are_served_as_open_metrics() {
        let (registry, _, _) = metrics::registry();
        let (status, text) = ask(figures(Arc::new(RwLock::new(registry))), "/metrics").await;
        assert_eq!(status, 200);
        assert!(text.contains("elbow_leader 0\n") && text.ends_with("# EOF\n"), "{text}");
    }

    #[tokio::test]
    async fn a_port_alone_is_every_address() {
        let listener = BindAddress::Every(0).listen().await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn an_address_in_use_is_named() {
        let taken = BindAddress::One("127.0.0.1:0".parse().unwrap()).listen().await.unwrap();
        let address = taken.local_addr().unwrap();
        let error = BindAddress::One(address).listen().await.unwrap_err();
        assert_eq!(error.to_string(), format!("cannot listen on {address}"));
    }

    #[rstest]
    #[case(":8080", Some(BindAddress::Every(8080)))]
    #[case("[::]:8080", Some(BindAddress::One((Ipv6Addr::UNSPECIFIED, 8080).into())))]
    #[case("127.77.1.2:8080", Some(BindAddress::One(([127, 77, 1, 2], 8080).into())))]
    #[case(":", None)]
    #[case(":65536", None)]
    #[case("host:80", None)]
    fn addresses_are_read_as_people_write_them(#[case] text: &str, #[case] expected: Option<BindAddress>) {
        assert_eq!(text.parse().ok(), expected);
    }

    async fn ask(endpoints: Router, path: &str) -> (u16, String) {
        let answer = endpoints
            .oneshot(Request::get(path).body(Body::empty()).unwrap())
            .await
            .unwrap();
        let status = answer.status().as_u16();
        let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }
}
