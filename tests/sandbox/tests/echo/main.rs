//! The echo workload, spoken to over the loopback interface.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;
mod drain;
mod protocols;

use clap::Parser as _;
use elbow_sandbox::echo::{Args, Server};

/// A workload on loopback that signs as `web-1` on `node-a`.
async fn server(flags: &[&str]) -> Server {
    let signed = ["echo", "--address=127.0.0.1", "--pod=web-1", "--node=node-a"];
    let args = Args::parse_from(signed.iter().chain(flags));
    Server::start(&args).await.unwrap()
}
