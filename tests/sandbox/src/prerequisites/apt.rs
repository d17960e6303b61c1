//! Installing packages on Debian and Ubuntu.

use std::path::Path;

use tokio::process::Command;

use crate::error::{Error, Result};
use crate::run;

/// Installs packages; an error where this is not possible: not root, no apt, no such package.
pub(super) async fn install(packages: &[&str]) -> Result<()> {
    let unavailable = || Error::Missing(vec![format!("apt has no {}", packages.join(" "))]);
    if !rustix::process::geteuid().is_root() || !Path::new("/etc/debian_version").is_file() {
        return Err(Error::Missing(vec![
            "packages are installed only by root on Debian and Ubuntu".to_owned(),
        ]));
    }
    if !are_known(packages).await {
        apt_get(&["update"]).await?;
    }
    if !are_known(packages).await {
        return Err(unavailable());
    }
    let arguments: Vec<&str> = ["install", "--yes", "--no-install-recommends"]
        .iter()
        .chain(packages)
        .copied()
        .collect();
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
