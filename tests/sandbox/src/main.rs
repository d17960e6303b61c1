//! `cargo sandbox`: the test cluster of elbow.

use std::process::ExitCode;

use clap::Parser as _;
use elbow_sandbox::cli::{self, Cli};

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(Cli::parse()).await
}
