//! Every annotation does in AWS what it says, and taking it out goes back to AWS' default: read from AWS itself, not
//! through elbow's own edge.
//!
//! All cases share one elbow and are changed together, so that the whole table costs two waits.

mod cases;
mod picture;
mod resources;

use std::collections::BTreeSet;
use std::sync::Arc;

use elbow::aws::desired::annotations::keys::{KEYS, PREFIX};
use serde_json::{Value, json};

use crate::by_hand;
use crate::manifest::Manifest;
use crate::scenario::{Scenario, with_own_elbow};
use crate::wait::until;

use cases::{Case, UNSEEN};
use picture::Picture;
use resources::Resources;

/// What a replaced load balancer is given is a test of its own.
const AT_ONCE: &str = "--replacement-grace-period=1s";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn every_annotation_is_seen_in_aws_and_is_gone_when_it_is_taken_out() {
    with_own_elbow("keys", async |scenario| {
        let resources = Resources::make(&scenario).await;
        let cases = cases::all(&resources);
        let _elbow = scenario.elbow("only", &[AT_ONCE]).await;
        for case in &cases {
            for companion in &case.companions {
                scenario.cluster.create_service(companion).await;
            }
            scenario.cluster.create_service(&manifest(&scenario, case)).await;
        }
        wait_for(&scenario, &cases, "with the annotation", |case| &case.with).await;
        for case in &cases {
            let key = format!("{PREFIX}{}", case.key);
            let patch = json!({ "metadata": { "annotations": { key: null } } });
            scenario.cluster.patch_service(&case.service, patch).await;
        }
        wait_for(&scenario, &cases, "without the annotation", |case| &case.without).await;
        resources.remove(&scenario).await;
    })
    .await;
}

#[test]
fn every_key_has_a_case_or_a_reason_why_not() {
    let cases = cases::all(&Resources::default());
    let family = |case: &Case| case.key.split('.').next().unwrap_or(case.key);
    let unseen = UNSEEN.iter().map(|(key, _)| *key);
    let named: BTreeSet<&str> = cases.iter().map(family).chain(unseen).collect();
    let known: BTreeSet<&str> = KEYS.iter().map(|key| key.name).collect();
    assert_eq!(named, known);
}

fn manifest(scenario: &Scenario, case: &Case) -> Manifest {
    let class = match case.application {
        true => scenario.alb_class.as_str(),
        false => scenario.class.as_str(),
    };
    let mut manifest = Manifest::new(&case.service).class(class).ports(case.ports.clone());
    for (key, value) in case.beside.iter().chain([&(case.key.to_owned(), case.value.clone())]) {
        manifest = manifest.annotation(&format!("{PREFIX}{key}"), value);
    }
    manifest
}

/// Waits until AWS shows what each case expects.
async fn wait_for(
    scenario: &Arc<Scenario>,
    cases: &[Case],
    when: &str,
    expected: impl Fn(&Case) -> &[(&'static str, Value)],
) {
    until(&format!("every case to be seen {when}"), async || {
        let picture = by_hand::picture(&scenario.sandbox, &scenario.cluster_name).await;
        let picture = Picture::new(&picture, &scenario.cluster.namespace);
        let faults: Vec<String> = cases
            .iter()
            .flat_map(|case| picture.faults(&case.service, expected(case)))
            .collect();
        if faults.is_empty() {
            return Ok(());
        }
        let mut told = faults.join("\n");
        for case in cases {
            if told.contains(&case.service) {
                let service = scenario.cluster.services().get(&case.service).await;
                told.push_str(&format!("\n{}: {:?}", case.service, service.map(|it| it.status)));
            }
        }
        Err(told)
    })
    .await;
}
