//! The state directory of one sandbox and the names of what is in it.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::files;

/// Marks a directory as made by the sandbox: only such a one is ever removed.
const MARKER: &str = ".elbow-sandbox";

/// The state directory of one sandbox, `target/sandbox` unless chosen otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The layout of a directory, which need not exist; a relative path is taken from the current directory.
    pub fn new(directory: &Path) -> Result<Self> {
        let root = std::path::absolute(directory).map_err(Error::file("find", directory))?;
        Ok(Self { root })
    }

    /// The directory itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whether the sandbox made this directory.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.root.join(MARKER).is_file()
    }

    /// Makes the directory and marks it; refuses one that holds anything of somebody else's.
    pub fn create(&self) -> Result<()> {
        files::create_directory(&self.root)?;
        let mut entries = std::fs::read_dir(&self.root).map_err(Error::file("list", &self.root))?;
        if !self.is_ours() && entries.next().is_some() {
            return Err(Error::ForeignDirectory(self.root.clone()));
        }
        files::write(
            &self.root.join(MARKER),
            "This directory is made and removed by `cargo sandbox`.\n",
        )
    }

    /// Removes the directory with all that is in it; one that is not there is fine.
    pub fn remove(&self) -> Result<()> {
        if self.root.exists() && !self.is_ours() {
            return Err(Error::ForeignDirectory(self.root.clone()));
        }
        files::remove_directory(&self.root)
    }

    /// The file of shell exports.
    #[must_use]
    pub fn environment(&self) -> PathBuf {
        self.root.join("env")
    }

    /// What the sandbox consists of, as JSON; it is there once the sandbox is up.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.root.join("state.json")
    }

    /// The administrator's kubeconfig.
    #[must_use]
    pub fn kubeconfig(&self) -> PathBuf {
        self.root.join("kubeconfig")
    }

    /// One record for each long-lived process.
    #[must_use]
    pub fn processes(&self) -> PathBuf {
        self.root.join("processes")
    }

    /// The output of the step or process of that name.
    #[must_use]
    pub fn log(&self, name: &str) -> PathBuf {
        self.root.join("logs").join(format!("{name}.log"))
    }

    /// The files that the data plane of the load balancers shares with LocalStack and the name server.
    #[must_use]
    pub fn data_plane(&self) -> PathBuf {
        self.part("data-plane")
    }

    /// One directory for each real node.
    #[must_use]
    pub fn nodes(&self) -> PathBuf {
        self.part("nodes")
    }

    /// Image archives, `*.tar`, that each node imports when it starts.
    #[must_use]
    pub fn images(&self) -> PathBuf {
        self.part("images")
    }

    /// A directory for the files of one part: "etcd", "terraform".
    #[must_use]
    pub fn part(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn a_directory_with_other_files_is_neither_taken_nor_removed() {
        let scratch = Scratch::new();
        files::write(&scratch.path().join("thesis.txt"), "years of work").unwrap();
        let layout = Layout::new(scratch.path()).unwrap();
        assert!(matches!(layout.create(), Err(Error::ForeignDirectory(_))));
        assert!(matches!(layout.remove(), Err(Error::ForeignDirectory(_))));
        assert!(scratch.path().join("thesis.txt").exists());
    }

    #[test]
    fn a_directory_of_the_sandbox_can_be_created_again_and_is_removed_whole() {
        let scratch = Scratch::new();
        let layout = Layout::new(&scratch.path().join("state")).unwrap();
        layout.create().unwrap();
        files::write(&layout.log("etcd"), "text").unwrap();
        layout.create().unwrap();
        layout.remove().unwrap();
        layout.remove().unwrap();
        assert!(!layout.root().exists());
    }
}
