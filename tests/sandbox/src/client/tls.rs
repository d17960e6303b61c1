//! TLS as a client: whom it trusts, and what it offers.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::ask::{Ask, Form};
use super::failure::Failure;

/// Makes the connection secure; the certificate must be signed by the ask's authority and be for its name.
pub(super) async fn secure<S>(ask: &Ask, stream: S) -> Result<TlsStream<S>, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let name = ServerName::try_from(ask.name().to_owned()).map_err(|error| Failure::Tls(error.to_string()))?;
    let connector = TlsConnector::from(Arc::new(configuration(ask)?));
    Ok(connector.connect(name, stream).await?)
}

fn configuration(ask: &Ask) -> Result<ClientConfig, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::Tls(error.to_string());
    let mut roots = RootCertStore::empty();
    if let Some(path) = &ask.authority {
        let text = std::fs::read(path).map_err(|error| failed(&format!("{}: {error}", path.display())))?;
        for certificate in CertificateDer::pem_slice_iter(&text) {
            let certificate = certificate.map_err(|error| failed(&error))?;
            roots.add(certificate).map_err(|error| failed(&error))?;
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut configuration = builder
        .map_err(|error| failed(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    configuration.alpn_protocols = offered(ask);
    Ok(configuration)
}

fn offered(ask: &Ask) -> Vec<Vec<u8>> {
    let own = match (ask.target.scheme().is_http(), ask.form) {
        (false, _) => vec![],
        (true, Form::Http1) => vec!["http/1.1".to_owned()],
        (true, Form::Http2 | Form::Grpc) => vec!["h2".to_owned()],
    };
    let protocols = ask.alpn.clone().unwrap_or(own);
    protocols.into_iter().map(String::into_bytes).collect()
}
