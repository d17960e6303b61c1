//! The workload of the traffic tests; see [`elbow_sandbox::echo`].

use clap::Parser as _;
use elbow_sandbox::echo::{self, Args};

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    echo::run(Args::parse()).await
}
