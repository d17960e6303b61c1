//! `cargo sandbox bench`: what elbow costs in AWS calls, time, memory and CPU, beside its targets and a peer's figures.
//!
//! One elbow, optimised as it is released and run with the chart's flags, serves Services on a sandbox of the bench's own. The
//! AWS proxy adds latency to every call and keeps the journal of calls, from which all numbers of calls are.

mod about;
mod bed;
mod build;
mod elbow;
mod figure;
mod growth;
mod many;
mod one;
mod process;
mod reference;
mod report;
mod sheet;
mod span;
mod table;
mod usage;
mod watch;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::commands::{down, up};
use crate::control_plane::start::Nodes;
use crate::error::Error as SandboxError;
use crate::progress::{Progress, in_words};
use crate::state::Sandbox;
use crate::{aws, checkout, files, generated, interrupt, proxy};

use about::About;
use bed::Bed;
use elbow::{Elbow, Settings};
use figure::{Line, Rates};
use many::Many;
use report::Report;
use sheet::Sheet;
use watch::Seen;

/// The access key id of elbow's calls, by which the proxy tells them apart.
const LANE: &str = "bench";
/// Switches elbow's own rates off, which follow AWS's; LocalStack has none.
const RATES_OFF: &str = "--aws-api-rates";
/// Services of the line that only measures memory, and nodes of its cluster.
const LARGE: (usize, usize) = (1000, 200);
/// A Service that stands all the time: what Services share stays with it.
const PRIMER: &str = "primer";
/// Longest wait for one Service.
const WITHIN: Duration = Duration::from_secs(60);
/// Longest wait for the Services of the large line.
const LARGE_WITHIN: Duration = Duration::from_secs(3600);

/// Options of `cargo sandbox bench`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Numbers of Services, separated by commas
    #[arg(long, value_name = "COUNT", value_delimiter = ',', default_value = "50")]
    services: Vec<usize>,
    /// Time added to every AWS call
    #[arg(long, value_name = "DURATION", default_value = "30ms", value_parser = duration)]
    latency: Duration,
    /// For how long nothing changes while idleness is measured; the audit comes every five minutes
    #[arg(long, value_name = "DURATION", default_value = "300s", value_parser = duration)]
    idle: Duration,
    /// Only these parts [default: all]
    #[arg(long, value_name = "PART", value_delimiter = ',', value_enum)]
    only: Vec<Part>,
    /// Show each AWS call of the lines whose name contains this; may be given several times
    #[arg(long, value_name = "LINE")]
    trace: Vec<String>,
    /// One more flag for elbow; may be given several times
    #[arg(long = "flag", value_name = "FLAG", allow_hyphen_values = true)]
    flags: Vec<String>,
    /// The elbow to measure [default: this checkout, built with the profile measured]
    #[arg(long, value_name = "FILE")]
    elbow: Option<PathBuf>,
    /// Write all figures to a file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the figures into docs/performance.md
    #[arg(long)]
    write_docs: bool,
    /// Leave the sandbox up for the next bench
    #[arg(long)]
    keep: bool,
}

/// A part of the bench.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// One Service through its life
    One,
    /// Another replica takes over
    Failover,
    /// Many Services, a restart and nodes
    Many,
    /// The same without AWS's rates
    Unlimited,
    /// Memory with 1,000 Services and 200 nodes
    Large,
    /// The calls of 10, 100 and 1,000 Services on the AWS in memory
    Growth,
}

