//! UDP: each datagram is answered by one datagram.

use std::io;
use std::sync::Arc;

use tokio::net::UdpSocket;

use super::answer::Protocol;
use super::connection::{Connection, Shared};

/// No datagram is longer.
const LONGEST: usize = 65_535;

/// Answers datagrams until the server ends.
///
/// # Errors
/// When the socket cannot be used.
pub(super) async fn serve(socket: UdpSocket, shared: Arc<Shared>) -> io::Result<()> {
    let server = socket.local_addr()?;
    let mut buffer = vec![0; LONGEST];
    loop {
        let received = tokio::select! {
            received = socket.recv_from(&mut buffer) => received,
            () = shared.ended() => return Ok(()),
        };
        // An error is the echo of an answer that met nobody.
        let Ok((length, client)) = received else { continue };
        let message = buffer.get(..length).unwrap_or_default();
        let sender = Connection {
            shared: shared.clone(),
            client,
            server,
            proxy: None,
            tls: None,
        };
        let mut answer = sender.answer(Protocol::Udp);
        answer.message = String::from_utf8_lossy(message).trim_end().to_owned();
        // A client that has gone is answered by nobody.
        let _ = socket.send_to(&answer.line(), client).await;
    }
}
