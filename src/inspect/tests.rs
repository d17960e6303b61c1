mod broken;
mod health;
mod sound;

use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, from_value, json};

use super::evidence::{Evidence, Unseen};
use super::fixture::{condition, group_id, lease, listener, node, pod, port, rule, slice, sound};
use super::report::{LayerKind, Severity, Verdict};
use super::{Report, diagnose};
use crate::aws::api::ActionSettings;
use crate::aws::ids::CertificateArn;
use crate::aws::stack::{
    HealthCheckPort, HealthCheckProtocol, HttpVersion, ListenerProtocol, LoadBalancerKind, Redirect, RuleSource,
    TargetProtocol,
};

type Break = fn(&mut Evidence);

/// Layer and reason of what is broken first.
fn first(report: &Report) -> Option<(LayerKind, String)> {
    let (layer, found) = report.first_broken()?;
    Some((layer, found.reason.clone().unwrap()))
}

#[test]
fn where_nothing_is_broken_every_layer_is_sound() {
    let report = diagnose(&sound());
    assert_eq!(
        (report.verdict(), report.layers.len()),
        (Verdict::Sound, 10),
        "{report:#?}"
    );
    assert!(
        report.layers.iter().all(|layer| layer.worst() == Severity::Sound),
        "{report:#?}"
    );
}

fn conditions(evidence: &mut Evidence, conditions: &[Value]) {
    evidence.edit(|object| object["status"]["conditions"] = json!(conditions));
}

fn refused(evidence: &mut Evidence, reason: &str, message: &str) {
    let conditions = [
        condition("Stalled", "True", reason, message),
        condition("elbow.dev/Programmed", "False", reason, message),
    ];
    self::conditions(evidence, &conditions);
}

fn annotate(evidence: &mut Evidence, key: &str, value: &str) {
    let key = format!("service.beta.kubernetes.io/aws-load-balancer-{key}");
    evidence.edit(|object| object["metadata"]["annotations"][key] = json!(value));
}

fn no_load_balancer(evidence: &mut Evidence) {
    evidence.cloud_mut().load_balancer = None;
    evidence.edit(|object| object["status"]["loadBalancer"] = json!({}));
    evidence.resolution = None;
}

fn without_pods(evidence: &mut Evidence) {
    evidence.pods.as_mut().unwrap().matching.clear();
    evidence.slices = Ok(Vec::new());
}

fn not_ready(evidence: &mut Evidence, pods: usize) {
    let status = json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}], "containerStatuses": [
        {"name": "web", "image": "", "imageID": "", "ready": false, "restartCount": 9,
            "state": {"waiting": {"reason": "CrashLoopBackOff"}}},
    ]});
    for pod in evidence.pods.as_mut().unwrap().matching.iter_mut().take(pods) {
        pod.status = from_value(status.clone()).unwrap();
    }
}

fn nodes_not_ready(evidence: &mut Evidence, count: usize) {
    let condition = json!({"type": "Ready", "status": "False", "message": "container runtime is down"});
    for node in evidence.nodes.as_mut().unwrap().iter_mut().take(count) {
        node.status.as_mut().unwrap().conditions = Some(vec![from_value(condition.clone()).unwrap()]);
    }
}

fn local(evidence: &mut Evidence) {
    evidence.edit(|object| {
        object["spec"]["externalTrafficPolicy"] = json!("Local");
        object["spec"]["healthCheckNodePort"] = json!(32000);
    });
    evidence.check_mut().port = HealthCheckPort::Number(port(32000));
}

#[test]
fn a_udp_port_needs_a_rule_for_udp_and_one_for_the_probe() {
    let mut evidence = sound();
    evidence.edit(|object| object["spec"]["ports"][0]["protocol"] = json!("UDP"));
    evidence.balancer_mut().listeners = vec![listener(80, ListenerProtocol::Udp)];
    evidence.check_mut().port = HealthCheckPort::Number(port(10256));
    let settings = evidence.cloud_mut().target_groups[0]
        .description
        .settings
        .as_mut()
        .unwrap();
    settings.protocol = TargetProtocol::Udp;
    settings.health_check.protocol = HealthCheckProtocol::Tcp;
    let report = diagnose(&evidence);
    assert_eq!(
        first(&report),
        Some((LayerKind::ClientRules, "ClientsNotAdmitted".to_owned()))
    );
    let rules = report
        .layers
        .iter()
        .find(|layer| layer.kind == LayerKind::NodeRules)
        .unwrap();
    let reasons: Vec<_> = rules
        .findings
        .iter()
        .filter_map(|found| found.reason.as_deref())
        .collect();
    assert_eq!(reasons, ["NodeRuleMissing", "HealthRuleMissing"]);
}

