//! The client of the sandbox: a machine somewhere in the internet, with the VPC's name server as its own.

use std::ffi::OsStr;
use std::path::PathBuf;

use tokio::process::Command;

use super::Namespace;
use super::addresses::RESOLVER;
use crate::error::Result;
use crate::files;
use crate::layout::Layout;

/// Puts the client's own resolver configuration in place, then becomes the program.
const SCRIPT: &str = r#"mount --bind "$0" /etc/resolv.conf && exec "$@""#;

/// Writes the client's resolver configuration.
pub fn prepare(layout: &Layout) -> Result<()> {
    files::write(&resolver(layout), format!("nameserver {RESOLVER}\noptions timeout:2\n"))
}

/// A command that runs a program with its arguments as the sandbox's client: in its network, with its name server. The files
/// are the machine's.
#[must_use]
pub fn command(layout: &Layout, outer: &Namespace, program: &[impl AsRef<OsStr>]) -> Command {
    let mut command = outer
        .of_client()
        .command(&["unshare", "--mount", "--propagation", "private"]);
    command
        .args(["/bin/sh", "-c", SCRIPT])
        .arg(resolver(layout))
        .args(program);
    command
}

fn resolver(layout: &Layout) -> PathBuf {
    layout.part("client").join("resolv.conf")
}
