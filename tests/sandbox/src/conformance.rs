//! `cargo sandbox conformance`: Kubernetes' own end-to-end tests of load balancer Services, run against elbow on real nodes.
//!
//! [`suite`] builds the tests' program from the Kubernetes sources that the control plane is built from, and [`image`] the
//! image of their Pods. [`runs`] runs the tests as a client of the sandbox, [`report`] reads what became of them, and
//! [`expected`] says which do not pass on purpose, and why.

mod expected;
mod image;
mod page;
mod report;
mod runs;
mod suite;

use std::path::Path;
use std::time::Instant;

use crate::cache::Cache;
use crate::commands::{down, up};
use crate::control_plane::start::Nodes;
use crate::error::{Error, Result};
use crate::install::{self, Release};
use crate::progress::{Progress, in_words};
use crate::state::Sandbox;
use crate::{checkout, generated, interrupt};

use page::surprises;
use report::Test;
use runs::{Ended, Runs};
use suite::Suite;

/// Options of `cargo sandbox conformance`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only the tests whose full names match this regular expression (of Go) [default: all of load balancer Services]
    #[arg(long, value_name = "REGEX")]
    focus: Option<String>,
    /// How many tests run at once
    #[arg(long, value_name = "COUNT", default_value_t = 6, value_parser = clap::value_parser!(u8).range(1..))]
    at_once: u8,
    /// Write the results into docs/conformance.md
    #[arg(long, conflicts_with = "focus")]
    write_docs: bool,
    /// Leave the sandbox up that was brought up for this
    #[arg(long)]
    keep: bool,
}

/// The suite's Services have neither class nor annotations, and its client is outside of the VPC.
const SETTINGS: [&str; 2] = ["claimUnclassed=true", "defaultLoadBalancerScheme=internet-facing"];

/// Runs the tests in the sandbox of `directory`, with elbow installed anew, so that it claims Services without a class. A sandbox
/// that is up there stays; else one is brought up, and taken down again.
///
/// # Errors
/// [`Error::Tests`] names those whose outcome is not the expected one; else the first step that fails, such as
/// [`Error::NoNodes`] where real nodes are not possible.
pub async fn conformance(directory: &Path, args: &Args) -> Result<()> {
    let began = Instant::now();
    let ours = !is_up(directory).await?;
    let sandbox = up::up(directory, Nodes::Real).await?;
    let progress = Progress::on_standard_error();
    let outcome = interrupt::or(run(&sandbox, args, &progress)).await;
    if ours && !args.keep && leaves_nothing_to_look_at(&outcome) {
        down::down(directory).await?;
    } else if ours {
        progress.say("the sandbox stays up: `cargo sandbox down` ends it");
    }
    let (ended, suite) = outcome?;
    print!("\n{}", page::text(&ended));
    if args.write_docs {
        let page = page::markdown(&ended, &suite.version);
        generated::replace(&checkout::root().join("docs/conformance.md"), &page)?;
    }
    progress.say(&format!("the conformance tests took {}", in_words(began.elapsed())));
    match surprises(&ended) {
        none if none.is_empty() => Ok(()),
        names => Err(Error::Tests(names)),
    }
}

/// Whether no log is worth keeping.
fn leaves_nothing_to_look_at(outcome: &Result<(Vec<Ended>, Suite)>) -> bool {
    match outcome {
        Ok((ended, _)) => surprises(ended).is_empty(),
        Err(error) => matches!(error, Error::Interrupted),
    }
}

async fn is_up(directory: &Path) -> Result<bool> {
    match Sandbox::load(directory) {
        Ok(sandbox) => sandbox.is_healthy().await,
        Err(_) => Ok(false),
    }
}

async fn run(sandbox: &Sandbox, args: &Args, progress: &Progress) -> Result<(Vec<Ended>, Suite)> {
    sandbox.network()?;
    let (cache, layout) = (Cache::open()?, sandbox.layout()?);
    let suite = Suite::build(&cache, &layout, progress).await?;
    let tests = chosen(&suite, sandbox, args).await?;
    image::provide(&suite, sandbox, &cache, progress).await?;
    let release = Release {
        settings: SETTINGS.map(str::to_owned).to_vec(),
        ..Release::default()
    };
    install::release_into(sandbox, &release, install::Args::default().within(), progress).await?;
    let runs = Runs {
        suite: &suite,
        sandbox,
        progress,
    };
    let ended = runs.all(tests, args.at_once.into()).await?;
    Ok((ended, suite))
}

/// The tests to run. All of the table must be among those of the whole suite.
async fn chosen(suite: &Suite, sandbox: &Sandbox, args: &Args) -> Result<Vec<Test>> {
    let log = sandbox.layout()?.log("conformance-list");
    let tests = suite.tests(args.focus.as_deref(), &log).await?;
    let names: Vec<String> = tests.iter().map(Test::name).collect();
    let gone = expected::unknown(&names);
    if args.focus.is_none() && !gone.is_empty() {
        let gone = gone
            .into_iter()
            .map(|test| format!("{test} (expected, but no longer in the suite)"));
        return Err(Error::Tests(gone.collect()));
    }
    if tests.is_empty() {
        return Err(Error::Tests(vec!["no test matches".to_owned()]));
    }
    Ok(tests)
}
