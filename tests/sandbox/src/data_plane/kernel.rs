//! The kernel of this network namespace: its ruleset, its addresses and its connections.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::departures::Connections;
use super::error::{Error, Result};
use super::programs::Programs;
use crate::error;

/// The kernel as the data plane left it.
#[derive(Debug)]
pub(super) struct Kernel {
    programs: Programs,
    ruleset: String,
    addresses: BTreeSet<Ipv4Addr>,
}

impl Kernel {
    /// The kernel, untouched yet, and the programs that speak to it.
    #[must_use]
    pub(super) fn new(programs: Programs) -> Self {
        Self {
            programs,
            ruleset: String::new(),
            addresses: BTreeSet::new(),
        }
    }

    /// Has the kernel forget ended connections, so that the next one with the same addresses and ports is sent to a target of
    /// now, and not where the one before was; and take up no connection in the middle: what is still sent over one that was
    /// ended meets nobody who knows it, and is answered with a reset.
    ///
    /// # Errors
    /// When the kernel's settings cannot be written.
    pub(super) fn prepare(&self) -> Result<()> {
        // The settings of this network namespace; the machine's own stay as they are. Times in seconds.
        for (name, value) in [("loose", "0"), ("timeout_time_wait", "1"), ("timeout_close", "1")] {
            let setting = format!("/proc/sys/net/netfilter/nf_conntrack_tcp_{name}");
            let setting = Path::new(&setting);
            std::fs::write(setting, value).map_err(error::Error::file("write", setting))?;
        }
        Ok(())
    }

    /// Puts a ruleset in the place of the last one, in one transaction.
    ///
    /// # Errors
    /// When nft refuses it; the last one stays.
    pub(super) async fn apply(&mut self, ruleset: String) -> Result<()> {
        if ruleset != self.ruleset {
            let mut nft = self.programs.nft.command();
            nft.args(["-f", "-"]);
            to_end(nft, &self.programs.nft.path, &ruleset, &[0]).await?;
            self.ruleset = ruleset;
        }
        Ok(())
    }

    /// Has exactly these addresses on the loopback interface, beside those that others put there.
    ///
    /// # Errors
    /// When ip refuses one; those before it are there.
    pub(super) async fn hold(&mut self, addresses: BTreeSet<Ipv4Addr>) -> Result<()> {
        let mut batch = String::new();
        for address in addresses.difference(&self.addresses) {
            // Writing to a String cannot fail. "replace": a data plane that was killed may have left it.
            let _ = writeln!(batch, "address replace {address}/32 dev lo");
        }
        for address in self.addresses.difference(&addresses) {
            let _ = writeln!(batch, "address delete {address}/32 dev lo");
        }
        if !batch.is_empty() {
            let mut ip = Command::new("ip");
            ip.args(["-batch", "-"]);
            to_end(ip, Path::new("ip"), &batch, &[0]).await?;
            self.addresses = addresses;
        }
        Ok(())
    }

    /// Ends connections: the kernel forgets them.
    ///
    /// # Errors
    /// When conntrack refuses.
    pub(super) async fn end(&self, connections: &Connections) -> Result<()> {
        for address in &connections.through {
            for protocol in ["tcp", "udp"] {
                let mut conntrack = self.programs.conntrack.command();
                conntrack.args(["--delete", "--proto", protocol, "--orig-dst", &address.to_string()]);
                conntrack.args(["--reply-src", &connections.to.ip().to_string()]);
                conntrack.args(["--reply-port-src", &connections.to.port().to_string()]);
                // It ends with 1 when there was no such connection.
                to_end(conntrack, &self.programs.conntrack.path, "", &[0, 1]).await?;
            }
        }
        Ok(())
    }
}

/// Runs a program with a text on its standard input; it must end with one of these codes.
async fn to_end(mut command: Command, program: &Path, input: &str, codes: &[i32]) -> Result<()> {
    let started = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn();
    let failed = |source| error::Error::Start {
        program: program.display().to_string(),
        source,
    };
    let mut child = started.map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that does not read to the end says why.
        let _ = stdin.write_all(input.as_bytes()).await;
    }
    let output = child.wait_with_output().await.map_err(failed)?;
    if output.status.code().is_some_and(|code| codes.contains(&code)) {
        return Ok(());
    }
    Err(Error::Refused {
        program: program.to_owned(),
        message: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
