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

/// The packages of the programs, which kube-proxy calls nft of too, unpacked into the cache unless they are there.
///
/// # Errors
/// As [`debian::unpack`].
pub async fn unpack(cache: &Cache, layout: &Layout, progress: &Progress) -> Result<Unpacked> {
    let packages = ["nftables", "conntrack", "haproxy"];
    debian::unpack(cache, layout, progress, "data-plane", &packages).await
}

impl Programs {
    /// The programs among unpacked packages.
    ///
    /// # Errors
    /// [`crate::error::Error::Missing`] names the program that is not there.
    pub fn of(packages: &Unpacked) -> Result<Self> {
        Ok(Self {
            nft: packages.program("usr/sbin/nft")?,
            conntrack: packages.program("usr/sbin/conntrack")?,
            haproxy: packages.program("usr/sbin/haproxy")?,
        })
    }
}
