//! Where the programs of the control plane come from.

use std::path::{Path, PathBuf};

use crate::cache::Cache;
use crate::control_plane::start::Nodes;
use crate::error::Result;
use crate::go::GoModule;
use crate::layout::Layout;
use crate::progress::Progress;

/// What a directory must hold to be taken as the control plane.
const PROGRAMS: [&str; 4] = ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl"];

/// What real nodes need beside.
const PROGRAMS_OF_NODES: [&str; 3] = ["kube-scheduler", "kubelet", "kube-proxy"];

/// The directory with [`PROGRAMS`], for real nodes with [`PROGRAMS_OF_NODES`] too: `KUBEBUILDER_ASSETS` (the convention of
/// envtest) when it holds all of them, else built from the pinned Go module.
pub async fn build(nodes: Nodes, cache: &Cache, layout: &Layout, progress: &Progress) -> Result<PathBuf> {
    if let Some(assets) = std::env::var_os("KUBEBUILDER_ASSETS").filter(|assets| !assets.is_empty()) {
        let assets = PathBuf::from(assets);
        let missing = missing_in(&assets, nodes);
        if missing.is_empty() {
            return Ok(assets);
        }
        progress.say(&format!(
            "KUBEBUILDER_ASSETS is not used: {} lacks {}",
            assets.display(),
            missing.join(", ")
        ));
    }
    // etcd's main package is called `server`, and so is the program that Go makes of it.
    let module = GoModule::new("control-plane", "k8s.io/kubernetes", version_settings)?.renaming("server", "etcd");
    module.build(cache, &layout.log("build-control-plane"), progress).await
}

fn missing_in(directory: &Path, nodes: Nodes) -> Vec<&'static str> {
    let more = (nodes == Nodes::Real).then_some(PROGRAMS_OF_NODES);
    PROGRAMS
        .into_iter()
        .chain(more.into_iter().flatten())
        .filter(|program| !directory.join(program).is_file())
        .collect()
}

/// Without these the API server calls itself v0.0.0, which a chart's `kubeVersion` refuses.
fn version_settings(version: &str) -> Vec<String> {
    let mut numbers = version.trim_start_matches('v').split('.');
    let (major, minor) = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    let setting = |name: &str, value: &str| format!("k8s.io/component-base/version.{name}={value}");
    vec![
        setting("gitVersion", version),
        setting("gitMajor", major),
        setting("gitMinor", minor),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files;
    use crate::scratch::Scratch;

    #[test]
    fn the_version_is_set_as_a_whole_and_in_its_parts() {
        let settings = version_settings("v1.36.3");
        let prefix = "k8s.io/component-base/version.";
        assert_eq!(
            settings,
            ["gitVersion=v1.36.3", "gitMajor=1", "gitMinor=36"].map(|setting| format!("{prefix}{setting}"))
        );
    }

    #[test]
    fn assets_without_a_controller_manager_are_not_enough() {
        let scratch = Scratch::new();
        for program in ["etcd", "kube-apiserver", "kubectl"] {
            files::write(&scratch.path().join(program), "").unwrap();
        }
        assert_eq!(missing_in(scratch.path(), Nodes::StandIns), ["kube-controller-manager"]);
    }

    #[test]
    fn assets_without_a_kubelet_are_not_enough_for_real_nodes() {
        let scratch = Scratch::new();
        for program in PROGRAMS {
            files::write(&scratch.path().join(program), "").unwrap();
        }
        assert!(missing_in(scratch.path(), Nodes::StandIns).is_empty());
        assert_eq!(missing_in(scratch.path(), Nodes::Real), PROGRAMS_OF_NODES);
    }
}
