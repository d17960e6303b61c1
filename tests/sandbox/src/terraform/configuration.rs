//! The configuration of the Terraform command line: where the AWS provider comes from.

use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::files;

/// Which providers the sandbox needs, as directories below a filesystem mirror
/// (<https://developer.hashicorp.com/terraform/cli/config/config-file#filesystem_mirror>).
const PROVIDER: &str = "registry.terraform.io/hashicorp/aws";

/// The configuration file to use for every call of Terraform: the user's own where there is one, else one that the sandbox
/// writes into `directory`, with the filesystem mirror of this machine if it has any.
pub fn find_or_write(directory: &Path, provider_cache: &Path) -> Result<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let named = std::env::var_os("TF_CLI_CONFIG_FILE").map(PathBuf::from);
    if let Some(own) = own_file(named, &home) {
        return Ok(own);
    }
    let written = directory.join("terraform.rc");
    files::create_directory(provider_cache)?;
    files::write(
        &written,
        content(mirror(&home, Path::new("/")).as_deref(), provider_cache),
    )?;
    Ok(written)
}

/// `TF_CLI_CONFIG_FILE` may name a file that does not exist: Terraform only warns then, and so it counts as none.
fn own_file(named: Option<PathBuf>, home: &Path) -> Option<PathBuf> {
    let own = named.unwrap_or_else(|| home.join(".terraformrc"));
    own.is_file().then_some(own)
}

/// A directory that holds the provider: the implied mirrors of Terraform itself, then any package under `/opt`.
fn mirror(home: &Path, root: &Path) -> Option<PathBuf> {
    let implied = [
        home.join(".terraform.d/plugins"),
        home.join(".local/share/terraform/plugins"),
        root.join("usr/local/share/terraform/plugins"),
        root.join("usr/share/terraform/plugins"),
        root.join("usr/share/terraform"),
    ];
    let mut candidates = implied.to_vec();
    candidates.extend(directories_in(&root.join("opt")));
    candidates
        .into_iter()
        .find(|candidate| candidate.join(PROVIDER).is_dir())
}

fn directories_in(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// A mirror is used for the AWS provider only; without one, a provider from the registry is kept for the next sandbox.
fn content(mirror: Option<&Path>, provider_cache: &Path) -> String {
    let quoted = |path: &Path| format!("{:?}", path.display().to_string());
    match mirror {
        None => format!("plugin_cache_dir = {}\n", quoted(provider_cache)),
        Some(mirror) => format!(
            "provider_installation {{\n  filesystem_mirror {{\n    path    = {}\n    include = [\"{PROVIDER}\"]\n  }}\n  direct {{\n    exclude = [\"{PROVIDER}\"]\n  }}\n}}\n",
            quoted(mirror)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    fn with_provider_in(scratch: &Scratch, directory: &str) -> PathBuf {
        let mirror = scratch.path().join(directory);
        files::create_directory(&mirror.join(PROVIDER)).unwrap();
        mirror
    }

    #[test]
    fn a_mirror_in_a_package_under_opt_is_found() {
        let scratch = Scratch::new();
        files::create_directory(&scratch.path().join("opt/another")).unwrap();
        let expected = with_provider_in(&scratch, "opt/providers");
        assert_eq!(mirror(&scratch.path().join("home"), scratch.path()), Some(expected));
    }

    #[test]
    fn a_mirror_of_terraform_s_own_comes_first() {
        let scratch = Scratch::new();
        with_provider_in(&scratch, "opt/providers");
        let expected = with_provider_in(&scratch, "home/.terraform.d/plugins");
        assert_eq!(mirror(&scratch.path().join("home"), scratch.path()), Some(expected));
    }

    #[test]
    fn a_mirror_without_the_aws_provider_is_none() {
        let scratch = Scratch::new();
        files::create_directory(&scratch.path().join("opt/p/registry.terraform.io/hashicorp/random")).unwrap();
        assert_eq!(mirror(&scratch.path().join("home"), scratch.path()), None);
    }

    #[test]
    fn a_named_file_counts_only_when_it_exists() {
        let scratch = Scratch::new();
        let own = scratch.path().join("own.rc");
        assert_eq!(own_file(Some(own.clone()), scratch.path()), None);
        files::write(&own, "").unwrap();
        assert_eq!(own_file(Some(own.clone()), scratch.path()), Some(own));
    }

    #[test]
    fn the_written_file_names_the_mirror_or_the_cache() {
        let cache = Path::new("/cache/providers");
        assert_eq!(content(None, cache), "plugin_cache_dir = \"/cache/providers\"\n");
        let mirrored = content(Some(Path::new("/a mirror")), cache);
        assert!(mirrored.contains("path    = \"/a mirror\""), "{mirrored}");
        assert!(
            mirrored.contains("exclude = [\"registry.terraform.io/hashicorp/aws\"]"),
            "{mirrored}"
        );
    }
}
