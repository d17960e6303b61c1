//! apt, on Debian and Ubuntu: installing packages, and finding and downloading those that a package needs.

use std::path::Path;

use tokio::process::Command;

use crate::error::{Error, Result};
use crate::run;

/// Whether the sandbox may install packages: as root, on Debian or Ubuntu.
pub(crate) fn may_install() -> bool {
    rustix::process::geteuid().is_root() && Path::new("/etc/debian_version").is_file()
}

/// Installs packages; [`Error::Missing`] when apt has none of that name.
pub(crate) async fn install(packages: &[&str]) -> Result<()> {
    let log = std::env::temp_dir().join(format!("elbow-sandbox-apt-{}.log", std::process::id()));
    if !are_known(packages).await {
        update(&log).await?;
    }
    if !are_known(packages).await {
        return Err(unknown(packages));
    }
    let install = ["install", "--yes", "--no-install-recommends"];
    let arguments: Vec<&str> = install.iter().chain(packages).copied().collect();
    apt_get(&arguments, Path::new("/"), &log).await?;
    std::fs::remove_file(&log).map_err(Error::file("remove", &log))
}

/// Fetches the lists of packages; needs root.
pub(crate) async fn update(log: &Path) -> Result<()> {
    apt_get(&["update"], Path::new("/"), log).await
}

/// The packages, as `NAME=VERSION`, that an installation would unpack: the named ones, and those they depend on that this machine
/// lacks. Nothing is installed. None where apt's lists do not know all of them.
pub(crate) async fn missing_for(packages: &[&str]) -> Option<Vec<String>> {
    let simulate = [
        "install",
        "--simulate",
        "--reinstall",
        "--no-install-recommends",
        "--yes",
    ];
    let arguments: Vec<&str> = simulate.iter().chain(packages).copied().collect();
    let answer = run::query("apt-get", &arguments, Path::new("/")).await?;
    Some(simulated(&answer))
}

/// Downloads the archives of packages, each `NAME=VERSION`, into a directory.
pub(crate) async fn download(packages: &[String], into: &Path, log: &Path) -> Result<()> {
    // apt's own user may not write into the directory, which it would warn of.
    let options = ["download", "--option=APT::Sandbox::User=root"];
    let arguments: Vec<&str> = options.into_iter().chain(packages.iter().map(String::as_str)).collect();
    apt_get(&arguments, into, log).await
}

/// That apt has no such packages.
pub(crate) fn unknown(packages: &[&str]) -> Error {
    Error::Missing(vec![format!("apt has no {}", packages.join(" "))])
}

async fn are_known(packages: &[&str]) -> bool {
    let arguments: Vec<&str> = ["show"].iter().chain(packages).copied().collect();
    run::query("apt-cache", &arguments, Path::new("/"))
        .await
        .is_some_and(|text| !text.is_empty())
}

async fn apt_get(arguments: &[&str], directory: &Path, log: &Path) -> Result<()> {
    let mut command = Command::new("apt-get");
    command
        .arg("--quiet")
        .args(arguments)
        .current_dir(directory)
        .env("DEBIAN_FRONTEND", "noninteractive");
    run::to_end(&format!("apt-get {}", arguments.join(" ")), command, log).await
}

/// Reads `Inst NAME (VERSION ...)` and `Inst NAME [INSTALLED] (VERSION ...)`, the lines of apt-get(8)'s `--simulate`.
fn simulated(answer: &str) -> Vec<String> {
    let lines = answer.lines().filter_map(|line| line.strip_prefix("Inst "));
    lines
        .filter_map(|line| {
            let (name, rest) = line.split_once(' ')?;
            let (_, version) = rest.split_once('(')?;
            Some(format!("{name}={}", version.split(' ').next()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_simulated_installation_names_each_package_with_its_version() {
        let answer = "Reading package lists...\nInst libnftnl11 (1.2.4-2 Debian:12.15/oldstable [amd64])\n\
            Inst nftables [1.0.6-1] (1.0.6-2+deb12u2 Debian:12.15/oldstable [amd64]) []\n\
            Conf libnftnl11 (1.2.4-2 Debian:12.15/oldstable [amd64])\n";
        assert_eq!(simulated(answer), ["libnftnl11=1.2.4-2", "nftables=1.0.6-2+deb12u2"]);
    }
}
