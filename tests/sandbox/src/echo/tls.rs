//! TLS with a certificate of its own, as load balancers accept it: they do not verify their targets.

use std::io;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

use super::answer::Tls;
use super::stream::Stream;

/// The name in the certificate.
const NAME: &str = "echo.sandbox.elbow.dev";

/// What answers TLS handshakes, with a key made at this very moment; it agrees on one of the protocols (ALPN), or on none where
/// there is nothing to choose from.
///
/// # Errors
/// When no key or certificate can be made.
pub(super) fn acceptor(protocols: &[&str]) -> io::Result<TlsAcceptor> {
    let made = rcgen::generate_simple_self_signed([NAME.to_owned()]).map_err(io::Error::other)?;
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], PrivateKeyDer::Pkcs8(key))
        .map_err(io::Error::other)?;
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Answers the handshake on a stream.
///
/// # Errors
/// When the other end does not speak TLS, or ends.
pub(super) async fn accept(acceptor: &TlsAcceptor, stream: Box<dyn Stream>) -> io::Result<(Tls, Box<dyn Stream>)> {
    let stream = acceptor.accept(stream).await?;
    let (_, session) = stream.get_ref();
    let agreed = session.alpn_protocol();
    let tls = Tls {
        server_name: session.server_name().map(str::to_owned),
        application_protocol: agreed.map(|name| String::from_utf8_lossy(name).into_owned()),
    };
    Ok((tls, Box::new(stream)))
}
