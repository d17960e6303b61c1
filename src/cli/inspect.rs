//! `elbow inspect`: shows one Service layer by layer, and which layer is the first that is broken.

pub mod json;
pub mod text;

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::kubernetes::{self, ClusterArgs, ConnectError};
use super::reading;
use super::terminal::{self, Color};
use crate::aws::pace::Paced;
use crate::aws::sdk::SdkApi;
use crate::inspect::evidence::{Look, Unseen};
use crate::inspect::gather::{self, NoService, Subject};
use crate::inspect::report::Verdict;
use crate::inspect::{Report, diagnose};
use crate::settings::{DEFAULT_ALB_CLASS, DEFAULT_CLASS, DEFAULT_LEASE};
use crate::telemetry::logs::chain;

/// Arguments of `elbow inspect`.
#[derive(Args, Clone, Debug)]
pub struct InspectArgs {
    /// The Service: NAME or service/NAME
    #[arg(value_name = "SERVICE", value_parser = reading::service_name)]
    service: String,
    /// Its namespace [default: that of the context]
    #[arg(short, long, value_name = "NAME")]
    namespace: Option<String>,
    /// How the result is printed
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t = Output::Text)]
    output: Output,
    /// Colours: auto is on a terminal where NO_COLOR is not set
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    color: Color,
    /// Do not look the hostname up, on a machine that cannot resolve names of AWS
    #[arg(long)]
    no_dns: bool,
    #[command(flatten)]
    cluster: ClusterArgs,
    #[command(flatten)]
    elbow: ElbowArgs,
}

/// How the elbow of the cluster was set up: the same flags and environment as of `elbow run`.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "As elbow runs in the cluster")]
struct ElbowArgs {
    /// Its name for the cluster [default: whichever is in the tags of the load balancer]
    #[arg(long, value_name = "NAME", env = "ELBOW_CLUSTER_NAME")]
    cluster_name: Option<String>,
    /// Region [default: the AWS SDK's own settings, else the nodes' label topology.kubernetes.io/region]
    #[arg(long, value_name = "REGION", env = "ELBOW_AWS_REGION")]
    aws_region: Option<String>,
    /// Values of spec.loadBalancerClass that get a Network Load Balancer, separated by commas
    #[arg(
        long,
        value_name = "CLASSES",
        env = "ELBOW_LOAD_BALANCER_CLASS",
        value_delimiter = ',',
        default_value = DEFAULT_CLASS
    )]
    load_balancer_class: Vec<String>,
    /// Values of spec.loadBalancerClass that get an Application Load Balancer
    #[arg(
        long,
        value_name = "CLASSES",
        env = "ELBOW_ALB_LOAD_BALANCER_CLASS",
        value_delimiter = ',',
        default_value = DEFAULT_ALB_CLASS
    )]
    alb_load_balancer_class: Vec<String>,
    /// Name of its Lease
    #[arg(
        long,
        value_name = "NAME",
        env = "ELBOW_LEADER_ELECTION_ID",
        default_value = DEFAULT_LEASE
    )]
    leader_election_id: String,
    /// Namespace of its Lease [default: any]
    #[arg(long, value_name = "NAME", env = "ELBOW_LEADER_ELECTION_NAMESPACE")]
    leader_election_namespace: Option<String>,
}

impl ElbowArgs {
    /// Classes of both kinds.
    fn classes(&self) -> BTreeSet<String> {
        let all = self.load_balancer_class.iter().chain(&self.alb_load_balancer_class);
        all.map(|class| class.trim().to_owned())
            .filter(|class| !class.is_empty())
            .collect()
    }
}

/// How the result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// A tree for people.
    Text,
    /// For programs.
    Json,
}

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
enum InspectError {
    #[error("cannot start threads")]
    Runtime(#[source] std::io::Error),
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    NoService(#[from] NoService),
    #[error("cannot print the result")]
    Print(#[source] std::io::Error),
}

/// Exit code where something is broken.
const BROKEN: u8 = 2;
/// Exit code where nothing was seen to be broken, but not everything could be looked at.
const NOT_SEEN: u8 = 1;

/// Looks, prints, and returns the exit code: 0 if all is sound, 2 if something is broken, 1 if it could not look.
pub fn main(args: &InspectArgs) -> ExitCode {
    match run(args) {
        Ok(Verdict::Sound) => ExitCode::SUCCESS,
        Ok(Verdict::Broken) => ExitCode::from(BROKEN),
        Ok(Verdict::Unknown) => ExitCode::from(NOT_SEEN),
        Err(error) => {
            eprintln!("elbow: {}", chain(&error));
            ExitCode::from(NOT_SEEN)
        }
    }
}

fn run(args: &InspectArgs) -> Result<Verdict, InspectError> {
    let runtime = tokio::runtime::Runtime::new().map_err(InspectError::Runtime)?;
    let report = runtime.block_on(look(args))?;
    // A resolver that does not answer holds a thread, which nothing is to wait for.
    runtime.shutdown_background();
    print(args, &report).map_err(InspectError::Print)?;
    Ok(report.verdict())
}

async fn look(args: &InspectArgs) -> Result<Report, InspectError> {
    let client = kubernetes::connect(&args.cluster).await?;
    let namespace = args.namespace.clone();
    let subject = Subject {
        namespace: namespace.unwrap_or_else(|| client.default_namespace().to_owned()),
        name: args.service.clone(),
        cluster: args.elbow.cluster_name.clone(),
        classes: args.elbow.classes(),
        lease: args.elbow.leader_election_id.clone(),
        lease_namespace: args.elbow.leader_election_namespace.clone(),
        dns: !args.no_dns,
    };
    let open = async |of_nodes| open(args.elbow.aws_region.clone(), of_nodes).await;
    Ok(diagnose(&gather::gather(&client, &subject, open).await?))
}

/// A region that is not known keeps only AWS from being looked at.
async fn open(given: Option<String>, of_nodes: Option<String>) -> Look<(Paced<SdkApi>, String)> {
    let (api, region) = reading::open(given, of_nodes).await.ok_or_else(|| Unseen {
        message: "could not look at AWS: its region is not known".to_owned(),
        action: "set --aws-region or AWS_REGION".to_owned(),
    })?;
    Ok((Paced::new(api, Arc::default()), region))
}

fn print(args: &InspectArgs, report: &Report) -> std::io::Result<()> {
    terminal::print(&match args.output {
        Output::Json => format!("{:#}\n", json::report(report)),
        Output::Text => text::report(report, args.color.is_on()),
    })
}
