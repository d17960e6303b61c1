//! Keys, tokens and kubeconfigs of the control plane.

use std::path::{Path, PathBuf};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use serde_json::json;

use crate::error::{Error, Result};
use crate::files;
use crate::layout::Layout;

/// Files that the API server and the controller manager share.
#[derive(Debug)]
pub struct Credentials {
    /// Static tokens in the API server's format: token, user, user id, groups.
    pub tokens: PathBuf,
    /// The RSA key that signs service account tokens, and by its public half verifies them.
    pub service_account_key: PathBuf,
    /// Where the API server puts the serving certificate that it makes for itself.
    pub certificates: PathBuf,
    /// The kubeconfig of the controller manager.
    pub controller_manager: PathBuf,
}

impl Credentials {
    /// Writes fresh credentials, the administrator's kubeconfig among them, for an API server at `url`.
    pub fn create(layout: &Layout, url: &str) -> Result<Self> {
        let part = layout.part("kube-apiserver");
        let created = Self {
            tokens: part.join("tokens.csv"),
            service_account_key: part.join("service-account.key"),
            certificates: part.join("certificates"),
            controller_manager: part.join("controller-manager.kubeconfig"),
        };
        let (admin, controller_manager) = (random_token()?, random_token()?);
        let tokens = format!(
            "{admin},admin,admin,\"system:masters\"\n{controller_manager},system:kube-controller-manager,system:kube-controller-manager,\n"
        );
        files::write(&created.tokens, tokens)?;
        files::write(&created.service_account_key, signing_key()?)?;
        let authority = created.authority();
        files::write(&layout.kubeconfig(), kubeconfig(url, &authority, "admin", &admin))?;
        files::write(
            &created.controller_manager,
            kubeconfig(url, &authority, "controller-manager", &controller_manager),
        )?;
        Ok(created)
    }

    /// The serving certificate with the authority that signed it, which the API server writes when it starts.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.certificates.join("apiserver.crt")
    }
}

/// A kubeconfig with one context; JSON, which is YAML too.
#[must_use]
pub fn kubeconfig(url: &str, authority: &Path, user: &str, token: &str) -> String {
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "sandbox", "cluster": {"server": url, "certificate-authority": authority}}],
        "users": [{"name": user, "user": {"token": token}}],
        "contexts": [{"name": "sandbox", "context": {"cluster": "sandbox", "user": user}}],
        "current-context": "sandbox",
    });
    format!("{config:#}\n")
}

/// 128 random bits as hexadecimal digits.
fn random_token() -> Result<String> {
    let mut bytes = [0_u8; 16];
    rand::fill(&mut bytes).map_err(|_| Error::Key)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn signing_key() -> Result<String> {
    let key = KeyPair::generate(KeySize::Rsa2048).map_err(|_| Error::Key)?;
    let der: Pkcs8V1Der<'_> = key.as_der().map_err(|_| Error::Key)?;
    Ok(pem::encode(&pem::Pem::new("PRIVATE KEY", der.as_ref())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn the_signing_key_is_an_rsa_key_in_pem() {
        let pem = pem::parse(signing_key().unwrap()).unwrap();
        assert_eq!(pem.tag(), "PRIVATE KEY");
        assert!(KeyPair::from_pkcs8(pem.contents()).is_ok());
    }

    #[test]
    fn the_administrator_s_kubeconfig_holds_the_token_of_the_token_file() {
        let scratch = Scratch::new();
        let layout = Layout::new(scratch.path()).unwrap();
        let created = Credentials::create(&layout, "https://127.0.0.1:6443").unwrap();
        let config: serde_json::Value = serde_json::from_str(&files::read(&layout.kubeconfig()).unwrap()).unwrap();
        let token = config["users"][0]["user"]["token"].as_str().unwrap();
        let tokens = files::read(&created.tokens).unwrap();
        assert!(
            tokens
                .lines()
                .any(|line| line == format!("{token},admin,admin,\"system:masters\""))
        );
        assert_eq!(config["clusters"][0]["cluster"]["server"], "https://127.0.0.1:6443");
    }

    #[test]
    fn each_token_is_different() {
        assert_ne!(random_token().unwrap(), random_token().unwrap());
    }
}
