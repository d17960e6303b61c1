//! LocalStack's virtual environment: pinned requirements and the plug-in package.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::cache::Cache;
use crate::digest::Definition;
use crate::error::Result;
use crate::layout::Layout;
use crate::prerequisites::Python;
use crate::progress::Progress;
use crate::{checkout, files, run};

/// The Python interpreter of the environment, built when it is not in the cache.
///
/// The environment is moved once it is complete, so only its interpreter may be called: the scripts beside it name the
/// directory in which they were made.
pub async fn environment(python: &Python, cache: &Cache, layout: &Layout, progress: &Progress) -> Result<PathBuf> {
    let definition = Definition::default().directory(&checkout::localstack())?;
    let definition = definition.text("interpreter", &python.identity);
    let name = format!("localstack-{}", definition.digits());
    let log = layout.log("build-localstack");
    let build = async |target: &Path| {
        let build = install(&python.path, target, &log);
        progress.step("installing LocalStack", Some(&log), build).await
    };
    Ok(cache.entry(&name, build).await?.join("bin/python"))
}

async fn install(python: &Path, target: &Path, log: &Path) -> Result<()> {
    let what = "installing LocalStack";
    let mut environment = Command::new(python);
    environment.args(["-m", "venv"]).arg(target);
    run::to_end(what, environment, log).await?;

    let requirements = checkout::localstack().join("requirements.txt");
    run::to_end(what, pip(target, &["--no-deps", "--requirement"], &requirements), log).await?;

    // setuptools writes into the directory that it builds, and the checkout shall stay clean.
    let sources = target.join("providers");
    files::copy_tree(&checkout::localstack().join("providers"), &sources, |name| {
        name == "__pycache__"
    })?;
    run::to_end(what, pip(target, &["--no-deps"], &sources), log).await
}

fn pip(environment: &Path, options: &[&str], what: &Path) -> Command {
    let mut command = Command::new(environment.join("bin/python"));
    command.env("PIP_DISABLE_PIP_VERSION_CHECK", "1");
    command
        .args(["-m", "pip", "install", "--progress-bar=off"])
        .args(options)
        .arg(what);
    command
}
