//! Where a request goes: a URL, parsed once.

use std::fmt;
use std::str::FromStr;

use hyper::Uri;
use serde::{Deserialize, Serialize};

/// How a target is spoken to, by the URL's scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// HTTP in clear text.
    Http,
    /// HTTP over TLS.
    Https,
    /// A line there, a line back, over TCP.
    Tcp,
    /// A line there, a line back, over TLS.
    Tls,
    /// A datagram there, a datagram back.
    Udp,
}

impl Scheme {
    /// Whether requests and answers are HTTP's.
    #[must_use]
    pub fn is_http(self) -> bool {
        matches!(self, Self::Http | Self::Https)
    }

    /// Whether the connection is encrypted.
    #[must_use]
    pub fn is_secure(self) -> bool {
        matches!(self, Self::Https | Self::Tls)
    }

    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "http" => Self::Http,
            "https" => Self::Https,
            "tcp" => Self::Tcp,
            "tls" => Self::Tls,
            "udp" => Self::Udp,
            _ => return None,
        })
    }

    fn default_port(self) -> Option<u16> {
        match self {
            Self::Http => Some(80),
            Self::Https => Some(443),
            Self::Tcp | Self::Tls | Self::Udp => None,
        }
    }
}

/// A URL that the client can ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Target {
    text: String,
    scheme: Scheme,
    host: String,
    port: u16,
    path: String,
}

/// A URL that the client cannot ask.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no address for the client: give http://HOST, https://HOST, or tcp, tls or udp with HOST:PORT")]
pub struct BadTarget(String);

impl Target {
    /// How it is spoken to.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The name or the address, an IPv6 one without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// The port, which HTTP's schemes need not name.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The path with its query; `/` when the URL has none.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What a client of HTTP calls this server: the host, with the port unless it is the scheme's own.
    #[must_use]
    pub fn authority(&self) -> String {
        if self.scheme.default_port() == Some(self.port) {
            return self.host.clone();
        }
        format!("{}:{}", self.host, self.port)
    }
}

impl FromStr for Target {
    type Err = BadTarget;

    fn from_str(text: &str) -> Result<Self, BadTarget> {
        let bad = || BadTarget(text.to_owned());
        let uri: Uri = text.parse().map_err(|_| bad())?;
        let scheme = uri.scheme_str().and_then(Scheme::parse).ok_or_else(bad)?;
        let port = uri.port_u16().or(scheme.default_port()).ok_or_else(bad)?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(bad)?.to_owned();
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(Self {
            text: text.to_owned(),
            scheme,
            host,
            port,
            path,
        })
    }
}

impl TryFrom<String> for Target {
    type Error = BadTarget;

    fn try_from(text: String) -> Result<Self, BadTarget> {
        text.parse()
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.text
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_how_and_where() {
        let target: Target = "https://shop.example/foo?a=b".parse().unwrap();
        assert_eq!(
            (target.scheme(), target.host(), target.port()),
            (Scheme::Https, "shop.example", 443)
        );
        assert_eq!(
            (target.path(), target.authority().as_str()),
            ("/foo?a=b", "shop.example")
        );
        let target: Target = "udp://[fd00::1]:53".parse().unwrap();
        assert_eq!(
            (target.scheme(), target.host(), target.port()),
            (Scheme::Udp, "fd00::1", 53)
        );
        assert_eq!(target.authority(), "[fd00::1]:53");
    }

    #[test]
    fn what_cannot_be_asked_is_refused() {
        for text in [
            "shop.example",
            "ftp://shop.example",
            "tcp://shop.example",
            "http://",
            "/path",
            "http://a b/",
        ] {
            assert!(text.parse::<Target>().is_err(), "{text}");
        }
    }
}
