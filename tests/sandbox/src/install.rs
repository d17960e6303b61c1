//! `cargo sandbox install`: the local elbow, by its own chart, as the Deployment that users get.

mod binary;
mod container;
mod pods;
mod stand_in;
pub mod values;

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::process::Command;

use crate::error::{Error, Result};
use crate::kubelet::replica;
use crate::process::indented_tail;
use crate::progress::Progress;
use crate::state::Sandbox;
use crate::{checkout, files, interrupt, run};

pub use values::{Program, Release};

/// The label that the chart gives to elbow's Pods, whatever the release.
pub const SELECTOR: &str = "app.kubernetes.io/name=elbow";

/// Options of `cargo sandbox install`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A value of the chart, as helm's own --set; may be given several times
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub settings: Vec<String>,
    /// How long the Pods may take to be ready, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = Self::default().timeout)]
    pub timeout: u64,
}

impl Args {
    /// How long the Pods may take to be ready.
    #[must_use]
    pub fn within(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }
}

impl Default for Args {
    fn default() -> Self {
        Self {
            settings: Vec::new(),
            timeout: 120,
        }
    }
}

/// Builds elbow and installs it into the sandbox of `directory`, or upgrades what is installed there.
///
/// # Errors
/// [`Error::NoSandbox`], or what a step says; the ends of the Pods' logs are printed before.
pub async fn install(directory: &Path, args: &Args) -> Result<()> {
    let sandbox = Sandbox::load(directory)?;
    let release = Release {
        settings: args.settings.clone(),
        ..Release::default()
    };
    let progress = Progress::on_standard_error();
    interrupt::or(release_into(&sandbox, &release, args.within(), &progress)).await
}

/// Installs a release into a sandbox and waits until the Pods are ready. Real nodes get the image of the built binary; elsewhere
/// the kubelet stand-in is started unless it runs.
///
/// # Errors
/// As [`install`].
pub async fn release_into(sandbox: &Sandbox, release: &Release, within: Duration, progress: &Progress) -> Result<()> {
    let mark = binary::build(sandbox, progress).await?;
    let program = if sandbox.nodes.is_some() {
        Program::Image(container::provide(sandbox, progress).await?)
    } else {
        stand_in::start_unless_running(sandbox)?;
        Program::Binary(mark)
    };
    let values = sandbox.layout()?.part("helm").join(format!("{}.json", release.name));
    let text = serde_json::to_vec_pretty(&values::values(sandbox, release, &program));
    files::write(&values, text.map_err(Error::malformed("the chart's values"))?)?;
    let log = sandbox.layout()?.log(&format!("helm-{}", release.name));
    let mut command = helm(sandbox)?;
    command.args(values::upgrade_arguments(
        release,
        &checkout::root().join("charts/elbow"),
        &values,
        within,
    ));
    let outcome = progress
        .step(
            "helm upgrade --install --wait",
            Some(&log),
            run::to_end("helm", command, &log),
        )
        .await;
    if outcome.is_err() {
        show_logs(sandbox, progress).await?;
    }
    outcome
}

/// Removes what [`install`] installed; the namespace, the images and the stand-in stay.
///
/// # Errors
/// [`Error::NoSandbox`], or what helm says.
pub async fn uninstall(directory: &Path) -> Result<()> {
    let sandbox = Sandbox::load(directory)?;
    let release = Release::default();
    let log = sandbox.layout()?.log(&format!("helm-{}", release.name));
    let mut command = helm(&sandbox)?;
    command.args([
        "uninstall",
        &release.name,
        "--namespace",
        &release.namespace,
        "--wait",
        "--ignore-not-found",
    ]);
    let progress = Progress::on_standard_error();
    interrupt::or(progress.step("helm uninstall", Some(&log), run::to_end("helm", command, &log))).await
}

/// The logs of elbow's Pods, one after the other: of those that there are on real nodes, of all that the stand-in started since
/// the sandbox came up.
///
/// # Errors
/// [`Error::NoSandbox`], a file that cannot be read, or an API server that does not answer.
pub async fn logs(directory: &Path) -> Result<String> {
    let sandbox = Sandbox::load(directory)?;
    if sandbox.nodes.is_some() {
        return pods::logs(&sandbox).await;
    }
    let mut text = String::new();
    for log in replica::logs(&sandbox.directory)? {
        text.push_str(&format!("==> {} <==\n{}\n", log.display(), files::read(&log)?));
    }
    Ok(text)
}

/// helm for this sandbox; what it keeps for itself goes to the state directory.
fn helm(sandbox: &Sandbox) -> Result<Command> {
    let own = sandbox.layout()?.part("helm");
    let mut command = sandbox.command(&sandbox.tools.helm);
    command.env("KUBECONFIG", &sandbox.kubeconfig);
    for (name, part) in [
        ("HELM_CACHE_HOME", "cache"),
        ("HELM_CONFIG_HOME", "config"),
        ("HELM_DATA_HOME", "data"),
    ] {
        command.env(name, own.join(part));
    }
    Ok(command)
}

async fn show_logs(sandbox: &Sandbox, progress: &Progress) -> Result<()> {
    if sandbox.nodes.is_some() {
        // The first failure is the one to tell.
        let text = pods::logs(sandbox).await.unwrap_or_default();
        let log = sandbox.layout()?.log("elbow-pods");
        files::write(&log, text)?;
        progress.say(&format!("the end of {}:\n{}", log.display(), indented_tail(&log)));
        return Ok(());
    }
    let mut logs: Vec<PathBuf> = replica::logs(&sandbox.directory)?;
    logs.push(sandbox.layout()?.log(stand_in::NAME));
    for log in logs {
        progress.say(&format!("the end of {}:\n{}", log.display(), indented_tail(&log)));
    }
    Ok(())
}
