//! The elbow that is measured: built as it is released.

use std::path::PathBuf;

use tokio::process::Command;

use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::progress::Progress;
use crate::{checkout, program, run};

/// Builds elbow with the release profile, or finds it built; the path of the binary. The first build of its dependencies
/// takes minutes.
pub(super) async fn release(layout: &Layout, progress: &Progress) -> Result<PathBuf> {
    let log = layout.log("build-release");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--release", "--package", "elbow", "--bin", "elbow"])
        .current_dir(checkout::root());
    let name = "building elbow (cargo build --release)";
    let build = run::to_end("building elbow", cargo, &log);
    progress.step(name, Some(&log), build).await?;
    binary()
}

/// Beside the directory that this very program was built into.
fn binary() -> Result<PathBuf> {
    let own = program::path()?;
    let target = own.ancestors().nth(2).unwrap_or(&own);
    let binary = target.join("release/elbow");
    binary.metadata().map_err(Error::file("find", &binary))?;
    Ok(binary)
}
