//! elbow's image, on every node.

use super::binary;
use crate::error::Result;
use crate::image::stock;
use crate::nodes::real;
use crate::progress::Progress;
use crate::state::Sandbox;

/// Makes the image of the binary that [`binary::build`] left, and puts it on the nodes; returns its full name.
///
/// # Errors
/// When the image cannot be made, or containerd does not take it.
pub(super) async fn provide(sandbox: &Sandbox, progress: &Progress) -> Result<String> {
    let layout = sandbox.layout()?;
    let work = async {
        let (archive, name) = stock::elbow(&layout, &binary::path(&layout)).await?;
        real::import(sandbox, &archive).await?;
        Ok(name)
    };
    progress.step("putting elbow's image on the nodes", None, work).await
}
