//! Installing packages on Debian and Ubuntu.

use std::path::Path;

use tokio::process::Command;

use crate::error::{Error, Result};
use crate::run;

/// Whether the sandbox may install packages: as root, on Debian or Ubuntu.
pub(super) fn is_possible() -> bool {
    rustix::process::geteuid().is_root() && Path::new("/etc/debian_version").is_file()
}

/// Installs packages; [`Error::Missing`] when apt has none of that name.
pub(super) async fn install(packages: &[&str]) -> Result<()> {
    if !are_known(packages).await {
        apt_get(&["update"]).await?;
    }
    if !are_known(packages).await {
        return Err(Error::Missing(vec![format!("apt has no {}", packages.join(" "))]));
    }
    let install = ["install", "--yes", "--no-install-recommends"];
    let arguments: Vec<&str> = install.iter().chain(packages).copied().collect();
    apt_get(&arguments).await
}

async fn are_known(packages: &[&str]) -> bool {
    let arguments: Vec<&str> = ["show"].iter().chain(packages).copied().collect();
    run::query("apt-cache", &arguments, Path::new("/"))
        .await
        .is_some_and(|text| !text.is_empty())
}

async fn apt_get(arguments: &[&str]) -> Result<()> {
    let log = std::env::temp_dir().join(format!("elbow-sandbox-apt-{}.log", std::process::id()));
    let mut command = Command::new("apt-get");
    command
        .arg("--quiet")
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive");
    run::to_end(&format!("apt-get {}", arguments.join(" ")), command, &log).await?;
    std::fs::remove_file(&log).map_err(Error::file("remove", &log))
}
