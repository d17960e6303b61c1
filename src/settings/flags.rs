//! The flags, unchecked. Each has a twin in the environment: `ELBOW_` and the flag in upper case; a flag wins. Names are
//! those of the AWS Load Balancer Controller where the meaning is.

use std::collections::BTreeSet;
use std::ffi::OsString;

use clap::Args;

/// Class of the Services that get a Network Load Balancer, where no other is set.
pub const DEFAULT_CLASS: &str = "elbow.dev/nlb";
/// Class of the Services that get an Application Load Balancer, where no other is set.
pub const DEFAULT_ALB_CLASS: &str = "elbow.dev/alb";
/// Name of the Lease, where no other is set.
pub const DEFAULT_LEASE: &str = "elbow-leader";

/// A value as it was given. Not checked by clap, which would stop at the first that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Raw(String);

impl From<OsString> for Raw {
    fn from(text: OsString) -> Self {
        Self(text.to_string_lossy().trim().to_owned())
    }
}

impl Raw {
    /// The text, without blanks at its ends.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// All flags of `elbow run`.
#[derive(Args, Clone, Debug)]
pub struct Flags {
    #[command(flatten)]
    pub(super) cluster: Cluster,
    #[command(flatten)]
    pub(super) services: Services,
    #[command(flatten)]
    pub(super) defaults: Defaults,
    #[command(flatten)]
    pub(super) leader_election: LeaderElection,
    #[command(flatten)]
    pub(super) telemetry: Telemetry,
    #[command(flatten)]
    pub(super) pod: Pod,
}

impl Flags {
    /// The names of all flags, without hyphens before them.
    #[must_use]
    pub fn names() -> BTreeSet<String> {
        let command = Self::augment_args(clap::Command::new("elbow"));
        let names = command.get_arguments().filter_map(|flag| flag.get_long());
        names.map(str::to_owned).collect()
    }
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Cluster")]
pub(super) struct Cluster {
    /// Name of the cluster, written into the tags of all that elbow makes. Required.
    #[arg(long, value_name = "NAME", env = "ELBOW_CLUSTER_NAME")]
    pub(super) cluster_name: Option<Raw>,
    /// Region of the cluster [default: the AWS SDK's own settings, else the nodes' label topology.kubernetes.io/region]
    #[arg(long, value_name = "REGION", env = "ELBOW_AWS_REGION")]
    pub(super) aws_region: Option<Raw>,
    /// VPC of the cluster [default: that of the nodes' instances]
    #[arg(long, value_name = "ID", env = "ELBOW_AWS_VPC_ID")]
    pub(super) aws_vpc_id: Option<Raw>,
    /// Rates of calls to AWS that differ from those that AWS publishes, such as elbv2-registration=40:8; off lets no call
    /// wait
    #[arg(
        long,
        value_name = "CLASS=BURST:RATE,...",
        env = "ELBOW_AWS_API_RATES",
        default_value = "",
        hide_default_value = true
    )]
    pub(super) aws_api_rates: Raw,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Services")]
pub(super) struct Services {
    /// Values of spec.loadBalancerClass that get a Network Load Balancer, separated by commas
    #[arg(
        long,
        value_name = "CLASSES",
        env = "ELBOW_LOAD_BALANCER_CLASS",
        default_value = DEFAULT_CLASS
    )]
    pub(super) load_balancer_class: Raw,
    /// Values of spec.loadBalancerClass that get an Application Load Balancer; may be empty
    #[arg(
        long,
        value_name = "CLASSES",
        env = "ELBOW_ALB_LOAD_BALANCER_CLASS",
        default_value = DEFAULT_ALB_CLASS
    )]
    pub(super) alb_load_balancer_class: Raw,
    /// Serve the Services of this namespace only [default: of all]
    #[arg(long, value_name = "NAMESPACE", env = "ELBOW_WATCH_NAMESPACE")]
    pub(super) watch_namespace: Option<Raw>,
    /// Serve Services without spec.loadBalancerClass too; only where no other controller does
    #[arg(long, value_name = "BOOL", env = "ELBOW_CLAIM_UNCLASSED", default_value = "false",
          num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(super) claim_unclassed: Raw,
    /// Number of Services worked on at a time
    #[arg(
        long,
        value_name = "COUNT",
        env = "ELBOW_SERVICE_MAX_CONCURRENT_RECONCILES",
        default_value = "16"
    )]
    pub(super) service_max_concurrent_reconciles: Raw,
    /// Time between two looks at AWS for changes made by hand
    #[arg(long, value_name = "DURATION", env = "ELBOW_AUDIT_PERIOD", default_value = "5m")]
    pub(super) audit_period: Raw,
    /// Calls to AWS a minute that these looks may take
    #[arg(
        long,
        value_name = "COUNT",
        env = "ELBOW_AUDIT_CALLS_PER_MINUTE",
        default_value = "60"
    )]
    pub(super) audit_calls_per_minute: Raw,
    /// Delete what AWS still holds for Services that live no more, once two of these looks have found it
    #[arg(long, value_name = "BOOL", env = "ELBOW_DELETE_ORPHANS", default_value = "false",
          num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(super) delete_orphans: Raw,
    /// Time that a replaced load balancer still serves after the new one was published
    #[arg(
        long,
        value_name = "DURATION",
        env = "ELBOW_REPLACEMENT_GRACE_PERIOD",
        default_value = "60s"
    )]
    pub(super) replacement_grace_period: Raw,
    /// Time that targets stay of which more than half would leave at once because their nodes are gone
    #[arg(
        long,
        value_name = "DURATION",
        env = "ELBOW_MASS_REMOVAL_DELAY",
        default_value = "5m"
    )]
    pub(super) mass_removal_delay: Raw,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Load balancers, where a Service does not say")]
