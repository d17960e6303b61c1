//! What a Pod shows to the API server: a token of its ServiceAccount, bound to the Pod, in a kubeconfig of its own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use k8s_openapi::api::authentication::v1::{BoundObjectReference, TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use kube::api::PostParams;
use kube::config::{AuthInfo, Context, Kubeconfig, NamedAuthInfo, NamedContext};
use kube::{Api, Client, ResourceExt};

use crate::error::{Error, Result};
use crate::files;

/// The lifetime that a kubelet asks for: one hour and a few seconds, by which the API server knows the default.
const LIFETIME_SECONDS: i64 = 3607;
/// When to renew a token; a kubelet does so at 80 % of its lifetime.
pub(super) const RENEW_AFTER: Duration = Duration::from_mins(48);
/// The one name of cluster entry, user and context in a Pod's kubeconfig.
const NAME: &str = "pod";

/// The files by which a Pod's process proves who it is.
#[derive(Clone, Debug)]
pub(super) struct Credentials {
    /// The kubeconfig; it names the token file.
    pub(super) kubeconfig: PathBuf,
    token: PathBuf,
}

impl Credentials {
    /// Files that begin with `stem`.
    pub(super) fn at(stem: &Path) -> Self {
        Self {
            kubeconfig: stem.with_extension("kubeconfig"),
            token: stem.with_extension("token"),
        }
    }

    /// Writes the kubeconfig, with the cluster of the administrator's and nothing else of it, and a first token.
    pub(super) async fn issue(&self, client: &Client, admin: &Path, pod: &Pod) -> Result<()> {
        self.renew(client, pod).await?;
        let unusable = |source| Error::Kubeconfig {
            path: admin.to_owned(),
            source: Box::new(source),
        };
        let admin = Kubeconfig::read_from(admin).map_err(unusable)?;
        let own = pod_kubeconfig(admin, &pod.namespace().unwrap_or_default(), &self.token);
        // JSON is YAML too.
        let text = serde_json::to_vec_pretty(&own).map_err(Error::malformed("a kubeconfig"))?;
        files::write(&self.kubeconfig, text)
    }

    /// Writes a new token; clients read the file again each minute.
    pub(super) async fn renew(&self, client: &Client, pod: &Pod) -> Result<()> {
        let account = pod
            .spec
            .as_ref()
            .and_then(|spec| spec.service_account_name.as_deref())
            .unwrap_or("default");
        let api = Api::<ServiceAccount>::namespaced(client.clone(), &pod.namespace().unwrap_or_default());
        let request = token_request(pod);
        let action = Error::kubernetes(format!("issue a token for service account {account}"));
        let issued = api
            .create_token_request(account, &PostParams::default(), &request)
            .await
            .map_err(action)?;
        files::write(
            &self.token,
            issued.status.map(|status| status.token).unwrap_or_default(),
        )
    }

    /// Removes both files; ones that are not there are fine.
    pub(super) fn remove(&self) {
        for path in [&self.kubeconfig, &self.token] {
            let _ = std::fs::remove_file(path);
        }
    }
}

fn token_request(pod: &Pod) -> TokenRequest {
    let bound = BoundObjectReference {
        api_version: Some("v1".to_owned()),
        kind: Some("Pod".to_owned()),
        name: pod.metadata.name.clone(),
        uid: pod.metadata.uid.clone(),
    };
    let spec = TokenRequestSpec {
        audiences: Vec::new(),
        bound_object_ref: Some(bound),
        expiration_seconds: Some(LIFETIME_SECONDS),
    };
    TokenRequest {
        spec,
        ..TokenRequest::default()
    }
}

fn pod_kubeconfig(admin: Kubeconfig, namespace: &str, token: &Path) -> Kubeconfig {
    let cluster = admin
        .clusters
        .into_iter()
        .next()
        .map(|cluster| kube::config::NamedCluster {
            name: NAME.to_owned(),
            ..cluster
        });
    let user = AuthInfo {
        token_file: Some(token.display().to_string()),
        ..AuthInfo::default()
    };
    let context = Context {
        cluster: NAME.to_owned(),
        user: Some(NAME.to_owned()),
        namespace: Some(namespace.to_owned()),
        ..Context::default()
    };
    Kubeconfig {
        clusters: cluster.into_iter().collect(),
        auth_infos: vec![NamedAuthInfo {
            name: NAME.to_owned(),
            auth_info: Some(user),
            ..NamedAuthInfo::default()
        }],
        contexts: vec![NamedContext {
            name: NAME.to_owned(),
            context: Some(context),
            ..NamedContext::default()
        }],
        current_context: Some(NAME.to_owned()),
        ..Kubeconfig::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pods_kubeconfig_holds_nothing_of_the_administrators_but_the_cluster() {
        let admin = serde_json::json!({
            "clusters": [{"name": "sandbox", "cluster": {"server": "https://127.0.0.1:6443", "certificate-authority": "/ca"}}],
            "users": [{"name": "admin", "user": {"token": "admin-token"}}],
            "contexts": [{"name": "admin", "context": {"cluster": "sandbox", "user": "admin"}}],
            "current-context": "admin",
        });
        let own = pod_kubeconfig(
            serde_json::from_value(admin).unwrap(),
            "elbow-system",
            Path::new("/pods/token"),
        );
        let text = serde_json::to_string(&own).unwrap();
        assert!(!text.contains("admin"), "{text}");
        let cluster = own.clusters[0].cluster.as_ref().unwrap();
        assert_eq!(cluster.server.as_deref(), Some("https://127.0.0.1:6443"));
        assert_eq!(
            own.auth_infos[0].auth_info.as_ref().unwrap().token_file.as_deref(),
            Some("/pods/token")
        );
        assert_eq!(
            own.contexts[0].context.as_ref().unwrap().namespace.as_deref(),
            Some("elbow-system")
        );
    }
}
