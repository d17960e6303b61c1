//! Where the configuration finds certificates.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The file of each certificate with its key, by ARN.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(BTreeMap<String, PathBuf>);

impl Files {
    /// The file for a certificate; none when there is none for the ARN.
    #[must_use]
    pub fn certificate(&self, arn: &str) -> Option<&Path> {
        self.0.get(arn).map(PathBuf::as_path)
    }
}

impl FromIterator<(String, PathBuf)> for Files {
    fn from_iter<I: IntoIterator<Item = (String, PathBuf)>>(files: I) -> Self {
        Self(files.into_iter().collect())
    }
}
