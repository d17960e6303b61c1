//! How values become settings of `elbow run`.

use std::process::Command;

use crate::helm::{CLUSTER, arguments, render};

/// A setting in the values, and the argument that it becomes.
const SETTINGS: [(&str, &str); 24] = [
    ("clusterName=green", "--cluster-name=green"),
    ("region=eu-west-1", "--aws-region=eu-west-1"),
    ("vpcId=vpc-0a1b", "--aws-vpc-id=vpc-0a1b"),
    (
        "loadBalancerClasses={elbow.dev/nlb,example.com/nlb}",
        "--load-balancer-class=elbow.dev/nlb,example.com/nlb",
    ),
    (
        "albLoadBalancerClasses={elbow.dev/alb,example.com/web}",
        "--alb-load-balancer-class=elbow.dev/alb,example.com/web",
    ),
    ("claimUnclassed=true", "--claim-unclassed=true"),
    (
        "defaultLoadBalancerScheme=internet-facing",
        "--default-load-balancer-scheme=internet-facing",
    ),
    (
        "defaultTags.team=network,defaultTags.stage=test",
        "--default-tags=stage=test,team=network",
    ),
    (
        "defaultSslPolicy=ELBSecurityPolicy-TLS13-1-2-2021-06",
        "--default-ssl-policy=ELBSecurityPolicy-TLS13-1-2-2021-06",
    ),
    (
        "enableManageBackendSecurityGroupRules=true",
        "--enable-manage-backend-security-group-rules=true",
    ),
    (
        "serviceMaxConcurrentReconciles=4",
        "--service-max-concurrent-reconciles=4",
    ),
    ("auditPeriod=30s", "--audit-period=30s"),
    ("auditCallsPerMinute=600", "--audit-calls-per-minute=600"),
    ("deleteOrphans=true", "--delete-orphans=true"),
    ("massRemovalDelay=90s", "--mass-removal-delay=90s"),
    (
        "awsApiRates.elbv2=40:8,awsApiRates.ec2-create-tags=9:0.5",
        "--aws-api-rates=ec2-create-tags=9:0.5,elbv2=40:8",
    ),
    ("leaderElection.leaseDuration=9s", "--leader-election-lease-duration=9s"),
    ("leaderElection.renewDeadline=6s", "--leader-election-renew-deadline=6s"),
    ("leaderElection.retryPeriod=1s", "--leader-election-retry-period=1s"),
    ("metrics.port=9090", "--metrics-bind-addr=:9090"),
    ("healthProbe.port=9091", "--health-probe-bind-addr=:9091"),
    ("log.level=elbow::aws=debug", "--log-level=elbow::aws=debug"),
    ("log.format=text", "--log-format=text"),
    (
        "extraArgs={--replacement-grace-period=2m}",
        "--replacement-grace-period=2m",
    ),
];

fn rendered(settings: &[&str]) -> Vec<String> {
    let objects = render(&[&CLUSTER[..], settings].concat());
    arguments(&objects).into_iter().map(str::to_owned).collect()
}

#[test]
#[ignore = "needs helm: run by cargo sandbox test"]
fn every_setting_of_the_values_reaches_its_flag() {
    for (setting, argument) in SETTINGS {
        let rendered = rendered(&["--set", setting]);
        assert!(
            rendered.iter().any(|found| found == argument),
            "{setting}: {rendered:?}"
        );
    }
}

#[test]
#[ignore = "needs helm: run by cargo sandbox test"]
fn empty_values_leave_the_flag_to_the_default_of_elbow() {
    let rendered = rendered(&[]);
    assert_eq!(rendered[0], "run");
    for flag in [
        "--aws-region",
        "--aws-vpc-id",
        "--claim-unclassed",
        "--delete-orphans",
        "--default-tags",
        "--enable-manage-backend-security-group-rules",
        "--default-ssl-policy",
    ] {
        assert!(!rendered.iter().any(|found| found.starts_with(flag)), "{flag}");
    }
}

#[test]
#[ignore = "needs helm: run by cargo sandbox test"]
fn there_may_be_no_class_of_application_load_balancers() {
    let rendered = rendered(&["--set-json", "albLoadBalancerClasses=[]"]);
    assert!(
        rendered.contains(&"--alb-load-balancer-class=".to_owned()),
        "{rendered:?}"
    );
}

#[test]
#[ignore = "needs helm: run by cargo sandbox test"]
fn both_ports_listen_on_the_bind_address() {
    let rendered = rendered(&["--set", "bindAddress=$(POD_IP)"]);
    for argument in [
        "--metrics-bind-addr=$(POD_IP):8080",
        "--health-probe-bind-addr=$(POD_IP):61779",
    ] {
        assert!(rendered.iter().any(|found| found == argument), "{argument}");
    }
}

#[test]
#[ignore = "needs helm: run by cargo sandbox test"]
fn the_lease_is_the_one_that_the_role_allows() {
    let objects = render(&CLUSTER);
    let role = crate::helm::the(&objects, "Role");
    let lease = role["rules"][1]["resourceNames"][0].as_str().unwrap();
    let arguments = arguments(&objects);
    assert!(arguments.contains(&format!("--leader-election-id={lease}").as_str()));
    assert!(arguments.contains(&"--leader-election-namespace=elbow-system"));
}

#[test]
#[ignore = "needs helm and elbow: run by cargo sandbox test"]
fn every_flag_that_the_chart_can_render_is_one_of_elbow() {
    let elbow = std::env::var_os("ELBOW_SANDBOX_ELBOW")
        .expect("ELBOW_SANDBOX_ELBOW names the elbow binary; cargo sandbox test sets it");
    let output = Command::new(elbow).args(["run", "--help"]).output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let known: Vec<&str> = help
        .split(|symbol: char| !(symbol.is_ascii_alphanumeric() || symbol == '-'))
        .filter(|word| word.starts_with("--"))
        .collect();
    let settings = SETTINGS.map(|(setting, _)| ["--set", setting]).concat();
    let rendered = rendered(&settings);
    let flags: Vec<&str> = rendered
        .iter()
        .filter_map(|argument| argument.split_once('='))
        .map(|(flag, _)| flag)
        .collect();
    assert_eq!(flags.len(), rendered.len() - 1, "all but `run`");
    for flag in flags {
        assert!(known.contains(&flag), "{flag} is not in: {help}");
    }
}
