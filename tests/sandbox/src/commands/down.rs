//! `cargo sandbox down`: no process and no file is left, but the cache.

use std::path::Path;

use crate::cache::Cache;
use crate::commands::up;
use crate::error::Result;
use crate::layout::Layout;
use crate::network::{self, Namespace};
use crate::nodes::real;
use crate::process;
use crate::progress::Progress;

/// Takes the sandbox in `directory` down; when there is none, nothing happens.
pub async fn down(directory: &Path) -> Result<()> {
    let layout = Layout::new(directory)?;
    let _lock = up::lock(&Cache::open()?, &layout).await?;
    let progress = Progress::on_standard_error();
    if !layout.is_ours() {
        progress.say(&format!("no sandbox in {}", layout.root().display()));
        return Ok(());
    }
    let stopped = async {
        end(&layout).await?;
        layout.remove()
    };
    progress.step("taking the sandbox down", None, stopped).await
}

/// Ends every process of a sandbox and takes away what it has in the kernel; its files stay.
pub(super) async fn end(layout: &Layout) -> Result<()> {
    real::stop_all(layout).await?;
    process::stop_all(layout).await?;
    network::remove_all(&Namespace::of_sandbox(layout)).await?;
    real::sweep(layout).await
}
