//! The kubelet stand-in as a long-lived part of the sandbox.

use std::path::Path;
use std::time::Duration;

use super::binary;
use crate::error::{Error, Result};
use crate::process::{Detached, Record};
use crate::state::Sandbox;

/// Its name among the sandbox's processes.
pub(super) const NAME: &str = "kubelet-stand-in";

/// It ends its Pods first; elbow hands its lease over and ends within 10 s.
const GRACE: Duration = Duration::from_secs(15);

/// Starts the stand-in unless it runs. It watches Pods from then on, so there is nothing to wait for.
pub(super) fn start_unless_running(sandbox: &Sandbox) -> Result<()> {
    let layout = sandbox.layout()?;
    let runs = |record: &Record| record.name() == NAME && record.process().is_alive();
    if Record::all(&layout)?.iter().any(runs) {
        return Ok(());
    }
    let program = std::env::current_exe().map_err(Error::file("find", Path::new("/proc/self/exe")))?;
    let stand_in = Detached::new(NAME, without_deleted(&program))
        .argument("--dir")
        .argument(layout.root());
    let stand_in = stand_in
        .argument("kubelet")
        .flag("kubeconfig", &sandbox.kubeconfig)
        .flag("elbow", binary::path(&layout));
    stand_in.grace(GRACE).start(&layout).map(|_record| ())
}

/// The build that has just run may have replaced this very program: Linux then adds " (deleted)" to its path
/// (proc_pid_exe(5)), and the new one is at the old place.
fn without_deleted(program: &Path) -> std::path::PathBuf {
    let text = program.to_string_lossy();
    text.strip_suffix(" (deleted)")
        .map_or_else(|| program.to_owned(), std::path::PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_program_is_found_at_its_place() {
        assert_eq!(
            without_deleted(Path::new("/t/elbow-sandbox (deleted)")),
            Path::new("/t/elbow-sandbox")
        );
        assert_eq!(
            without_deleted(Path::new("/t/elbow-sandbox")),
            Path::new("/t/elbow-sandbox")
        );
    }
}
