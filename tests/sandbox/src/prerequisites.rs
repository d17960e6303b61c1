//! Programs that the sandbox needs from the machine: Go, Python and Terraform, and what [`nodes`] need beside.

pub mod nodes;

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::{apt, checkout, files, run};

/// What was found on the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prerequisites {
    /// A Python that can make virtual environments.
    pub python: Python,
    /// The terraform command line.
    pub terraform: PathBuf,
}

/// A Python interpreter, version 3.11 or later, with `venv`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Python {
    /// The interpreter itself, not a wrapper that chooses one.
    pub path: PathBuf,
    /// Version and path: an environment works only with the interpreter that made it.
    pub identity: String,
}

/// Prints version and path when the interpreter is good enough, and fails otherwise. LocalStack has no later limit, but its
/// pinned requirements have wheels up to 3.13.
const PYTHON_CHECK: &str = "import ensurepip, sys, venv\n\
    assert (3, 11) <= sys.version_info < (3, 14)\n\
    print(sys.version.split()[0], sys.executable)";

/// The oldest first: it is the one that LocalStack was tried with.
const PYTHONS: [&str; 4] = ["python3.11", "python3.12", "python3.13", "python3"];

const PYTHON_HELP: &str =
    "Python 3.11 to 3.13 with venv is missing: install it with your package manager (Debian and Ubuntu: python3-venv)";
const LINUX_HELP: &str = "Linux is missing: the sandbox tells processes apart by /proc, so run it in a Linux machine";
const GO_HELP: &str = "Go 1.21 or later is missing: get it from https://go.dev/dl";
const TERRAFORM_HELP: &str =
    "Terraform 1.6 or later is missing: get it from https://developer.hashicorp.com/terraform/install";

/// Finds everything, or installs it where the sandbox runs as root on Debian or Ubuntu; [`Error::Missing`] names the rest.
pub async fn find_or_install(progress: &Progress) -> Result<Prerequisites> {
    if !cfg!(target_os = "linux") {
        return Err(Error::Missing(vec![LINUX_HELP.to_owned()]));
    }
    let mut missing = Vec::new();
    let python = or_install("Python", &["python3", "python3-venv"], python, progress).await;
    let terraform = or_install("Terraform", &["terraform"], terraform, progress).await;
    let go = or_install("Go", &["golang-go"], go, progress).await;
    missing.extend(python.is_none().then_some(PYTHON_HELP));
    missing.extend(terraform.is_none().then_some(TERRAFORM_HELP));
    missing.extend(go.is_none().then_some(GO_HELP));
    match (python, terraform, go) {
        (Some(python), Some(terraform), Some(())) => Ok(Prerequisites { python, terraform }),
        _ => Err(Error::Missing(missing.into_iter().map(str::to_owned).collect())),
    }
}

async fn or_install<T>(
    name: &str,
    packages: &[&str],
    find: impl AsyncFn() -> Option<T>,
    progress: &Progress,
) -> Option<T> {
    if let Some(found) = find().await {
        return Some(found);
    }
    if !apt::may_install() {
        return None;
    }
    let installed = apt::install(packages);
    progress
        .step(&format!("installing {name} with apt"), None, installed)
        .await
        .ok()?;
    find().await
}

async fn python() -> Option<Python> {
    for name in PYTHONS {
        let answer = run::query(name, &["-c", PYTHON_CHECK], Path::new("/")).await;
        if let Some(python) = answer.as_deref().and_then(python_from) {
            return Some(python);
        }
    }
    None
}

fn python_from(answer: &str) -> Option<Python> {
    let identity = answer.trim();
    let (_, path) = identity.split_once(' ')?;
    Some(Python {
        path: PathBuf::from(path),
        identity: identity.to_owned(),
    })
}

/// In a module's directory Go fetches the toolchain that the module asks for, unless it is too old to know of toolchains.
async fn go() -> Option<()> {
    let module = checkout::go_module("control-plane");
    let wanted = files::read(&module.join("go.mod")).ok()?;
    let found = run::query("go", &["version"], &module).await?;
    is_recent_enough(&found, &wanted).then_some(())
}

/// Whether the answer of `go version` is as recent as the `go` line of a `go.mod`.
fn is_recent_enough(answer: &str, go_mod: &str) -> bool {
    let found = answer
        .split_whitespace()
        .find_map(|word| minor(word.strip_prefix("go1.")?));
    let wanted = go_mod.lines().find_map(|line| minor(line.strip_prefix("go 1.")?));
    found.zip(wanted).is_some_and(|(found, wanted)| found >= wanted)
}

fn minor(version: &str) -> Option<u32> {
    version
        .split(|character: char| !character.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

/// Found without calling it, for `terraform version` asks a server for news.
async fn terraform() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|directory| directory.join("terraform"))
        .find(|program| program.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interpreter_behind_a_wrapper_is_used() {
        let python = python_from("3.11.7 /usr/lib/python 3/bin/python3\n").unwrap();
        assert_eq!(python.path, PathBuf::from("/usr/lib/python 3/bin/python3"));
        assert_eq!(python.identity, "3.11.7 /usr/lib/python 3/bin/python3");
    }

    #[test]
    fn a_go_without_the_module_s_toolchain_is_not_enough() {
        let wanted = "module m\n\ngo 1.26.0\n";
        assert!(is_recent_enough("go version go1.26.8 linux/amd64\n", wanted));
        assert!(is_recent_enough("go version go1.27rc1 linux/amd64\n", wanted));
        assert!(!is_recent_enough("go version go1.19.8 linux/amd64\n", wanted));
        assert!(!is_recent_enough("", wanted));
    }

    #[tokio::test]
    async fn what_is_there_is_not_installed() {
        let progress = Progress::on_standard_error();
        let found = or_install(
            "a thing",
            &["no-such-package-of-this-name"],
            async || Some(1),
            &progress,
        )
        .await;
        assert_eq!(found, Some(1));
    }
}
