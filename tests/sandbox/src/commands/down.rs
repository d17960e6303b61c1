//! `cargo sandbox down`: no process and no file is left, but the cache.

use std::path::Path;

use crate::cache::Cache;
use crate::commands::up;
use crate::error::Result;
use crate::layout::Layout;
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
        process::stop_all(&layout).await?;
        layout.remove()
    };
    progress.step("taking the sandbox down", None, stopped).await
}
