//! A certificate authority of the sandbox's own, for the API server, the kubelets and the load balancers.

use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

use crate::error::{Error, Result};
use crate::files;

/// A certificate and its private key, both in PEM.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The certificate alone, without its authority's.
    pub certificate: String,
    /// The private key in PKCS #8.
    pub key: String,
}

impl Issued {
    /// Writes `NAME.crt` and `NAME.key` into a directory.
    pub fn save(&self, directory: &Path, name: &str) -> Result<()> {
        files::write(&directory.join(format!("{name}.crt")), &self.certificate)?;
        files::write(&directory.join(format!("{name}.key")), &self.key)
    }
}

/// An authority that signs certificates.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    own: Issued,
}

impl Authority {
    /// A new authority of that common name.
    pub fn create(name: &str) -> Result<Self> {
        let key = KeyPair::generate().map_err(Error::certificate(name))?;
        let parameters = authority_parameters(name);
        let certificate = parameters.self_signed(&key).map_err(Error::certificate(name))?;
        let own = Issued {
            certificate: in_pem("CERTIFICATE", certificate.der()),
            key: in_pem("PRIVATE KEY", key.serialized_der()),
        };
        Ok(Self {
            issuer: Issuer::new(parameters, key),
            own,
        })
    }

    /// The authority that [`Issued::save`] wrote as `NAME.crt` and `NAME.key`, with the common name it was created with.
    pub fn load(directory: &Path, file: &str, name: &str) -> Result<Self> {
        let own = Issued {
            certificate: files::read(&directory.join(format!("{file}.crt")))?,
            key: files::read(&directory.join(format!("{file}.key")))?,
        };
        let parsed = pem::parse(&own.key).map_err(|_| Error::Key)?;
        let key = KeyPair::try_from(parsed.contents()).map_err(Error::certificate(name))?;
        Ok(Self {
            issuer: Issuer::new(authority_parameters(name), key),
            own,
        })
    }

    /// The authority's own certificate and key.
    #[must_use]
    pub fn own(&self) -> &Issued {
        &self.own
    }

    /// A certificate for a server that is reached by these names: DNS names, wildcards among them, and IP addresses.
    pub fn server(&self, names: &[&str]) -> Result<Issued> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let subject = names.first().cloned().unwrap_or_default();
        let mut parameters = CertificateParams::new(names).map_err(Error::certificate(&subject))?;
        parameters.distinguished_name = distinguished_name(&subject, None);
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.sign(parameters, &subject)
    }

    /// A certificate by which the API server knows a user of a group: common name and organization
    /// (<https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates>).
    pub fn client(&self, user: &str, group: &str) -> Result<Issued> {
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name = distinguished_name(user, Some(group));
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(parameters, user)
    }

    fn sign(&self, mut parameters: CertificateParams, subject: &str) -> Result<Issued> {
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().map_err(Error::certificate(subject))?;
        let signed = parameters.signed_by(&key, &self.issuer);
        let certificate = signed.map_err(Error::certificate(subject))?;
        Ok(Issued {
            certificate: in_pem("CERTIFICATE", certificate.der()),
            key: in_pem("PRIVATE KEY", key.serialized_der()),
        })
    }
}

fn authority_parameters(name: &str) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = distinguished_name(name, None);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters
}

fn distinguished_name(common_name: &str, organization: Option<&str>) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    if let Some(organization) = organization {
        name.push(DnType::OrganizationName, organization);
    }
    name
}

fn in_pem(tag: &str, der: &[u8]) -> String {
    pem::encode(&pem::Pem::new(tag, der))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
    use rustls::{RootCertStore, client::WebPkiServerVerifier};

    use super::*;
    use crate::scratch::Scratch;

    fn der(pem: &str) -> CertificateDer<'static> {
        CertificateDer::from(pem::parse(pem).unwrap().into_contents())
    }

    fn is_trusted(authority: &Authority, issued: &Issued, name: &'static str) -> bool {
        let mut roots = RootCertStore::empty();
        roots.add(der(&authority.own().certificate)).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
        let verifier: Arc<dyn rustls::client::danger::ServerCertVerifier> = verifier.build().unwrap();
        let name = ServerName::try_from(name).unwrap();
        let verdict = verifier.verify_server_cert(&der(&issued.certificate), &[], &name, &[], UnixTime::now());
        verdict.is_ok()
    }

    #[test]
    fn a_server_is_trusted_by_its_names_and_addresses_and_by_no_others() {
        let authority = Authority::create("an authority").unwrap();
        let issued = authority.server(&["kubernetes.default", "10.0.0.1"]).unwrap();
        assert!(is_trusted(&authority, &issued, "kubernetes.default"));
        assert!(is_trusted(&authority, &issued, "10.0.0.1"));
        assert!(!is_trusted(&authority, &issued, "10.0.0.2"));
    }

    #[test]
    fn an_authority_of_the_same_name_is_not_the_same_authority() {
        let (one, other) = (Authority::create("name").unwrap(), Authority::create("name").unwrap());
        assert!(!is_trusted(&other, &one.server(&["a.example"]).unwrap(), "a.example"));
    }

    #[test]
    fn a_loaded_authority_signs_as_the_saved_one() {
        let scratch = Scratch::new();
        let saved = Authority::create("name").unwrap();
        saved.own().save(scratch.path(), "ca").unwrap();
        let loaded = Authority::load(scratch.path(), "ca", "name").unwrap();
        assert!(is_trusted(&saved, &loaded.server(&["a.example"]).unwrap(), "a.example"));
    }

    #[test]
    fn a_client_s_certificate_is_no_server_s() {
        let authority = Authority::create("name").unwrap();
        let issued = authority.client("a.example", "system:nodes").unwrap();
        assert!(!is_trusted(&authority, &issued, "a.example"));
    }
}
