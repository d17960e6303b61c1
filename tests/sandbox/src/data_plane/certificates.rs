//! The certificates that load balancers present. The key of an ACM certificate never leaves ACM, so for each there is
//! another one here, for the same names and signed by the sandbox's own authority, which its clients trust.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;

use super::haproxy::Files;
use crate::digest::Definition;
use crate::files;

/// Why a certificate cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] crate::error::Error),
    /// A name in it is no host name, or the key is of no use.
    #[error("cannot make the certificate for {what}: {source}")]
    Certificate {
        /// The names, or the authority.
        what: String,
        /// The cause.
        source: rcgen::Error,
    },
    /// The authority's key cannot be read.
    #[error("cannot use {}: {source}; remove it, and a new authority is made", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: rustls::pki_types::pem::Error,
    },
}

/// The authority that signs, with the directory of what it signed.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    directory: PathBuf,
}

impl Authority {
    /// The authority of a directory, made at the first time: its certificate is in `ca.crt`, its key in `ca.key`.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn open(directory: &Path) -> Result<Self, Error> {
        let (certificate, key_file) = (directory.join("ca.crt"), directory.join("ca.key"));
        let failed = |source| Error::Certificate {
            what: "the authority".to_owned(),
            source,
        };
        if !key_file.is_file() {
            let key = KeyPair::generate().map_err(failed)?;
            let signed = authority().self_signed(&key).map_err(failed)?;
            files::write(&certificate, pem("CERTIFICATE", signed.der()))?;
            files::write(&key_file, pem("PRIVATE KEY", &key.serialize_der()))?;
        }
        let text = files::read(&key_file)?;
        let key = PrivatePkcs8KeyDer::from_pem_slice(text.as_bytes());
        let key = key.map_err(|source| Error::Key { path: key_file, source })?;
        let key = KeyPair::try_from(&key).map_err(failed)?;
        Ok(Self {
            issuer: Issuer::new(authority(), key),
            directory: directory.join("certificates"),
        })
    }

    /// The files, certificate and key, for certificates of these ARNs and names; those that are not there yet are made.
    ///
    /// # Errors
    /// When a name is no host name, or a file cannot be written.
    pub fn files(&self, certificates: &BTreeMap<String, Vec<String>>) -> Result<Files, Error> {
        let file = |(arn, names): (&String, &Vec<String>)| Ok((arn.clone(), self.file(arn, names)?));
        certificates.iter().map(file).collect()
    }

    /// Other names give another file, by which a configuration that names it differs too.
    fn file(&self, arn: &str, names: &[String]) -> Result<PathBuf, Error> {
        let definition = names.iter().fold(Definition::default().text("arn", arn), |all, name| {
            all.text("name", name)
        });
        let path = self.directory.join(format!("{}.pem", definition.digits()));
        if !path.is_file() {
            let text = self.sign(names).map_err(|source| Error::Certificate {
                what: names.join(", "),
                source,
            })?;
            files::write(&path, text)?;
        }
        Ok(path)
    }

    fn sign(&self, names: &[String]) -> Result<String, rcgen::Error> {
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name.remove(DnType::CommonName);
        if let Some(first) = names.first() {
            params.distinguished_name.push(DnType::CommonName, first.as_str());
        }
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let signed = params.signed_by(&key, &self.issuer)?;
        Ok(pem("CERTIFICATE", signed.der()) + &pem("PRIVATE KEY", &key.serialize_der()))
    }
}

/// What the authority says of itself; with the key this is all that signing needs.
fn authority() -> CertificateParams {
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, "Load balancers of the elbow sandbox");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn pem(label: &str, der: &[u8]) -> String {
    ::pem::encode(&::pem::Pem::new(label, der))
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
    use rustls::{RootCertStore, client::WebPkiServerVerifier, client::danger::ServerCertVerifier as _};
    use std::sync::Arc;

    use super::*;
    use crate::scratch::Scratch;

    fn certificates(names: &[&str]) -> BTreeMap<String, Vec<String>> {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        BTreeMap::from([("arn:one".to_owned(), names)])
    }

    fn is_trusted(directory: &Path, file: &Path, name: &str) -> bool {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_file(directory.join("ca.crt")).unwrap())
            .unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .unwrap();
        let leaf = CertificateDer::from_pem_file(file).unwrap();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        verifier
            .verify_server_cert(&leaf, &[], &name, &[], UnixTime::now())
            .is_ok()
    }

    #[test]
    fn a_certificate_is_for_its_names_and_signed_by_the_authority_also_after_a_restart() {
        let scratch = Scratch::new();
        let names = certificates(&["shop.example", "*.shop.example"]);
        let first = Authority::open(scratch.path()).unwrap();
        let before = first.files(&names).unwrap();
        let second = Authority::open(scratch.path()).unwrap();
        assert_eq!(second.files(&names).unwrap(), before);
        let other = second.files(&certificates(&["other.example"])).unwrap();
        assert_ne!(other, before);
        let (before, other) = (
            before.certificate("arn:one").unwrap(),
            other.certificate("arn:one").unwrap(),
        );
        for (file, name, expected) in [
            (before, "shop.example", true),
            (before, "www.shop.example", true),
            (before, "other.example", false),
            (other, "other.example", true),
        ] {
            assert_eq!(is_trusted(scratch.path(), file, name), expected, "{name}");
        }
        assert!(pem::parse_many(files::read(before).unwrap()).unwrap().len() == 2);
    }
}
