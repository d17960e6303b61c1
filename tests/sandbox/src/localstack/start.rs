//! Starting LocalStack.

use std::time::Duration;

use crate::control_plane::start::Nodes;
use crate::data_plane;
use crate::error::Result;
use crate::http;
use crate::layout::Layout;
use crate::process::Detached;
use crate::tools::Tools;

/// Two seconds when the machine is idle; builds of others may keep it busy.
const READY_WITHIN: Duration = Duration::from_secs(120);

/// Starts LocalStack on a port of 127.0.0.1 and waits until it answers. With real nodes it tells the data plane of load
/// balancers when it was written to, and says of targets what the data plane found; else it guesses.
pub async fn start(tools: &Tools, layout: &Layout, nodes: Nodes, port: u16) -> Result<()> {
    let home = layout.part("localstack");
    crate::files::create_directory(&home)?;
    let mut process = Detached::new("localstack", &tools.localstack_python)
        .argument("-m")
        .argument("localstack.runtime.main")
        .variable("GATEWAY_LISTEN", format!("127.0.0.1:{port}"))
        // All that it writes goes below the state directory.
        .variable("LOCALSTACK_VOLUME_DIR", home.join("volume"))
        .variable("HOME", &home)
        .variable("TMPDIR", &home)
        .variable("XDG_CACHE_HOME", home.join("cache"))
        // No traffic but that of the sandbox: no usage reports, no certificate download, no DNS server.
        .variable("DISABLE_EVENTS", "1")
        .variable("SKIP_SSL_CERT_DOWNLOAD", "1")
        .variable("DNS_ADDRESS", "0")
        // Its own EC2 with the corrections of the plug-in.
        .variable("PROVIDER_OVERRIDE_EC2", "elbow")
        .variable("PYTHONDONTWRITEBYTECODE", "1");
    if nodes == Nodes::Real {
        crate::files::create_directory(&layout.data_plane())?;
        process = process
            .variable("ELBOW_SANDBOX_CHANGES", data_plane::changes(layout))
            .variable("ELBOW_SANDBOX_VERDICTS", data_plane::verdicts(layout));
    }
    let process = process.start(layout)?;
    let health = health_url(&url(port));
    process.ready(READY_WITHIN, async || http::answers(&health).await).await
}

/// The address of LocalStack on a port.
#[must_use]
pub fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// Where a LocalStack at `url` says that it is well.
#[must_use]
pub fn health_url(url: &str) -> String {
    format!("{url}/_localstack/health")
}
