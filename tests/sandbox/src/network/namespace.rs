//! The names of a sandbox's network namespaces.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::process::Command;

use crate::digest::Definition;
use crate::error::{Error, Result};
use crate::layout::Layout;

/// Where `ip netns` keeps named namespaces (ip-netns(8)).
const DIRECTORY: &str = "/run/netns";

/// How many digits of the state directory's hash are in a name.
const DIGITS: usize = 8;

/// A network namespace with a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Namespace(String);

impl Namespace {
    /// The outer namespace of the sandbox in a state directory: `elbow-` and digits that no other directory has.
    #[must_use]
    pub fn of_sandbox(layout: &Layout) -> Self {
        let directory = layout.root().to_string_lossy();
        let mut digits = Definition::default().text("directory", &directory).digits();
        digits.truncate(DIGITS);
        Self(format!("elbow-{digits}"))
    }

    /// The namespace of that name, which need not exist.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The client's namespace beside this outer one.
    #[must_use]
    pub fn of_client(&self) -> Self {
        self.beside("client")
    }

    /// The namespace beside this outer one for a node or another part.
    #[must_use]
    pub fn beside(&self, part: &str) -> Self {
        Self(format!("{}-{part}", self.0))
    }

    /// The name as `ip netns` takes it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }

    /// The file by which a process enters it: `nsenter --net=PATH`.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        Path::new(DIRECTORY).join(&self.0)
    }

    /// A command that runs a program with its arguments inside.
    #[must_use]
    pub fn command(&self, program: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new("nsenter");
        // Not `ip netns exec`, which hides the cgroups.
        command.arg(format!("--net={}", self.path().display())).args(program);
        command
    }

    /// Whether there is one of that name.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.path().exists()
    }

    /// This outer namespace and all that are beside it, those beside it first.
    pub fn family(&self) -> Result<Vec<Self>> {
        let directory = Path::new(DIRECTORY);
        if !directory.is_dir() {
            return Ok(Vec::new());
        }
        let mut names = Vec::new();
        for entry in std::fs::read_dir(directory).map_err(Error::file("list", directory))? {
            let entry = entry.map_err(Error::file("list", directory))?;
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
        Ok(self.family_of(names))
    }

    fn family_of(&self, names: Vec<String>) -> Vec<Self> {
        let mut family: Vec<Self> = names
            .into_iter()
            .filter(|name| self.is_in_family(name))
            .map(Self)
            .collect();
        family.sort_by_key(|namespace| std::cmp::Reverse(namespace.0.len()));
        family
    }

    /// Whether a name is this one's or of something beside it; cgroups have such names too.
    #[must_use]
    pub fn is_in_family(&self, name: &str) -> bool {
        let rest = name.strip_prefix(&self.0);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_directory_has_a_namespace_of_its_own() {
        let of = |directory: &str| Namespace::of_sandbox(&Layout::new(Path::new(directory)).unwrap());
        assert_eq!(of("/a/b"), of("/a/b"));
        assert_ne!(of("/a/b"), of("/a/c"));
        assert_eq!(of("/a/b").name().len(), "elbow-01234567".len());
    }

    #[test]
    fn a_family_is_what_begins_with_the_whole_name() {
        let names = ["elbow-1", "elbow-1-client", "elbow-12", "elbow-12-client", "other"];
        let family = Namespace::named("elbow-1").family_of(names.map(str::to_owned).to_vec());
        assert_eq!(
            family,
            [Namespace::named("elbow-1-client"), Namespace::named("elbow-1")]
        );
    }
}
