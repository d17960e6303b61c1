//! Opens the API server as kubectl does.

use std::path::PathBuf;

use clap::Args;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

/// Which cluster, as kubectl is told it.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Cluster")]
pub struct ClusterArgs {
    /// The kubeconfig [default: KUBECONFIG, else ~/.kube/config, else the Pod's own service account]
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig [default: its current one]
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
}

/// Why there is no API server to talk to.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// There is no usable configuration.
    #[error("found no Kubernetes configuration: set KUBECONFIG or --kubeconfig")]
    Infer(#[source] kube::config::InferConfigError),
    /// The kubeconfig or its context cannot be used.
    #[error("cannot use the kubeconfig: correct --kubeconfig or --context")]
    Kubeconfig(#[source] kube::config::KubeconfigError),
    /// The configuration cannot be used.
    #[error("cannot use the Kubernetes configuration")]
    Client(#[source] kube::Error),
}

/// A client, whose default namespace is that of the context. Nothing is sent yet.
///
/// # Errors
/// [`ConnectError`].
pub async fn connect(cluster: &ClusterArgs) -> Result<Client, ConnectError> {
    // Both the Kubernetes client and the AWS SDK use it; an error means that it is installed already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Client::try_from(config(cluster).await?).map_err(ConnectError::Client)
}

async fn config(cluster: &ClusterArgs) -> Result<Config, ConnectError> {
    let options = KubeConfigOptions {
        context: cluster.context.clone(),
        ..KubeConfigOptions::default()
    };
    let config = match (&cluster.kubeconfig, &cluster.context) {
        (Some(path), _) => {
            let kubeconfig = Kubeconfig::read_from(path).map_err(ConnectError::Kubeconfig)?;
            Config::from_custom_kubeconfig(kubeconfig, &options).await
        }
        (None, Some(_)) => Config::from_kubeconfig(&options).await,
        (None, None) => return Config::infer().await.map_err(ConnectError::Infer),
    };
    config.map_err(ConnectError::Kubeconfig)
}