pub(super) struct Defaults {
    /// internal or internet-facing
    #[arg(
        long,
        value_name = "SCHEME",
        env = "ELBOW_DEFAULT_LOAD_BALANCER_SCHEME",
        default_value = "internal"
    )]
    pub(super) default_load_balancer_scheme: Raw,
    /// Tags for all that elbow makes
    #[arg(
        long,
        value_name = "KEY=VALUE,...",
        env = "ELBOW_DEFAULT_TAGS",
        default_value = "",
        hide_default_value = true
    )]
    pub(super) default_tags: Raw,
    /// Keys of tags that others put on what elbow has made, and that stay
    #[arg(
        long,
        value_name = "KEY,...",
        env = "ELBOW_EXTERNAL_MANAGED_TAGS",
        default_value = "",
        hide_default_value = true
    )]
    pub(super) external_managed_tags: Raw,
    /// Security policy of TLS listeners
    #[arg(
        long,
        value_name = "POLICY",
        env = "ELBOW_DEFAULT_SSL_POLICY",
        default_value = "ELBSecurityPolicy-2016-08"
    )]
    pub(super) default_ssl_policy: Raw,
    /// The API server's --service-node-port-range, which nodes open to load balancers
    #[arg(
        long,
        value_name = "FIRST-LAST",
        env = "ELBOW_NODE_PORT_RANGE",
        default_value = "30000-32767"
    )]
    pub(super) node_port_range: Raw,
    /// Tags that tell which of several security groups of a node is to admit load balancers
    #[arg(
        long,
        value_name = "KEY=VALUE,...",
        env = "ELBOW_SERVICE_TARGET_ENI_SECURITY_GROUP_TAGS",
        default_value = "",
        hide_default_value = true
    )]
    pub(super) service_target_eni_security_group_tags: Raw,
    /// Let nodes admit load balancers with security groups of the Service's choice
    #[arg(long, value_name = "BOOL", env = "ELBOW_ENABLE_MANAGE_BACKEND_SECURITY_GROUP_RULES", default_value = "false",
          num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(super) enable_manage_backend_security_group_rules: Raw,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Leader election")]
pub(super) struct LeaderElection {
    /// Let one of several replicas lead
    #[arg(long, value_name = "BOOL", env = "ELBOW_ENABLE_LEADER_ELECTION", default_value = "true",
          num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(super) enable_leader_election: Raw,
    /// Name of the Lease
    #[arg(
        long,
        value_name = "NAME",
        env = "ELBOW_LEADER_ELECTION_ID",
        default_value = DEFAULT_LEASE
    )]
    pub(super) leader_election_id: Raw,
    /// Namespace of the Lease [default: elbow's own]
    #[arg(long, value_name = "NAMESPACE", env = "ELBOW_LEADER_ELECTION_NAMESPACE")]
    pub(super) leader_election_namespace: Option<Raw>,
    /// Another replica may lead when the Lease was not renewed for so long
    #[arg(
        long,
        value_name = "DURATION",
        env = "ELBOW_LEADER_ELECTION_LEASE_DURATION",
        default_value = "15s"
    )]
    pub(super) leader_election_lease_duration: Raw,
    /// A leader that could not renew for so long steps down
    #[arg(
        long,
        value_name = "DURATION",
        env = "ELBOW_LEADER_ELECTION_RENEW_DEADLINE",
        default_value = "10s"
    )]
    pub(super) leader_election_renew_deadline: Raw,
    /// Time between two renewals of the Lease
    #[arg(
        long,
        value_name = "DURATION",
        env = "ELBOW_LEADER_ELECTION_RETRY_PERIOD",
        default_value = "2s"
    )]
    pub(super) leader_election_retry_period: Raw,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Telemetry")]
pub(super) struct Telemetry {
    /// Where /metrics is served; :PORT is every address
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "ELBOW_METRICS_BIND_ADDR",
        default_value = ":8080"
    )]
    pub(super) metrics_bind_addr: Raw,
    /// Where /healthz and /readyz are served
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "ELBOW_HEALTH_PROBE_BIND_ADDR",
        default_value = ":61779"
    )]
    pub(super) health_probe_bind_addr: Raw,
    /// error, warn, info, debug, trace, or a filter such as info,elbow::aws=debug
    #[arg(long, value_name = "LEVEL", env = "ELBOW_LOG_LEVEL", default_value = "info")]
    pub(super) log_level: Raw,
    /// json or text
    #[arg(long, value_name = "FORMAT", env = "ELBOW_LOG_FORMAT", default_value = "json")]
    pub(super) log_format: Raw,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "This replica")]
pub(super) struct Pod {
    /// Name of this Pod, shown in events and in the Lease [default: the machine's name]
    #[arg(long, value_name = "NAME", env = "ELBOW_POD_NAME")]
    pub(super) pod_name: Option<Raw>,
    /// Namespace of this Pod [default: that of the Kubernetes client's configuration]
    #[arg(long, value_name = "NAMESPACE", env = "ELBOW_POD_NAMESPACE")]
    pub(super) pod_namespace: Option<Raw>,
}
