//! `cargo sandbox node`: real nodes come, go and come back.

use std::path::Path;

use clap::Subcommand;

use crate::error::Result;
use crate::interrupt;
use crate::nodes::real;
use crate::progress::Progress;
use crate::state::Sandbox;

/// Options of `cargo sandbox node`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Start a new instance with a node on it
    Add {
        /// Availability zone, such as us-east-1a [default: the one with the fewest nodes]
        #[arg(long)]
        zone: Option<String>,
    },
    /// Kill a node as a power failure does
    Stop {
        /// The node, as `kubectl get nodes` names it
        name: String,
    },
    /// Boot a stopped node
    Start {
        /// The node, as `kubectl get nodes` names it
        name: String,
    },
    /// Terminate a node's instance; drain the node first if its Pods shall move in peace
    Remove {
        /// The node, as `kubectl get nodes` names it
        name: String,
    },
}

/// Does what is asked to the nodes of the sandbox in `directory`.
///
/// # Errors
/// [`crate::error::Error::NoSandbox`], [`crate::error::Error::NoNodes`], or what the step says.
pub async fn node(directory: &Path, arguments: Arguments) -> Result<()> {
    let sandbox = Sandbox::load(directory)?;
    sandbox.network()?;
    let progress = Progress::on_standard_error();
    let name = match &arguments.action {
        Action::Add { .. } => "adding a node".to_owned(),
        Action::Stop { name } => format!("stopping {name}"),
        Action::Start { name } => format!("starting {name}"),
        Action::Remove { name } => format!("removing {name}"),
    };
    let work = async {
        match &arguments.action {
            Action::Add { zone } => {
                let node = real::add(&sandbox, zone.as_deref()).await?;
                println!("{}", node.name());
                Ok(())
            }
            Action::Stop { name } => real::stop(&sandbox, name).await,
            Action::Start { name } => real::start(&sandbox, name).await,
            Action::Remove { name } => real::remove(&sandbox, name).await,
        }
    };
    interrupt::or(progress.step(&name, None, work)).await
}