#[test]
fn labels_that_nearly_match_are_shown() {
    let mut evidence = sound();
    without_pods(&mut evidence);
    let mut other = pod("wbe-1");
    other["metadata"]["labels"] = json!({"app": "wbe", "tier": "front"});
    evidence.pods.as_mut().unwrap().others = vec![from_value(other).unwrap()];
    let report = diagnose(&evidence);
    let (_, found) = report.first_broken().unwrap();
    assert!(
        found.message.contains("app=web") && found.message.ends_with("pods here have app=wbe"),
        "{found:?}"
    );
}

#[test]
fn a_wrong_target_port_names_those_there_are() {
    let mut evidence = sound();
    evidence.edit(|object| object["spec"]["ports"][0]["targetPort"] = json!("htpp"));
    evidence.slices = Ok(Vec::new());
    let report = diagnose(&evidence);
    let (_, found) = report.first_broken().unwrap();
    assert!(
        found.message.contains("targetPort htpp") && found.message.ends_with("they have http"),
        "{found:?}"
    );
    assert_eq!(
        found.action.as_deref(),
        Some("set targetPort of port 80 to one of http, or name the containers' port htpp")
    );
}

#[test]
fn an_elbow_that_stopped_leaves_what_stands_and_one_that_never_served_does_not() {
    let stopped = || Ok(vec![from_value(lease("", "2026-01-01T00:00:08.000000Z")).unwrap()]);
    let mut evidence = sound();
    evidence.leases = stopped();
    assert_eq!(
        diagnose(&evidence).first_broken().unwrap().1.severity,
        Severity::Degraded
    );
    no_load_balancer(&mut evidence);
    conditions(&mut evidence, &[]);
    assert_eq!(diagnose(&evidence).first_broken().unwrap().1.severity, Severity::Broken);
}

fn unseen() -> Unseen {
    Unseen {
        message: "could not look".to_owned(),
        action: "ask".to_owned(),
    }
}

#[rstest]
#[case::aws(|e: &mut Evidence| e.cloud = Some(Err(unseen())))]
#[case::nodes(|e: &mut Evidence| e.nodes = Err(unseen()))]
#[case::slices(|e: &mut Evidence| e.slices = Err(unseen()))]
#[case::pods(|e: &mut Evidence| e.pods = Err(unseen()))]
fn what_could_not_be_looked_at_is_neither_sound_nor_broken(#[case] hide: Break) {
    let mut evidence = sound();
    hide(&mut evidence);
    let report = diagnose(&evidence);
    assert_eq!(
        (report.verdict(), report.first_broken()),
        (Verdict::Unknown, None),
        "{report:#?}"
    );
    assert_eq!(report.unseen()[0].action.as_deref(), Some("ask"));
}

/// Everything that can be broken without regard to what else is.
const BREAKS: [Break; 16] = [
    |e| local(e),
    |e| e.edit(|object| object["spec"]["type"] = json!("NodePort")),
    |e| e.leases = Ok(Vec::new()),
    |e| conditions(e, &[]),
    |e| refused(e, "Unheard", "of a later version"),
    |e| e.edit(|object| object["status"]["loadBalancer"] = json!({})),
    |e| e.resolution = Some(Ok([].into())),
    |e| e.cloud_mut().target_groups.clear(),
    |e| e.cloud_mut().groups.clear(),
    |e| e.cloud_mut().instances.clear(),
    |e| e.nodes = Ok(Vec::new()),
    |e| e.slices = Ok(Vec::new()),
    |e| e.pods = Ok(super::evidence::Pods::default()),
    |e| e.edit(|object| object["spec"]["selector"] = Value::Null),
    |e| e.edit(|object| object["spec"]["ports"][0]["targetPort"] = json!("other")),
    |e| annotate(e, "ssl-cert", "x"),
];

proptest! {
    #[test]
    fn whatever_is_broken_the_first_broken_layer_is_named_with_what_to_do(
        breaks in proptest::collection::btree_set(0..BREAKS.len(), 1..6),
        state in "[a-z]{0,10}",
        reason in prop_oneof![Just("Target.Timeout"), Just("Target.FailedHealthChecks"), Just("Target.NotInUse"), Just("")],
        all in any::<bool>(),
    ) {
        let mut evidence = sound();
        evidence.health(&state, reason, all);
        for index in breaks {
            BREAKS[index](&mut evidence);
        }
        let report = diagnose(&evidence);
        if report.verdict() == Verdict::Broken {
            let (layer, found) = report.first_broken().unwrap();
            prop_assert!(report.layers.iter().any(|known| known.kind == layer));
            prop_assert!(!found.message.is_empty() && found.reason.is_some());
            prop_assert!(found.action.as_ref().is_some_and(|action| !action.is_empty()));
        } else {
            prop_assert_eq!(report.first_broken(), None);
        }
    }
}
