//! The elbow binary of this checkout, copied to where the kubelet stand-in starts it from.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::progress::Progress;
use crate::state::Sandbox;
use crate::workspace;

/// Where the stand-in finds the binary; a copy, so that a later build cannot change what a running release restarts with.
pub(super) fn path(layout: &Layout) -> PathBuf {
    layout.part("bin").join("elbow")
}

/// Builds elbow and copies it into the state directory; returns what tells this binary from another one.
pub(super) async fn build(sandbox: &Sandbox, progress: &Progress) -> Result<String> {
    let layout = sandbox.layout()?;
    let programs = workspace::build(&layout, progress).await?;
    copy(&programs.join("elbow"), &path(&layout))
}

/// Puts the copy in place in one move, for a running binary cannot be written to.
fn copy(from: &Path, to: &Path) -> Result<String> {
    let partial = to.with_extension("partial");
    if let Some(parent) = to.parent() {
        crate::files::create_directory(parent)?;
    }
    std::fs::copy(from, &partial).map_err(Error::file("copy", from))?;
    std::fs::rename(&partial, to).map_err(Error::file("write", to))?;
    let built = from
        .metadata()
        .and_then(|metadata| metadata.modified())
        .map_err(Error::file("inspect", from))?;
    let since_1970 = built.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Ok(format!("built-{}", since_1970.as_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files;
    use crate::scratch::Scratch;

    #[test]
    fn a_rebuilt_binary_is_told_from_the_one_before() {
        let scratch = Scratch::new();
        let (from, to) = (scratch.path().join("target/elbow"), scratch.path().join("bin/elbow"));
        files::write(&from, "one").unwrap();
        let first = copy(&from, &to).unwrap();
        assert_eq!(copy(&from, &to).unwrap(), first);
        let later = std::time::SystemTime::now() + std::time::Duration::from_secs(2);
        std::fs::File::options()
            .write(true)
            .open(&from)
            .unwrap()
            .set_modified(later)
            .unwrap();
        assert_ne!(copy(&from, &to).unwrap(), first);
        assert_eq!(files::read(&to).unwrap(), "one");
    }
}
