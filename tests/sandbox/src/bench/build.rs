//! The elbow that is measured: optimised as it is released, but without link-time optimisation, which would take minutes
//! each time.

use std::path::PathBuf;

use tokio::process::Command;

use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::progress::Progress;
use crate::{checkout, program, run};

/// The profile in Cargo.toml, and the directory of what is built by it.
const PROFILE: &str = "measured";

/// Builds elbow with the profile `measured`, or finds it built; the path of the binary. The first build of its dependencies
/// takes minutes.
pub(super) async fn measured(layout: &Layout, progress: &Progress) -> Result<PathBuf> {
    let log = layout.log("build-measured");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--profile", PROFILE, "--package", "elbow", "--bin", "elbow"])
        .current_dir(checkout::root());
    let name = "building elbow (cargo build --profile measured)";
    let build = run::to_end("building elbow", cargo, &log);
    progress.step(name, Some(&log), build).await?;
    binary()
}

/// Beside the directory that this very program was built into.
fn binary() -> Result<PathBuf> {
    let own = program::path()?;
    let target = own.ancestors().nth(2).unwrap_or(&own);
    let binary = target.join(PROFILE).join("elbow");
    binary.metadata().map_err(Error::file("find", &binary))?;
    Ok(binary)
}
