//! A connection on which requests are asked, one after the other.

use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UdpSocket;

use super::ask::{Ask, Form};
use super::connect::{self, Duplex, Ends};
use super::failure::Failure;
use super::http::{Http1, Http2};
use super::reply::Reply;
use super::target::Scheme;

/// The longest datagram there is.
const DATAGRAM: usize = 65_535;

/// An open connection.
pub(super) struct Connection {
    ends: Ends,
    protocol: Protocol,
}

enum Protocol {
    Http1(Http1),
    Http2(Http2),
    Lines(BufReader<Box<dyn Duplex>>),
    Datagrams(UdpSocket),
}

impl Connection {
    /// Connects to the address.
    pub(super) async fn open(ask: &Ask, address: SocketAddr) -> Result<Self, Failure> {
        if ask.target.scheme() == Scheme::Udp {
            let (socket, ends) = connect::datagrams(ask, address).await?;
            return Ok(Self {
                ends,
                protocol: Protocol::Datagrams(socket),
            });
        }
        let link = connect::stream(ask, address).await?;
        let protocol = match (ask.target.scheme(), ask.form) {
            (Scheme::Http | Scheme::Https, Form::Http1) => Protocol::Http1(Http1::new(link.stream).await?),
            (Scheme::Http | Scheme::Https, Form::Http2 | Form::Grpc) => Protocol::Http2(Http2::new(link.stream).await?),
            (Scheme::Tcp | Scheme::Tls | Scheme::Udp, _) => Protocol::Lines(BufReader::new(link.stream)),
        };
        Ok(Self {
            ends: link.ends,
            protocol,
        })
    }

    /// Whether the other side has said that it takes no more requests; only HTTP has a way to say so.
    pub(super) fn is_closed(&self) -> bool {
        match &self.protocol {
            Protocol::Http1(http) => http.is_closed(),
            Protocol::Http2(http) => http.is_closed(),
            Protocol::Lines(_) | Protocol::Datagrams(_) => false,
        }
    }

    /// The far end.
    pub(super) fn address(&self) -> SocketAddr {
        self.ends.address
    }

    /// Asks and waits for the whole answer.
    pub(super) async fn exchange(&mut self, ask: &Ask) -> Result<Reply, Failure> {
        let (http, body) = match &mut self.protocol {
            Protocol::Http1(http) => http.exchange(ask).await.map(|(head, body)| (Some(head), body))?,
            Protocol::Http2(http) => http.exchange(ask).await.map(|(head, body)| (Some(head), body))?,
            Protocol::Lines(stream) => (None, line(stream, ask.message()).await?),
            Protocol::Datagrams(socket) => (None, datagram(socket, ask.message()).await?),
        };
        Ok(Reply {
            address: self.ends.address,
            local: self.ends.local,
            alpn: self.ends.alpn.clone(),
            certificate: self.ends.certificate.clone(),
            http,
            body,
        })
    }
}

async fn line(stream: &mut BufReader<Box<dyn Duplex>>, message: &str) -> Result<String, Failure> {
    stream.write_all(format!("{message}\n").as_bytes()).await?;
    stream.flush().await?;
    let mut answer = Vec::new();
    stream.read_until(b'\n', &mut answer).await?;
    match answer.split_last() {
        Some((b'\n', line)) => Ok(String::from_utf8_lossy(line).into_owned()),
        _ => Err(Failure::Short),
    }
}

async fn datagram(socket: &UdpSocket, message: &str) -> Result<String, Failure> {
    socket.send(message.as_bytes()).await?;
    let mut answer = vec![0; DATAGRAM];
    let length = socket.recv(&mut answer).await?;
    let text = answer.get(..length).unwrap_or_default();
    Ok(String::from_utf8_lossy(text).trim_end().to_owned())
}