/// Why the bench ended early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A step of the sandbox.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The AWS proxy.
    #[error(transparent)]
    Proxy(#[from] proxy::client::Error),
    /// A question to AWS.
    #[error(transparent)]
    Aws(#[from] aws::Error),
    /// Somebody else's elbow would take part.
    #[error("the sandbox in {} is in use: elbow is installed there. Choose another --dir", .0.display())]
    InUse(PathBuf),
}

type Result<T> = std::result::Result<T, Error>;

/// The default state directory, apart from that of the other commands.
#[must_use]
pub fn default_directory() -> PathBuf {
    checkout::root().join("target/sandbox-bench")
}

/// Measures, prints and writes what was asked for. A sandbox that is up in `directory` is used and stays; else one is brought
/// up and, unless it shall stay, taken down again.
///
/// # Errors
/// The first step that fails, with what to look at.
pub async fn bench(directory: &Path, args: &Args) -> Result<()> {
    let started = Instant::now();
    let ours = !is_up(directory).await?;
    let sandbox = up::up(directory, Nodes::StandIns).await?;
    let progress = Progress::on_standard_error();
    let run = Run {
        args,
        progress: &progress,
        bed: Bed::prepare(sandbox).await?,
    };
    let outcome = tokio::select! {
        outcome = run.all() => outcome,
        interrupted = interrupt::or(std::future::pending::<crate::error::Result<Report>>()) => interrupted.map_err(Error::from),
    };
    if ours && !args.keep {
        drop(run);
        down::down(directory).await?;
    }
    deliver(&outcome?, args)?;
    progress.say(&format!("the bench took {}", in_words(started.elapsed())));
    Ok(())
}

async fn is_up(directory: &Path) -> Result<bool> {
    match Sandbox::load(directory) {
        Ok(sandbox) if sandbox.layout()?.part("helm").exists() => Err(Error::InUse(directory.to_owned())),
        Ok(sandbox) => Ok(sandbox.is_healthy().await?),
        Err(_) => Ok(false),
    }
}

/// Prints the report and writes it where it was asked to.
fn deliver(report: &Report, args: &Args) -> Result<()> {
    print!("\n{}", report.text());
    if let Some(path) = &args.json {
        let json = serde_json::to_vec_pretty(&report.json());
        files::write(path, json.map_err(SandboxError::malformed("the figures"))?)?;
    }
    if args.write_docs {
        generated::replace(&checkout::root().join("docs/performance.md"), &report.markdown())?;
    }
    Ok(())
}

/// One run of the bench.
struct Run<'a> {
    args: &'a Args,
    progress: &'a Progress,
    bed: Bed,
}

