//! The data plane at work: it follows the APIs and the health checks until the process is ended.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use super::Picture;
use super::error::Result;
use super::haproxy::Proxy;
use super::health::{Checkers, Observation};
use super::kernel::Kernel;
use super::model::Model;
use super::plane::{DataPlane, Event};
use super::programs::Programs;
use super::publication::Publication;
use super::reading::{Changes, Counts, Reader};
use super::routes::{self, PodRanges};
use crate::aws::Aws;
use crate::files;

/// How often is looked whether AWS was written to, or routes to pods changed.
const LOOK: Duration = Duration::from_millis(50);

/// What is written in one go is read in one go.
const SETTLE: Duration = Duration::from_millis(150);

/// The lane of the reader, by which a proxy would tell its calls from others.
const LANE: &str = "data-plane";

/// Where the data plane reads, writes, and finds programs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The URL of LocalStack.
    pub endpoint: String,
    /// The region of the load balancers.
    pub region: String,
    /// The directory of `changes`, `verdicts.json` and `hosts`.
    pub directory: PathBuf,
    /// What it works with.
    pub programs: Programs,
    /// Health checks are so many times faster than configured.
    pub speed: u32,
}

/// Serves load balancers for ever, as LocalStack describes them.
///
/// # Errors
/// As [`serve`]. What AWS refuses is logged and tried again.
pub async fn run(settings: Settings) -> Result<()> {
    let aws = Aws::new(&settings.endpoint, &settings.region, LANE);
    let changes = Changes::at(&settings.directory.join(super::CHANGES));
    let (models, arriving) = mpsc::channel(1);
    let (served, ()) = tokio::join!(serve(settings, arriving), read(Reader::new(aws), changes, models));
    served
}

/// Serves the load balancers of each model in turn, until no more can come.
///
/// # Errors
/// When its directory cannot be made, or the kernel's settings not be written. What the kernel or the proxy refuses is logged and
/// tried again at the next change.
pub async fn serve(settings: Settings, models: mpsc::Receiver<(Model, PodRanges)>) -> Result<()> {
    files::create_directory(&settings.directory)?;
    let (results, checked) = mpsc::channel(256);
    let checkers = Checkers::new(results, settings.speed);
    let proxy = Proxy::new(settings.programs.haproxy.clone(), settings.directory.clone())?;
    let publication = Publication::new(settings.directory, proxy);
    let kernel = Kernel::new(settings.programs);
    kernel.prepare()?;
    let (shown, pictures) = watch::channel(Arc::new(Picture::default()));
    let plane = DataPlane::new(checkers, kernel, shown);
    // The plane ends first: nobody waits for a proxy then.
    tokio::select! {
        () = act(plane, models, checked) => {}
        () = publication.follow(pictures) => {}
    }
    Ok(())
}

/// Does what follows from models and results, until no more models can come.
async fn act(
    mut plane: DataPlane,
    mut models: mpsc::Receiver<(Model, PodRanges)>,
    mut checked: mpsc::Receiver<Observation>,
) {
    loop {
        let first = tokio::select! {
            model = models.recv() => match model {
                Some((model, pod_ranges)) => Some(Event::Read(Box::new(model), pod_ranges)),
                None => return,
            },
            observation = checked.recv() => observation.map(Event::Checked),
            () = plane.departure() => None,
        };
        let more = std::iter::from_fn(|| checked.try_recv().ok()).map(Event::Checked);
        plane.take(first.into_iter().chain(more)).await;
    }
}

/// Reads the APIs whenever they were written to.
async fn read(mut reader: Reader, changes: Changes, models: mpsc::Sender<(Model, PodRanges)>) {
    let look = || (changes.counts(), routes::pod_ranges().unwrap_or_default());
    let mut known: Option<(Counts, PodRanges)> = None;
    loop {
        let seen = look();
        if known.as_ref() == Some(&seen) {
            sleep(LOOK).await;
            continue;
        }
        sleep(SETTLE).await;
        let seen = look();
        match reader.read(seen.0.clone()).await {
            Ok(model) => {
                let pod_ranges = seen.1.clone();
                known = Some(seen);
                if models.send((model, pod_ranges)).await.is_err() {
                    return;
                }
            }
            Err(error) => eprintln!("cannot read what AWS says, trying again: {error}"),
        }
    }
}
