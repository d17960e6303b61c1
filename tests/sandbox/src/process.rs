//! Long-lived processes that outlive the command which starts them, each with a record and a log in the state directory.

pub mod identity;
mod record;
mod stop;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use crate::error::{Error, Result};
use crate::files;
use crate::layout::Layout;
use crate::process::identity::Identity;

pub use record::Record;
pub use stop::{stop, stop_all};

/// A process to start.
#[derive(Debug)]
pub struct Detached {
    name: String,
    program: PathBuf,
    arguments: Vec<OsString>,
    variables: Vec<(String, OsString)>,
    grace: Duration,
}

impl Detached {
    /// A program under a name that is unique in its sandbox.
    #[must_use]
    pub fn new(name: &str, program: impl Into<PathBuf>) -> Self {
        let grace = Duration::from_secs(3);
        Self {
            name: name.to_owned(),
            program: program.into(),
            arguments: Vec::new(),
            variables: Vec::new(),
            grace,
        }
    }

    /// Adds one argument.
    #[must_use]
    pub fn argument(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds `--NAME=VALUE`.
    #[must_use]
    pub fn flag(self, name: &str, value: impl AsRef<OsStr>) -> Self {
        let mut flag = OsString::from(format!("--{name}="));
        flag.push(value);
        self.argument(flag)
    }

    /// Sets an environment variable; the others are inherited.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.variables.push((name.to_owned(), value.as_ref().to_owned()));
        self
    }

    /// How long the process may take to end after SIGTERM (3 s unless set) before it is killed.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Starts the process in a process group of its own, its output in `logs/NAME.log`, and records it.
    ///
    /// Must be called within a tokio runtime, which reaps the process should it end before this one.
    pub fn start(&self, layout: &Layout) -> Result<Record> {
        let log = layout.log(&self.name);
        let child = self.command(&log)?.spawn().map_err(|source| Error::Start {
            program: self.program.display().to_string(),
            source,
        })?;
        let ended = || Error::NotReady {
            what: self.name.clone(),
            problem: "ended at once".to_owned(),
            tail: indented_tail(&log),
            log: log.clone(),
        };
        let pid = child.id().ok_or_else(ended)?;
        let record = Record::new(&self.name, Identity::of(pid).ok_or_else(ended)?, self.grace, &log);
        record.save(layout)?;
        Ok(record)
    }

    fn command(&self, log: &PathBuf) -> Result<Command> {
        if let Some(parent) = log.parent() {
            files::create_directory(parent)?;
        }
        let output = File::create(log).map_err(Error::file("create", log))?;
        let errors = output.try_clone().map_err(Error::file("share", log))?;
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .process_group(0);
        Ok(command)
    }
}

/// The last lines of a log, indented, for an error message.
#[must_use]
pub fn indented_tail(log: &std::path::Path) -> String {
    let lines = files::last_lines(log, 15);
    lines
        .iter()
        .map(|line| format!("    {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests;
