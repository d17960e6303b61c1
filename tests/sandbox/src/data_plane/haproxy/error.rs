//! What can go wrong with HAProxy.

use std::path::PathBuf;

/// Why a configuration is not in force.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be written.
    #[error(transparent)]
    File(#[from] crate::error::Error),
    /// The program did not start.
    #[error("cannot start HAProxy: {0}")]
    Start(#[source] std::io::Error),
    /// HAProxy refuses the configuration.
    #[error("HAProxy refuses {}:\n{said}", path.display())]
    Refused {
        /// The configuration.
        path: PathBuf,
        /// What it said.
        said: String,
    },
    /// The master process does not answer.
    #[error("HAProxy's master process does not answer: its log is {}", log.display())]
    Silent {
        /// Its log.
        log: PathBuf,
    },
    /// The new worker did not come up, so the old one goes on with the old configuration.
    #[error("HAProxy did not take the new configuration, for example because an address is not there; its log is {}", log.display())]
    NotReloaded {
        /// Its log.
        log: PathBuf,
    },
}
