//! The record of a long-lived process, from which another command can find and stop it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::files;
use crate::layout::Layout;
use crate::process::identity::Identity;
use crate::process::indented_tail;
use crate::wait;

/// One long-lived process of a sandbox, in `processes/NAME.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    name: String,
    process: Identity,
    grace: Duration,
    log: PathBuf,
}

impl Record {
    pub(crate) fn new(name: &str, process: Identity, grace: Duration, log: &Path) -> Self {
        Self {
            name: name.to_owned(),
            process,
            grace,
            log: log.to_owned(),
        }
    }

    /// All records of a sandbox, in the order in which the processes were started.
    pub fn all(layout: &Layout) -> Result<Vec<Self>> {
        let directory = layout.processes();
        if !directory.is_dir() {
            return Ok(Vec::new());
        }
        let mut records = Vec::new();
        for name in files::tree(&directory, |name| !name.ends_with(".json"))? {
            let path = directory.join(name);
            let record =
                serde_json::from_str(&files::read(&path)?).map_err(Error::malformed(path.display().to_string()))?;
            records.push(record);
        }
        records.sort_by_key(|record: &Self| record.process.start_time());
        Ok(records)
    }

    /// The name under which the process was started.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The process.
    #[must_use]
    pub fn process(&self) -> &Identity {
        &self.process
    }

    /// How long the process may take to end after SIGTERM.
    #[must_use]
    pub fn grace(&self) -> Duration {
        self.grace
    }

    /// Where the output of the process goes.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Waits until `probe` says that the process serves; an error as soon as it has ended.
    pub async fn ready(&self, within: Duration, mut probe: impl AsyncFnMut() -> bool) -> Result<()> {
        let served = wait::until(&self.name, within, async || !self.process.is_alive() || probe().await).await;
        if served.is_err() {
            return Err(self.not_ready(format!("did not answer within {} s", within.as_secs())));
        }
        if self.process.is_alive() {
            Ok(())
        } else {
            Err(self.not_ready("ended".to_owned()))
        }
    }

    pub(crate) fn save(&self, layout: &Layout) -> Result<()> {
        let json = serde_json::to_vec_pretty(self).map_err(Error::malformed("a process record"))?;
        files::write(&layout.processes().join(format!("{}.json", self.name)), json)
    }

    pub(crate) fn forget(&self, layout: &Layout) -> Result<()> {
        let path = layout.processes().join(format!("{}.json", self.name));
        std::fs::remove_file(&path).map_err(Error::file("remove", &path))
    }

    fn not_ready(&self, problem: String) -> Error {
        Error::NotReady {
            what: self.name.clone(),
            problem,
            log: self.log.clone(),
            tail: indented_tail(&self.log),
        }
    }
}
