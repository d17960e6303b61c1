//! An HTTP proxy between elbow and LocalStack that counts, records and disturbs AWS calls.
//!
//! Its clients are told apart by *lane*: the access key id of the request's Signature Version 4 header. Tests that run
//! in parallel use one key each, so each counts and disturbs its own calls only. Nothing is disturbed until asked for
//! under `/_proxy/` (see [`control`]).

pub mod call;
pub mod client;
pub mod control;
pub mod exchange;
pub mod fault;
pub mod hold;
pub mod journal;
mod server;
#[cfg(test)]
mod tests;
pub mod wire;

use std::net::SocketAddr;
use std::sync::Arc;

use hyper::http::Uri;
use tokio::net::TcpListener;

pub use client::Client;
pub use fault::{Calls, Fault, Kind};

use exchange::Upstream;
use fault::FaultBook;
use hold::Holds;
use journal::Journal;

/// `elbow-sandbox proxy`: serve the proxy until the process is ended.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Address to listen on
    #[arg(long, value_name = "HOST:PORT")]
    pub listen: SocketAddr,
    /// Where LocalStack is, for example http://127.0.0.1:4566
    #[arg(long, value_name = "URL")]
    pub upstream: Uri,
}

/// Why the proxy cannot run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is taken or not this machine's.
    #[error("the AWS proxy cannot listen on {address}: choose a free port")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The upstream is not an absolute `http://` URL.
    #[error("{url:?} is no upstream: give an address such as http://127.0.0.1:4566")]
    Upstream {
        /// The URL as given.
        url: Uri,
    },
}

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Proxy {
    journal: Arc<Journal>,
    faults: FaultBook,
    holds: Arc<Holds>,
    upstream: Upstream,
}

impl Proxy {
    fn new(upstream: Upstream) -> Self {
        Self {
            journal: Arc::default(),
            faults: FaultBook::default(),
            holds: Arc::default(),
            upstream,
        }
    }
}

/// Serves the proxy for ever.
///
/// # Errors
/// [`Error::Upstream`] for a URL that is not `http://host:port`, [`Error::Listen`] when the address cannot be used.
pub async fn run(args: Args) -> Result<(), Error> {
    let upstream = Upstream::new(&args.upstream).ok_or_else(|| Error::Upstream {
        url: args.upstream.clone(),
    })?;
    let listener = TcpListener::bind(args.listen).await.map_err(|source| Error::Listen {
        address: args.listen,
        source,
    })?;
    server::serve(listener, Arc::new(Proxy::new(upstream))).await;
    Ok(())
}
