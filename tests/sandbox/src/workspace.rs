//! Building the programs of this workspace.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::error::Result;
use crate::layout::Layout;
use crate::progress::Progress;
use crate::{checkout, program, run};

/// Builds everything, in the profile of this very program; returns the directory with the programs.
///
/// All targets, so that these dependencies are the ones that the tests use too, and are built once.
///
/// # Errors
/// What cargo says.
pub async fn build(layout: &Layout, progress: &Progress) -> Result<PathBuf> {
    let log = layout.log("build-workspace");
    let own = program::path()?;
    let directory = own.parent().unwrap_or(Path::new("/")).to_owned();
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--workspace", "--all-targets"])
        .current_dir(checkout::root());
    if directory.ends_with("release") {
        cargo.arg("--release");
    }
    let name = "building the workspace (cargo build --workspace --all-targets)";
    progress
        .step(name, Some(&log), run::to_end("building the workspace", cargo, &log))
        .await?;
    Ok(directory)
}
