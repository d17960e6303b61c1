//! The cgroups of nodes: one directory for each node in every hierarchy of the machine.
//!
//! Version 1 has a hierarchy for each controller below `/sys/fs/cgroup`, version 2 has one (cgroups(7)).

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::network::Namespace;
use crate::wait;

/// Where the hierarchies are mounted.
const ROOT: &str = "/sys/fs/cgroup";

/// A killed process leaves its cgroup when the kernel has torn it down.
const EMPTY_WITHIN: Duration = Duration::from_secs(20);

/// The controllers that this machine lacks of those that a kubelet needs.
pub(super) fn missing() -> Vec<&'static str> {
    let root = Path::new(ROOT);
    let of_version_2 = fs::read_to_string(root.join("cgroup.controllers")).unwrap_or_default();
    let is_there = |name: &&str| {
        of_version_2.split_whitespace().any(|one| one == *name) || root.join(name).join("cgroup.procs").is_file()
    };
    NEEDED.into_iter().filter(|name| !is_there(name)).collect()
}

/// Makes a cgroup in every hierarchy.
pub(super) fn create(name: &str) -> Result<()> {
    for hierarchy in hierarchies(Path::new(ROOT))? {
        create_in(&hierarchy, name)?;
    }
    Ok(())
}

/// Removes a cgroup with all below it, from every hierarchy; one that is not there is fine. Its processes must have ended.
pub(super) async fn remove(name: &str) -> Result<()> {
    for hierarchy in hierarchies(Path::new(ROOT))? {
        let path = hierarchy.join(name);
        let removed = async || remove_tree(&path).is_ok();
        wait::until(&format!("the end of {}", path.display()), EMPTY_WITHIN, removed).await?;
    }
    Ok(())
}

/// Removes the cgroups of every node of a sandbox, also those that a killed one left.
pub(super) async fn remove_all(outer: &Namespace) -> Result<()> {
    let mut names = Vec::new();
    for hierarchy in hierarchies(Path::new(ROOT))? {
        names.extend(directories(&hierarchy)?.iter().filter_map(|path| {
            let name = path.file_name()?.to_string_lossy().into_owned();
            outer.is_in_family(&name).then_some(name)
        }));
    }
    names.sort();
    names.dedup();
    for name in names {
        remove(&name).await?;
    }
    Ok(())
}

/// The root of version 2, or the hierarchies of version 1 with those that have no controllers.
fn hierarchies(root: &Path) -> Result<Vec<PathBuf>> {
    if !root.is_dir() {
        return Ok(Vec::new());
    }
    if root.join("cgroup.controllers").is_file() {
        return Ok(vec![root.to_owned()]);
    }
    let is_hierarchy = |path: &PathBuf| path.join("cgroup.procs").is_file() && !path.is_symlink();
    Ok(directories(root)?.into_iter().filter(is_hierarchy).collect())
}

fn directories(path: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(path).map_err(Error::file("list", path))?;
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    Ok(found)
}

fn create_in(hierarchy: &Path, name: &str) -> Result<()> {
    let own = hierarchy.join(name);
    fs::create_dir_all(&own).map_err(Error::file("create", &own))?;
    // Version 1: a cpuset without processors and memory takes no process.
    for setting in ["cpuset.cpus", "cpuset.mems"] {
        let (from, to) = (hierarchy.join(setting), own.join(setting));
        if from.is_file() && !hierarchy.join("cgroup.controllers").is_file() {
            let value = fs::read_to_string(&from).map_err(Error::file("read", &from))?;
            fs::write(&to, value.trim()).map_err(Error::file("write", &to))?;
        }
    }
    // Version 2: a controller is passed down explicitly, from the root and on to the Pods.
    for parent in [hierarchy, &own] {
        pass_down(parent)?;
    }
    Ok(())
}

/// The controllers that a kubelet needs.
const NEEDED: [&str; 4] = ["cpu", "cpuset", "memory", "pids"];

fn pass_down(parent: &Path) -> Result<()> {
    let available = fs::read_to_string(parent.join("cgroup.controllers")).unwrap_or_default();
    let wanted = passed_down(&available);
    if wanted.is_empty() {
        return Ok(());
    }
    let control = parent.join("cgroup.subtree_control");
    fs::write(&control, wanted).map_err(Error::file("write", &control))
}

/// What to write to `cgroup.subtree_control`.
fn passed_down(available: &str) -> String {
    let needed = available.split_whitespace().filter(|name| NEEDED.contains(name));
    needed.map(|name| format!("+{name}")).collect::<Vec<_>>().join(" ")
}

/// cgroup directories are removed from the leaves on; their files go with them.
fn remove_tree(path: &Path) -> std::io::Result<()> {
    if !path.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_tree(&entry.path())?;
        }
    }
    fs::remove_dir(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files;
    use crate::scratch::Scratch;

    #[test]
    fn every_controller_of_version_1_is_a_hierarchy() {
        let scratch = Scratch::new();
        for file in [
            "cpu/cgroup.procs",
            "memory/cgroup.procs",
            "not-one/file",
            "unified/cgroup.procs",
        ] {
            files::write(&scratch.path().join(file), "").unwrap();
        }
        std::os::unix::fs::symlink("cpu", scratch.path().join("alias")).unwrap();
        let expected = ["cpu", "memory", "unified"].map(|name| scratch.path().join(name));
        assert_eq!(hierarchies(scratch.path()).unwrap(), expected);
    }

    #[test]
    fn version_2_is_one_hierarchy() {
        let scratch = Scratch::new();
        for file in ["cgroup.controllers", "cgroup.procs", "system.slice/cgroup.procs"] {
            files::write(&scratch.path().join(file), "").unwrap();
        }
        assert_eq!(hierarchies(scratch.path()).unwrap(), [scratch.path()]);
    }

    #[test]
    fn a_cpuset_of_version_1_gets_its_parent_s_processors() {
        let scratch = Scratch::new();
        let hierarchy = scratch.path();
        files::write(&hierarchy.join("cpuset.cpus"), "0-1\n").unwrap();
        files::write(&hierarchy.join("cpuset.mems"), "0\n").unwrap();
        create_in(hierarchy, "elbow-0-node-1").unwrap();
        assert_eq!(
            files::read(&hierarchy.join("elbow-0-node-1/cpuset.cpus")).unwrap(),
            "0-1"
        );
    }

    #[test]
    fn only_what_a_kubelet_needs_is_passed_down_and_only_if_it_is_there() {
        assert_eq!(
            passed_down("cpuset cpu io memory hugetlb pids\n"),
            "+cpuset +cpu +memory +pids"
        );
        assert_eq!(passed_down(""), "");
    }
}
