//! Starting the data plane.

use std::time::Duration;

use super::programs::Programs;
use crate::error::Result;
use crate::layout::Layout;
use crate::process::Detached;
use crate::program;

/// It has read everything within a second when the machine is idle.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// AWS's load balancers have machines of their own; here they go before what else a busy machine has to do (nice(1)).
const NICENESS: &str = "-10";

/// Starts the data plane in the network namespace of this thread, and waits until it has read what LocalStack at `endpoint`
/// says of a region.
///
/// # Errors
/// When it ends, or has not read everything in time.
pub async fn start(programs: &Programs, layout: &Layout, endpoint: &str, region: &str) -> Result<()> {
    let process = Detached::new("data-plane", "nice")
        .argument("-n")
        .argument(NICENESS)
        .argument(program::path()?)
        .argument("data-plane")
        .flag("dir", layout.root())
        .flag("endpoint", endpoint)
        .flag("region", region)
        .flag("nft", &programs.nft.path)
        .flag("conntrack", &programs.conntrack.path)
        .flag("haproxy", &programs.haproxy.path)
        .flag("library-path", &programs.nft.library_path)
        .start(layout)?;
    let verdicts = super::verdicts(layout);
    process.ready(READY_WITHIN, async || verdicts.exists()).await
}
