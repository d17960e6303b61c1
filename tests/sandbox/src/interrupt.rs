//! Ctrl-C and SIGTERM.

use tokio::signal::unix::{SignalKind, signal};

use crate::error::{Error, Result};

/// Does the work unless Ctrl-C, SIGTERM or SIGHUP arrives: then the work is dropped and [`Error::Interrupted`] returned.
pub async fn or<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        outcome = work => outcome,
        () = arrived(SignalKind::interrupt()) => Err(Error::Interrupted),
        () = arrived(SignalKind::terminate()) => Err(Error::Interrupted),
        () = arrived(SignalKind::hangup()) => Err(Error::Interrupted),
    }
}

/// Never returns where the signal cannot be listened to: then it ends the process as it does by default.
async fn arrived(kind: SignalKind) {
    match signal(kind) {
        Ok(mut stream) => {
            stream.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}
