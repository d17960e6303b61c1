//! The files of a node: configuration, credentials, and the script of its first process.

use std::path::Path;

use super::RealNode;
use super::configuration::{self, Runtime};
use super::init::{self, Places};
use crate::control_plane::credentials::{Credentials, kubeconfig};
use crate::error::Result;
use crate::layout::Layout;
use crate::state::Sandbox;
use crate::{files, kubernetes};

/// Writes everything that a node finds in its directory when it boots.
pub(super) fn write(sandbox: &Sandbox, node: &RealNode) -> Result<()> {
    let layout = sandbox.layout()?;
    let (directory, tools) = (node.directory(&layout), sandbox.tools.nodes()?);
    let (runc, plugins) = (tools.runc.display().to_string(), tools.cni.display().to_string());
    let runtime = Runtime {
        runc: &runc,
        cni: &plugins,
    };
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
    let script = init::script(node, &configuration::labels(node, &sandbox.infrastructure), places);
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
