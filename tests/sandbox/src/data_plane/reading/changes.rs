//! How often each service and resource was written to, as the plug-in of LocalStack counts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::files;

/// How often each service and resource was written to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// EC2.
    pub ec2: u64,
    /// Elastic Load Balancing v2.
    pub elbv2: u64,
    /// Load balancers, listeners, rules and target groups by ARN; tags do not count.
    pub arns: BTreeMap<String, u64>,
}

/// The file with the counts.
#[derive(Clone, Debug)]
pub struct Changes(PathBuf);

impl Changes {
    /// The file at a path; it appears with the first write.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// The counts now; all 0 before the first write.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let text = files::read(&self.0).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }
}
