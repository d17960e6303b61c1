//! `cargo sandbox client` and `cargo sandbox enter`: programs run in the sandbox's networks.

use std::ffi::OsString;
use std::path::Path;

use tokio::process::Command;

use crate::error::{Error, Result};
use crate::network;
use crate::state::Sandbox;

/// A program to run, of `cargo sandbox client` and `cargo sandbox enter`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The program and its arguments, such as `curl http://HOSTNAME/`
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<OsString>,
}

/// Runs the program as a client of the load balancers, with this terminal.
///
/// # Errors
/// [`Error::NoSandbox`], [`Error::NoNodes`], or [`Error::Ended`] with what the program ended with.
pub async fn client(directory: &Path, arguments: &Arguments) -> Result<()> {
    let sandbox = Sandbox::load(directory)?;
    let command = network::client::command(&sandbox.layout()?, sandbox.network()?, &arguments.command);
    in_view(command).await
}

/// Runs the program where the sandbox's APIs, nodes and load balancers are reached, with this terminal.
///
/// # Errors
/// As [`client`].
pub async fn enter(directory: &Path, arguments: &Arguments) -> Result<()> {
    let sandbox = Sandbox::load(directory)?;
    in_view(sandbox.network()?.command(&arguments.command)).await
}

async fn in_view(mut command: Command) -> Result<()> {
    let status = command.status().await.map_err(|source| Error::Start {
        program: "nsenter".to_owned(),
        source,
    })?;
    if status.success() {
        return Ok(());
    }
    Err(Error::Ended(status.to_string()))
}
