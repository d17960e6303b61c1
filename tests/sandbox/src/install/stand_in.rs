//! The kubelet stand-in as a long-lived part of the sandbox.

use std::time::Duration;

use super::binary;
use crate::error::Result;
use crate::process::{Detached, Record};
use crate::program;
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
    let stand_in = Detached::new(NAME, program::path()?)
        .argument("--dir")
        .argument(layout.root());
    let stand_in = stand_in
        .argument("kubelet")
        .flag("kubeconfig", &sandbox.kubeconfig)
        .flag("elbow", binary::path(&layout));
    stand_in.grace(GRACE).start(&layout).map(|_record| ())
}
