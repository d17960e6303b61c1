//! The elbow that is measured: one optimised binary, with the chart's flags.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use super::Result;
use super::usage::{self, Memory};
use crate::error::Error;
use crate::process::indented_tail;
use crate::state::Sandbox;
use crate::{files, http, ports, wait};

/// Ready means that nodes and Services are listed; machines that build something else meanwhile are slow.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// elbow promises ten seconds.
const STOPS_WITHIN: Duration = Duration::from_secs(20);

/// How elbows are started.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// The binary.
    pub(super) program: PathBuf,
    /// Where its lease is.
    pub(super) namespace: String,
    /// Flags beside the chart's.
    pub(super) flags: Vec<String>,
}

/// A running elbow; killed when dropped.
#[derive(Debug)]
pub(super) struct Elbow {
    name: String,
    child: Child,
    log: PathBuf,
    health: u16,
}

impl Elbow {
    /// Starts a replica; it is not waited for.
    ///
    /// # Errors
    /// When the binary cannot be started.
    pub(super) fn start(sandbox: &Sandbox, settings: &Settings, name: &str) -> Result<Self> {
        let log = sandbox.layout()?.log(&format!("bench-{name}"));
        let [health, metrics] = ports::free()?;
        let child = Command::new(&settings.program)
            .arg("run")
            .args(chart_flags(sandbox, &settings.namespace))
            .arg(format!("--pod-name={name}"))
            .arg(format!("--health-probe-bind-addr=127.0.0.1:{health}"))
            .arg(format!("--metrics-bind-addr=127.0.0.1:{metrics}"))
            .args(&settings.flags)
            .env_clear()
            .env("KUBECONFIG", &sandbox.kubeconfig)
            .env("AWS_ENDPOINT_URL", &sandbox.aws_proxy_url)
            .env("AWS_ACCESS_KEY_ID", super::LANE)
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .stdin(Stdio::null())
            .stdout(appending(&log)?)
            .stderr(appending(&log)?)
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| Error::Start {
                program: settings.program.display().to_string(),
                source,
            })?;
        let name = name.to_owned();
        Ok(Self {
            name,
            child,
            log,
            health,
        })
    }

    /// Waits until it says that it is ready.
    ///
    /// # Errors
    /// With the end of its log when it does not.
    pub(super) async fn ready(&self) -> Result<()> {
        let url = format!("http://127.0.0.1:{}/readyz", self.health);
        let ready = wait::until("elbow is ready", READY_WITHIN, async || http::answers(&url).await).await;
        Ok(ready.map_err(|_| Error::NotReady {
            what: self.name.clone(),
            problem: format!("was not ready within {} s", READY_WITHIN.as_secs()),
            tail: indented_tail(&self.log),
            log: self.log.clone(),
        })?)
    }

    /// Its memory now.
    ///
    /// # Errors
    /// When it has ended.
    pub(super) fn memory(&self) -> Result<Memory> {
        Ok(usage::memory(self.pid()?)?)
    }

    /// Its CPU time so far.
    ///
    /// # Errors
    /// When it has ended.
    pub(super) fn cpu(&self) -> Result<Duration> {
        Ok(usage::cpu(self.pid()?)?)
    }

    /// Sends SIGKILL and waits for the end.
    ///
    /// # Errors
    /// When it has ended before.
    pub(super) async fn kill(&mut self) -> Result<()> {
        Ok(self.child.kill().await.map_err(Error::file("kill", &self.log))?)
    }

    /// Sends SIGTERM and waits for the end, which gives the lease back.
    ///
    /// # Errors
    /// When it does not end in time.
    pub(super) async fn stop(&mut self) -> Result<()> {
        if let Some(pid) = i32::try_from(self.pid()?).ok().and_then(Pid::from_raw) {
            kill_process(pid, Signal::TERM).map_err(|error| Error::file("end", &self.log)(error.into()))?;
        }
        match tokio::time::timeout(STOPS_WITHIN, self.child.wait()).await {
            Ok(_) => Ok(()),
            Err(_) => Err(Error::Deadline {
                what: format!("the end of {}", self.name),
                after: STOPS_WITHIN,
            }
            .into()),
        }
    }

    fn pid(&self) -> Result<u32> {
        self.child.id().ok_or_else(|| {
            Error::NotReady {
                what: self.name.clone(),
                problem: "has ended".to_owned(),
                tail: indented_tail(&self.log),
                log: self.log.clone(),
            }
            .into()
        })
    }
}

/// Whether the binary knows a flag of `elbow run`.
pub(super) async fn knows(program: &Path, flag: &str) -> bool {
    let help = crate::run::query(program, &["run", "--help"], Path::new("/")).await;
    help.is_some_and(|help| help.contains(flag))
}

/// What the chart sets for this sandbox; all its other values are elbow's own defaults.
fn chart_flags(sandbox: &Sandbox, namespace: &str) -> [String; 4] {
    let infrastructure = &sandbox.infrastructure;
    [
        format!("--cluster-name={}", infrastructure.cluster_name),
        format!("--aws-region={}", infrastructure.region),
        format!("--aws-vpc-id={}", infrastructure.vpc_id),
        format!("--leader-election-namespace={namespace}"),
    ]
}

fn appending(log: &Path) -> Result<std::fs::File> {
    if let Some(parent) = log.parent() {
        files::create_directory(parent)?;
    }
    let options = std::fs::File::options().create(true).append(true).open(log);
    Ok(options.map_err(Error::file("open", log))?)
}
