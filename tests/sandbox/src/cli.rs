//! The command line of `cargo sandbox`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::commands::{client, down, node, status, test, up};
use crate::error::Error;
use crate::{checkout, kubernetes};

/// A test cluster for elbow on this machine: a real Kubernetes control plane, LocalStack as AWS, Terraform and Helm.
#[derive(Debug, Parser)]
#[command(name = "cargo sandbox", bin_name = "cargo sandbox", version)]
pub struct Cli {
    /// State directory; each directory is a sandbox of its own [default: target/sandbox]
    #[arg(long = "dir", env = "ELBOW_SANDBOX_DIR", global = true, value_name = "DIR")]
    directory: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Build what is missing and start the sandbox
    Up(up::Arguments),
    /// Stop the sandbox and remove all its files but the cache
    Down,
    /// Add, stop, start or remove real nodes
    Node(node::Arguments),
    /// Run a program as a client of the load balancers, with an address and a network of its own
    Client(client::Arguments),
    /// Run a program where the sandbox's APIs, nodes and load balancers are reached, without being a client of them
    Enter(client::Arguments),
    /// Show elbow at work, each step announced: a load balancer is made, drawn and removed again
    Demo,
    /// Build elbow and install it by its chart, or upgrade what is installed
    Install(crate::install::Args),
    /// Remove what `install` installed
    Uninstall,
    /// Show the logs of elbow's Pods
    Logs,
    /// Show what runs, where, and where its logs are
    Status,
    /// Run every test there is, in a sandbox of its own unless one is up
    Test(test::Arguments),
    /// Run Kubernetes' own end-to-end tests of load balancer Services against elbow
    Conformance(crate::conformance::Args),
    /// Measure what elbow costs: AWS calls, time, memory and CPU, beside targets and a peer's figures
    Bench(crate::bench::Args),
    /// The AWS proxy (started by `up`)
    #[command(hide = true)]
    Proxy(crate::proxy::Args),
    /// The kubelet stand-in (started by `install`)
    #[command(hide = true)]
    Kubelet(crate::kubelet::Args),
    /// One request of the traffic client
    #[command(hide = true)]
    ClientAsk(crate::client::command::AskArgs),
    /// Many requests of the traffic client
    #[command(hide = true)]
    ClientLoad(crate::client::command::LoadArgs),
    /// The data plane of load balancers (started by `up`)
    #[command(hide = true)]
    DataPlane(crate::data_plane::command::Args),
}

/// What went wrong, in a form that is printed.
type Failure = Box<dyn std::error::Error>;

/// Runs one command and reports its error on standard error.
pub async fn run(cli: Cli) -> ExitCode {
    kubernetes::install_tls();
    match execute(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            let interrupted = matches!(error.downcast_ref(), Some(Error::Interrupted));
            // 128 + SIGINT, as a shell reports it.
            ExitCode::from(if interrupted { 130 } else { 1 })
        }
    }
}

async fn execute(cli: Cli) -> Result<(), Failure> {
    let default = match &cli.command {
        Command::Bench(_) => crate::bench::default_directory(),
        _ => checkout::default_directory(),
    };
    let directory = cli.directory.unwrap_or(default);
    match cli.command {
        Command::Up(arguments) => drop(up::up(&directory, arguments.nodes()).await?),
        Command::Node(arguments) => node::node(&directory, arguments).await?,
        Command::Enter(arguments) => client::enter(&directory, &arguments).await?,
        Command::Client(arguments) => client::client(&directory, &arguments).await?,
        Command::Down => down::down(&directory).await?,
        Command::Demo => crate::demo::demo(&directory).await?,
        Command::Install(arguments) => crate::install::install(&directory, &arguments).await?,
        Command::Uninstall => crate::install::uninstall(&directory).await?,
        Command::Logs => print!("{}", crate::install::logs(&directory).await?),
        Command::Status => print!("{}", status::status(&directory).await?),
        Command::Test(arguments) => test::test(&directory, &arguments).await?,
        Command::Conformance(arguments) => crate::conformance::conformance(&directory, &arguments).await?,
        Command::Bench(arguments) => crate::bench::bench(&directory, &arguments).await?,
        Command::Proxy(arguments) => crate::proxy::run(arguments).await?,
        Command::Kubelet(arguments) => crate::kubelet::run(&directory, arguments).await?,
        Command::ClientAsk(arguments) => crate::client::command::ask(arguments).await?,
        Command::ClientLoad(arguments) => crate::client::command::load(arguments).await?,
        Command::DataPlane(arguments) => crate::data_plane::command::run(&directory, arguments).await?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_directory_may_follow_the_command() {
        let cli = Cli::parse_from(["sandbox", "up", "--dir", "/somewhere"]);
        assert_eq!(cli.directory, Some(PathBuf::from("/somewhere")));
    }
}
