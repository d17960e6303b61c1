//! The programs that the sandbox runs, built or found.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cache::Cache;
use crate::control_plane::build as control_plane;
use crate::error::Result;
use crate::go::GoModule;
use crate::layout::Layout;
use crate::localstack;
use crate::prerequisites::Prerequisites;
use crate::progress::Progress;
use crate::terraform::configuration;

/// Absolute paths of the programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tools {
    /// The directory with kube-apiserver, kube-controller-manager, etcd and kubectl.
    pub control_plane: PathBuf,
    /// The helm command line.
    pub helm: PathBuf,
    /// The terraform command line.
    pub terraform: PathBuf,
    /// The configuration file for every call of terraform, for `TF_CLI_CONFIG_FILE`.
    pub terraform_configuration: PathBuf,
    /// The Python interpreter of LocalStack's virtual environment.
    pub localstack_python: PathBuf,
}

impl Tools {
    /// Builds what is missing in the cache; Go and Python work side by side, for one computes while the other downloads.
    pub async fn build(found: &Prerequisites, cache: &Cache, layout: &Layout, progress: &Progress) -> Result<Self> {
        let go_programs = async {
            let control_plane = control_plane::build(cache, layout, progress).await?;
            Ok((control_plane, helm(cache, layout, progress).await?))
        };
        let environment = localstack::build::environment(&found.python, cache, layout, progress);
        let ((control_plane, helm), localstack_python) = tokio::try_join!(go_programs, environment)?;
        let terraform_configuration =
            configuration::find_or_write(layout.root(), &cache.root().join("terraform-providers"))?;
        Ok(Self {
            control_plane,
            helm,
            terraform: found.terraform.clone(),
            terraform_configuration,
            localstack_python,
        })
    }

    /// kubectl, of the control plane's own version.
    #[must_use]
    pub fn kubectl(&self) -> PathBuf {
        self.control_plane.join("kubectl")
    }

    /// The directories to put first in `PATH`.
    #[must_use]
    pub fn path(&self) -> Vec<PathBuf> {
        let helm = self.helm.parent().map(Path::to_owned);
        std::iter::once(self.control_plane.clone()).chain(helm).collect()
    }
}

/// helm, from the cache or built.
pub async fn helm(cache: &Cache, layout: &Layout, progress: &Progress) -> Result<PathBuf> {
    let module = GoModule::new("helm", "helm.sh/helm/v4", |version| {
        vec![format!("helm.sh/helm/v4/internal/version.version={version}")]
    })?;
    let directory = module.build(cache, &layout.log("build-helm"), progress).await?;
    Ok(directory.join("helm"))
}
