//! Copies of the Terraform code to run terraform in, so that nothing is left in the checkout.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};

/// Terraform's provider cache is not safe for two `init` at once.
static INIT: Mutex<()> = Mutex::new(());

/// The Terraform code in the checkout.
pub(crate) fn sources() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../terraform"))
}

/// Every folder that terraform can be run in, relative to the sources: modules and examples.
pub(crate) fn roots() -> Vec<PathBuf> {
    let mut roots = Vec::new();
    for group in ["modules", "examples"] {
        let folder = std::fs::read_dir(sources().join(group)).expect("the group is a folder");
        for entry in folder {
            let name = entry.expect("a readable folder").file_name();
            roots.push(Path::new(group).join(name));
        }
    }
    roots.sort();
    roots
}

/// A copy of the Terraform code, gone when dropped.
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// A fresh copy; `name` is the caller's own.
    pub(crate) fn new(name: &str) -> Self {
        let folder = format!("terraform-{name}-{}", std::process::id());
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
        copy(&sources(), &root);
        Self { root }
    }

    /// Puts a file into the copy.
    pub(crate) fn write(&self, path: &str, content: &str) {
        let path = self.root.join(path);
        let folder = path.parent().expect("a file is in a folder");
        std::fs::create_dir_all(folder).expect("the copy can be written to");
        std::fs::write(path, content).expect("the copy can be written to");
    }

    /// Runs `terraform init` in a folder of the copy.
    pub(crate) fn init(&self, folder: &Path) {
        let _one = INIT.lock().unwrap_or_else(PoisonError::into_inner);
        self.run(folder, &["init", "-backend=false", "-input=false"]);
    }

    /// Runs terraform in a folder of the copy and gives what it printed.
    pub(crate) fn run(&self, folder: &Path, arguments: &[&str]) -> String {
        let output = terraform(&self.root.join(folder), arguments);
        let (text, errors) = (
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr),
        );
        let folder = folder.display();
        assert!(
            output.status.success(),
            "terraform {arguments:?} in {folder}:\n{text}{errors}"
        );
        text
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        // A folder left in the build folder harms nobody, and a failing test has more to say.
        let _ = std::fs::remove_dir_all(&self.root);
    }
}

/// Runs terraform in a folder.
pub(crate) fn terraform(folder: &Path, arguments: &[&str]) -> Output {
    let program = std::env::var_os("ELBOW_SANDBOX_TERRAFORM")
        .expect("ELBOW_SANDBOX_TERRAFORM names the terraform binary; cargo sandbox test sets it");
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder);
    match std::env::var_os("ELBOW_SANDBOX_TF_CLI_CONFIG") {
        Some(configuration) => command.env("TF_CLI_CONFIG_FILE", configuration),
        None => command.env("TF_PLUGIN_CACHE_DIR", provider_cache()),
    };
    // The user's own account, workspace and options play no part.
    for name in [
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_ENDPOINT_URL",
        "TF_WORKSPACE",
        "TF_DATA_DIR",
    ] {
        command.env_remove(name);
    }
    command
        .env("CHECKPOINT_DISABLE", "1")
        .env("TF_CLI_ARGS", "-no-color")
        .output()
        .expect("terraform starts")
}

fn provider_cache() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("terraform-providers");
    std::fs::create_dir_all(&folder).expect("the build folder can be written to");
    folder
}

/// Copies a tree, without what terraform itself makes.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("the build folder can be written to");
    for entry in std::fs::read_dir(from).expect("a readable folder") {
        let path = entry.expect("a readable folder").path();
        let name = path.file_name().expect("an entry has a name");
        let text = name.to_string_lossy();
        if text.starts_with(".terraform") || text.contains(".tfstate") {
            continue;
        }
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            std::fs::copy(&path, to.join(name)).expect("the build folder can be written to");
        }
    }
}
