//! Where the client runs: this process's network, or that behind a command such as `nsenter`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde::Serialize;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::ask::Ask;
use super::command::FLOWING;
use super::failure::Failure;
use super::load::Load;
use super::reply::Reply;
use super::report::Report;

/// A place that requests come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Station {
    entry: Vec<OsString>,
    program: PathBuf,
}

/// Why there is no answer, or nobody to ask for it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request was sent, or could not be, and has no answer.
    #[error("no answer: {0}")]
    NoAnswer(#[from] Failure),
    /// The client did not start.
    #[error("cannot start the client ({program}): {source}")]
    Start {
        /// The program as it was called.
        program: String,
        /// The cause.
        source: std::io::Error,
    },
    /// The client ended without an outcome; what it said is on standard error.
    #[error("the client ended without an outcome: its words are on standard error")]
    Ended,
    /// The outcome cannot be read.
    #[error("cannot understand the client: {0}")]
    Malformed(#[from] serde_json::Error),
    /// The load has no good answer yet.
    #[error("no good answer within {} s", .0.as_secs())]
    NotFlowing(Duration),
}

impl Station {
    /// This process's own network; `program` is the `elbow-sandbox` binary.
    #[must_use]
    pub fn here(program: impl Into<PathBuf>) -> Self {
        Self {
            entry: Vec::new(),
            program: program.into(),
        }
    }

    /// Behind a command that takes another as its last arguments and becomes it, such as `nsenter --net=FILE`; signals to
    /// the one must reach the other.
    #[must_use]
    pub fn behind(entry: impl IntoIterator<Item = impl Into<OsString>>, program: impl Into<PathBuf>) -> Self {
        Self {
            entry: entry.into_iter().map(Into::into).collect(),
            program: program.into(),
        }
    }

    /// Asks once from there.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] says why the request failed; the others that it was not made at all.
    pub async fn ask(&self, ask: &Ask) -> Result<Reply, Error> {
        let mut command = self.command("client-ask", ask)?;
        let output = command.output().await.map_err(|source| self.not_started(source))?;
        let outcome: Result<Reply, Failure> = serde_json::from_slice(&output.stdout).map_err(|_| Error::Ended)?;
        Ok(outcome?)
    }

    /// Begins to ask many times from there.
    ///
    /// # Errors
    /// When the client does not start.
    pub fn load(&self, load: &Load) -> Result<Running, Error> {
        let mut child = self
            .command("client-load", load)?
            .spawn()
            .map_err(|source| self.not_started(source))?;
        let output = child.stdout.take().ok_or(Error::Ended)?;
        Ok(Running {
            child,
            lines: BufReader::new(output).lines(),
        })
    }

    fn command(&self, name: &str, what: &impl Serialize) -> Result<Command, Error> {
        let json = serde_json::to_string(what)?;
        let mut words = self
            .entry
            .iter()
            .cloned()
            .chain([self.program.clone().into_os_string()]);
        // The chain ends with the program, so there is a first word.
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).args([name, &json]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        Ok(command)
    }

    fn not_started(&self, source: std::io::Error) -> Error {
        let program = self
            .entry
            .first()
            .map_or_else(|| self.program.display().to_string(), |word| word.display().to_string());
        Error::Start { program, source }
    }
}

/// A load that runs; it is killed on drop.
#[derive(Debug)]
pub struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    /// Waits for the first good answer.
    ///
    /// # Errors
    /// [`Error::NotFlowing`] when there is none in time, [`Error::Ended`] when the load has ended.
    pub async fn flowing(&mut self, within: Duration) -> Result<(), Error> {
        let line = tokio::time::timeout(within, self.lines.next_line()).await;
        match line.map_err(|_| Error::NotFlowing(within))? {
            Ok(Some(line)) if line == FLOWING => Ok(()),
            _ => Err(Error::Ended),
        }
    }

    /// Ends the load and tells what became of it.
    ///
    /// # Errors
    /// When the client ended without a report.
    pub async fn stop(self) -> Result<Report, Error> {
        let id = self
            .child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw);
        // One that has ended by itself has reported.
        let _ = id.map(|id| kill_process(id, Signal::TERM));
        self.finish().await
    }

    /// Waits for the end of a load that ends by itself.
    ///
    /// # Errors
    /// When the client ended without a report.
    pub async fn finish(mut self) -> Result<Report, Error> {
        while let Ok(Some(line)) = self.lines.next_line().await {
            if line != FLOWING {
                return Ok(serde_json::from_str(&line)?);
            }
        }
        Err(Error::Ended)
    }
}
