//! `cargo sandbox test`: every test there is, set-up included.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::commands::{down, up};
use crate::control_plane::start::Nodes;
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::state::Sandbox;
use crate::{checkout, install, interrupt, prerequisites, program, run};

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

/// In the names of tests that take minutes each.
const LONG: &str = "::long::";

/// Tests with this prefix need real nodes, or at least what those need of the machine.
const TRAFFIC: &str = "traffic::";

/// Tests of the sandbox itself that bring ones with real nodes up beside the one that is there.
const REAL_NODES: &str = "real_nodes::";

/// Runs the tests that need no sandbox, then those on a sandbox without real nodes, then, where real nodes are possible, those
/// with traffic. A sandbox that is up in `directory` is used for the tests of its kind, else one that is taken down again.
/// [`Error::Tests`] names the parts that failed.
pub async fn test(directory: &Path, arguments: &Arguments) -> Result<()> {
    heading("building everything");
    if !cargo(&["build", "--workspace", "--all-targets"], &[], &[]).await? {
        return Err(Error::Tests(vec!["the build".to_owned()]));
    }
    heading("tests that need no sandbox");
    let alone = cargo(&["test", "--workspace", "--no-fail-fast"], &arguments.filters, &[]).await?;
    let apis = on_a_sandbox(directory, arguments, Nodes::StandIns).await?;
    let traffic = with_traffic(directory, arguments).await?;
    let failed = [
        (alone, "tests that need no sandbox"),
        (apis, "tests on the sandbox"),
        (traffic, "tests with traffic"),
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

/// Where real nodes are not possible, a line says so and the tests are left out.
async fn with_traffic(directory: &Path, arguments: &Arguments) -> Result<bool> {
    if let Some(obstacle) = obstacle().await {
        heading(&format!(
            "tests with traffic are left out: no real nodes, for {obstacle}"
        ));
        return Ok(true);
    }
    on_a_sandbox(directory, arguments, Nodes::Real).await
}

/// Why this machine cannot have real nodes, if it cannot.
async fn obstacle() -> Option<String> {
    prerequisites::nodes::obstacle(&Progress::on_standard_error()).await
}

async fn on_a_sandbox(directory: &Path, arguments: &Arguments, nodes: Nodes) -> Result<bool> {
    let chosen = chosen(nodes, arguments).await?;
    if chosen.is_empty() {
        return Ok(true);
    }
    heading("bringing a sandbox up");
    let (sandbox, own) = sandbox(directory, nodes).await?;
    heading("installing elbow by its chart");
    install::install(&sandbox.directory, &install::Args::default()).await?;
    let outcome = match nodes {
        Nodes::StandIns => {
            heading("tests on the sandbox: chart, Terraform and elbow end to end");
            tests_of_apis(&sandbox, arguments).await
        }
        Nodes::Real => {
            heading("tests with traffic, from a client to the Pods");
            tests_with_traffic(&sandbox, chosen).await
        }
    };
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
async fn sandbox(directory: &Path, nodes: Nodes) -> Result<(Sandbox, Option<PathBuf>)> {
    match Sandbox::load(directory) {
        Ok(running) if running.nodes.is_some() == (nodes == Nodes::Real) && running.is_healthy().await? => {
            Ok((running, None))
        }
        _ => {
            let kind = if nodes == Nodes::Real { "traffic" } else { "test" };
            let own = checkout::root().join(format!("target/sandbox-{kind}-{}", std::process::id()));
            Ok((up::up(&own, nodes).await?, Some(own)))
        }
    }
}

/// Tests that need the sandbox are integration tests marked `#[ignore]`, so that a plain `cargo test` passes everywhere;
/// those in a module `long` run only when asked for.
async fn tests_of_apis(sandbox: &Sandbox, arguments: &Arguments) -> Result<bool> {
    let mut for_the_tests = common();
    if !arguments.long {
        for_the_tests.extend(["--skip".to_owned(), LONG.to_owned()]);
    }
    for_the_tests.extend(["--skip".to_owned(), TRAFFIC.to_owned()]);
    if obstacle().await.is_some() {
        for_the_tests.extend(["--skip".to_owned(), REAL_NODES.to_owned()]);
    }
    for_the_tests.extend(arguments.filters.iter().cloned());
    let all = ["test", "--workspace", "--test", "*", "--no-fail-fast"];
    cargo(&all, &for_the_tests, &variables(sandbox)?).await
}

/// The tests themselves run where the sandbox's addresses are reached; everything is built by then.
async fn tests_with_traffic(sandbox: &Sandbox, names: Vec<String>) -> Result<bool> {
    let mut command = sandbox.network()?.command(&[program_of_cargo()]);
    command.args([
        "test",
        "--offline",
        "--workspace",
        "--test",
        "*",
        "--no-fail-fast",
        "--",
    ]);
    command.args(common()).arg("--exact").args(names);
    in_view(command, &variables(sandbox)?).await
}

/// The names of the tests that are asked for, of those that need a sandbox with such nodes.
async fn chosen(nodes: Nodes, arguments: &Arguments) -> Result<Vec<String>> {
    let options = ["test", "--workspace", "--test", "*", "--quiet"];
    let list = ["--", "--ignored", "--list", "--format=terse"];
    let options: Vec<&str> = options.into_iter().chain(list).collect();
    let listed = run::query(program_of_cargo(), &options, &checkout::root()).await;
    let listed = listed.ok_or_else(|| Error::Tests(vec!["the list of tests".to_owned()]))?;
    let chosen = of_list(&listed, nodes, &arguments.filters);
    Ok(chosen
        .filter(|name| arguments.long || !name.contains(LONG))
        .map(str::to_owned)
        .collect())
}

/// The names in a list of libtest's that need such nodes and contain one of the words.
fn of_list<'a>(listed: &'a str, nodes: Nodes, words: &'a [String]) -> impl Iterator<Item = &'a str> {
    let names = listed.lines().filter_map(|line| line.strip_suffix(": test"));
    let asked_for = |name: &&str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    names
        .filter(move |name| name.starts_with(TRAFFIC) == (nodes == Nodes::Real))
        .filter(asked_for)
}

fn common() -> Vec<String> {
    // They wait most of the time: for leases, for outages to end, for others.
    let threads = std::thread::available_parallelism().map_or(2, |cores| cores.get().saturating_mul(2));
    vec!["--ignored".to_owned(), format!("--test-threads={threads}")]
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
    let mut command = Command::new(program_of_cargo());
    command.args(arguments);
    if !for_the_tests.is_empty() {
        command.arg("--").args(for_the_tests);
    }
    in_view(command, variables).await
}

async fn in_view(mut command: Command, variables: &[(&str, OsString)]) -> Result<bool> {
    let variables = variables.iter().map(|(name, value)| (name, value));
    command.current_dir(checkout::root()).envs(variables);
    interrupt::or(run::in_view(command)).await
}

fn program_of_cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn heading(text: &str) {
    println!("\n== {text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_half_takes_its_own_tests_of_the_words() {
        let listed = "alb::redirects: test\ntraffic::alb::redirects: test\ntraffic::nodes::stop: test\n\n2 tests\n";
        let words = ["alb".to_owned()];
        let half = |nodes, words| of_list(listed, nodes, words).collect::<Vec<_>>();
        assert_eq!(
            half(Nodes::Real, &[]),
            ["traffic::alb::redirects", "traffic::nodes::stop"]
        );
        assert_eq!(half(Nodes::Real, &words), ["traffic::alb::redirects"]);
        assert_eq!(half(Nodes::StandIns, &words), ["alb::redirects"]);
    }
}
