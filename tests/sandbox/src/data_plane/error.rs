//! What can go wrong in the data plane.

use std::path::PathBuf;

use super::haproxy;
use super::reading::Malformed;
use crate::{aws, error};

/// A result of the data plane.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the data plane does not follow what the APIs say.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// AWS cannot be asked.
    #[error(transparent)]
    Aws(#[from] aws::Error),
    /// AWS answers what cannot be understood.
    #[error("cannot understand an answer of AWS: {0}")]
    Malformed(#[source] Malformed),
    /// A program refused what it was told.
    #[error("{} refused: {message}", program.display())]
    Refused {
        /// The program.
        program: PathBuf,
        /// What it said, with the lines that it was given where it names them.
        message: String,
    },
    /// The proxy is not as it should be.
    #[error(transparent)]
    Proxy(#[from] haproxy::Error),
    /// Files and processes.
    #[error(transparent)]
    Sandbox(#[from] error::Error),
}
