//! `cargo sandbox up`: from nothing to a running test cluster.

mod site;

use std::path::Path;
use std::time::{Duration, Instant};

use crate::cache::{Cache, Lock};
use crate::commands::down;
use crate::control_plane::start::Nodes;
use crate::digest::Definition;
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::progress::{Progress, in_words};
use crate::state::Sandbox;
use crate::tools::Tools;
use crate::{interrupt, network, prerequisites};

use site::Site;

/// Options of `cargo sandbox up`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// No real nodes but stand-ins: everything is on the loopback interface and no root is needed
    #[arg(long)]
    no_nodes: bool,
}

impl Arguments {
    /// The nodes that are wished for.
    #[must_use]
    pub fn nodes(&self) -> Nodes {
        if self.no_nodes { Nodes::StandIns } else { Nodes::Real }
    }
}

/// Brings a sandbox up in `directory`; one that runs there is left as it is. Where real nodes are wished for but not possible,
/// a line says why, and there are stand-ins.
///
/// On Ctrl-C, SIGTERM or an error nothing stays but the cache and, after an error, the logs.
pub async fn up(directory: &Path, nodes: Nodes) -> Result<Sandbox> {
    let started = Instant::now();
    let layout = Layout::new(directory)?;
    let cache = Cache::open()?;
    let _lock = lock(&cache, &layout).await?;
    let progress = Progress::on_standard_error();
    if let Some(running) = running(&layout).await? {
        let kind = if running.nodes.is_some() { "with" } else { "without" };
        let place = layout.root().display();
        progress.say(&format!("the sandbox in {place} is up already, {kind} real nodes"));
        return Ok(running);
    }
    clear(&layout, &progress).await?;
    let outcome = interrupt::or(bring_up(&layout, &cache, &progress, nodes)).await;
    match &outcome {
        Ok(_) => progress.say(&summary(&layout, started.elapsed())),
        Err(error) => abandon(&layout, error).await?,
    }
    outcome
}

/// One `up` or `down` at a time for each state directory. The lock is in the cache, for `down` removes the directory.
pub(super) async fn lock(cache: &Cache, layout: &Layout) -> Result<Lock> {
    let name = Definition::default()
        .text("directory", &layout.root().to_string_lossy())
        .digits();
    cache.lock(&format!("sandbox-{name}")).await
}

/// The sandbox that runs in the directory, if all of it does.
async fn running(layout: &Layout) -> Result<Option<Sandbox>> {
    if !layout.state().is_file() {
        return Ok(None);
    }
    // A state file of another version is as good as none: the sandbox is brought up afresh.
    let Ok(sandbox) = Sandbox::load(layout.root()) else {
        return Ok(None);
    };
    Ok(sandbox.is_healthy().await?.then_some(sandbox))
}

/// Removes what an earlier sandbox left behind when it was killed half-way.
async fn clear(layout: &Layout, progress: &Progress) -> Result<()> {
    if !layout.is_ours() {
        return Ok(());
    }
    let cleared = async {
        down::end(layout).await?;
        layout.remove()
    };
    progress
        .step("clearing what the last sandbox left", None, cleared)
        .await
}

/// The logs stay after an error, for its text names them.
async fn abandon(layout: &Layout, error: &Error) -> Result<()> {
    down::end(layout).await?;
    if matches!(error, Error::Interrupted) {
        layout.remove()
    } else {
        Ok(())
    }
}

async fn bring_up(layout: &Layout, cache: &Cache, progress: &Progress, wished: Nodes) -> Result<Sandbox> {
    layout.create()?;
    let found = prerequisites::find_or_install(progress).await?;
    let nodes = possible(wished, progress).await;
    let tools = Tools::build(&found, nodes, cache, layout, progress).await?;
    let site = Site::new(layout, tools, progress, nodes);
    if let Some(outer) = &site.network {
        // What is left of a sandbox whose files were removed by hand would be in the way.
        down::end(layout).await?;
        progress
            .step("making the network", None, network::create(outer))
            .await?;
    }
    site.bring_up(cache).await
}

/// What this machine can have of the nodes that are wished for.
async fn possible(wished: Nodes, progress: &Progress) -> Nodes {
    if wished == Nodes::StandIns {
        return wished;
    }
    match prerequisites::nodes::obstacle(progress).await {
        None => Nodes::Real,
        Some(obstacle) => {
            progress.say(&format!(
                "no real nodes, and no traffic through load balancers: {obstacle}"
            ));
            Nodes::StandIns
        }
    }
}

fn summary(layout: &Layout, took: Duration) -> String {
    let environment = layout.environment();
    format!(
        "the sandbox is up after {}: use it with\n  . {}\nand end it with `cargo sandbox down`",
        in_words(took),
        environment.display()
    )
}
