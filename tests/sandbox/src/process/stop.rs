//! Stopping what was started: by recorded identity, never by name.

use std::time::Duration;

use rustix::process::{Signal, kill_process_group};

use crate::error::Result;
use crate::layout::Layout;
use crate::process::Record;
use crate::wait;

/// The kernel takes a moment to tear down a process of several hundred MiB.
const AFTER_KILL: Duration = Duration::from_secs(10);

/// Stops every recorded process of the sandbox, the youngest first, and forgets it.
///
/// Each process group gets SIGTERM, then SIGKILL when its leader outlives its grace period. Idempotent.
pub async fn stop_all(layout: &Layout) -> Result<()> {
    for record in Record::all(layout)?.iter().rev() {
        stop(record, layout).await?;
    }
    Ok(())
}

/// Stops one recorded process as [`stop_all`] does; one without a grace period is killed at once.
pub async fn stop(record: &Record, layout: &Layout) -> Result<()> {
    end(record).await?;
    record.forget(layout)
}

async fn end(record: &Record) -> Result<()> {
    if !record.process().is_alive() {
        return Ok(());
    }
    if !record.grace().is_zero() {
        signal(record, Signal::TERM);
    }
    let ended = async || !record.process().is_alive();
    let in_time = wait::until(record.name(), record.grace(), ended).await.is_ok();
    // What the leader left behind in its group goes too.
    signal(record, Signal::KILL);
    if in_time {
        Ok(())
    } else {
        wait::until(&format!("the end of {}", record.name()), AFTER_KILL, ended).await
    }
}

/// A group that is gone already is what is wanted, so the outcome does not matter.
fn signal(record: &Record, signal: Signal) {
    if let Some(group) = record.process().raw() {
        let _ = kill_process_group(group, signal);
    }
}