impl Run<'_> {
    async fn all(&self) -> Result<Report> {
        let layout = self.bed.sandbox.layout()?;
        let program = match &self.args.elbow {
            Some(program) => program.clone(),
            None => build::measured(&layout, self.progress).await?,
        };
        let about = About::gather(&self.bed, &program, self.args.latency, self.args.flags.clone()).await?;
        let mut sheet = Sheet {
            traced: self.traced(),
            ..Sheet::default()
        };
        let as_asked = self.bed.settings(program.clone(), self.args.flags.clone());
        self.bed.set_latency(self.args.latency).await?;
        self.few(&as_asked, &mut sheet).await?;
        // What follows AWS's rates waits most of the time; what does not wants a quiet machine, so it comes first.
        let fastest = if elbow::knows(&program, RATES_OFF).await {
            let unlimited = unlimited(&as_asked);
            self.many(&unlimited, Rates::Off, Part::Unlimited, &mut sheet).await?;
            unlimited
        } else {
            as_asked.clone()
        };
        self.many(&as_asked, Rates::Aws, Part::Many, &mut sheet).await?;
        self.large(&fastest, &mut sheet).await?;
        let growth = if self.wants(Part::Growth) {
            Some(growth::table(&layout, self.progress).await?)
        } else {
            None
        };
        Ok(Report { about, sheet, growth })
    }

    fn wants(&self, part: Part) -> bool {
        self.args.only.is_empty() || self.args.only.contains(&part)
    }

    /// The document shows the critical path of a create.
    fn traced(&self) -> Vec<String> {
        let mut traced = self.args.trace.clone();
        if self.args.write_docs {
            traced.push(Line::CreateOne.to_string());
        }
        traced
    }

    /// What takes few Services.
    async fn few(&self, settings: &Settings, sheet: &mut Sheet) -> Result<()> {
        if !self.wants(Part::One) && !self.wants(Part::Failover) {
            return Ok(());
        }
        let mut elbow = self.warm_elbow(settings, "few").await?;
        if self.wants(Part::One) {
            let lives = one::measure(&self.bed, sheet, Rates::Aws);
            self.step("one Service: create, label, port, delete", lives).await?;
        }
        if self.wants(Part::Failover) {
            let kills = process::failover(&self.bed, settings, &mut elbow, sheet);
            self.step("failover: SIGKILL of the leader", kills).await?;
        }
        elbow.stop().await
    }

    /// What takes many Services.
    async fn many(&self, settings: &Settings, rates: Rates, part: Part, sheet: &mut Sheet) -> Result<()> {
        if !self.wants(part) {
            return Ok(());
        }
        for &services in &self.args.services {
            let many = Many {
                bed: &self.bed,
                settings,
                rates,
                services,
            };
            let mut elbow = self.warm_elbow(settings, &format!("many-{services}")).await?;
            self.step(&format!("creating {services} Services"), many.create(sheet))
                .await?;
            if rates == Rates::Aws {
                self.rest(&elbow, services, sheet).await?;
            }
            let nodes = self.step("nodes join", many.nodes(sheet)).await?;
            self.step("restart", many.restart(&mut elbow, sheet)).await?;
            self.step(&format!("deleting {services} Services"), many.delete(sheet))
                .await?;
            // Nodes that leave it would be a change that the next line does not ask for.
            self.remove(&[PRIMER.to_owned()]).await?;
            elbow.stop().await?;
            self.bed.leave(&nodes).await?;
        }
        Ok(())
    }

    /// Memory after the work, and then nothing happens.
    async fn rest(&self, elbow: &Elbow, services: usize, sheet: &mut Sheet) -> Result<()> {
        let nodes = self.bed.sandbox.infrastructure.instances.len();
        process::memory(elbow, Line::Memory { services, nodes }, Rates::Aws, sheet).await?;
        let idle = process::idle(&self.bed, elbow, services, self.args.idle, sheet);
        self.step("idling", idle).await
    }

    /// Memory with many more Services and nodes; they go with the sandbox.
    async fn large(&self, settings: &Settings, sheet: &mut Sheet) -> Result<()> {
        if !self.wants(Part::Large) {
            return Ok(());
        }
        let (services, nodes) = LARGE;
        // How long it takes is not measured.
        self.bed.set_latency(Duration::ZERO).await?;
        let present = self.bed.sandbox.infrastructure.instances.len();
        let more = self.bed.launch(nodes.saturating_sub(present)).await?;
        for instance in &more {
            self.bed.join(instance).await?;
        }
        let elbow = self.warm_elbow(settings, "large").await?;
        let names = bed::names("large", services);
        let served = async {
            self.bed.create(&names).await?;
            let all = |seen: &Seen| {
                names
                    .iter()
                    .all(|name| seen.get(name).is_some_and(|state| state.programmed.is_some()))
            };
            self.bed
                .watch
                .until("all Services to be programmed", LARGE_WITHIN, all)
                .await
        };
        self.step(&format!("{services} Services on {nodes} nodes"), served)
            .await?;
        process::memory(&elbow, Line::Memory { services, nodes }, Rates::Off, sheet).await?;
        self.bed.set_latency(self.args.latency).await
    }

    /// A fresh elbow that has read what all Services share.
    async fn warm_elbow(&self, settings: &Settings, name: &str) -> Result<Elbow> {
        let elbow = self.bed.elbow(settings, name).await?;
        let left = self.bed.leftovers().await?;
        if !left.iter().any(|name| name == PRIMER) {
            self.serve(PRIMER).await?;
        }
        let left: Vec<_> = left.into_iter().filter(|name| name != PRIMER).collect();
        self.remove(&left).await?;
        self.serve("warm").await?;
        self.remove(&["warm".to_owned()]).await?;
        self.bed.span().await?.settle().await?;
        Ok(elbow)
    }

    async fn serve(&self, name: &str) -> Result<()> {
        self.bed.create(&[name.to_owned()]).await?;
        let served = |seen: &Seen| seen.get(name).is_some_and(|state| state.programmed.is_some());
        self.bed
            .watch
            .until("the first Service to be served", WITHIN, served)
            .await?;
        Ok(())
    }

    async fn remove(&self, names: &[String]) -> Result<()> {
        self.bed.delete(names).await?;
        let gone = |seen: &Seen| names.iter().all(|name| !seen.contains_key(name));
        self.bed.watch.until("Services to be gone", WITHIN, gone).await?;
        Ok(())
    }

    async fn step<T>(&self, name: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
        self.progress.step(name, None, work).await
    }
}

fn unlimited(settings: &Settings) -> Settings {
    let mut unlimited = settings.clone();
    unlimited.flags.push(format!("{RATES_OFF}=off"));
    unlimited
}

/// `500ms` or `60s`.
fn duration(text: &str) -> std::result::Result<Duration, String> {
    let wrong = || format!("{text:?} is no duration such as 30ms or 60s");
    let number = |digits: &str| digits.parse().map_err(|_| wrong());
    match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(millis), _) => Ok(Duration::from_millis(number(millis)?)),
        (None, Some(seconds)) => Ok(Duration::from_secs(number(seconds)?)),
        (None, None) => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_milliseconds_or_seconds() {
        assert_eq!(duration("30ms"), Ok(Duration::from_millis(30)));
        assert_eq!(duration("60s"), Ok(Duration::from_secs(60)));
        assert!(duration("1h").is_err() && duration("ms").is_err());
    }
}
