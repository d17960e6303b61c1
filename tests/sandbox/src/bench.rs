//! `cargo sandbox bench`: what elbow costs in AWS calls, time, memory and CPU, beside its targets and a peer's figures.
//!
//! One elbow, optimised as it is released and run with the chart's flags, serves Services on a sandbox of the bench's own. The
//! AWS proxy adds latency to every call and keeps the journal of calls, from which all numbers of calls are.

mod about;
mod arguments;
mod bed;
mod build;
mod elbow;
mod figure;
mod growth;
mod many;
mod one;
mod process;
mod reference;
mod report;
mod run;
mod sheet;
mod span;
mod table;
mod usage;
mod watch;

use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::commands::{down, up};
use crate::control_plane::start::Nodes;
use crate::error::Error as SandboxError;
use crate::progress::{Progress, in_words};
use crate::state::Sandbox;
use crate::{aws, checkout, files, generated, interrupt, proxy};

pub use arguments::Args;
use bed::Bed;
use report::Report;
use run::Run;

/// The access key id of elbow's calls, by which the proxy tells them apart.
const LANE: &str = "bench";

/// Why the bench ended early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A step of the sandbox.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The AWS proxy.
    #[error(transparent)]
    Proxy(#[from] proxy::client::Error),
    /// A question to AWS.
    #[error(transparent)]
    Aws(#[from] aws::Error),
    /// Somebody else's elbow would take part.
    #[error("the sandbox in {} is in use: elbow is installed there. Choose another --dir", .0.display())]
    InUse(PathBuf),
}

type Result<T> = std::result::Result<T, Error>;

/// The default state directory, apart from that of the other commands.
#[must_use]
pub fn default_directory() -> PathBuf {
    checkout::root().join("target/sandbox-bench")
}

/// Measures, prints and writes what was asked for. A sandbox that is up in `directory` is used and stays; else one is brought
/// up and, unless it shall stay, taken down again.
///
/// # Errors
/// The first step that fails, with what to look at.
pub async fn bench(directory: &Path, args: &Args) -> Result<()> {
    let started = Instant::now();
    let ours = !is_up(directory).await?;
    let sandbox = up::up(directory, Nodes::StandIns).await?;
    let progress = Progress::on_standard_error();
    let run = Run {
        args,
        progress: &progress,
        bed: Bed::prepare(sandbox).await?,
    };
    let outcome = tokio::select! {
        outcome = run.all() => outcome,
        interrupted = interrupt::or(std::future::pending::<crate::error::Result<Report>>()) => interrupted.map_err(Error::from),
    };
    if ours && !args.keep {
        drop(run);
        down::down(directory).await?;
    }
    deliver(&outcome?, args)?;
    progress.say(&format!("the bench took {}", in_words(started.elapsed())));
    Ok(())
}

async fn is_up(directory: &Path) -> Result<bool> {
    match Sandbox::load(directory) {
        Ok(sandbox) if sandbox.layout()?.part("helm").exists() => Err(Error::InUse(directory.to_owned())),
        Ok(sandbox) => Ok(sandbox.is_healthy().await?),
        Err(_) => Ok(false),
    }
}

/// Prints the report and writes it where it was asked to.
fn deliver(report: &Report, args: &Args) -> Result<()> {
    print!("\n{}", report.text());
    if let Some(path) = &args.json {
        let json = serde_json::to_vec_pretty(&report.json());
        files::write(path, json.map_err(SandboxError::malformed("the figures"))?)?;
    }
    if args.write_docs {
        generated::replace(&checkout::root().join("docs/performance.md"), &report.markdown())?;
    }
    Ok(())
}
