//! How a node comes, goes and comes back.

use std::path::Path;

use futures::future::try_join_all;
use k8s_openapi::api::core::v1::Node;
use kube::Api;
use kube::api::DeleteParams;

use super::{RealNode, cgroups, equipment, instance, ready};
use crate::aws::Aws;
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::network::Namespace;
use crate::process::{self, Detached};
use crate::state::Sandbox;
use crate::terraform::infrastructure::Instance;
use crate::{files, kubernetes, network, run};

/// Starts a new instance with a node on it, in a zone or in the one that has the fewest, and waits until it is ready.
///
/// # Errors
/// [`Error::NoNodes`] in a sandbox without real nodes; what AWS, the kernel or the node's programs say.
pub async fn add(sandbox: &Sandbox, zone: Option<&str>) -> Result<RealNode> {
    let zone = match zone {
        Some(zone) => zone.to_owned(),
        None => emptiest_zone(sandbox)?,
    };
    let own = sandbox.clone();
    let launched = async move || instance::launch_in(&aws(&own), &own.infrastructure, &zone).await;
    let instance = sandbox.enter(launched).await?;
    create(sandbox, &instance).await
}

/// Makes the node of an instance that has none, and waits until it is ready.
///
/// # Errors
/// As [`add`].
pub async fn create(sandbox: &Sandbox, instance: &Instance) -> Result<RealNode> {
    let node = RealNode::enlist(&sandbox.layout()?, instance)?;
    equipment::write(sandbox, &node)?;
    begin(sandbox, &node).await?;
    Ok(node)
}

/// Imports an image archive into every running node; nodes that start later import what is in [`Layout::images`].
///
/// # Errors
/// When a node refuses it; the log is `logs/import-images.log`.
pub async fn import(sandbox: &Sandbox, archive: &Path) -> Result<()> {
    let layout = sandbox.layout()?;
    let (ctr, log) = (
        sandbox.tools.nodes()?.containerd.join("ctr"),
        layout.log("import-images"),
    );
    let into = async |node: &RealNode| {
        if !node.is_running(&layout)? {
            return Ok(());
        }
        let mut command = node.command(&layout, &ctr)?;
        command.args(["--namespace", "k8s.io", "images", "import"]).arg(archive);
        let what = format!("importing {} into {}", archive.display(), node.name());
        run::to_end(&what, command, &log).await
    };
    try_join_all(RealNode::all(&layout)?.iter().map(into)).await?;
    Ok(())
}

/// Starts a stopped node again, as a reboot: its files are as they were. Waits until it is ready.
///
/// # Errors
/// [`Error::Node`] when there is none of that name, or it runs.
pub async fn start(sandbox: &Sandbox, name: &str) -> Result<()> {
    let layout = sandbox.layout()?;
    let node = RealNode::find(&layout, name)?;
    if node.is_running(&layout)? {
        return Err(Error::Node(format!("the node {name} runs already")));
    }
    begin(sandbox, &node).await
}

/// Kills a node as a power failure does: nothing on it is told. Its Node and its instance stay.
///
/// # Errors
/// [`Error::Node`] when there is none of that name.
pub async fn stop(sandbox: &Sandbox, name: &str) -> Result<()> {
    let layout = sandbox.layout()?;
    end(&layout, sandbox.network()?, &RealNode::find(&layout, name)?).await
}

/// Terminates a node's instance: the node stops, and its Node is deleted as a cloud controller does. Draining it first is the
/// caller's business.
///
/// # Errors
/// As [`stop`], and what AWS or the API server say.
pub async fn remove(sandbox: &Sandbox, name: &str) -> Result<()> {
    let layout = sandbox.layout()?;
    let node = RealNode::find(&layout, name)?;
    let (own, id) = (sandbox.clone(), node.instance.id.clone());
    sandbox
        .enter(async move || instance::terminate(&aws(&own), &id).await)
        .await?;
    end(&layout, sandbox.network()?, &node).await?;
    let (kubeconfig, own_name) = (sandbox.kubeconfig.clone(), name.to_owned());
    sandbox
        .enter(async move || delete_object(&kubeconfig, &own_name).await)
        .await?;
    files::remove_directory(&node.directory(&layout))
}

