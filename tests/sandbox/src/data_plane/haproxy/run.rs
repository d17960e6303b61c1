//! The running program: a master process, and a worker for each configuration that still has connections.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};

use super::configuration::{Change, Configuration};
use super::error::Error;
use super::master::{self, SOCKET, Workers};
use crate::debian::Program;
use crate::{files, wait};

/// The configuration's name in its directory.
const CONFIGURATION: &str = "haproxy.cfg";

/// How long a worker may take to come up.
const PATIENCE: Duration = Duration::from_secs(30);

/// HAProxy with the configuration in force. It is killed on drop, its workers with it.
#[derive(Debug)]
pub struct Haproxy {
    program: Program,
    directory: PathBuf,
    log: PathBuf,
    current: Configuration,
    master: Child,
}

impl Haproxy {
    /// Starts the program with nothing to do; its files are kept in the directory.
    ///
    /// # Errors
    /// [`Error::Start`], or [`Error::Silent`] when it does not come up.
    pub async fn start(program: Program, directory: &Path, log: &Path) -> Result<Self, Error> {
        let current = Configuration::default();
        files::write(&directory.join(CONFIGURATION), current.text())?;
        let output = File::create(log).map_err(Error::Start)?;
        let mut command = program.command();
        command
            .args(["-W", "-S", &format!("unix@{SOCKET},mode,600"), "-f", CONFIGURATION])
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(output.try_clone().map_err(Error::Start)?)
            .stderr(output)
            .kill_on_drop(true);
        let master = command.spawn().map_err(Error::Start)?;
        let started = Self {
            program,
            directory: directory.to_owned(),
            log: log.to_owned(),
            current,
            master,
        };
        let up = async || started.workers().await.is_some_and(|workers| workers.current.is_some());
        let waited = wait::until("HAProxy", PATIENCE, up).await;
        waited.map_err(|_| Error::Silent {
            log: started.log.clone(),
        })?;
        Ok(started)
    }

    /// Brings a configuration into force: changed states of servers are told to the running workers; all else takes a new
    /// worker, to which the old one hands its listening sockets and then finishes what it has.
    ///
    /// # Errors
    /// What was in force stays in force, whatever the error.
    pub async fn apply(&mut self, wanted: Configuration) -> Result<(), Error> {
        if wanted == self.current {
            return Ok(());
        }
        self.check(&wanted).await?;
        if !wanted.is_same_but_for_states(&self.current) {
            self.reload().await?;
        }
        self.tell(&wanted.changes(&self.current)).await?;
        self.current = wanted;
        Ok(())
    }

    /// Whether the master process still runs.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.master.try_wait(), Ok(None))
    }

    /// How many workers finish what they have of earlier configurations; none when the master does not answer.
    pub async fn leaving(&self) -> Option<usize> {
        Some(self.workers().await?.leaving.len())
    }

    /// Ends the program at once, with all connections.
    ///
    /// # Errors
    /// When it cannot be ended.
    pub async fn stop(mut self) -> std::io::Result<()> {
        self.master.kill().await
    }

    /// Writes the configuration where a reload reads it, once HAProxy accepts it.
    async fn check(&self, wanted: &Configuration) -> Result<(), Error> {
        let path = self.directory.join(format!("{CONFIGURATION}.new"));
        files::write(&path, wanted.text())?;
        check(&self.program, &path).await?;
        std::fs::rename(&path, self.directory.join(CONFIGURATION))
            .map_err(|source| crate::error::Error::file("rename", &path)(source))?;
        Ok(())
    }

    /// Workers that finish what they have are told too: a client that kept its connection may send one more request.
    async fn tell(&self, changes: &[Change]) -> Result<(), Error> {
        let workers = self.workers().await.ok_or_else(|| self.silent())?;
        let all = workers.leaving.iter().chain(&workers.current);
        for (worker, Change { server, enabled }) in
            all.flat_map(|worker| changes.iter().map(move |change| (worker, change)))
        {
            // In maintenance a server gets no request, by stickiness neither, and keeps those that it has.
            let state = if *enabled { "ready" } else { "maint" };
            // Not every worker knows every server; the current one knows all that get requests.
            let answer = self
                .ask(&format!("@!{worker} set server {server} state {state}"))
                .await?;
            if !answer.trim().is_empty() && *enabled && Some(*worker) == workers.current {
                return Err(Error::Refused {
                    path: self.directory.join(CONFIGURATION),
                    said: answer,
                });
            }
        }
        Ok(())
    }

    async fn reload(&self) -> Result<(), Error> {
        let before = self.workers().await.ok_or_else(|| self.silent())?;
        self.ask("reload").await?;
        let mut now = before.clone();
        let settled = async || {
            now = self.workers().await.unwrap_or_else(|| before.clone());
            now.current != before.current || now.failed > before.failed
        };
        let waited = wait::until("HAProxy's new worker", PATIENCE, settled).await;
        if waited.is_err() || now.current == before.current {
            return Err(Error::NotReloaded { log: self.log.clone() });
        }
        Ok(())
    }

    async fn ask(&self, command: &str) -> Result<String, Error> {
        master::ask(&self.directory, command).await.map_err(|_| self.silent())
    }

    async fn workers(&self) -> Option<Workers> {
        Some(master::workers(&self.ask("show proc").await.ok()?))
    }

    fn silent(&self) -> Error {
        Error::Silent { log: self.log.clone() }
    }
}

/// Asks HAProxy whether it accepts a configuration, without running it.
///
/// # Errors
/// [`Error::Refused`] with what it said.
async fn check(program: &Program, path: &Path) -> Result<(), Error> {
    let mut command: Command = program.command();
    let output = command
        .arg("-c")
        .arg("-f")
        .arg(path)
        .stdin(Stdio::null())
        .output()
        .await
        .map_err(Error::Start)?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(Error::Refused {
        path: path.to_owned(),
        said,
    })
}
