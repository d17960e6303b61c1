//! The commands.

pub mod explain;
pub mod gc;
pub mod inspect;
pub mod kubernetes;
pub mod office;
pub mod plan;
pub mod process;
pub mod provider;
mod reading;
pub mod run;
pub mod terminal;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::settings::{Flags, Settings};
use crate::telemetry::logs;

/// AWS load balancers for Kubernetes Services of type LoadBalancer.
#[derive(Debug, Parser)]
#[command(name = "elbow", version, about, max_term_width = 120, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the cluster: give its Services load balancers and keep them as declared
    ///
    /// Every flag can be given by the environment too: ELBOW_ and the flag in upper case. AWS' own settings (endpoint,
    /// credentials, profile) are those of its SDK: AWS_ENDPOINT_URL, AWS_PROFILE and so on.
    #[command(args_override_self = true)]
    Run(Box<Flags>),
    /// Tell what the annotations of a Service mean
    Explain(explain::ExplainArgs),
    /// Show one Service layer by layer, and the first layer that is broken with what to do
    ///
    /// Reads only: Kubernetes by your kubeconfig, AWS by the SDK's own settings (AWS_PROFILE, AWS_REGION and so on). The exit
    /// code is 0 if every layer is sound, 2 if something is broken, and 1 if it could not look.
    Inspect(Box<inspect::InspectArgs>),
    /// Print what would be created, changed and destroyed in AWS
    ///
    /// Reads only: Kubernetes by your kubeconfig, AWS by the SDK's own settings; with --facts neither. The settings are those
    /// of `elbow run`, as the elbow of the cluster has them. The exit code is 0 if nothing is to be done, 2 if something is,
    /// and 1 if a Service cannot be planned or the plan cannot be made.
    #[command(args_override_self = true)]
    Plan(Box<plan::PlanArgs>),
    /// List what carries the cluster's tags in AWS and belongs to no Service, and delete it if asked to
    ///
    /// Kubernetes is read by your kubeconfig, AWS by the SDK's own settings. The settings are those of `elbow run`, as the elbow
    /// of the cluster has them. Without --delete nothing is written. The exit code is 0 if nothing belongs to no Service (any
    /// more), 2 if something does, and 1 if it could not look or delete.
    #[command(args_override_self = true)]
    Gc(Box<gc::GcArgs>),
}

/// The settings cannot be used.
const BAD_SETTINGS: u8 = 2;

/// Does what the command line says. The exit code is that of the command.
#[must_use]
pub fn main() -> ExitCode {
    let command = match Cli::try_parse() {
        Ok(cli) => cli.command,
        Err(error) => return told(&error),
    };
    match command {
        Command::Run(flags) => run(&flags),
        Command::Explain(args) => explain::main(&args),
        Command::Inspect(args) => inspect::main(&args),
        Command::Plan(args) => plan::main(&args, std::env::args_os().skip(2)),
        Command::Gc(args) => gc::main(&args),
    }
}

/// Help is no failure. Of the commands whose exit code 2 tells what they have found, a wrong command line has 1.
fn told(error: &clap::Error) -> ExitCode {
    // Nobody is left to tell that nobody reads.
    let _ = error.print();
    let finds = std::env::args_os()
        .nth(1)
        .is_some_and(|name| name == "inspect" || name == "plan" || name == "gc");
    match (error.use_stderr(), finds) {
        (false, _) => ExitCode::SUCCESS,
        (true, true) => ExitCode::FAILURE,
        (true, false) => ExitCode::from(BAD_SETTINGS),
    }
}

/// The exit code is 0 if it was done, 2 if it cannot be done with these settings, and 1 if it failed.
fn run(flags: &Flags) -> ExitCode {
    let settings = match Settings::check(flags) {
        Ok(settings) => settings,
        Err(problems) => {
            eprintln!("elbow: {problems}");
            return ExitCode::from(BAD_SETTINGS);
        }
    };
    logs::start(&settings.telemetry.level, settings.telemetry.format);
    match serve(&settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = logs::chain(&error), "elbow ends");
            ExitCode::FAILURE
        }
    }
}

/// Threads that run tasks. elbow waits for answers most of the time; a thread for each of a large machine's processors would
/// only hold memory.
const WORKERS: usize = 2;

fn serve(settings: &Settings) -> Result<(), run::RunError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .map_err(run::RunError::Runtime)?;
    let outcome = runtime.block_on(run::run(settings, provider::open));
    // Watches go on for ever; nothing of theirs is worth waiting for.
    runtime.shutdown_background();
    outcome
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_shows_the_flags_in_groups() {
        let mut command = Cli::command();
        let help = command
            .find_subcommand_mut("run")
            .unwrap()
            .render_long_help()
            .to_string();
        for heading in [
            "Cluster:",
            "Services:",
            "Leader election:",
            "Telemetry:",
            "This replica:",
        ] {
            assert!(help.contains(&format!("\n{heading}\n")), "{help}");
        }
    }
}
