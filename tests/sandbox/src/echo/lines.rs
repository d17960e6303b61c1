//! TCP: each line is answered by one line. A connection on which nothing is said, such as a health check, is answered by nothing.

use std::io;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};

use super::answer::Protocol;
use super::connection::Connection;
use super::stream::Stream;

/// The longest line that is answered; what is longer is answered in parts.
const LONGEST: u64 = 64 * 1024;

/// Answers a connection until the client or the server ends.
///
/// # Errors
/// What reading or writing says.
pub(super) async fn serve(connection: &Connection, stream: Box<dyn Stream>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut line = Vec::new();
        let mut limited = (&mut stream).take(LONGEST);
        tokio::select! {
            read = limited.read_until(b'\n', &mut line) => drop(read?),
            () = connection.shared.ended() => return stream.shutdown().await,
        }
        if line.is_empty() {
            return stream.shutdown().await;
        }
        let mut answer = connection.answer(Protocol::Tcp);
        answer.message = String::from_utf8_lossy(&line).trim_end().to_owned();
        stream.write_all(&answer.line()).await?;
        stream.flush().await?;
    }
}
