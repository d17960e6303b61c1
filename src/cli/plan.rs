//! `elbow plan`: what elbow would create, change and destroy in AWS. Reads only.

mod facts;
mod live;
pub mod manifests;
mod offline;
pub mod report;
mod stand_ins;
mod subjects;
pub mod text;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, FromArgMatches, Parser, ValueEnum};

use self::facts::FactsFile;
use self::manifests::Manifests;
use self::report::{Outcome, Report};
use super::kubernetes::{ClusterArgs, ConnectError};
use super::terminal::{self, Color};
use crate::settings::{Flags, Problems, Settings};
use crate::telemetry::logs::chain;

/// Arguments of `elbow plan`.
#[derive(Args, Clone, Debug)]
pub struct PlanArgs {
    /// A Service of the cluster: NAME or service/NAME
    #[arg(value_name = "SERVICE", value_parser = super::reading::service_name,
          required_unless_present_any = ["filename", "all"], conflicts_with_all = ["filename", "all"])]
    service: Option<String>,
    /// Manifests, YAML or JSON; - is standard input. May be given several times
    #[arg(short, long, value_name = "FILE", conflicts_with = "all")]
    filename: Vec<PathBuf>,
    /// All Services of type LoadBalancer, or those of the namespace that -n names
    #[arg(long, conflicts_with = "facts")]
    all: bool,
    /// Namespace of the Service, and of manifests that name none [default: that of the context]
    #[arg(short, long, value_name = "NAME")]
    namespace: Option<String>,
    /// Plan without cluster and AWS, from what this file says of them (docs/plan.md); needs -f
    #[arg(long, value_name = "FILE", requires = "filename")]
    facts: Option<PathBuf>,
    /// How the plan is printed
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

/// The command by itself, to read its arguments again behind the settings of a facts file.
#[derive(Debug, Parser)]
#[command(name = "elbow plan", args_override_self = true)]
struct Command {
    #[command(flatten)]
    args: PlanArgs,
}

/// How the plan is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For people: each resource with the fields that change.
    Text,
    /// For programs: the document of docs/schemas/plan.schema.json.
    Json,
    /// The same document as YAML.
    Yaml,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
enum PlanError {
    #[error("cannot start threads")]
    Runtime(#[source] std::io::Error),
    #[error(transparent)]
    Manifests(#[from] manifests::Unreadable),
    #[error(transparent)]
    Facts(#[from] facts::Unusable),
    #[error("{0}")]
    Settings(Problems),
    #[error("{0}")]
    Flags(String),
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    NoService(#[from] live::NoService),
    #[error(transparent)]
    Unseen(#[from] super::reading::Unseen),
    #[error("cannot print the plan")]
    Print(#[source] std::io::Error),
    #[error("cannot write the plan as {0}")]
    Write(&'static str, #[source] Box<dyn std::error::Error>),
}

/// Exit code where something is to be done.
const CHANGES: u8 = 2;

/// Plans and prints. `given` is the command line behind `plan`. The exit code is 0 if nothing is to be done, 2 if something
/// is, and 1 if something cannot be planned.
pub fn main(args: &PlanArgs, given: impl Iterator<Item = OsString>) -> ExitCode {
    match run(args, given.collect()) {
        Ok(Outcome::NoChanges) => ExitCode::SUCCESS,
        Ok(Outcome::Changes) => ExitCode::from(CHANGES),
        Ok(Outcome::Error) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("elbow: {}", chain(&error));
            ExitCode::FAILURE
        }
    }
}

fn run(args: &PlanArgs, given: Vec<OsString>) -> Result<Outcome, PlanError> {
    let report = match &args.facts {
        Some(path) => offline(args, path, given)?,
        None => {
            let settings = Settings::check(&args.flags).map_err(PlanError::Settings)?;
            let manifests = (!args.filename.is_empty()).then(|| Manifests::read(&args.filename));
            let runtime = tokio::runtime::Runtime::new().map_err(PlanError::Runtime)?;
            runtime.block_on(live::plan(args, &settings, manifests.transpose()?))?
        }
    };
    let printed = match args.output {
        Output::Text => text::report(&report, args.color.is_on()),
        Output::Json => {
            let text = serde_json::to_string_pretty(&report).map_err(|error| PlanError::Write("JSON", error.into()))?;
            format!("{text}\n")
        }
        Output::Yaml => serde_saphyr::to_string(&report).map_err(|error| PlanError::Write("YAML", error.into()))?,
    };
    terminal::print(&printed).map_err(PlanError::Print)?;
    Ok(report.outcome)
}

fn offline(args: &PlanArgs, path: &std::path::Path, given: Vec<OsString>) -> Result<Report, PlanError> {
    let facts = FactsFile::read(path)?;
    let flags = flags_behind(&facts, given)?;
    let settings = Settings::check(&flags).map_err(PlanError::Settings)?;
    let manifests = Manifests::read(&args.filename)?;
    let namespace = args.namespace.as_deref().unwrap_or("default");
    Ok(offline::plan(&facts, &settings, manifests.in_namespace(namespace)))
}

/// The flags of the command line before those of the file. The environment is not read: a plan from a file depends on the
/// file alone.
fn flags_behind(facts: &FactsFile, given: Vec<OsString>) -> Result<Flags, PlanError> {
    let words = std::iter::once(OsString::from("elbow plan"));
    let words = words.chain(facts.flags().map(OsString::from)).chain(given);
    let command = Command::command().mut_args(|flag| flag.env(None::<&str>));
    let command = command
        .try_get_matches_from(words)
        .and_then(|matches| Command::from_arg_matches(&matches));
    let command = command.map_err(|error| PlanError::Flags(error.to_string()))?;
    Ok(*command.args.flags)
}
