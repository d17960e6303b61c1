//! Programs that run to their end while the sandbox waits.

use std::ffi::OsStr;
use std::fs::File;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};

use crate::error::{Error, Result};
use crate::files;
use crate::layout::Layout;
use crate::process::identity::Identity;
use crate::process::{Record, indented_tail};

/// Runs a program with its output in a log; an error shows the end of that log.
///
/// The program and its children are killed when the future is dropped.
pub async fn to_end(what: &str, mut command: Command, log: &Path) -> Result<()> {
    let group = Group::start(into_log(&mut command, log)?)?;
    judged(what, group.wait().await?, log)
}

/// As [`to_end`], and on record meanwhile: should this process be killed, `down` still finds the program.
pub async fn to_end_on_record(what: &str, mut command: Command, log: &Path, layout: &Layout) -> Result<()> {
    let group = Group::start(into_log(&mut command, log)?)?;
    let identity = group.leader.id().and_then(Identity::of);
    let record = identity.map(|identity| Record::new(what, identity, Duration::ZERO, log));
    record.iter().try_for_each(|record| record.save(layout))?;
    let status = group.wait().await?;
    record.iter().try_for_each(|record| record.forget(layout))?;
    judged(what, status, log)
}

/// Runs a program whose output goes where the sandbox's own goes; true when it succeeded.
///
/// The program and its children are killed when the future is dropped.
pub async fn in_view(mut command: Command) -> Result<bool> {
    Ok(Group::start(&mut command)?.wait().await?.success())
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

fn into_log<'a>(command: &'a mut Command, log: &Path) -> Result<&'a mut Command> {
    if let Some(parent) = log.parent() {
        files::create_directory(parent)?;
    }
    let options = File::options().create(true).append(true).open(log);
    let output = options.map_err(Error::file("open", log))?;
    let errors = output.try_clone().map_err(Error::file("share", log))?;
    Ok(command.stdout(output).stderr(errors))
}

fn judged(what: &str, status: ExitStatus, log: &Path) -> Result<()> {
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

/// A running program with its children; they are killed on drop unless it has ended.
struct Group {
    program: String,
    leader: Child,
    id: Option<Pid>,
}

impl Group {
    /// Starts a program in a process group of its own, so that its children can be ended with it.
    fn start(command: &mut Command) -> Result<Self> {
        let program = command.as_std().get_program().to_string_lossy().into_owned();
        let started = command.stdin(Stdio::null()).process_group(0).spawn();
        let leader = started.map_err(|source| Error::Start {
            program: program.clone(),
            source,
        })?;
        let id = leader
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw);
        Ok(Self { program, leader, id })
    }

    async fn wait(mut self) -> Result<ExitStatus> {
        let status = self.leader.wait().await;
        self.id = None;
        let program = std::mem::take(&mut self.program);
        status.map_err(|source| Error::Start { program, source })
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
    use super::*;
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
    async fn a_program_on_record_is_found_while_it_runs_and_forgotten_when_it_ends() {
        let scratch = Scratch::new();
        let layout = Layout::new(&scratch.path().join("state")).unwrap();
        layout.create().unwrap();
        let go_on = scratch.path().join("go-on");
        let waiting = shell(&format!("until [ -e {} ]; do sleep 0.02; done", go_on.display()));
        let log = scratch.path().join("log");
        let look = async {
            let found = async || !Record::all(&layout).unwrap().is_empty();
            wait::until("the record", Duration::from_secs(10), found).await.unwrap();
            files::write(&go_on, "").unwrap();
        };
        let (ended, ()) = tokio::join!(to_end_on_record("waiting", waiting, &log, &layout), look);
        ended.unwrap();
        assert_eq!(Record::all(&layout).unwrap(), []);
    }

    #[tokio::test]
    async fn a_query_to_a_missing_program_has_no_answer() {
        let here = Path::new(".");
        assert_eq!(query("echo", &["text"], here).await.as_deref(), Some("text\n"));
        assert_eq!(query("no-such-program-here", &[], here).await, None);
        assert_eq!(query("false", &[], here).await, None);
    }
}
