//! Why a request had no good answer.

use std::error::Error;
use std::io;

use serde::{Deserialize, Serialize};

/// Why a request had no good answer. The kinds are what a test cares about: who said no, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The name has no address.
    #[error("unresolved: {0}")]
    Unresolved(String),
    /// Nobody listens there.
    #[error("refused")]
    Refused,
    /// No answer in time: nor to the connection, nor to the request.
    #[error("timeout")]
    Timeout,
    /// The other side broke the connection off.
    #[error("reset")]
    Reset,
    /// The other side ended the connection before the answer was whole.
    #[error("short answer")]
    Short,
    /// No TLS session: the certificate is not trusted or not for the name, or no common version.
    #[error("tls: {0}")]
    Tls(String),
    /// An HTTP status of 500 and above, or a call in gRPC's shape that ended without its status 0.
    #[error("status {0}")]
    Status(u16),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl Failure {
    /// What an error of the operating system or of a protocol above it comes to.
    pub(crate) fn of(error: &(dyn Error + 'static)) -> Self {
        let chain: Vec<_> = std::iter::successors(Some(error), |error| (*error).source()).collect();
        let is_short = |error: &&(dyn Error + 'static)| {
            let hyper = error.downcast_ref::<hyper::Error>();
            hyper.is_some_and(|error| error.is_incomplete_message() || error.is_closed() || error.is_canceled())
        };
        // The innermost error knows best.
        let system = chain.iter().rev().find_map(|error| error.downcast_ref::<io::Error>());
        if let Some(failure) = system.and_then(Self::of_system) {
            return failure;
        }
        if chain.iter().any(is_short) {
            return Self::Short;
        }
        let words: Vec<String> = chain.iter().map(ToString::to_string).collect();
        Self::Other(words.join(": "))
    }

    fn of_system(error: &io::Error) -> Option<Self> {
        if let Some(inner) = error.get_ref()
            && inner.is::<rustls::Error>()
        {
            return Some(Self::Tls(inner.to_string()));
        }
        Some(match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
                Self::Reset
            }
            io::ErrorKind::TimedOut => Self::Timeout,
            io::ErrorKind::UnexpectedEof => Self::Short,
            _ => return None,
        })
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::of(&error)
    }
}

impl From<hyper::Error> for Failure {
    fn from(error: hyper::Error) -> Self {
        Self::of(&error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_system_have_kinds() {
        for (kind, expected) in [
            (io::ErrorKind::ConnectionRefused, Failure::Refused),
            (io::ErrorKind::BrokenPipe, Failure::Reset),
            (io::ErrorKind::UnexpectedEof, Failure::Short),
            (io::ErrorKind::TimedOut, Failure::Timeout),
        ] {
            assert_eq!(Failure::from(io::Error::from(kind)), expected);
        }
        let other = Failure::from(io::Error::from(io::ErrorKind::HostUnreachable));
        assert!(matches!(other, Failure::Other(text) if text.contains("unreachable")));
    }
}
