//! The programs that the data plane is made of, from Debian's packages.

use crate::cache::Cache;
use crate::debian::{self, Program, Unpacked};
use crate::error::Result;
use crate::layout::Layout;
use crate::progress::Progress;

/// The programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programs {
    /// Applies rulesets.
    pub nft: Program,
    /// Ends connections.
    pub conntrack: Program,
    /// Proxies what the kernel cannot forward.
    pub haproxy: Program,
}

impl Programs {
    /// Their packages from the cache, unpacked into it when they are not there.
    ///
    /// # Errors
    /// As [`debian::unpack`].
    pub async fn unpack(cache: &Cache, layout: &Layout, progress: &Progress) -> Result<Unpacked> {
        let packages = ["nftables", "conntrack", "haproxy"];
        debian::unpack(cache, layout, progress, "data-plane", &packages).await
    }

    /// The programs of unpacked packages.
    ///
    /// # Errors
    /// When one of them is missing.
    pub fn of(unpacked: &Unpacked) -> Result<Self> {
        Ok(Self {
            nft: unpacked.program("usr/sbin/nft")?,
            conntrack: unpacked.program("usr/sbin/conntrack")?,
            haproxy: unpacked.program("usr/sbin/haproxy")?,
        })
    }
}
