//! `cargo sandbox test`: every test there is, set-up included.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::commands::{down, up};
use crate::error::{Error, Result};
use crate::state::Sandbox;
use crate::{checkout, install, interrupt, program, run};

/// Options of `cargo sandbox test`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Leave the sandbox up when a test failed, to look at it
    #[arg(long)]
    keep: bool,
    /// Also the tests on the sandbox that take minutes each
    #[arg(long)]
    long: bool,
    /// Only the tests whose names contain one of these words
    filters: Vec<String>,
}

/// Runs the tests that need no sandbox, then those that need one: in the sandbox of `directory` where one is up, else in one
/// of its own that is taken down again. [`Error::Tests`] names the parts that failed.
pub async fn test(directory: &Path, arguments: &Arguments) -> Result<()> {
    heading("building everything");
    if !cargo(&["build", "--workspace", "--all-targets"], &[], &[]).await? {
        return Err(Error::Tests(vec!["the build".to_owned()]));
    }
    heading("tests that need no sandbox");
    let alone = cargo(&["test", "--workspace", "--no-fail-fast"], &arguments.filters, &[]).await?;
    let together = on_a_sandbox(directory, arguments).await?;
    let failed = [
        (alone, "tests that need no sandbox"),
        (together, "tests on the sandbox"),
    ];
    let failed: Vec<String> = failed
        .into_iter()
        .filter(|(passed, _)| !passed)
        .map(|(_, name)| name.to_owned())
        .collect();
    if failed.is_empty() {
        Ok(())
    } else {
        Err(Error::Tests(failed))
    }
}

async fn on_a_sandbox(directory: &Path, arguments: &Arguments) -> Result<bool> {
    heading("bringing a sandbox up");
    let (sandbox, own) = sandbox(directory).await?;
    heading("installing elbow by its chart");
    install::install(&sandbox.directory, &install::Args::default()).await?;
    heading("tests on the sandbox: chart, Terraform and elbow end to end");
    let outcome = ignored_tests(&sandbox, arguments).await;
    let keep = arguments.keep && matches!(outcome, Ok(false));
    match own {
        Some(own) if keep => println!(
            "the sandbox stays up: `cargo sandbox down --dir {}` ends it",
            own.display()
        ),
        Some(own) => down::down(&own).await?,
        None => {}
    }
    outcome
}

/// The sandbox to test on, and its directory where it was brought up for this.
async fn sandbox(directory: &Path) -> Result<(Sandbox, Option<PathBuf>)> {
    match Sandbox::load(directory) {
        Ok(running) if running.is_healthy().await? => Ok((running, None)),
        _ => {
            let own = checkout::root().join(format!("target/sandbox-test-{}", std::process::id()));
            Ok((up::up(&own).await?, Some(own)))
        }
    }
}

/// Tests that need the sandbox are integration tests marked `#[ignore]`, so that a plain `cargo test` passes everywhere;
/// those in a module `long` run only when asked for.
async fn ignored_tests(sandbox: &Sandbox, arguments: &Arguments) -> Result<bool> {
    // They wait most of the time: for leases, for outages to end, for others.
    let threads = std::thread::available_parallelism().map_or(2, |cores| cores.get().saturating_mul(2));
    let mut for_the_tests = vec!["--ignored".to_owned(), format!("--test-threads={threads}")];
    if !arguments.long {
        for_the_tests.extend(["--skip".to_owned(), "::long::".to_owned()]);
    }
    for_the_tests.extend(arguments.filters.iter().cloned());
    let all = ["test", "--workspace", "--test", "*", "--no-fail-fast"];
    cargo(&all, &for_the_tests, &variables(sandbox)?).await
}

/// What a test on the sandbox finds in its environment.
fn variables(sandbox: &Sandbox) -> Result<Vec<(&'static str, OsString)>> {
    let own = program::path()?;
    Ok(vec![
        ("ELBOW_SANDBOX_DIR", sandbox.directory.clone().into()),
        ("ELBOW_SANDBOX_ENV", sandbox.layout()?.environment().into()),
        ("ELBOW_SANDBOX_ELBOW", own.with_file_name("elbow").into()),
        // The tests look at AWS past the proxy, so that only elbow's calls are counted.
        ("AWS_ENDPOINT_URL", sandbox.localstack_url.clone().into()),
        ("AWS_ACCESS_KEY_ID", "observer".into()),
        ("AWS_SECRET_ACCESS_KEY", "secret".into()),
        ("ELBOW_SANDBOX_HELM", sandbox.tools.helm.clone().into()),
        ("ELBOW_SANDBOX_TERRAFORM", sandbox.tools.terraform.clone().into()),
        (
            "ELBOW_SANDBOX_TF_CLI_CONFIG",
            sandbox.tools.terraform_configuration.clone().into(),
        ),
    ])
}

/// Runs cargo in the workspace; `for_the_tests` goes behind `--`.
async fn cargo(arguments: &[&str], for_the_tests: &[String], variables: &[(&str, OsString)]) -> Result<bool> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .args(arguments)
        .current_dir(checkout::root())
        .envs(variables.iter().map(|(name, value)| (name, value)));
    if !for_the_tests.is_empty() {
        command.arg("--").args(for_the_tests);
    }
    interrupt::or(run::in_view(command)).await
}

fn heading(text: &str) {
    println!("\n== {text}");
}
