//! The images that every node has, and elbow's own.

use std::path::{Path, PathBuf};

use crate::cache::Cache;
use crate::debian;
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::progress::Progress;
use crate::{files, workspace};

use super::{Image, Name, nginx, program as static_program};

/// The container that holds each Pod's namespaces; containerd's configuration names it.
pub const PAUSE: &str = "registry.local/pause:1";

/// The workload of the traffic tests ([`crate::echo`]).
pub const ECHO: &str = "registry.local/echo:1";

/// nginx ([`nginx`]).
pub const NGINX: &str = "registry.local/nginx:1";

/// The repository of elbow's image; its tag is made from its content ([`elbow`]).
pub const ELBOW: &str = "registry.local/elbow";

/// Puts the images that every node has into `images` of the state directory, where a node finds them when it starts.
///
/// # Errors
/// What a build or apt says.
pub async fn provide(cache: &Cache, layout: &Layout, progress: &Progress) -> Result<()> {
    let programs = workspace::build(layout, progress).await?;
    let unpacked = debian::unpack(cache, layout, progress, "nginx", &[nginx::PACKAGE]).await?;
    let images = async {
        for (name, file) in [(PAUSE, "elbow-sandbox-pause"), (ECHO, "elbow-sandbox-echo")] {
            write(
                layout,
                &Name::Tagged(name),
                &static_program::image(&programs.join(file), &layout.images()).await?,
            )?;
        }
        write(layout, &Name::Tagged(NGINX), &nginx::image(&unpacked).await?)
    };
    progress.step("making images", None, images).await.map(|_| ())
}

/// Makes the image of an elbow binary; returns its file and its full name, which another binary does not have.
///
/// # Errors
/// When the binary cannot be read, or the archive not written.
pub async fn elbow(layout: &Layout, binary: &Path) -> Result<(PathBuf, String)> {
    write(
        layout,
        &Name::Repository(ELBOW),
        &static_program::image(binary, &layout.images()).await?,
    )
}

/// Writes the archive of an image, and returns its file and its full name; the file is called as the image, without registry and
/// tag.
///
/// # Errors
/// When the archive cannot be written.
pub(crate) fn write(layout: &Layout, name: &Name<'_>, image: &Image) -> Result<(PathBuf, String)> {
    let images = layout.images();
    let archive = image.archive(name).map_err(Error::file("pack", &images))?;
    let last = archive.name.rsplit('/').next().unwrap_or_default();
    let short = last.split(':').next().unwrap_or_default();
    let path = images.join(format!("{short}.tar"));
    files::write(&path, archive.bytes)?;
    Ok((path, archive.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[tokio::test]
    async fn another_elbow_has_another_name_and_takes_the_place_of_the_one_before() {
        let scratch = Scratch::new();
        let layout = Layout::new(&scratch.path().join("state")).unwrap();
        let binary = scratch.path().join("elbow");
        files::write(&binary, "one").unwrap();
        let (file, first) = elbow(&layout, &binary).await.unwrap();
        assert_eq!(elbow(&layout, &binary).await.unwrap(), (file.clone(), first.clone()));
        files::write(&binary, "another").unwrap();
        let (other_file, second) = elbow(&layout, &binary).await.unwrap();
        assert_eq!((&other_file, first.starts_with(ELBOW)), (&file, true));
        assert_ne!(first, second);
        let left = files::tree(&layout.images(), |_| false).unwrap();
        assert_eq!(left, [PathBuf::from("elbow.tar")]);
    }
}
