//! `elbow explain`: what the annotations mean, from the table that the parser reads.

pub mod find;
pub mod json;
pub mod markdown;
pub mod text;
mod words;

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use self::find::{NotFound, Topic};
use super::terminal::{self, Color};
use crate::telemetry::logs::chain;

/// Arguments of `elbow explain`.
#[derive(Args, Clone, Debug)]
pub struct ExplainArgs {
    /// A key: in full, without its prefix, or a part that only one key has [default: all keys]
    #[arg(value_name = "KEY")]
    key: Option<String>,
    /// How it is printed
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t = Output::Text)]
    output: Output,
    /// Colours: auto is on a terminal where NO_COLOR is not set
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    color: Color,
}

/// How it is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// The page docs/annotations.md.
    Markdown,
}

/// Why there is nothing to explain.
#[derive(Debug, thiserror::Error)]
enum ExplainError {
    #[error(transparent)]
    NotFound(#[from] NotFound),
    #[error("cannot print")]
    Print(#[source] std::io::Error),
}

/// Prints what is asked for. The exit code is 1 if there is no such key.
pub fn main(args: &ExplainArgs) -> ExitCode {
    match explain(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("elbow: {}", chain(&error));
            ExitCode::FAILURE
        }
    }
}

fn explain(args: &ExplainArgs) -> Result<(), ExplainError> {
    let (all, topics) = match args.key.as_deref().map(str::trim).filter(|key| !key.is_empty()) {
        Some(key) => (false, find::topics(key)?),
        None => (true, Topic::all()),
    };
    let printed = match args.output {
        Output::Json => json::topics(&topics),
        Output::Markdown if all => markdown::page(),
        Output::Markdown => markdown::sections(&topics),
        Output::Text if all => text::list(&topics, args.color.is_on()),
        Output::Text => text::details(&topics, args.color.is_on()),
    };
    terminal::print(&printed).map_err(ExplainError::Print)
}
