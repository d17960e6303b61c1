//! elbow's image, on every node.

use std::path::Path;

use futures::future::try_join_all;

use super::binary;
use crate::error::Result;
use crate::image::stock;
use crate::nodes::real::RealNode;
use crate::progress::Progress;
use crate::run;
use crate::state::Sandbox;

/// Makes the image of the binary that [`binary::build`] left, and puts it on the nodes; returns its full name.
///
/// # Errors
/// When the image cannot be made, or containerd does not take it.
pub(super) async fn provide(sandbox: &Sandbox, progress: &Progress) -> Result<String> {
    let layout = sandbox.layout()?;
    let log = layout.log("import-elbow");
    let work = async {
        let (archive, name) = stock::elbow(&layout, &binary::path(&layout)).await?;
        import(sandbox, &archive, &log).await?;
        Ok(name)
    };
    progress
        .step("putting elbow's image on the nodes", Some(&log), work)
        .await
}

/// Gives an archive to containerd on each node that runs; one that is stopped takes it when it starts.
async fn import(sandbox: &Sandbox, archive: &Path, log: &Path) -> Result<()> {
    let layout = sandbox.layout()?;
    let ctr = sandbox.tools.nodes()?.containerd.join("ctr");
    let mut imports = Vec::new();
    for node in RealNode::all(&layout)? {
        if node.is_running(&layout)? {
            let mut command = node.command(&layout, &ctr)?;
            command.args(["--namespace", "k8s.io", "images", "import"]).arg(archive);
            imports.push(run::to_end("importing elbow's image", command, log));
        }
    }
    try_join_all(imports).await.map(|_| ())
}
