//! An image of one static program of this workspace.

use std::path::Path;

use crate::error::{Error, Result};

use super::{Image, Tree, USER};
use crate::{files, run};

/// The authorities that the machine trusts; programs that call AWS read it (Debian and Ubuntu, Red Hat).
const AUTHORITIES: [&str; 2] = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];

/// The image of a program, without symbols, and with the authorities that the machine trusts.
///
/// `scratch` is a directory for a file that is gone afterwards.
///
/// # Errors
/// When the program cannot be read.
pub async fn image(program: &Path, scratch: &Path) -> Result<Image> {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let path = format!("/usr/local/bin/{name}");
    let mut tree = Tree::default().program(&path, stripped(program, scratch).await?);
    if let Some(authorities) = AUTHORITIES.iter().find_map(|path| std::fs::read(path).ok()) {
        tree = tree.file("/etc/ssl/certs/ca-certificates.crt", authorities);
    }
    Ok(Image {
        tree,
        entrypoint: vec![path],
        user: USER,
    })
}

/// The program without symbols, as a release has none and they are a third of it; as it is, where the machine has no strip(1).
async fn stripped(program: &Path, scratch: &Path) -> Result<Vec<u8>> {
    files::create_directory(scratch)?;
    let output = scratch.join("stripped");
    let (from, to) = (program.to_string_lossy(), output.to_string_lossy());
    let done = run::query("strip", &["-o", &to, &from], Path::new("/")).await;
    let read = if done.is_some() { &output } else { program };
    let content = std::fs::read(read).map_err(Error::file("read", read));
    // It is only in the way where it stays.
    let _ = std::fs::remove_file(&output);
    content
}
