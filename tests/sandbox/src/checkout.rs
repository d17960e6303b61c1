//! Where things are in the checkout that this binary was built from.

use std::path::{Path, PathBuf};

/// The root of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package).to_owned()
}

/// The default state directory, `target/sandbox`.
#[must_use]
pub fn default_directory() -> PathBuf {
    root().join("target/sandbox")
}

/// A Go module under `tools/` that builds programs of the sandbox: `control-plane` or `helm`.
#[must_use]
pub fn go_module(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tools").join(name)
}

/// LocalStack's pinned requirements and the plug-in package for it.
#[must_use]
pub fn localstack() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("localstack")
}

/// The Terraform modules and examples.
#[must_use]
pub fn terraform() -> PathBuf {
    root().join("terraform")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_are_where_they_are_expected() {
        assert!(root().join("Cargo.lock").is_file());
        assert!(go_module("control-plane").join("go.sum").is_file());
        assert!(go_module("helm").join("go.sum").is_file());
        assert!(localstack().join("requirements.txt").is_file());
    }
}
