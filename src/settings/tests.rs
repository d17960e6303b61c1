//! Flags and environment in, settings or a list of all problems out.

use std::collections::BTreeSet;

use clap::{Args, Command, FromArgMatches};
use rstest::rstest;

use super::*;
use crate::aws::ids::VpcId;
use crate::aws::pace::Rates;
use crate::aws::stack::{Scheme, Tags};

#[test]
fn the_cluster_name_is_all_that_must_be_given() {
    let settings = checked(&["--cluster-name=c"]).unwrap();
    assert_eq!(settings.aws.provider.aws.cluster, "c");
    assert_eq!((settings.aws.region, settings.aws.provider.vpc), (None, None));
    assert_eq!(
        settings.services.claims.classes,
        BTreeSet::from(["elbow.dev/alb".to_owned(), "elbow.dev/nlb".to_owned()])
    );
    let aws = &settings.aws.provider.aws;
    assert_eq!(aws.alb_classes, BTreeSet::from(["elbow.dev/alb".to_owned()]));
    assert!(!aws.manage_backend_rules);
    assert!(!settings.services.claims.unclassed);
    assert_eq!(settings.services.concurrency.get(), 16);
    assert_eq!(settings.services.audit_period, Duration::from_secs(300));
    assert_eq!(settings.aws.provider.audit_calls_per_minute, 60);
    assert!(!settings.services.delete_orphans);
    assert_eq!(settings.aws.provider.replacement_grace, Duration::from_secs(60));
    assert_eq!(settings.aws.provider.mass_removal_delay, Duration::from_secs(300));
    assert_eq!(settings.aws.provider.aws.default_scheme, Scheme::Internal);
    assert_eq!(settings.aws.provider.aws.node_ports, 30000..=32767);
    assert_eq!(settings.aws.provider.aws.default_tags, Tags::new());
    assert!(settings.leader_election.enabled);
    assert_eq!(settings.leader_election.lease, "elbow-leader");
    let times = Times {
        lease: Duration::from_secs(15),
        renew_deadline: Duration::from_secs(10),
        retry: Duration::from_secs(2),
    };
    assert_eq!(settings.leader_election.times, times);
    assert_eq!(settings.telemetry.metrics, BindAddress::Every(8080));
    assert_eq!(settings.telemetry.health, BindAddress::Every(61779));
    assert_eq!(settings.telemetry.format, Format::Json);
}

#[test]
fn values_become_narrow_types() {
    let settings = checked(&[
        "--cluster-name=c",
        "--aws-region=eu-west-1",
        "--aws-vpc-id=vpc-0a1b",
        "--load-balancer-class=elbow.dev/nlb, example.com/old",
        "--alb-load-balancer-class=example.com/web",
        "--enable-manage-backend-security-group-rules",
        "--claim-unclassed",
        "--audit-calls-per-minute=600",
        "--delete-orphans",
        "--default-load-balancer-scheme=internet-facing",
        "--default-tags=team=edge,cost-centre=4 2",
        "--external-managed-tags=audit,owner",
        "--node-port-range=31000-31999",
        "--replacement-grace-period=0s",
        "--mass-removal-delay=90s",
        "--aws-api-rates=elbv2-registration=40:8",
        "--enable-leader-election=false",
        "--metrics-bind-addr=127.0.0.1:0",
        "--health-probe-bind-addr=[::1]:9000",
        "--log-format=text",
    ])
    .unwrap();
    assert_eq!(settings.aws.region.as_deref(), Some("eu-west-1"));
    assert_eq!(settings.aws.provider.vpc, Some(VpcId::new("vpc-0a1b")));
    let classes = ["elbow.dev/nlb", "example.com/old", "example.com/web"].map(str::to_owned);
    assert_eq!(settings.services.claims.classes, BTreeSet::from(classes));
    let aws = &settings.aws.provider.aws;
    assert_eq!(aws.alb_classes, BTreeSet::from(["example.com/web".to_owned()]));
    assert!(aws.manage_backend_rules);
    assert!(settings.services.claims.unclassed);
    assert!(settings.services.delete_orphans);
    assert_eq!(settings.aws.provider.audit_calls_per_minute, 600);
    assert_eq!(settings.aws.provider.replacement_grace, Duration::ZERO);
    assert_eq!(settings.aws.provider.mass_removal_delay, Duration::from_secs(90));
    assert_eq!(
        settings.aws.provider.rates,
        Rates::parse("elbv2-registration=40:8").unwrap()
    );
    assert_eq!(settings.aws.provider.aws.default_scheme, Scheme::InternetFacing);
    let tags = [
        ("team".to_owned(), "edge".to_owned()),
        ("cost-centre".to_owned(), "4 2".to_owned()),
    ];
    assert_eq!(settings.aws.provider.aws.default_tags, Tags::from(tags));
    assert_eq!(settings.aws.provider.aws.external_managed_tags.len(), 2);
    assert_eq!(settings.aws.provider.aws.node_ports, 31000..=31999);
    assert!(!settings.leader_election.enabled);
    assert_eq!(
        settings.telemetry.metrics,
        BindAddress::One("127.0.0.1:0".parse().unwrap())
    );
    assert_eq!(
        settings.telemetry.health,
        BindAddress::One("[::1]:9000".parse().unwrap())
    );
    assert_eq!(settings.telemetry.format, Format::Text);
}

