//! What is known outside the stand-in about the Pods that it runs: one file each, so that tests can kill a replica.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::files;
use crate::process::identity::Identity;

/// One Pod, in `pods/NAMESPACE_POD.json` of the state directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replica {
    /// Namespace of the Pod.
    pub namespace: String,
    /// Name of the Pod.
    pub pod: String,
    /// UID of the Pod.
    pub uid: String,
    /// Address of the Pod.
    pub address: IpAddr,
    /// Its process; none between two runs.
    pub process: Option<Identity>,
    /// How often the process was started again.
    pub restarts: i32,
    /// Where the process writes.
    pub log: PathBuf,
}

impl Replica {
    /// Sends SIGKILL, as the kernel does when memory runs out; false when the process is not there.
    pub fn kill(&self) -> bool {
        self.signal(Signal::KILL)
    }

    /// Stops the process in its tracks (SIGSTOP), as a frozen machine does; false when the process is not there.
    pub fn freeze(&self) -> bool {
        self.signal(Signal::STOP)
    }

    /// Lets a frozen process go on (SIGCONT); false when the process is not there.
    pub fn thaw(&self) -> bool {
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> bool {
        let alive = self.process.as_ref().filter(|process| process.is_alive());
        let pid = alive.and_then(|process| Pid::from_raw(i32::try_from(process.pid()).ok()?));
        pid.is_some_and(|pid| kill_process(pid, signal).is_ok())
    }

    /// Writes the file.
    pub(super) fn save(&self, directory: &Path) -> Result<()> {
        let text = serde_json::to_vec_pretty(self).map_err(Error::malformed("a pod's state"))?;
        files::write(
            &stem(directory, &self.namespace, &self.pod).with_extension("json"),
            text,
        )
    }

    /// Removes the file; one that is not there is fine.
    pub(super) fn forget(&self, directory: &Path) {
        let _ = std::fs::remove_file(stem(directory, &self.namespace, &self.pod).with_extension("json"));
    }
}

/// The directory of the Pods' files in a sandbox's state directory.
#[must_use]
pub fn directory(state: &Path) -> PathBuf {
    state.join("pods")
}

/// The path of a Pod's files, but for the extension. A name may hold dots, so a stand-in for an extension ends it.
#[must_use]
pub(super) fn stem(directory: &Path, namespace: &str, pod: &str) -> PathBuf {
    directory.join(format!("{namespace}_{pod}.x"))
}

/// All Pods that the stand-in runs, by namespace and name.
///
/// # Errors
/// When a file cannot be read.
pub fn all(state: &Path) -> Result<Vec<Replica>> {
    let directory = directory(state);
    if !directory.is_dir() {
        return Ok(Vec::new());
    }
    let names = files::tree(&directory, |name| !name.ends_with(".json"))?;
    names.into_iter().map(|name| read(&directory.join(name))).collect()
}

fn read(path: &Path) -> Result<Replica> {
    serde_json::from_str(&files::read(path)?).map_err(Error::malformed(path.display().to_string()))
}

/// The logs of all Pods, also of those that are gone.
///
/// # Errors
/// When the directory cannot be read.
pub fn logs(state: &Path) -> Result<Vec<PathBuf>> {
    let directory = directory(state);
    if !directory.is_dir() {
        return Ok(Vec::new());
    }
    let names = files::tree(&directory, |name| !name.ends_with(".log"))?;
    Ok(names.into_iter().map(|name| directory.join(name)).collect())
}
