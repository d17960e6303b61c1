//! Where the programs of the control plane come from.

use std::path::{Path, PathBuf};

use crate::cache::Cache;
use crate::error::Result;
use crate::go::GoModule;
use crate::layout::Layout;
use crate::progress::Progress;

/// What a directory must hold to be taken as the control plane.
const PROGRAMS: [&str; 4] = ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl"];

/// The directory with [`PROGRAMS`]: `KUBEBUILDER_ASSETS` (the convention of envtest) when it holds all of them, else built
/// from the pinned Go module.
pub async fn build(cache: &Cache, layout: &Layout, progress: &Progress) -> Result<PathBuf> {
    if let Some(assets) = std::env::var_os("KUBEBUILDER_ASSETS").filter(|assets| !assets.is_empty()) {
        let assets = PathBuf::from(assets);
        let missing = missing_in(&assets);
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

fn missing_in(directory: &Path) -> Vec<&'static str> {
    PROGRAMS
        .into_iter()
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
        assert_eq!(missing_in(scratch.path()), ["kube-controller-manager"]);
    }
}