#[test]
fn all_that_is_wrong_is_told_at_once_with_flag_variable_value_and_what_is_allowed() {
    let problems = checked(&[
        "--audit-period=5 min",
        "--claim-unclassed=maybe",
        "--node-port-range=2-1",
    ])
    .unwrap_err();
    assert_eq!(
        problems.to_string(),
        "these settings cannot be used:\n  \
         --cluster-name (ELBOW_CLUSTER_NAME): it is required\n  \
         --node-port-range (ELBOW_NODE_PORT_RANGE) = \"2-1\": must be two ports, the lower first, such as 30000-32767\n  \
         --claim-unclassed (ELBOW_CLAIM_UNCLASSED) = \"maybe\": must be true or false\n  \
         --audit-period (ELBOW_AUDIT_PERIOD) = \"5 min\": must be a duration such as 500ms, 90s, 5m or 1h30m"
    );
}

#[rstest]
#[case("cluster-name", "my cluster")]
#[case("cluster-name", "-c")]
#[case("aws-region", "Europe")]
#[case("aws-region", "us--1")]
#[case("aws-vpc-id", "vpc-")]
#[case("aws-vpc-id", "subnet-1")]
#[case("load-balancer-class", "")]
#[case("load-balancer-class", "a,,b")]
#[case("alb-load-balancer-class", "a,,b")]
#[case("alb-load-balancer-class", "elbow.dev/alb,elbow.dev/nlb")]
#[case("enable-manage-backend-security-group-rules", "yes")]
#[case("claim-unclassed", "yes")]
#[case("service-max-concurrent-reconciles", "0")]
#[case("service-max-concurrent-reconciles", "65536")]
#[case("audit-period", "0s")]
#[case("audit-period", "5")]
#[case("audit-period", "m")]
#[case("audit-period", "99999999999999999999h")]
#[case("audit-calls-per-minute", "-1")]
#[case("aws-api-rates", "elbv2-registration=40")]
#[case("aws-api-rates", "unlimited")]
#[case("default-load-balancer-scheme", "public")]
#[case("default-tags", "team")]
#[case("default-tags", "aws:x=y")]
#[case("default-tags", "elbow.dev/cluster=other")]
#[case("default-tags", "a=1,a=2")]
#[case("external-managed-tags", "a,,b")]
#[case("default-ssl-policy", "TLS13")]
#[case("node-port-range", "0-10")]
#[case("node-port-range", "30000")]
#[case("leader-election-id", "Elbow")]
#[case("leader-election-lease-duration", "15500ms")]
#[case("leader-election-lease-duration", "14s")]
#[case("leader-election-retry-period", "10s")]
#[case("metrics-bind-addr", "8080")]
#[case("metrics-bind-addr", "localhost:8080")]
#[case("health-probe-bind-addr", ":8080")]
#[case("log-level", "loud")]
#[case("log-format", "xml")]
#[case("pod-namespace", "a_b")]
fn a_bad_value_is_refused(#[case] flag: &str, #[case] value: &str) {
    let problems = checked(&["--cluster-name=c", &format!("--{flag}={value}")]).unwrap_err();
    assert_eq!(problems.0.len(), 1, "{problems}");
    assert!(problems.0[0].value.is_some(), "{problems}");
}

#[rstest]
#[case("aws-region")]
#[case("aws-vpc-id")]
#[case("aws-api-rates")]
#[case("default-tags")]
#[case("alb-load-balancer-class")]
#[case("leader-election-namespace")]
#[case("pod-name")]
fn an_empty_value_counts_as_none(#[case] flag: &str) {
    checked(&["--cluster-name=c", &format!("--{flag}=")]).unwrap();
}

#[rstest]
#[case("500ms", 500)]
#[case("90s", 90_000)]
#[case("1h30m", 5_400_000)]
fn durations_are_read_as_people_write_them(#[case] text: &str, #[case] milliseconds: u64) {
    assert_eq!(parse::duration(text), Ok(Duration::from_millis(milliseconds)));
}

#[test]
fn every_flag_has_its_twin_in_the_environment_and_a_line_of_help() {
    let command = Flags::augment_args(Command::new("run"));
    for flag in command.get_arguments() {
        let name = flag.get_long().unwrap();
        assert_eq!(flag.get_env().unwrap().to_str().unwrap(), problems::variable(name));
        assert!(flag.get_help().is_some(), "--{name}");
        assert!(flag.get_help_heading().is_some(), "--{name}");
    }
}

fn checked(arguments: &[&str]) -> Result<Settings, Problems> {
    // Without its environment twins: tests share one environment.
    let command = Flags::augment_args(Command::new("run"))
        .mut_args(|flag| flag.env(None::<&str>))
        .args_override_self(true);
    let matches = command.get_matches_from(std::iter::once(&"run").chain(arguments));
    Settings::check(&Flags::from_arg_matches(&matches).unwrap())
}
