//! `cargo sandbox up`: from nothing to a running test cluster.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::cache::{Cache, Lock};
use crate::control_plane::start as control_plane;
use crate::digest::Definition;
use crate::error::Result;
use crate::layout::Layout;
use crate::process::{self, Detached, Record};
use crate::progress::{Progress, in_words};
use crate::state::Sandbox;
use crate::terraform::apply;
use crate::terraform::infrastructure::Infrastructure;
use crate::tools::Tools;
use crate::{environment, http, interrupt, kubernetes, localstack, nodes, ports, prerequisites, program};

/// The proxy is small: it listens within milliseconds.
const PROXY_READY_WITHIN: Duration = Duration::from_secs(30);

/// Brings a sandbox up in `directory`; one that runs there is left as it is.
///
/// On Ctrl-C, SIGTERM or an error nothing stays but the cache and, after an error, the logs.
pub async fn up(directory: &Path) -> Result<Sandbox> {
    let started = Instant::now();
    let layout = Layout::new(directory)?;
    let cache = Cache::open()?;
    let _lock = lock(&cache, &layout).await?;
    let progress = Progress::on_standard_error();
    if let Some(running) = running(&layout).await? {
        progress.say(&format!("the sandbox in {} is up already", layout.root().display()));
        return Ok(running);
    }
    clear(&layout, &progress).await?;
    let outcome = interrupt::or(bring_up(&layout, &cache, &progress)).await;
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
        process::stop_all(layout).await?;
        layout.remove()
    };
    progress
        .step("clearing what the last sandbox left", None, cleared)
        .await
}

/// The logs stay after an error, for its text names them.
async fn abandon(layout: &Layout, error: &crate::error::Error) -> Result<()> {
    process::stop_all(layout).await?;
    if matches!(error, crate::error::Error::Interrupted) {
        layout.remove()
    } else {
        Ok(())
    }
}

async fn bring_up(layout: &Layout, cache: &Cache, progress: &Progress) -> Result<Sandbox> {
    layout.create()?;
    let found = prerequisites::find_or_install(progress).await?;
    let tools = Tools::build(&found, cache, layout, progress).await?;
    let [proxy_port, localstack_port] = ports::free()?;
    let localstack_url = localstack::start::url(localstack_port);

    let control_plane = progress.step("starting the control plane", None, control_plane::start(&tools, layout));
    let aws = aws(&tools, cache, layout, localstack_port, progress);
    let ((), infrastructure) = tokio::try_join!(control_plane, aws)?;
    let aws_proxy_url = start_proxy(layout, proxy_port, &localstack_url).await?;
    let client = kubernetes::client(&layout.kubeconfig()).await?;
    progress
        .step("making the nodes", None, nodes::create(client, &infrastructure))
        .await?;

    let directory = layout.root().to_owned();
    let sandbox = Sandbox {
        directory,
        kubeconfig: layout.kubeconfig(),
        aws_proxy_url,
        localstack_url,
        infrastructure,
        tools,
    };
    environment::write(layout, &sandbox)?;
    sandbox.save()?;
    Ok(sandbox)
}

async fn aws(tools: &Tools, cache: &Cache, layout: &Layout, port: u16, progress: &Progress) -> Result<Infrastructure> {
    progress
        .step(
            "starting LocalStack",
            None,
            localstack::start::start(tools, layout, port),
        )
        .await?;
    apply::apply(tools, cache, layout, &localstack::start::url(port), progress).await
}

/// The proxy is a hidden command of this very program.
async fn start_proxy(layout: &Layout, port: u16, upstream: &str) -> Result<String> {
    let process = Detached::new("aws-proxy", program::path()?)
        .argument("proxy")
        .flag("listen", format!("127.0.0.1:{port}"))
        .flag("upstream", upstream);
    let record: Record = process.start(layout)?;
    let url = format!("http://127.0.0.1:{port}");
    let counts = format!("{url}/_proxy/counts");
    record
        .ready(PROXY_READY_WITHIN, async || http::answers(&counts).await)
        .await?;
    Ok(url)
}

fn summary(layout: &Layout, took: Duration) -> String {
    let environment = layout.environment();
    format!(
        "the sandbox is up after {}: use it with\n  . {}\nand end it with `cargo sandbox down`",
        in_words(took),
        environment.display()
    )
}
