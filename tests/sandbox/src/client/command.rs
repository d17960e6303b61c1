//! The hidden commands by which the client runs somewhere else than the test that asks.

use std::io::Write as _;
use std::path::Path;

use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};

use super::ask::Ask;
use super::load::Load;
use crate::error::{Error, Result};

/// What `client-load` prints on a line of its own at the first good answer.
pub(super) const FLOWING: &str = "flowing";

/// `elbow-sandbox client-ask`: one request; prints `{"Ok": reply}` or `{"Err": failure}`.
#[derive(Debug, clap::Args)]
pub struct AskArgs {
    /// The request, as JSON
    #[arg(value_name = "JSON", value_parser = from_json::<Ask>)]
    ask: Ask,
}

/// `elbow-sandbox client-load`: many requests until SIGTERM, Ctrl-C or their time is over; prints the report.
#[derive(Debug, clap::Args)]
pub struct LoadArgs {
    /// The requests, as JSON
    #[arg(value_name = "JSON", value_parser = from_json::<Load>)]
    load: Load,
}

fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> std::result::Result<T, serde_json::Error> {
    serde_json::from_str(text)
}

/// Asks once.
///
/// # Errors
/// When the outcome cannot be printed; that there is no answer is an outcome.
pub async fn ask(arguments: AskArgs) -> Result<()> {
    print(&arguments.ask.send().await)
}

/// Asks many times.
///
/// # Errors
/// When the signals cannot be listened to, or the report cannot be printed.
pub async fn load(arguments: LoadArgs) -> Result<()> {
    let listen = |kind| signal(kind).map_err(Error::file("listen to signals of", Path::new("this process")));
    let (mut terminated, mut interrupted) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    let end = async {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
    };
    // Should nobody read it any more, the report has no reader either.
    let report = arguments.load.run(end, || drop(line(FLOWING))).await;
    print(&report)
}

fn print(outcome: &impl Serialize) -> Result<()> {
    line(&serde_json::to_string(outcome).map_err(Error::malformed("the outcome"))?)
}

fn line(text: &str) -> Result<()> {
    let output = std::io::stdout().lock().write_all(format!("{text}\n").as_bytes());
    output.map_err(Error::file("write to", Path::new("standard output")))
}
