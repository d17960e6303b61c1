//! What the echo workload answers: one JSON object on one line, whatever was asked.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// Who answered, and what arrived there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The Pod that answers, as the downward API named it.
    pub pod: String,
    /// The Node that the Pod runs on, as the downward API named it.
    pub node: String,
    /// What the client spoke.
    pub protocol: Protocol,
    /// The other end of the connection, or the sender of the datagram: the client itself, or the last that put an address of
    /// its own in the client's place.
    pub client: SocketAddr,
    /// The address at which the connection or the datagram arrived. UDP is received at all addresses at once.
    pub server: SocketAddr,
    /// The PROXY header that came first; none where none came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<Proxy>,
    /// The TLS session that ended here; none where the connection came in plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// HTTP: the host asked for, by the header `Host` or by `:authority`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// HTTP: the method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// HTTP: the path with the query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// HTTP: the headers by their lower-case names; the values of one that came several times are joined by a comma.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The line or datagram that is answered, or the body of the HTTP request.
    #[serde(default)]
    pub message: String,
}

/// What a client spoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Protocol {
    /// HTTP/1.0 or HTTP/1.1.
    #[serde(rename = "HTTP/1.1")]
    Http1,
    /// HTTP/2, other than gRPC.
    #[serde(rename = "HTTP/2")]
    Http2,
    /// gRPC: HTTP/2 with the content type `application/grpc`.
    #[serde(rename = "gRPC")]
    Grpc,
    /// Lines on a TCP connection.
    #[serde(rename = "TCP")]
    Tcp,
    /// Datagrams.
    #[serde(rename = "UDP")]
    Udp,
}

/// A header of the PROXY protocol (the specification is HAProxy's `proxy-protocol.txt`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proxy {
    /// 1, the text, or 2, the binary form.
    pub version: u8,
    /// The client that the proxy names; none when the proxy speaks for itself, as in a health check.
    pub source: Option<SocketAddr>,
    /// Where that client connected to.
    pub destination: Option<SocketAddr>,
}

/// A TLS session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tls {
    /// The name that the client asked for (SNI).
    pub server_name: Option<String>,
    /// The protocol agreed on (ALPN).
    pub application_protocol: Option<String>,
}

impl Answer {
    /// The answer as a line of JSON with its end.
    #[must_use]
    pub fn line(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).expect("texts, numbers and addresses have a form in JSON");
        line.push(b'\n');
        line
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_line_names_what_arrived_and_leaves_out_what_did_not() {
        let answer = Answer {
            pod: "web-1".to_owned(),
            node: "node-a".to_owned(),
            protocol: Protocol::Tcp,
            client: "203.0.113.10:40000".parse().unwrap(),
            server: "10.244.1.7:9000".parse().unwrap(),
            proxy: None,
            tls: None,
            host: None,
            method: None,
            path: None,
            headers: BTreeMap::new(),
            message: "hello".to_owned(),
        };
        let line = answer.line();
        let expected = json!({
            "pod": "web-1", "node": "node-a", "protocol": "TCP", "client": "203.0.113.10:40000",
            "server": "10.244.1.7:9000", "message": "hello",
        });
        assert_eq!(serde_json::from_slice::<Value>(&line).unwrap(), expected);
        assert_eq!(serde_json::from_slice::<Answer>(&line).unwrap(), answer);
        assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
    }
}