/// Stops all nodes of a sandbox at once.
///
/// # Errors
/// When a node does not end.
pub async fn stop_all(layout: &Layout) -> Result<()> {
    let outer = Namespace::of_sandbox(layout);
    let nodes = RealNode::all(layout)?;
    try_join_all(nodes.iter().map(|node| end(layout, &outer, node))).await?;
    Ok(())
}

/// Removes what nodes of the sandbox left in the kernel, also where nothing else is known of them.
///
/// # Errors
/// When a process is still in a node's cgroup.
pub async fn sweep(layout: &Layout) -> Result<()> {
    cgroups::remove_all(&Namespace::of_sandbox(layout)).await
}

/// The zone with the fewest nodes.
fn emptiest_zone(sandbox: &Sandbox) -> Result<String> {
    let nodes = RealNode::all(&sandbox.layout()?)?;
    let zones = sandbox
        .infrastructure
        .instances
        .iter()
        .map(|instance| instance.zone.as_str());
    let taken: Vec<&str> = nodes.iter().map(|node| node.instance.zone.as_str()).collect();
    let none = || Error::Node("no zone is known: name one".to_owned());
    emptiest(zones, &taken).map(str::to_owned).ok_or_else(none)
}

/// The zone that occurs least among those that are taken; the first by name of several.
fn emptiest<'a>(zones: impl Iterator<Item = &'a str>, taken: &[&str]) -> Option<&'a str> {
    let population = |zone: &str| taken.iter().filter(|one| **one == zone).count();
    zones.min_by_key(|zone| (population(zone), *zone))
}

/// Starts the node's processes and waits until the node is ready.
async fn begin(sandbox: &Sandbox, node: &RealNode) -> Result<()> {
    let (layout, outer) = (sandbox.layout()?, sandbox.network()?);
    let (namespace, place) = (node.namespace(outer), node.place()?);
    files::create_directory(&layout.images())?;
    cgroups::create(namespace.name())?;
    network::create_node(outer, &namespace, &place).await?;
    let since = ready::now();
    let process = Detached::new(&node.part(), "nsenter")
        .flag("net", namespace.path())
        .argument("unshare")
        .argument("--mount")
        .argument("--uts")
        .argument("--pid")
        .argument("--fork")
        .argument("--kill-child")
        .argument("--mount-proc")
        .flag("propagation", "private")
        .argument("/bin/sh")
        .argument(node.directory(&layout).join("init.sh"))
        .grace(std::time::Duration::ZERO);
    let record = process.start(&layout)?;
    let (kubeconfig, own) = (sandbox.kubeconfig.clone(), node.clone());
    let wait = async move || ready::wait(&kubeconfig, &own, &record, &layout, since).await;
    sandbox.enter(wait).await
}

/// A machine without power is silent at once: it is cut off before its processes end, whose ends would be told to their peers.
async fn end(layout: &Layout, outer: &Namespace, node: &RealNode) -> Result<()> {
    network::cut_off(outer, &node.place()?.link()).await?;
    if let Some(record) = node.record(layout)? {
        process::stop(&record, layout).await?;
    }
    let namespace = node.namespace(outer);
    network::remove(&namespace).await?;
    cgroups::remove(namespace.name()).await
}

async fn delete_object(kubeconfig: &Path, name: &str) -> Result<()> {
    let nodes: Api<Node> = Api::all(kubernetes::client(kubeconfig).await?);
    match nodes.delete(name, &DeleteParams::default()).await {
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        outcome => outcome
            .map(drop)
            .map_err(Error::kubernetes(format!("delete the node {name}"))),
    }
}

fn aws(sandbox: &Sandbox) -> Aws {
    Aws::new(&sandbox.localstack_url, &sandbox.infrastructure.region, "nodes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_node_goes_to_the_zone_with_the_fewest() {
        let zones = || ["us-east-1b", "us-east-1a", "us-east-1c"].into_iter();
        assert_eq!(emptiest(zones(), &[]), Some("us-east-1a"));
        assert_eq!(
            emptiest(zones(), &["us-east-1a", "us-east-1c", "us-east-1a"]),
            Some("us-east-1b")
        );
        assert_eq!(emptiest(std::iter::empty(), &[]), None);
    }
}
