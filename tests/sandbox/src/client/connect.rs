//! From a name to a connection: resolved anew each time, from the address that was asked for.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream, UdpSocket, lookup_host};

use super::ask::Ask;
use super::failure::Failure;
use super::tls;

/// A stream of bytes, in clear text or not.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

/// A connection with what was agreed on it.
pub(super) struct Link {
    pub(super) stream: Box<dyn Duplex>,
    pub(super) ends: Ends,
}

/// What is known of a connection before anything is asked on it.
#[derive(Clone, Debug)]
pub(super) struct Ends {
    pub(super) address: SocketAddr,
    pub(super) local: SocketAddr,
    pub(super) alpn: Option<String>,
    pub(super) certificate: Option<String>,
}

/// The address to connect to: of several, each in turn, by the number of the connection.
pub(super) async fn resolve(ask: &Ask, number: usize) -> Result<SocketAddr, Failure> {
    if let Some(address) = ask.address {
        return Ok(address);
    }
    let (host, port) = (ask.target.host(), ask.target.port());
    let found = lookup_host((host, port)).await;
    let found = found.map_err(|error| Failure::Unresolved(format!("{host}: {error}")))?;
    let is_fit = |address: &SocketAddr| ask.from.is_none_or(|from| from.is_ipv4() == address.is_ipv4());
    let mut addresses: Vec<SocketAddr> = found.filter(is_fit).collect();
    addresses.sort();
    addresses.dedup();
    let chosen = number
        .checked_rem(addresses.len())
        .and_then(|index| addresses.get(index));
    chosen
        .copied()
        .ok_or_else(|| Failure::Unresolved(format!("{host}: no address")))
}

/// A stream to the address, secure where the scheme says so.
pub(super) async fn stream(ask: &Ask, address: SocketAddr) -> Result<Link, Failure> {
    let plain = tcp(ask, address).await?;
    let mut ends = Ends {
        address,
        local: plain.local_addr()?,
        alpn: None,
        certificate: None,
    };
    if !ask.target.scheme().is_secure() {
        return Ok(Link {
            stream: Box::new(plain),
            ends,
        });
    }
    let secure = tls::secure(ask, plain).await?;
    let session = secure.get_ref().1;
    ends.alpn = session
        .alpn_protocol()
        .map(|name| String::from_utf8_lossy(name).into_owned());
    let presented = session.peer_certificates().and_then(<[_]>::first);
    ends.certificate = presented.map(|der| pem::encode(&pem::Pem::new("CERTIFICATE", der.to_vec())));
    Ok(Link {
        stream: Box::new(secure),
        ends,
    })
}

async fn tcp(ask: &Ask, address: SocketAddr) -> Result<TcpStream, Failure> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    if let Some(from) = ask.from {
        socket.bind(SocketAddr::new(from, 0))?;
    }
    let stream = socket.connect(address).await?;
    // Without it small requests wait for the kernel's delayed acknowledgement.
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A socket that sends to the address and hears nobody else.
pub(super) async fn datagrams(ask: &Ask, address: SocketAddr) -> Result<(UdpSocket, Ends), Failure> {
    let any = match address {
        SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    let socket = UdpSocket::bind(SocketAddr::new(ask.from.unwrap_or(any), 0)).await?;
    socket.connect(address).await?;
    let ends = Ends {
        address,
        local: socket.local_addr()?,
        alpn: None,
        certificate: None,
    };
    Ok((socket, ends))
}
