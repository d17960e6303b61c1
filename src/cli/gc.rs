//! `elbow gc`: what carries the cluster's tags in AWS and belongs to no Service, and its removal.

mod delete;
mod look;
mod question;
pub mod report;
pub mod text;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};

use self::report::{Outcome, Report};
use super::kubernetes::{ClusterArgs, ConnectError};
use super::reading;
use super::terminal::{self, Color};
use crate::controller::call::CallError;
use crate::provider::ProviderError;
use crate::settings::{Flags, Problems, Settings, duration};
use crate::telemetry::logs::chain;

/// Arguments of `elbow gc`.
#[derive(Args, Clone, Debug)]
pub struct GcArgs {
    /// Delete what is found; each Service is looked for once more right before
    #[arg(long)]
    delete: bool,
    /// Do not ask before deleting; nobody is asked either where standard input is no terminal
    #[arg(short, long, requires = "delete")]
    yes: bool,
    /// Delete also where none of the Services that have something in AWS lives any more
    #[arg(long, requires = "delete")]
    all_services_gone: bool,
    /// How long to go on where AWS needs time to let go of something
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "20m")]
    timeout: Duration,
    /// How the result is printed
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t = Output::Text)]
    output: Output,
    /// Colours: auto is on a terminal where NO_COLOR is not set
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    color: Color,
    #[command(flatten)]
    cluster: ClusterArgs,
    #[command(flatten)]
    flags: Box<Flags>,
}

/// How the result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For people.
    Text,
    /// For programs: the document of docs/schemas/gc.schema.json.
    Json,
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
enum GcError {
    #[error("cannot start threads")]
    Runtime(#[source] std::io::Error),
    #[error("{0}")]
    Settings(Problems),
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Unseen(#[from] reading::Unseen),
    #[error("cannot look at AWS")]
    Aws(#[from] ProviderError),
    #[error(transparent)]
    Kubernetes(#[from] CallError),
    #[error("cannot print the result")]
    Print(#[source] std::io::Error),
    #[error("cannot write the result as JSON")]
    Write(#[from] serde_json::Error),
    #[error(
        "nothing was deleted: none of the {0} Services that have something in AWS lives any more. Is this the right cluster, and \
         has it not lost its Services? Then say so with --all-services-gone"
    )]
    NobodyLives(usize),
}

/// Exit code where something is left that belongs to no Service.
const ORPHANS: u8 = 2;

/// Looks, deletes if asked to, and prints. The exit code is 0 if nothing is left that belongs to no Service, 2 if something is,
/// and 1 if it could not look or delete.
pub fn main(args: &GcArgs) -> ExitCode {
    match run(args) {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Orphans) => ExitCode::from(ORPHANS),
        Ok(Outcome::Error) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("elbow: {}", chain(&error));
            ExitCode::FAILURE
        }
    }
}

fn run(args: &GcArgs) -> Result<Outcome, GcError> {
    let settings = Settings::check(&args.flags).map_err(GcError::Settings)?;
    let runtime = tokio::runtime::Runtime::new().map_err(GcError::Runtime)?;
    runtime.block_on(sweep(args, &settings))
}

async fn sweep(args: &GcArgs, settings: &Settings) -> Result<Outcome, GcError> {
    let (mut report, hands) = look::look(args, settings).await?;
    if !args.delete || report.is_clean() {
        print(args, &report)?;
        return Ok(report.outcome);
    }
    if args.output == Output::Text {
        print(args, &report)?;
    }
    if report.living == 0 && !report.orphans.is_empty() && !args.all_services_gone {
        return Err(GcError::NobodyLives(report.orphans.len()));
    }
    if is_agreed(args, &report) {
        delete::delete(&hands, &mut report, args.timeout, |line| eprintln!("{line}")).await;
    }
    match args.output {
        Output::Text => terminal::print(&text::end(&report, args.color.is_on())).map_err(GcError::Print)?,
        Output::Json => print(args, &report)?,
    }
    Ok(report.outcome)
}

/// A person is asked; a program has said all it has to say.
fn is_agreed(args: &GcArgs, report: &Report) -> bool {
    let stdin = std::io::stdin();
    args.yes || !stdin.is_terminal() || question::is_agreed(report, &mut stdin.lock(), &mut std::io::stderr())
}

fn print(args: &GcArgs, report: &Report) -> Result<(), GcError> {
    let printed = match args.output {
        Output::Json => format!("{}\n", serde_json::to_string_pretty(report)?),
        Output::Text => text::report(report, args.color.is_on()),
    };
    terminal::print(&printed).map_err(GcError::Print)
}
