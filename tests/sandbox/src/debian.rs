//! Programs and files from Debian's packages, downloaded with apt and unpacked into the cache; nothing is installed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::process::Command;

use crate::cache::Cache;
use crate::digest::Definition;
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::progress::Progress;
use crate::{apt, files, run};

/// Unpacked packages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unpacked {
    root: PathBuf,
}

/// A program of unpacked packages, and what the dynamic linker needs to know to start it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The program's file.
    pub path: PathBuf,
    /// The value of `LD_LIBRARY_PATH` with which it finds the libraries that were unpacked beside it; those that the machine
    /// has are found without.
    pub library_path: OsString,
}

impl Program {
    /// A call of the program.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.env("LD_LIBRARY_PATH", &self.library_path);
        command
    }
}

impl Unpacked {
    /// The directory that stands for `/`: a package's `/usr/include` is `usr/include` in it.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The program at a path below [`Self::root`], such as `usr/sbin/nft`; [`Error::Missing`] when no package brought it.
    pub fn program(&self, path: &str) -> Result<Program> {
        let program = self.root.join(path);
        if !program.is_file() {
            let text = format!("{path} is not among the packages in {}", self.root.display());
            return Err(Error::Missing(vec![text]));
        }
        Ok(Program {
            path: program,
            library_path: self.library_path(),
        })
    }

    /// The directories in which Debian's packages put libraries, as far as there are any.
    fn library_path(&self) -> OsString {
        let machine = format!("{}-linux-gnu", std::env::consts::ARCH);
        let directories = ["usr/lib", "lib"].map(|directory| self.root.join(directory));
        let directories = directories
            .iter()
            .flat_map(|directory| [directory.join(&machine), directory.clone()]);
        let present: Vec<OsString> = directories
            .filter(|directory| directory.is_dir())
            .map(PathBuf::into_os_string)
            .collect();
        present.join(":".as_ref())
    }
}

/// Whether packages can be downloaded and unpacked on this machine.
pub async fn is_possible() -> bool {
    let root = Path::new("/");
    run::query("apt-get", &["--version"], root).await.is_some()
        && run::query("dpkg-deb", &["--version"], root).await.is_some()
}

/// The packages, with those they depend on that this machine lacks, from the cache or downloaded and unpacked; `name` is that
/// of the entry in the cache and of the log.
///
/// # Errors
/// [`Error::Missing`] when apt knows no such package; else what apt or dpkg says.
pub async fn unpack(
    cache: &Cache,
    layout: &Layout,
    progress: &Progress,
    name: &str,
    packages: &[&str],
) -> Result<Unpacked> {
    let log = layout.log(&format!("unpack-{name}"));
    let build = async |target: &Path| {
        let step = format!("unpacking Debian's {}", packages.join(", "));
        let work = fetch_and_unpack(cache, packages, target, &log);
        progress.step(&step, Some(&log), work).await
    };
    let entry = format!("debian-{name}-{}", definition(packages).digits());
    let root = cache.entry(&entry, build).await?;
    Ok(Unpacked { root })
}

/// The release is part of it, for programs are linked to the libraries of one release.
fn definition(packages: &[&str]) -> Definition {
    let release = files::read(Path::new("/etc/os-release")).unwrap_or_default();
    let definition = Definition::default().text("release", &release);
    packages
        .iter()
        .fold(definition, |definition, package| definition.text("package", package))
}

async fn fetch_and_unpack(cache: &Cache, packages: &[&str], target: &Path, log: &Path) -> Result<()> {
    let archives = target.join("archives");
    files::create_directory(&archives)?;
    if fetch(packages, &archives, log).await.is_err() {
        // The lists may be missing, or name versions that the archive has replaced.
        let _lock = cache.lock("apt").await?;
        apt::update(log).await?;
        fetch(packages, &archives, log).await?;
    }
    for archive in files::tree(&archives, |name| !name.ends_with(".deb"))? {
        let mut unpack = Command::new("dpkg-deb");
        unpack.arg("--extract").arg(archives.join(archive)).arg(target);
        run::to_end("unpacking a Debian package", unpack, log).await?;
    }
    files::remove_directory(&archives)
}

async fn fetch(packages: &[&str], archives: &Path, log: &Path) -> Result<()> {
    let missing = apt::missing_for(packages).await.ok_or_else(|| apt::unknown(packages))?;
    apt::download(&missing, archives, log).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn a_program_finds_the_libraries_that_were_unpacked_beside_it() {
        let scratch = Scratch::new();
        let root = scratch.path().to_owned();
        let libraries = root.join(format!("usr/lib/{}-linux-gnu", std::env::consts::ARCH));
        files::write(&root.join("usr/sbin/nft"), "program").unwrap();
        files::write(&libraries.join("libnftables.so.1"), "library").unwrap();
        let unpacked = Unpacked { root: root.clone() };
        let program = unpacked.program("usr/sbin/nft").unwrap();
        assert_eq!(program.path, root.join("usr/sbin/nft"));
        let expected = format!("{}:{}", libraries.display(), root.join("usr/lib").display());
        assert_eq!(program.library_path, OsString::from(expected));
    }

    #[test]
    fn a_program_that_no_package_brought_is_an_error() {
        let scratch = Scratch::new();
        let unpacked = Unpacked {
            root: scratch.path().to_owned(),
        };
        let error = unpacked.program("usr/sbin/nft").unwrap_err().to_string();
        assert!(error.starts_with("usr/sbin/nft is not among"), "{error}");
    }

    #[test]
    fn other_packages_are_another_entry_of_the_cache() {
        assert_ne!(definition(&["nginx"]).digits(), definition(&["haproxy"]).digits());
        assert_ne!(definition(&["a", "b"]).digits(), definition(&["ab"]).digits());
    }
}
