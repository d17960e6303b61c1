//! The PROXY header before a connection's own bytes.

use std::io;

use proxy_header::{Error, ParseConfig, ProxyHeader};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};

use super::answer::Proxy;
use super::stream::{Stream, after, begins};

/// The first bytes of version 2.
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// The first bytes of version 1.
const WORD: &[u8] = b"PROXY ";

/// What to make of a PROXY header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Mode {
    /// It is the client's own bytes.
    #[default]
    Off,
    /// It is read where there is one.
    Optional,
    /// A connection without one is closed.
    Required,
}

/// Reads the header off a connection; returns it with the stream of what follows.
///
/// # Errors
/// `InvalidData` when a header is malformed, or required and not there; else what reading says.
pub(super) async fn receive(
    mut stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    mode: Mode,
) -> io::Result<(Option<Proxy>, Box<dyn Stream>)> {
    if mode == Mode::Off {
        return Ok((None, Box::new(stream)));
    }
    let mut received = Vec::new();
    loop {
        let count = stream.read_buf(&mut received).await?;
        match read(&received) {
            Look::Header(header, length) => {
                let rest = received.split_off(length);
                return Ok((Some(header), after(rest, stream)));
            }
            Look::Incomplete if count > 0 => {}
            Look::None if mode == Mode::Optional => return Ok((None, after(received, stream))),
            Look::Incomplete | Look::None | Look::Malformed => return Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

/// What the first bytes of a connection are.
#[derive(Debug, PartialEq, Eq)]
enum Look {
    /// A whole header of so many bytes.
    Header(Proxy, usize),
    /// The beginning of one.
    Incomplete,
    /// No header.
    None,
    /// Begins as a header and is none.
    Malformed,
}

fn read(bytes: &[u8]) -> Look {
    let version = match (begins(bytes, WORD), begins(bytes, SIGNATURE)) {
        (true, _) => 1,
        (_, true) => 2,
        _ => return Look::None,
    };
    match ProxyHeader::parse(bytes, ParseConfig::default()) {
        Ok((header, length)) => {
            let address = header.proxied_address();
            let proxy = Proxy {
                version,
                source: address.map(|address| address.source),
                destination: address.map(|address| address.destination),
            };
            Look::Header(proxy, length)
        }
        Err(Error::BufferTooShort) => Look::Incomplete,
        Err(_) => Look::Malformed,
    }
}

#[cfg(test)]
mod tests {
    use proxy_header::ProxiedAddress;
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    fn proxy(version: u8) -> Proxy {
        Proxy {
            version,
            source: Some("203.0.113.10:40000".parse().unwrap()),
            destination: Some("198.18.0.1:443".parse().unwrap()),
        }
    }

    fn binary() -> Vec<u8> {
        let address = ProxiedAddress::stream(proxy(2).source.unwrap(), proxy(2).destination.unwrap());
        let mut bytes = vec![0; 64];
        let length = ProxyHeader::with_address(address)
            .encode_to_slice_v2(&mut bytes)
            .unwrap();
        bytes.truncate(length);
        bytes
    }

    const TEXT: &[u8] = b"PROXY TCP4 203.0.113.10 198.18.0.1 40000 443\r\n";

    /// The header and the rest of a connection on which `pieces` arrive one after the other.
    async fn received(pieces: &[&[u8]], mode: Mode) -> io::Result<(Option<Proxy>, String)> {
        let (mut client, server) = tokio::io::duplex(1024);
        let send = async {
            for piece in pieces {
                client.write_all(piece).await.unwrap();
                tokio::task::yield_now().await;
            }
            drop(client);
        };
        let receive = async {
            let (header, mut rest) = receive(server, mode).await?;
            let mut text = String::new();
            rest.read_to_string(&mut text).await?;
            Ok((header, text))
        };
        tokio::join!(send, receive).1
    }

    #[tokio::test]
    async fn both_versions_are_read_and_what_follows_is_kept() {
        let whole = [TEXT, b"hello"].concat();
        let text = received(&[&whole], Mode::Required).await.unwrap();
        assert_eq!(text, (Some(proxy(1)), "hello".to_owned()));
        let whole = [&binary(), b"hello".as_slice()].concat();
        let binary = received(&[&whole], Mode::Optional).await.unwrap();
        assert_eq!(binary, (Some(proxy(2)), "hello".to_owned()));
    }

    #[tokio::test]
    async fn a_header_that_arrives_in_pieces_is_put_together() {
        let bytes = binary();
        let pieces: Vec<&[u8]> = bytes.chunks(5).chain([b"hello".as_slice()]).collect();
        let outcome = received(&pieces, Mode::Required).await.unwrap();
        assert_eq!(outcome, (Some(proxy(2)), "hello".to_owned()));
    }

    #[tokio::test]
    async fn a_health_check_of_the_proxy_itself_names_no_client() {
        let mut bytes = vec![0; 64];
        let length = ProxyHeader::with_local().encode_to_slice_v2(&mut bytes).unwrap();
        let (header, _) = received(&[&bytes[..length]], Mode::Required).await.unwrap();
        assert_eq!(header.unwrap().source, None);
    }

    #[tokio::test]
    async fn bytes_that_only_begin_alike_are_the_client_s_own() {
        for text in ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "hi\n", "GET / HTTP/1.1\r\n\r\n"] {
            let outcome = received(&[text.as_bytes()], Mode::Optional).await.unwrap();
            assert_eq!(outcome, (None, text.to_owned()));
        }
    }

    #[tokio::test]
    async fn a_connection_without_the_required_header_is_refused() {
        for bytes in [
            b"GET / HTTP/1.1\r\n\r\n".as_slice(),
            b"PROXY TCP9 what\r\n",
            b"PROXY TC",
            b"",
        ] {
            assert!(received(&[bytes], Mode::Required).await.is_err(), "{bytes:?}");
        }
    }

    #[tokio::test]
    async fn a_header_is_left_alone_where_nobody_looks_for_one() {
        let outcome = received(&[TEXT], Mode::Off).await.unwrap();
        assert_eq!(outcome, (None, String::from_utf8(TEXT.to_vec()).unwrap()));
    }
}
