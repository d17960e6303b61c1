//! The hidden command that serves load balancers.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::programs::Programs;
use super::{Result, Settings};
use crate::debian::Program;
use crate::layout::Layout;

/// `elbow-sandbox data-plane`: serve the load balancers of this network namespace until the process is ended.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where LocalStack is, for example http://127.0.0.1:4566
    #[arg(long, value_name = "URL")]
    pub endpoint: String,
    /// Region of the load balancers
    #[arg(long, value_name = "REGION")]
    pub region: String,
    /// The program that applies rulesets
    #[arg(long, value_name = "FILE")]
    pub nft: PathBuf,
    /// The program that ends connections
    #[arg(long, value_name = "FILE")]
    pub conntrack: PathBuf,
    /// The program that proxies
    #[arg(long, value_name = "FILE")]
    pub haproxy: PathBuf,
    /// Where these programs find their libraries
    #[arg(long, value_name = "PATH", default_value = "")]
    pub library_path: OsString,
    /// Health checks are so many times faster than configured
    #[arg(long, value_name = "FACTOR", default_value_t = 10)]
    pub speed: u32,
}

/// Serves load balancers for ever, with the files of the state directory.
///
/// # Errors
/// As [`super::run`].
pub async fn run(state: &Path, args: Args) -> Result<()> {
    let program = |path| Program {
        path,
        library_path: args.library_path.clone(),
    };
    let settings = Settings {
        directory: Layout::new(state)?.data_plane(),
        programs: Programs {
            nft: program(args.nft),
            conntrack: program(args.conntrack),
            haproxy: program(args.haproxy),
        },
        endpoint: args.endpoint,
        region: args.region,
        speed: args.speed,
    };
    super::run(settings).await
}
