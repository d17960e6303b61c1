//! Keys, certificates, tokens and kubeconfigs of the control plane.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use serde_json::{Value, json};

use crate::certificates::{Authority, Issued};
use crate::error::{Error, Result};
use crate::files;
use crate::layout::Layout;
use crate::network::addresses::FIRST_SERVICE;

/// The authority's name: who signs the API server's certificate and those of its clients.
const AUTHORITY: &str = "elbow-sandbox-kubernetes";

/// Users that are known by a token, each with its groups. The API server reads tokens only when it starts, so nodes, which
/// come later, have certificates.
const USERS: [(&str, &str); 4] = [
    ("admin", "system:masters"),
    ("system:kube-controller-manager", ""),
    ("system:kube-scheduler", ""),
    ("system:kube-proxy", ""),
];

/// Names by which Pods call the API server.
const NAMES: [&str; 4] = [
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
];

/// Files of the control plane, below `kube-apiserver` in the state directory.
#[derive(Debug)]
pub struct Credentials {
    part: PathBuf,
}

impl Credentials {
    /// The credentials of a sandbox, made or not.
    #[must_use]
    pub fn of(layout: &Layout) -> Self {
        Self {
            part: layout.part("kube-apiserver"),
        }
    }

    /// Writes fresh credentials, the administrator's kubeconfig among them, for an API server at `https://ADDRESS:PORT`.
    pub fn create(layout: &Layout, address: Ipv4Addr, port: u16) -> Result<Self> {
        let created = Self::of(layout);
        let authority = Authority::create(AUTHORITY)?;
        authority.own().save(&created.part, "authority")?;
        let addresses = [address, Ipv4Addr::LOCALHOST, FIRST_SERVICE].map(|address| address.to_string());
        let names = addresses.iter().map(String::as_str).chain(NAMES);
        authority
            .server(&names.collect::<Vec<_>>())?
            .save(&created.part, "server")?;
        let to_kubelets = authority.client("kube-apiserver", "system:masters")?;
        to_kubelets.save(&created.part, "kubelet-client")?;
        files::write(&created.service_account_key(), signing_key()?)?;
        created.write_users(layout, &format!("https://{address}:{port}"))?;
        Ok(created)
    }

    fn write_users(&self, layout: &Layout, url: &str) -> Result<()> {
        let mut tokens = String::new();
        for (user, group) in USERS {
            let token = random_token()?;
            tokens.push_str(&format!("{token},{user},{user},\"{group}\"\n"));
            let config = kubeconfig(url, &self.authority(), user, &json!({ "token": token }));
            files::write(&self.kubeconfig_of(layout, user), config)?;
        }
        files::write(&self.tokens(), tokens)
    }

    /// The kubeconfig of one of the users with a token: the administrator's is the sandbox's own.
    #[must_use]
    pub fn kubeconfig_of(&self, layout: &Layout, user: &str) -> PathBuf {
        if user == "admin" {
            return layout.kubeconfig();
        }
        self.part
            .join(format!("{}.kubeconfig", user.trim_start_matches("system:")))
    }

    /// A fresh certificate of a kubelet, by the name of its node.
    /// <https://kubernetes.io/docs/reference/access-authn-authz/node/>
    pub fn node(&self, name: &str) -> Result<Issued> {
        let authority = Authority::load(&self.part, "authority", AUTHORITY)?;
        authority.client(&format!("system:node:{name}"), "system:nodes")
    }

    /// The certificate of the authority that signed the API server's and its clients'.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.part.join("authority.crt")
    }

    /// Static tokens in the API server's format: token, user, user id, groups.
    #[must_use]
    pub fn tokens(&self) -> PathBuf {
        self.part.join("tokens.csv")
    }

    /// The RSA key that signs service account tokens, and by its public half verifies them.
    #[must_use]
    pub fn service_account_key(&self) -> PathBuf {
        self.part.join("service-account.key")
    }

    /// A certificate and its key: `server`, or `kubelet-client`, by which the API server calls kubelets.
    #[must_use]
    pub fn pair(&self, name: &str) -> (PathBuf, PathBuf) {
        (
            self.part.join(format!("{name}.crt")),
            self.part.join(format!("{name}.key")),
        )
    }
}

/// A kubeconfig with one context; JSON, which is YAML too. `proof` is what the user shows: a token, or a certificate.
#[must_use]
pub fn kubeconfig(url: &str, authority: &Path, user: &str, proof: &Value) -> String {
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "sandbox", "cluster": {"server": url, "certificate-authority": authority}}],
        "users": [{"name": user, "user": proof}],
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
        let created = Credentials::create(&layout, Ipv4Addr::LOCALHOST, 6443).unwrap();
        let config: Value = serde_json::from_str(&files::read(&layout.kubeconfig()).unwrap()).unwrap();
        let token = config["users"][0]["user"]["token"].as_str().unwrap();
        let tokens = files::read(&created.tokens()).unwrap();
        assert!(
            tokens
                .lines()
                .any(|line| line == format!("{token},admin,admin,\"system:masters\""))
        );
        assert_eq!(config["clusters"][0]["cluster"]["server"], "https://127.0.0.1:6443");
    }

    #[test]
    fn a_node_that_comes_later_gets_a_certificate_too() {
        let scratch = Scratch::new();
        let layout = Layout::new(scratch.path()).unwrap();
        Credentials::create(&layout, Ipv4Addr::LOCALHOST, 6443).unwrap();
        let issued = Credentials::of(&layout).node("ip-10-0-16-4.ec2.internal").unwrap();
        assert!(issued.certificate.starts_with("-----BEGIN CERTIFICATE-----"));
    }

    #[test]
    fn each_token_is_different() {
        assert_ne!(random_token().unwrap(), random_token().unwrap());
    }
}
