//! What people read.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::aws::preview::Shared;
use crate::aws::preview::changes::Kind;
use crate::cli::plan::facts::FactsFile;
use crate::cli::plan::manifests::Manifests;
use crate::cli::plan::{offline, report::Outcome};
use crate::provider::ProviderError;
use crate::settings::Settings;

fn planned(manifests: &str) -> Report {
    let facts = include_str!("../../../../docs/examples/plan/facts.yaml");
    let facts = FactsFile::parse("facts.yaml", facts).unwrap();
    let mut read = Manifests::default();
    read.add("manifests", manifests).unwrap();
    let given = ["-f", "-", "--facts", "facts.yaml"].map(Into::into);
    let flags = crate::cli::plan::flags_behind(&facts, given.into()).unwrap();
    offline::plan(&facts, &Settings::check(&flags).unwrap(), read.in_namespace("shop"))
}

fn web(annotations: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  annotations: {{{annotations}}}\nspec:\n  type: LoadBalancer\n  \
         loadBalancerClass: elbow.dev/nlb\n  ports: [{{port: 80}}]\n"
    )
}

#[test]
fn what_kubernetes_will_assign_is_told_and_no_error() {
    let report = planned(&web(""));
    assert_eq!(report.outcome, Outcome::Changes);
    let text = super::report(&report, false);
    assert!(
        text.contains("spec.ports[0].nodePort is known after apply; here 30000"),
        "{text}"
    );
    assert!(text.contains("(known after apply)"), "{text}");
    assert!(
        text.contains("\nPlan: 4 to create, 0 to change, 0 to destroy.\n"),
        "{text}"
    );
}

#[test]
fn all_faults_of_a_service_are_told_and_no_plan_is_made_of_it() {
    let wrong = web("service.beta.kubernetes.io/aws-load-balancer-scheme: public, \
         service.beta.kubernetes.io/aws-load-balancer-healthcheck-interval: 1s");
    let report = planned(&wrong);
    assert_eq!((report.outcome, report.services[0].changes.len()), (Outcome::Error, 0));
    let text = super::report(&report, false);
    assert!(
        text.contains("aws-load-balancer-scheme") && text.contains("healthcheck-interval"),
        "{text}"
    );
    assert!(text.ends_with("1 Service cannot be planned.\nNo changes.\n"), "{text}");
}

#[test]
fn services_of_others_are_named_and_other_kinds_counted() {
    let report = planned(
        "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {type: LoadBalancer, loadBalancerClass: x.io/y}}\n---\n\
         {apiVersion: v1, kind: Service, metadata: {name: b}}\n---\n{apiVersion: v1, kind: ConfigMap}\n",
    );
    let expected = "Skipped shop/a: not elbow's (type LoadBalancer, class x.io/y)\n\
        Skipped shop/b: not elbow's (type ClusterIP)\nPassed over: 1 ConfigMap\nNo changes.\n";
    assert_eq!(super::report(&report, false), expected);
    assert_eq!(report.outcome, Outcome::NoChanges);
}

#[test]
fn every_sign_has_its_colour_and_plain_text_has_none() {
    let change = |action| Change {
        action,
        kind: Kind::TargetGroup,
        name: "a".to_owned(),
        id: None,
        replaces: None,
        fields: vec![FieldChange {
            path: vec!["healthCheck".to_owned(), "interval".to_owned()],
            old: json!(10),
            new: json!(20),
        }],
    };
    for (action, line) in [
        (Action::Create, "  \x1b[32m+ target group a\x1b[0m\n"),
        (
            Action::Update,
            "  \x1b[33m~ target group a\x1b[0m\n      \x1b[33mhealthCheck.interval: 10 -> 20\x1b[0m\n",
        ),
        (Action::Delete, "  \x1b[31m- target group a\x1b[0m\n"),
    ] {
        let mut report = Report::new("prod", Vec::new(), Ok(Shared::default()), Vec::new(), BTreeMap::new());
        report.shared.changes = vec![change(action)];
        assert!(
            super::report(&report, true).contains(line),
            "{}",
            super::report(&report, true)
        );
        assert!(!super::report(&report, false).contains('\x1b'));
    }
}

#[test]
fn what_is_shared_can_fail_alone() {
    let error = ProviderError::Transient {
        action: "ec2:DescribeSecurityGroups".to_owned(),
        message: "no answer".to_owned(),
    };
    let report = Report::new("prod", Vec::new(), Err(error), Vec::new(), BTreeMap::new());
    assert_eq!(report.outcome, Outcome::Error);
    assert!(super::report(&report, false).contains("no answer"));
}
