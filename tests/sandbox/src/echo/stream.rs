//! Streams of bytes, whatever carries them.

use std::io::Cursor;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};

/// A connection, with or without TLS.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Whether the bytes begin with the mark, as far as either goes.
pub(super) fn begins(bytes: &[u8], mark: &[u8]) -> bool {
    bytes.iter().zip(mark).all(|(one, other)| one == other)
}

/// A stream of which the first bytes have been read already.
pub(super) fn after(first: Vec<u8>, stream: impl Stream + 'static) -> Box<dyn Stream> {
    if first.is_empty() {
        return Box::new(stream);
    }
    let (read, write) = tokio::io::split(stream);
    Box::new(tokio::io::join(Cursor::new(first).chain(read), write))
}
