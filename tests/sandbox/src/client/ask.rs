//! One request, in every respect that a test may choose.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::connect::resolve;
use super::connection::Connection;
use super::failure::Failure;
use super::reply::Reply;
use super::target::{BadTarget, Target};

/// The form of HTTP that a request takes; without meaning for other protocols.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// HTTP/1.1.
    #[default]
    Http1,
    /// HTTP/2: by ALPN over TLS, by prior knowledge in clear text.
    Http2,
    /// A unary call in gRPC's shape over HTTP/2: the body in a length-prefixed frame, the status in the trailers.
    Grpc,
}

/// One request: a builder for tests, and what the command `client-ask` takes as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    pub(super) target: Target,
    pub(super) form: Form,
    pub(super) address: Option<SocketAddr>,
    pub(super) from: Option<IpAddr>,
    pub(super) server_name: Option<String>,
    pub(super) alpn: Option<Vec<String>>,
    pub(super) authority: Option<PathBuf>,
    pub(super) method: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
    pub(super) timeout: Duration,
}

impl Ask {
    /// A GET, or the line or datagram `hello`, to be answered within 5 s.
    ///
    /// # Errors
    /// [`BadTarget`] for a URL that is none of `http`, `https`, `tcp`, `tls` and `udp`, or lacks the port.
    pub fn new(url: &str) -> Result<Self, BadTarget> {
        Ok(Self {
            target: url.parse()?,
            form: Form::default(),
            address: None,
            from: None,
            server_name: None,
            alpn: None,
            authority: None,
            method: "GET".to_owned(),
            headers: Vec::new(),
            body: String::new(),
            timeout: Duration::from_secs(5),
        })
    }

    /// Speaks HTTP/2.
    #[must_use]
    pub fn http2(self) -> Self {
        Self {
            form: Form::Http2,
            ..self
        }
    }

    /// Calls in gRPC's shape, which is a POST.
    #[must_use]
    pub fn grpc(self) -> Self {
        Self {
            form: Form::Grpc,
            ..self
        }
        .method("POST")
    }

    /// Connects to this address, whatever the URL's name resolves to.
    #[must_use]
    pub fn at(self, address: SocketAddr) -> Self {
        Self {
            address: Some(address),
            ..self
        }
    }

    /// Sends from this address, which must be one of the client's.
    #[must_use]
    pub fn from(self, address: IpAddr) -> Self {
        Self {
            from: Some(address),
            ..self
        }
    }

    /// Asks for this name in TLS and holds the certificate to it, instead of the URL's host.
    #[must_use]
    pub fn server_name(self, name: &str) -> Self {
        Self {
            server_name: Some(name.to_owned()),
            ..self
        }
    }

    /// Offers these protocols by ALPN, instead of the one that the form speaks.
    #[must_use]
    pub fn alpn(self, protocols: &[&str]) -> Self {
        let protocols = protocols.iter().map(|name| (*name).to_owned()).collect();
        Self {
            alpn: Some(protocols),
            ..self
        }
    }

    /// Trusts the certificates that this one (a PEM file) has signed.
    #[must_use]
    pub fn trust(self, authority: impl Into<PathBuf>) -> Self {
        Self {
            authority: Some(authority.into()),
            ..self
        }
    }

    /// Uses this method of HTTP.
    #[must_use]
    pub fn method(self, method: &str) -> Self {
        Self {
            method: method.to_owned(),
            ..self
        }
    }

    /// Adds a header; `host` replaces the one of the URL, in HTTP/2 as the pseudo-header `:authority`.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        self
    }

    /// Sends this as the body, the line or the datagram.
    #[must_use]
    pub fn body(self, body: &str) -> Self {
        Self {
            body: body.to_owned(),
            ..self
        }
    }

    /// Gives up after this long.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// The name that TLS asks for.
    pub(super) fn name(&self) -> &str {
        self.server_name.as_deref().unwrap_or(self.target.host())
    }

    /// What is sent where the protocol has no headers.
    pub(super) fn message(&self) -> &str {
        if self.body.is_empty() { "hello" } else { &self.body }
    }

    /// Asks from this process, on a connection of its own.
    ///
    /// # Errors
    /// [`Failure`] when there is no whole answer; one with a status of failure is an answer.
    pub async fn send(&self) -> Result<Reply, Failure> {
        let exchange = async {
            let address = resolve(self, 0).await?;
            Connection::open(self, address).await?.exchange(self).await
        };
        tokio::time::timeout(self.timeout, exchange)
            .await
            .unwrap_or(Err(Failure::Timeout))
    }
}
