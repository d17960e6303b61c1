//! Programs that run to their end while the sandbox waits.

use std::ffi::OsStr;
use std::fs::File;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};

use crate::error::{Error, Result};
use crate::files;
use crate::process::indented_tail;

/// Runs a program with its output in a log; an error shows the end of that log.
///
/// The program and its children are killed when the future is dropped.
pub async fn to_end(what: &str, mut command: Command, log: &Path) -> Result<()> {
    if let Some(parent) = log.parent() {
        files::create_directory(parent)?;
    }
    let output = File::options()
        .create(true)
        .append(true)
        .open(log)
        .map_err(Error::file("open", log))?;
    let errors = output.try_clone().map_err(Error::file("share", log))?;
    let status = status_of(command.stdout(output).stderr(errors)).await?;
    if status.success() {
        return Ok(());
    }
    Err(Error::Failed {
        what: what.to_owned(),
        status: status.to_string(),
        log: log.to_owned(),
        tail: indented_tail(log),
    })
}

/// Runs a program whose output goes where the sandbox's own goes; true when it succeeded.
///
/// The program and its children are killed when the future is dropped.
pub async fn in_view(mut command: Command) -> Result<bool> {
    Ok(status_of(&mut command).await?.success())
}

/// The standard output of a short query; `None` when the program is missing or fails.
pub async fn query(program: impl AsRef<OsStr>, arguments: &[&str], directory: &Path) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

async fn status_of(command: &mut Command) -> Result<ExitStatus> {
    let program = command.as_std().get_program().to_string_lossy().into_owned();
    let start_error = |source| Error::Start { program, source };
    // A process group of its own, so that its children can be ended with it.
    let child = command.stdin(Stdio::null()).process_group(0).spawn();
    match child {
        Ok(child) => Group::of(child).wait().await.map_err(start_error),
        Err(source) => Err(start_error(source)),
    }
}

/// A running program with its children; they are killed on drop unless it has ended.
struct Group {
    leader: Child,
    id: Option<Pid>,
}

impl Group {
    fn of(leader: Child) -> Self {
        let id = leader
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw);
        Self { leader, id }
    }

    async fn wait(mut self) -> std::io::Result<ExitStatus> {
        let status = self.leader.wait().await;
        self.id = None;
        status
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            // A group that is gone already is what is wanted.
            let _ = kill_process_group(id, Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::process::identity::Identity;
    use crate::scratch::Scratch;
    use crate::wait;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[tokio::test]
    async fn a_failure_shows_the_end_of_the_log() {
        let scratch = Scratch::new();
        let log = scratch.path().join("logs/build.log");
        let error = to_end("building", shell("echo some; echo 'undefined: x' >&2; exit 3"), &log)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("building failed (exit status: 3)"), "{error}");
        assert!(error.contains("    undefined: x"), "{error}");
        assert!(error.contains("logs/build.log"), "{error}");
    }

    #[tokio::test]
    async fn an_interrupted_program_is_killed_with_its_children() {
        let scratch = Scratch::new();
        let log = scratch.path().join("log");
        let mut work = Box::pin(to_end("sleeping", shell("sleep 600 & echo $!; wait"), &log));
        let started = async || !files::last_lines(&log, 1).is_empty();
        tokio::select! {
            _ = &mut work => panic!("sleeps for ten minutes"),
            started = wait::until("the child", Duration::from_secs(10), started) => started.unwrap(),
        }
        let child: u32 = files::read(&log).unwrap().trim().parse().unwrap();
        assert!(Identity::of(child).is_some());
        drop(work);
        wait::until("the end of the child", Duration::from_secs(10), async || {
            Identity::of(child).is_none()
        })
        .await
        .unwrap();
    }

    #[tokio::test]
    async fn a_query_to_a_missing_program_has_no_answer() {
        let here = Path::new(".");
        assert_eq!(query("echo", &["text"], here).await.as_deref(), Some("text\n"));
        assert_eq!(query("no-such-program-here", &[], here).await, None);
        assert_eq!(query("false", &[], here).await, None);
    }
}
