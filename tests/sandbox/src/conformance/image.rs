//! The image of the suite's Pods: agnhost, and the programs that the tests run beside it.
//!
//! The upstream image (`test/images/agnhost/Dockerfile` of Kubernetes) has them from Alpine; here they are Debian's.

use std::path::Path;

use super::suite::Suite;
use crate::cache::Cache;
use crate::debian::{self, Unpacked};
use crate::error::{Error, Result};
use crate::image::{Image, Name, Tree, libraries, stock};
use crate::nodes;
use crate::progress::Progress;
use crate::state::Sandbox;

/// Debian's packages of what the tests call by `kubectl exec`.
const PACKAGES: [&str; 4] = ["curl", "dash", "netcat-openbsd", "wget"];

/// Where the packages have the programs, and what the tests call them.
const PROGRAMS: [(&str, &str); 4] = [
    ("usr/bin/curl", "/usr/bin/curl"),
    ("bin/dash", "/bin/sh"),
    ("bin/nc.openbsd", "/usr/bin/nc"),
    ("usr/bin/wget", "/usr/bin/wget"),
];

/// Some tests bind port 80, as the upstream image's user may.
const ROOT: u32 = 0;

/// The tests expect one try, as Alpine's wget makes; Debian's makes twenty.
const WGETRC: &str = "tries = 1\n";

/// Makes the image under the name that the suite asks for, and gives it to the nodes.
///
/// # Errors
/// What apt or containerd says, or a file that cannot be read or written.
pub(super) async fn provide(suite: &Suite, sandbox: &Sandbox, cache: &Cache, progress: &Progress) -> Result<()> {
    let layout = sandbox.layout()?;
    let unpacked = debian::unpack(cache, &layout, progress, "agnhost", &PACKAGES).await?;
    let work = async {
        let image = image(&suite.agnhost(), &unpacked).await?;
        let (archive, _) = stock::write(&layout, &Name::Tagged(&suite.image().await?), &image)?;
        nodes::real::import(sandbox, &archive).await
    };
    progress.step("putting agnhost's image on the nodes", None, work).await
}

async fn image(agnhost: &Path, unpacked: &Unpacked) -> Result<Image> {
    let content = std::fs::read(agnhost).map_err(Error::file("read", agnhost))?;
    let mut tree = Tree::default()
        .program("/agnhost", content)
        .file("/etc/wgetrc", WGETRC)
        .directory("/tmp", 0o1777)
        .directory("/uploads", 0o755);
    for (from, to) in PROGRAMS {
        tree = libraries::add_program(tree, unpacked, from, to).await?;
    }
    Ok(Image {
        tree,
        entrypoint: vec!["/agnhost".to_owned()],
        user: ROOT,
    })
}
