//! A whole cluster: the Kubernetes API and AWS, both in memory, and processes of the real controller between them.

mod door;
mod outcome;
mod process;
mod witness;

use std::time::Duration;

use elbow::settings::{Flags, Settings};

pub(crate) use door::{Door, Sent};
pub(crate) use process::Process;
use witness::Witness;

use crate::aws::Aws;
use crate::kubernetes::Kubernetes;
use crate::line::Line;
use crate::world::{CLUSTER, World};

/// No delay between two tries is longer, nor is the time until a silent API server is given up, twice.
const QUIET: Duration = Duration::from_secs(700);
/// The flag of a process that is alone.
const SINGLE: &str = "--enable-leader-election=false";
/// Whatever happens, it is over in so many times that.
const MOST_ROUNDS: usize = 30;

/// The cluster, and what a test does with it.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) kubernetes: Kubernetes,
    pub(crate) aws: Aws,
    pub(crate) line: Line,
    pub(crate) witness: Witness,
    pub(crate) processes: Vec<Process>,
    /// Nothing is to be done any more when nothing was done for so long.
    pub(crate) quiet: Duration,
    settings: Settings,
    /// How AWS stood before elbow came.
    untouched: String,
    foreign: String,
    started: usize,
}

/// The flags, as `elbow run` reads them.
#[derive(Debug, clap::Parser)]
#[command(args_override_self = true)]
struct CommandLine {
    #[command(flatten)]
    flags: Flags,
}

/// With these flags besides.
fn settings(flags: &[&str]) -> Settings {
    let cluster = format!("--cluster-name={CLUSTER}");
    let given = [
        "elbow",
        &cluster,
        "--pod-name=elbow",
        "--pod-namespace=elbow-system",
        // No round of the audit disturbs what a test looks at.
        "--audit-period=100h",
    ];
    let CommandLine { flags } = clap::Parser::parse_from(given.iter().chain(flags));
    Settings::check(&flags).expect("sound flags")
}

impl Cluster {
    /// With three nodes, and no process. The seed decides in which order things happen.
    pub(crate) fn new(seed: u64) -> Self {
        let (line, aws) = (Line::new(seed), World::new().aws.clone());
        aws.may_listen_first();
        let kubernetes = Kubernetes::new(line.clone());
        for number in 1..=3 {
            kubernetes.add_node(number);
        }
        let witness = Witness::new(&kubernetes, &aws);
        let seen = witness.clone();
        line.observe(Some(std::sync::Arc::new(move || seen.look())));
        Self {
            untouched: aws.digest(),
            foreign: aws.foreign_digest(CLUSTER),
            kubernetes,
            aws,
            line,
            witness,
            processes: Vec::new(),
            quiet: QUIET,
            settings: settings(&[SINGLE]),
            started: 0,
        }
    }

    /// With a process that serves it.
    pub(crate) fn served(seed: u64) -> Self {
        let mut cluster = Self::new(seed);
        cluster.start();
        cluster
    }

    /// With a process that is started with these flags.
    pub(crate) fn with_flags(seed: u64, flags: &[&str]) -> Self {
        let mut cluster = Self::new(seed);
        cluster.settings = settings(&[&[SINGLE], flags].concat());
        cluster.start();
        cluster
    }

    /// With replicas that elect their leader.
    pub(crate) fn replicated(seed: u64, replicas: usize) -> Self {
        let mut cluster = Self::new(seed);
        cluster.settings = settings(&[]);
        for _ in 0..replicas {
            cluster.start();
        }
        cluster
    }

    /// Starts one more process.
    pub(crate) fn start(&mut self) {
        self.started += 1;
        let name = format!("elbow-{}", self.started);
        let process = Process::start(name, &self.settings, self);
        self.processes.push(process);
    }

    /// All processes die.
    pub(crate) fn kill(&mut self) {
        self.line.note("all processes die");
        self.processes.clear();
    }

    /// The process dies, and another is started.
    pub(crate) fn restart(&mut self) {
        self.kill();
        self.start();
    }

    /// Lets time pass. Processes that have died or ended are started anew.
    pub(crate) async fn pass(&mut self, time: Duration) {
        let end = tokio::time::Instant::now() + time;
        loop {
            tokio::select! {
                biased;
                () = self.kubernetes.crash() => self.restart(),
                () = self.aws.crash() => self.restart(),
                () = tokio::time::sleep_until(end) => return,
            }
        }
    }

    /// Lets time pass until nothing is done any more.
    pub(crate) async fn settle(&mut self) {
        for _ in 0..MOST_ROUNDS {
            let before = self.work();
            self.pass(self.quiet).await;
            if self.work() == before {
                return;
            }
        }
        self.fail("it does not come to rest");
    }

    /// How much was done: calls to AWS, and writes to Services and Nodes.
    pub(crate) fn work(&self) -> (usize, usize) {
        let writes = self
            .kubernetes
            .state()
            .log
            .iter()
            .filter(|record| record.is_work())
            .count();
        (self.aws.count(), writes)
    }

    /// Waits until it holds; for an hour at the most.
    pub(crate) async fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        for _ in 0..36_000 {
            if holds(self) {
                return;
            }
            self.pass(Duration::from_millis(100)).await;
        }
        self.fail(&format!("never: {what}"));
    }

    /// Ends the test, with all that has happened.
    pub(crate) fn fail(&self, why: &str) -> ! {
        let trace = self.line.trace();
        let last = trace.len().saturating_sub(150);
        panic!("{why}\n{}", trace[last..].join("\n"))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.line.observe(None);
    }
}
