//! A client of the sandbox's API server.

use std::path::Path;

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

use crate::error::{Error, Result};

/// The API server's address in a kubeconfig of the sandbox's own.
pub fn url(kubeconfig: &Path) -> Result<String> {
    let malformed = || Error::malformed(kubeconfig.display().to_string());
    let config: Kubeconfig = serde_json::from_str(&crate::files::read(kubeconfig)?).map_err(malformed())?;
    let cluster = config.clusters.into_iter().next().and_then(|named| named.cluster);
    Ok(cluster.and_then(|cluster| cluster.server).unwrap_or_default())
}

/// A client that acts as the user of a kubeconfig. TLS needs the process's provider: see [`install_tls`].
pub async fn client(kubeconfig: &Path) -> Result<Client> {
    let unusable = |source| Error::Kubeconfig {
        path: kubeconfig.to_owned(),
        source: Box::new(source),
    };
    let parsed = Kubeconfig::read_from(kubeconfig).map_err(unusable)?;
    let config = Config::from_custom_kubeconfig(parsed, &KubeConfigOptions::default())
        .await
        .map_err(unusable)?;
    Client::try_from(config).map_err(Error::kubernetes("accept the kubeconfig"))
}

/// Chooses the process's TLS implementation; calling it again changes nothing.
pub fn install_tls() {
    // An error says that one is installed already, which is as good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}
