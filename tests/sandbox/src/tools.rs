//! The programs that the sandbox runs, built or found.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cache::Cache;
use crate::control_plane::build as control_plane;
use crate::control_plane::start::Nodes;
use crate::data_plane::programs::Programs;
use crate::debian::{self, Unpacked};
use crate::error::{Error, Result};
use crate::go::GoModule;
use crate::layout::Layout;
use crate::localstack;
use crate::prerequisites::Prerequisites;
use crate::progress::Progress;
use crate::terraform::configuration;

/// Absolute paths of the programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tools {
    /// The directory with kube-apiserver, kube-controller-manager, etcd, kubectl and, for real nodes, kube-scheduler, kubelet
    /// and kube-proxy.
    pub control_plane: PathBuf,
    /// The helm command line.
    pub helm: PathBuf,
    /// The terraform command line.
    pub terraform: PathBuf,
    /// The configuration file for every call of terraform, for `TF_CLI_CONFIG_FILE`.
    pub terraform_configuration: PathBuf,
    /// The Python interpreter of LocalStack's virtual environment.
    pub localstack_python: PathBuf,
    /// The programs of real nodes, where the sandbox has any.
    #[serde(default)]
    pub of_nodes: Option<NodeTools>,
}

/// Absolute paths of what real nodes run beside the programs of the control plane's directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeTools {
    /// The directory with containerd, its shim and ctr.
    pub containerd: PathBuf,
    /// The directory of CNI plug-ins.
    pub cni: PathBuf,
    /// The runc program.
    pub runc: PathBuf,
    /// The CoreDNS program.
    pub coredns: PathBuf,
    /// Debian's packages of the data plane of load balancers, with the nftables that kube-proxy calls.
    pub data_plane: Unpacked,
}

impl Tools {
    /// Builds what is missing in the cache; Go and Python work side by side, for one computes while the other downloads.
    pub async fn build(
        found: &Prerequisites,
        nodes: Nodes,
        cache: &Cache,
        layout: &Layout,
        progress: &Progress,
    ) -> Result<Self> {
        let go_programs = async {
            let control_plane = control_plane::build(nodes, cache, layout, progress).await?;
            let helm = helm(cache, layout, progress).await?;
            let of_nodes = match nodes {
                Nodes::StandIns => None,
                Nodes::Real => Some(NodeTools::build(cache, layout, progress).await?),
            };
            Ok((control_plane, helm, of_nodes))
        };
        let environment = localstack::build::environment(&found.python, cache, layout, progress);
        let ((control_plane, helm, of_nodes), localstack_python) = tokio::try_join!(go_programs, environment)?;
        let terraform_configuration =
            configuration::find_or_write(layout.root(), &cache.root().join("terraform-providers"))?;
        Ok(Self {
            control_plane,
            helm,
            terraform: found.terraform.clone(),
            terraform_configuration,
            localstack_python,
            of_nodes,
        })
    }

    /// The programs of real nodes; [`Error::NoNodes`] in a sandbox without.
    pub fn nodes(&self) -> Result<&NodeTools> {
        self.of_nodes.as_ref().ok_or(Error::NoNodes)
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

impl NodeTools {
    async fn build(cache: &Cache, layout: &Layout, progress: &Progress) -> Result<Self> {
        let plain = async |name: &str| {
            let log = layout.log(&format!("build-{name}"));
            GoModule::plain(name)?.build(cache, &log, progress).await
        };
        let libraries = debian::unpack(cache, layout, progress, "libseccomp", &["libseccomp-dev"]).await?;
        let runc = GoModule::plain("runc")?.with_c(RUNC_TAGS, libraries.root());
        Ok(Self {
            containerd: plain("containerd").await?,
            cni: plain("cni").await?,
            runc: runc
                .build(cache, &layout.log("build-runc"), progress)
                .await?
                .join("runc"),
            coredns: plain("coredns").await?.join("coredns"),
            data_plane: Programs::unpack(cache, layout, progress).await?,
        })
    }
}

/// Seccomp profiles are what a Pod's `RuntimeDefault` asks for; the other two keep the C library's name service out, which
/// does not work in a static program.
const RUNC_TAGS: &str = "seccomp,netgo,osusergo";

/// helm, from the cache or built.
pub async fn helm(cache: &Cache, layout: &Layout, progress: &Progress) -> Result<PathBuf> {
    let module = GoModule::new("helm", "helm.sh/helm/v4", |version| {
        vec![format!("helm.sh/helm/v4/internal/version.version={version}")]
    })?;
    let directory = module.build(cache, &layout.log("build-helm"), progress).await?;
    Ok(directory.join("helm"))
}
