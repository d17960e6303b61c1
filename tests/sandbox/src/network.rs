//! The network of a sandbox with real nodes: one outer network namespace that is the VPC's router, and one namespace for each
//! node and for the client, each joined to it by a routed pair of virtual interfaces.
//!
//! Every packet between nodes, load balancers and clients passes the outer namespace's forward hook. Nothing of the machine's
//! own network is touched.

pub mod addresses;
pub mod client;
pub mod commands;
mod inside;
mod namespace;

pub use inside::{enter, inside};
pub use namespace::Namespace;

use std::path::Path;
use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::error::{Error, Result};

/// Makes the outer namespace of a sandbox, with the router's and the resolver's addresses, and the client's namespace.
pub async fn create(outer: &Namespace) -> Result<()> {
    add(outer).await?;
    ip(outer, &commands::outer()).await?;
    inside(outer, async || forward_packets()).await?;
    let client = outer.of_client();
    add(&client).await?;
    ip(outer, &commands::join_client(&client)).await?;
    ip(&client, &commands::client()).await
}

/// Makes the namespace of a node and joins it to the outer one.
pub async fn create_node(outer: &Namespace, namespace: &Namespace, place: &commands::NodePlace) -> Result<()> {
    add(namespace).await?;
    ip(outer, &commands::join_node(namespace, place)).await?;
    ip(namespace, &commands::node(place)).await
}

/// Cuts a node off: nothing comes from it any more. One that has no link is cut off already.
pub async fn cut_off(outer: &Namespace, interface: &str) -> Result<()> {
    let links = Command::new("ip")
        .args(["-netns", outer.name(), "link", "delete", interface])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .await;
    // It fails when the link is gone already, which is what is wanted.
    links.map(drop).map_err(cannot_start)
}

/// Removes every namespace of a sandbox, also those that a killed one left.
pub async fn remove_all(outer: &Namespace) -> Result<()> {
    for namespace in outer.family()? {
        remove(&namespace).await?;
    }
    Ok(())
}

async fn add(namespace: &Namespace) -> Result<()> {
    run(&["netns", "add", namespace.name()], None).await
}

/// Removes a namespace; one that is not there is fine. Other processes' mount namespaces may keep it alive for a while, with its
/// links.
pub async fn remove(namespace: &Namespace) -> Result<()> {
    if !namespace.exists() {
        return Ok(());
    }
    run(&["netns", "delete", namespace.name()], None).await
}

/// Runs a batch of `ip` commands inside a namespace, up to the first that fails.
async fn ip(namespace: &Namespace, batch: &str) -> Result<()> {
    run(&["-netns", namespace.name(), "-batch", "-"], Some(batch)).await
}

async fn run(arguments: &[&str], input: Option<&str>) -> Result<()> {
    let mut command = Command::new("ip");
    command.args(arguments).kill_on_drop(true);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(cannot_start)?;
    if let Some(mut pipe) = child.stdin.take() {
        // A program that has ended does not read; its exit status says so below.
        let _ = pipe.write_all(input.unwrap_or_default().as_bytes()).await;
    }
    let output = child.wait_with_output().await.map_err(cannot_start)?;
    if output.status.success() {
        return Ok(());
    }
    Err(Error::Network {
        command: format!("ip {}", arguments.join(" ")),
        message: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    })
}

fn cannot_start(source: std::io::Error) -> Error {
    Error::Start {
        program: "ip".to_owned(),
        source,
    }
}

/// Makes the namespace of the calling thread a router. `/proc/sys/net` shows each thread its own namespace.
fn forward_packets() -> Result<()> {
    for (name, value) in commands::ROUTER_SETTINGS {
        let path = Path::new("/proc/sys/net/ipv4").join(name);
        std::fs::write(&path, value).map_err(Error::file("write", &path))?;
    }
    Ok(())
}
