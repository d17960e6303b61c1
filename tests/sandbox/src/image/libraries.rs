//! Programs with the shared libraries that they need.

use std::path::{Path, PathBuf};

use super::Tree;
use crate::debian::{Program, Unpacked};
use crate::error::{Error, Result};

/// Adds a program of unpacked packages to a tree at a place of its own, with its libraries where they are on the machine.
///
/// # Errors
/// When the packages lack it, a library is missing, or a file cannot be read.
pub(crate) async fn add_program(mut tree: Tree, unpacked: &Unpacked, from: &str, to: &str) -> Result<Tree> {
    let program = unpacked.program(from)?;
    tree = tree.program(to, content(&program.path)?);
    for library in of(&program).await? {
        let own = library.strip_prefix(unpacked.root()).unwrap_or(&library);
        tree = tree.program(&own.to_string_lossy(), content(&library)?);
    }
    Ok(tree)
}

fn content(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(Error::file("read", path))
}

/// The libraries of a program with those that they need, and the dynamic linker; asked of ldd(1), which asks the linker.
///
/// # Errors
/// [`Error::Missing`] when one of them is neither unpacked nor on the machine; [`Error::Start`] without ldd.
async fn of(program: &Program) -> Result<Vec<PathBuf>> {
    let mut ldd = tokio::process::Command::new("ldd");
    ldd.env("LD_LIBRARY_PATH", &program.library_path).arg(&program.path);
    let output = ldd.output().await.map_err(|source| Error::Start {
        program: "ldd".to_owned(),
        source,
    })?;
    listed(&String::from_utf8_lossy(&output.stdout)).map_err(|missing| {
        let text = format!("{missing} is missing: {} needs it", program.path.display());
        Error::Missing(vec![text])
    })
}

/// Reads `NAME => PATH (ADDRESS)` and `PATH (ADDRESS)`; the error is the name of a library that was not found. What the kernel
/// brings has no path.
fn listed(answer: &str) -> std::result::Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    for line in answer.lines().map(str::trim) {
        let (name, place) = line.split_once(" => ").unwrap_or((line, line));
        if place == "not found" {
            return Err(name.to_owned());
        }
        let path = Path::new(place.split(" (").next().unwrap_or(place));
        if path.is_absolute() {
            found.push(path.to_owned());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_and_the_linker_are_read_and_what_the_kernel_brings_is_left_out() {
        let answer = "\tlinux-vdso.so.1 (0x00007ffe)\n\tlibz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x00007f0b)\n\
            \t/lib64/ld-linux-x86-64.so.2 (0x00007f0c)\n";
        let expected = ["/lib/x86_64-linux-gnu/libz.so.1", "/lib64/ld-linux-x86-64.so.2"].map(PathBuf::from);
        assert_eq!(listed(answer).unwrap(), expected);
        assert_eq!(listed("\tstatically linked\n").unwrap(), Vec::<PathBuf>::new());
    }

    #[test]
    fn a_library_that_is_not_there_is_named() {
        assert_eq!(listed("\tlibz.so.1 => not found\n").unwrap_err(), "libz.so.1");
    }
}
