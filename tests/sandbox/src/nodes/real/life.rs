//! How a node comes, goes and comes back.

use std::path::Path;

use futures::future::try_join_all;
use k8s_openapi::api::core::v1::Node;
use kube::Api;
use kube::api::DeleteParams;

use super::configuration::{self, Runtime};
use super::init::{self, Places};
use super::{RealNode, cgroups, instance, ready};
use crate::aws::Aws;
use crate::control_plane::credentials::{Credentials, kubeconfig};
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
    write_files(sandbox, &node)?;
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

/// The zone with the fewest nodes; the first by name of several.
fn emptiest_zone(sandbox: &Sandbox) -> Result<String> {
    let nodes = RealNode::all(&sandbox.layout()?)?;
    let instances = sandbox.infrastructure.instances.iter();
    let mut zones: Vec<&str> = instances.map(|instance| instance.zone.as_str()).collect();
    zones.sort_unstable();
    let population = |zone: &&str| nodes.iter().filter(|node| node.instance.zone == **zone).count();
    let emptiest = zones.into_iter().min_by_key(population);
    let none = || Error::Node("no zone is known: name one".to_owned());
    emptiest.map(str::to_owned).ok_or_else(none)
}

fn write_files(sandbox: &Sandbox, node: &RealNode) -> Result<()> {
    let layout = sandbox.layout()?;
    let (directory, tools) = (node.directory(&layout), sandbox.tools.nodes()?);
    let (runc, plugins) = (tools.runc.display().to_string(), tools.cni.display().to_string());
    let runtime = Runtime {
        runc: &runc,
        cni: &plugins,
    };
    let region = &sandbox.infrastructure.region;
    let places = Places {
        directory: &directory,
        images: &layout.images(),
        programs: &[
            Path::new("/run/node/bin"),
            &tools.containerd,
            &sandbox.tools.control_plane,
        ],
    };
    let cgroup = node.namespace(sandbox.network()?);
    let nft = tools.data_plane.program("usr/sbin/nft")?;
    let script = init::script(node, &configuration::labels(node, region), places);
    let kubelet = configuration::kubelet(node, cgroup.name());
    for (name, content) in [
        ("init.sh", script),
        ("bin/nft", init::wrapper(&nft.path, &nft.library_path)),
        ("containerd.toml", configuration::containerd(runtime)),
        ("kubelet.json", kubelet.to_string()),
        ("kube-proxy.json", configuration::kube_proxy(node).to_string()),
        ("cni/10-pods.conflist", configuration::cni(node).to_string()),
    ] {
        files::write(&directory.join(name), content)?;
    }
    files::make_executable(&directory.join("bin/nft"))?;
    write_credentials(&layout, node, &directory)
}

/// The node finds its own directory at `/run/node`.
fn write_credentials(layout: &Layout, node: &RealNode, directory: &Path) -> Result<()> {
    let credentials = Credentials::of(layout);
    files::write(&directory.join("authority.crt"), files::read(&credentials.authority())?)?;
    credentials.node(node.name())?.save(directory, "kubelet")?;
    let url = kubernetes::url(&layout.kubeconfig())?;
    let proof = serde_json::json!({
        "client-certificate": "/run/node/kubelet.crt",
        "client-key": "/run/node/kubelet.key",
    });
    let config = kubeconfig(&url, Path::new("/run/node/authority.crt"), node.name(), &proof);
    files::write(&directory.join("kubelet.kubeconfig"), config)?;
    let of_proxy = files::read(&credentials.kubeconfig_of(layout, "system:kube-proxy"))?;
    files::write(&directory.join("kube-proxy.kubeconfig"), of_proxy)
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

async fn end(layout: &Layout, outer: &Namespace, node: &RealNode) -> Result<()> {
    if let Some(record) = node.record(layout)? {
        process::stop(&record, layout).await?;
    }
    let namespace = node.namespace(outer);
    network::remove_node(outer, &namespace, &node.place()?.link()).await?;
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
