//! What came back.

use std::net::SocketAddr;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The answer to one request; what `client-ask` prints as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The address that was connected to.
    pub address: SocketAddr,
    /// The client's own end of the connection.
    pub local: SocketAddr,
    /// The protocol that ALPN settled on.
    pub alpn: Option<String>,
    /// The certificate that the server presented, as PEM.
    pub certificate: Option<String>,
    /// The version and status of HTTP, and the headers; none elsewhere.
    pub http: Option<Head>,
    /// The body, the line or the datagram; what is not UTF-8 is replaced.
    pub body: String,
}

/// The part of an HTTP answer that is not its body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// `HTTP/1.1` or `HTTP/2.0`.
    pub version: String,
    /// The status code.
    pub status: u16,
    /// The headers in their order, the names in lower case.
    pub headers: Vec<(String, String)>,
    /// The trailers, as the headers.
    pub trailers: Vec<(String, String)>,
}

impl Head {
    /// The first header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        first(&self.headers, name)
    }

    /// The status of a call in gRPC's shape: a trailer, or a header when there is no body (gRPC over HTTP/2, "Responses").
    #[must_use]
    pub fn grpc_status(&self) -> Option<u16> {
        let told = first(&self.trailers, "grpc-status").or_else(|| self.header("grpc-status"));
        told.and_then(|status| status.parse().ok())
    }
}

fn first<'a>(fields: &'a [(String, String)], wanted: &str) -> Option<&'a str> {
    let found = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
    found.map(|(_, value)| value.as_str())
}

impl Reply {
    /// The status of HTTP; 0 where there is none.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.http.as_ref().map_or(0, |head| head.status)
    }

    /// The first HTTP header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.http.as_ref().and_then(|head| head.header(name))
    }

    /// The body as JSON, such as the echo workload's answer.
    ///
    /// # Errors
    /// When the body is something else.
    pub fn json<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_str(&self.body)
    }

    /// The text field of that name, when the body is a JSON object that has it.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<String> {
        let body: serde_json::Value = self.json().ok()?;
        Some(body.get(name)?.as_str()?.to_owned())
    }
}
