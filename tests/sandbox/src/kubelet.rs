//! A stand-in for the kubelet and the scheduler, for the Pods of one Deployment: elbow's own.
//!
//! It takes the Pods that the real ReplicaSet controller made, binds each to a Node, starts the local binary with exactly
//! the Pod's args, environment and service account, asks its probes and writes its status. There are no containers: no
//! image is pulled, no volume mounted, and every Pod has an address of its own in 127.77.0.0/16.

mod address;
mod container;
mod credentials;
pub mod environment;
pub mod expansion;
mod placement;
mod pods;
pub mod probe;
mod prober;
mod publisher;
pub mod replica;
mod run;
pub mod status;
mod wish;
mod worker;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use kube::Client;

use crate::{error, files, interrupt, kubernetes};

pub use replica::Replica;

/// `elbow-sandbox kubelet`: run Pods until SIGTERM or Ctrl-C, then end them.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Kubeconfig of an administrator
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: PathBuf,
    /// The binary to start instead of the Pods' image
    #[arg(long, value_name = "FILE")]
    pub elbow: PathBuf,
    /// Label selector of the Pods to run
    #[arg(long, value_name = "SELECTOR", default_value = crate::install::SELECTOR)]
    pub selector: String,
}

/// Why a Pod does not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No Node takes Pods.
    #[error("no schedulable node: make one, or uncordon one")]
    NoNode,
    /// The Pods' network is used up.
    #[error("no free address in 127.77.0.0/16 for the pod's ports: stop what listens there")]
    NoAddress,
    /// Not exactly one container.
    #[error("the kubelet stand-in runs pods of exactly one container and no init container")]
    Containers,
    /// A command would replace the image's entry point.
    #[error("the kubelet stand-in runs the image's own entry point: remove `command`")]
    Command,
    /// The environment cannot be made.
    #[error(transparent)]
    Environment(#[from] environment::Error),
    /// The probes cannot be asked.
    #[error(transparent)]
    Probe(#[from] probe::Error),
    /// Files, processes, the API server.
    #[error(transparent)]
    Sandbox(#[from] error::Error),
}

/// A result of the kubelet stand-in.
pub type Result<T> = std::result::Result<T, Error>;

/// What all Pods share.
struct Host {
    client: Client,
    kubeconfig: PathBuf,
    binary: PathBuf,
    directory: PathBuf,
    addresses: address::Pool,
}

/// Runs the Pods until the process is told to end; their logs, states and tokens go to `pods` in the state directory.
///
/// # Errors
/// When the kubeconfig cannot be used, or the state directory cannot be written.
pub async fn run(state: &Path, args: Args) -> Result<()> {
    let directory = replica::directory(state);
    files::create_directory(&directory)?;
    for leftover in replica::all(state)? {
        leftover.kill();
    }
    kubernetes::install_tls();
    let host = Host {
        client: kubernetes::client(&args.kubeconfig).await?,
        kubeconfig: args.kubeconfig,
        binary: args.elbow,
        addresses: address::Pool::starting_from(&directory),
        directory,
    };
    let ended = interrupt::or(std::future::pending::<error::Result<()>>());
    pods::serve(Arc::new(host), &args.selector, ended).await;
    Ok(())
}
