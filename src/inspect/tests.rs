use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, from_value, json};

use super::evidence::{Evidence, Unseen};
use super::fixture::{condition, group_id, lease, listener, node, pod, port, rule, slice, sound};
use super::report::{LayerKind, Severity, Verdict};
use super::{Report, diagnose};
use crate::aws::ids::CertificateArn;
use crate::aws::stack::{HealthCheckPort, HealthCheckProtocol, ListenerProtocol, RuleSource, TargetProtocol};

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

#[rstest]
#[case::not_a_load_balancer(|e: &mut Evidence| { e.edit(|o| o["spec"]["type"] = json!("ClusterIP")); e.cloud = None; },
    LayerKind::Service, "NotALoadBalancer")]
#[case::of_another_class(|e: &mut Evidence| {
    e.edit(|o| { o["spec"]["loadBalancerClass"] = json!("service.k8s.aws/nlb"); o["metadata"]["finalizers"] = json!([]); });
    e.cloud = None;
}, LayerKind::Service, "NotClaimed")]
#[case::without_a_class(|e: &mut Evidence| {
    e.edit(|o| { o["spec"]["loadBalancerClass"] = Value::Null; o["metadata"]["finalizers"] = json!([]); });
    e.cloud = None;
}, LayerKind::Service, "NotClaimed")]
#[case::being_deleted(|e: &mut Evidence| e.edit(|o| o["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z")),
    LayerKind::Service, "Deleting")]
#[case::elbow_gone(|e: &mut Evidence| e.leases = Ok(vec![from_value(lease("elbow-1", "2025-12-31T23:00:00.000000Z")).unwrap()]),
    LayerKind::Service, "ElbowNotRunning")]
#[case::elbow_stopped(|e: &mut Evidence| e.leases = Ok(vec![from_value(lease("", "2026-01-01T00:00:08.000000Z")).unwrap()]),
    LayerKind::Service, "ElbowNotRunning")]
#[case::elbow_never_there(|e: &mut Evidence| { e.leases = Ok(vec![]); conditions(e, &[]); no_load_balancer(e); },
    LayerKind::Service, "ElbowNotRunning")]
#[case::elbow_does_not_see_it(|e: &mut Evidence| { conditions(e, &[]); no_load_balancer(e); }, LayerKind::Service, "NotTakenUp")]
#[case::subnet_tag_missing(|e: &mut Evidence| { refused(e, "NoSubnetFound", "no subnet has the tag"); no_load_balancer(e); },
    LayerKind::Service, "NoSubnetFound")]
#[case::bad_annotation(|e: &mut Evidence| refused(e, "InvalidAnnotation", "annotation x"), LayerKind::Service, "InvalidAnnotation")]
#[case::certificate_does_not_exist(|e: &mut Evidence| {
    annotate(e, "ssl-cert", "arn:aws:acm:us-east-1:1:certificate/x");
    refused(e, "Rejected", "AWS refuses elasticloadbalancing:CreateListener: Certificate not found (CertificateNotFound)");
}, LayerKind::Service, "CertificateNotFound")]
#[case::not_there_yet(|e: &mut Evidence| {
    no_load_balancer(e);
    conditions(e, &[condition("Reconciling", "True", "Ensuring", "m"), condition("elbow.dev/Programmed", "False", "Pending", "m")]);
}, LayerKind::Service, "Pending")]
#[case::no_hostname(|e: &mut Evidence| e.edit(|o| o["status"]["loadBalancer"] = json!({})), LayerKind::Hostname, "NoHostname")]
#[case::does_not_resolve(|e: &mut Evidence| e.resolution = Some(Err("no such name".into())), LayerKind::Hostname, "DoesNotResolve")]
#[case::hostname_of_another(|e: &mut Evidence| e.balancer_mut().description.dns_name = "new.example.com".into(),
    LayerKind::Hostname, "HostnameMismatch")]
#[case::load_balancer_deleted_by_hand(|e: &mut Evidence| {
    e.cloud_mut().load_balancer = None;
    e.resolution = Some(Err("no such name".into()));
}, LayerKind::LoadBalancer, "LoadBalancerMissing")]
#[case::provisioning(|e: &mut Evidence| e.balancer_mut().description.active = false, LayerKind::LoadBalancer, "Provisioning")]
#[case::tags_taken_off(|e: &mut Evidence| e.balancer_mut().tags.clear(), LayerKind::LoadBalancer, "ForeignLoadBalancer")]
#[case::listener_deleted(|e: &mut Evidence| e.balancer_mut().listeners.clear(), LayerKind::Listeners, "ListenerMissing")]
#[case::listener_of_another_protocol(|e: &mut Evidence| e.balancer_mut().listeners = vec![listener(80, ListenerProtocol::Udp)],
    LayerKind::Listeners, "ListenerProtocol")]
#[case::listener_changed_by_hand(|e: &mut Evidence| e.balancer_mut().listeners[0].settings = None, LayerKind::Listeners, "ListenerForeign")]
#[case::certificate_not_used(|e: &mut Evidence| annotate(e, "ssl-cert", "arn:aws:acm:us-east-1:1:certificate/x"),
    LayerKind::Listeners, "CertificateNotUsed")]
#[case::certificate_gone(|e: &mut Evidence| e.balancer_mut().listeners = vec![listener(80, ListenerProtocol::Tls)],
    LayerKind::Listeners, "CertificateMissing")]
#[case::clients_not_admitted(|e: &mut Evidence| e.cloud_mut().groups[0].rules.clear(), LayerKind::ClientRules, "ClientsNotAdmitted")]
#[case::no_targets(|e: &mut Evidence| e.cloud_mut().target_groups[0].targets.clear(), LayerKind::TargetGroups, "NoTargets")]
#[case::only_draining_targets(|e: &mut Evidence| e.health("draining", "Target.DeregistrationInProgress", true),
    LayerKind::TargetGroups, "NoTargets")]
#[case::target_group_gone(|e: &mut Evidence| e.cloud_mut().target_groups.clear(), LayerKind::TargetGroups, "TargetGroupMissing")]
#[case::health_check_on_a_wrong_port(|e: &mut Evidence| {
    e.check_mut().port = HealthCheckPort::Number(port(31999));
    e.health("unhealthy", "Target.FailedHealthChecks", true);
}, LayerKind::TargetGroups, "HealthCheckPort")]
#[case::node_rule_removed(|e: &mut Evidence| {
    e.cloud_mut().groups[1].rules.clear();
    e.health("unhealthy", "Target.Timeout", true);
}, LayerKind::NodeRules, "NodeRuleMissing")]
#[case::health_rule_removed(|e: &mut Evidence| e.check_mut().port = HealthCheckPort::Number(port(10256)),
    LayerKind::NodeRules, "HealthRuleMissing")]
#[case::rule_for_another_group(|e: &mut Evidence| {
    e.cloud_mut().groups[1].rules = [rule(30000, 32767, RuleSource::Group(group_id("sg-other")))].into();
}, LayerKind::NodeRules, "NodeRuleMissing")]
#[case::node_port_not_allocated(|e: &mut Evidence| e.edit(|o| o["spec"]["ports"][0]["nodePort"] = Value::Null),
    LayerKind::NodePort, "NodePortMissing")]
#[case::targets_at_an_old_port(|e: &mut Evidence| e.edit(|o| o["spec"]["ports"][0]["nodePort"] = json!(30099)),
    LayerKind::NodePort, "TargetPort")]
#[case::one_node_not_ready(|e: &mut Evidence| {
    nodes_not_ready(e, 1);
    e.health("unhealthy", "Target.FailedHealthChecks", false);
}, LayerKind::NodePort, "NodeNotReady")]
#[case::no_node_ready(|e: &mut Evidence| nodes_not_ready(e, 2), LayerKind::NodePort, "NodeNotReady")]
#[case::target_without_a_node(|e: &mut Evidence| drop(e.nodes.as_mut().unwrap().remove(0)), LayerKind::NodePort, "NodeUnknown")]
#[case::local_without_pods_on_targets(|e: &mut Evidence| {
    local(e);
    e.slices = Ok(vec![from_value(slice(&["node-z"])).unwrap()]);
    e.health("unhealthy", "Target.FailedHealthChecks", true);
}, LayerKind::NodePort, "NoLocalEndpoint")]
#[case::no_endpoints_by_hand(|e: &mut Evidence| {
    e.edit(|o| o["spec"]["selector"] = Value::Null);
    without_pods(e);
    e.health("unhealthy", "Target.FailedHealthChecks", true);
}, LayerKind::ClusterIp, "NoEndpoints")]
#[case::wrong_target_port_name(|e: &mut Evidence| {
    e.edit(|o| o["spec"]["ports"][0]["targetPort"] = json!("htpp"));
    e.slices.as_mut().unwrap()[0].ports = Some(Vec::new());
    e.health("unhealthy", "Target.FailedHealthChecks", true);
}, LayerKind::ClusterIp, "WrongTargetPort")]
#[case::endpoints_not_kept(|e: &mut Evidence| e.slices = Ok(Vec::new()), LayerKind::ClusterIp, "NoEndpoints")]
#[case::pods_do_not_match(|e: &mut Evidence| {
    without_pods(e);
    e.health("unhealthy", "Target.FailedHealthChecks", true);
}, LayerKind::Pods, "NoPods")]
#[case::no_pod_ready(|e: &mut Evidence| { not_ready(e, 2); e.slices = Ok(Vec::new()); }, LayerKind::Pods, "PodNotReady")]
#[case::one_pod_crashing(|e: &mut Evidence| not_ready(e, 1), LayerKind::Pods, "PodNotReady")]
fn what_is_broken_is_named(#[case] spoil: Break, #[case] layer: LayerKind, #[case] reason: &str) {
    let mut evidence = sound();
    spoil(&mut evidence);
    let report = diagnose(&evidence);
    assert_eq!(first(&report), Some((layer, reason.to_owned())), "{report:#?}");
    assert_eq!(report.verdict(), Verdict::Broken);
}

#[rstest]
#[case(
    "unhealthy",
    "Target.FailedHealthChecks",
    true,
    "TargetFailedHealthChecks",
    Severity::Symptom
)]
#[case("unhealthy", "Target.Timeout", true, "TargetTimeout", Severity::Symptom)]
#[case(
    "unhealthy",
    "Target.ResponseCodeMismatch",
    true,
    "TargetResponseCodeMismatch",
    Severity::Broken
)]
#[case(
    "unhealthy",
    "Target.ResponseCodeMismatch",
    false,
    "TargetResponseCodeMismatch",
    Severity::Degraded
)]
#[case("unused", "Target.NotInUse", true, "TargetNotInUse", Severity::Broken)]
#[case("unused", "Target.NotRegistered", false, "TargetNotRegistered", Severity::Degraded)]
#[case("unused", "Target.InvalidState", false, "TargetInvalidState", Severity::Degraded)]
#[case("unused", "Target.IpUnusable", true, "TargetIpUnusable", Severity::Broken)]
#[case("unavailable", "Elb.InternalError", true, "TargetInternalError", Severity::Broken)]
#[case("initial", "Elb.RegistrationInProgress", true, "TargetInitial", Severity::Symptom)]
#[case("initial", "Elb.InitialHealthChecking", true, "TargetInitial", Severity::Symptom)]
#[case("something", "New.Reason", true, "TargetUnhealthy", Severity::Symptom)]
fn the_health_of_a_target_is_translated(
    #[case] state: &str,
    #[case] reason: &str,
    #[case] all: bool,
    #[case] expected: &str,
    #[case] severity: Severity,
) {
    let mut evidence = sound();
    evidence.health(state, reason, all);
    let report = diagnose(&evidence);
    let (layer, found) = report.first_broken().unwrap();
    assert_eq!(
        (layer, found.reason.as_deref(), found.severity),
        (LayerKind::TargetGroups, Some(expected), severity)
    );
    assert!(
        found.message.contains(state) && found.message.contains(reason),
        "{found:?}"
    );
}

#[rstest]
#[case::registered_while_others_serve(|e: &mut Evidence| e.health("initial", "Elb.RegistrationInProgress", false))]
#[case::not_probed(|e: &mut Evidence| e.health("unavailable", "Target.HealthCheckDisabled", true))]
#[case::idle_under_local(|e: &mut Evidence| {
    local(e);
    e.slices = Ok(vec![from_value(slice(&["node-b"])).unwrap()]);
    e.health("unhealthy", "Target.FailedHealthChecks", false);
})]
#[case::nodes_open_to_everybody(|e: &mut Evidence| {
    e.cloud_mut().groups[1].rules = [rule(0, 65535, RuleSource::Cidr("0.0.0.0/0".parse().unwrap()))].into();
})]
#[case::nodes_open_to_a_network(|e: &mut Evidence| {
    e.cloud_mut().groups[1].rules = [rule(0, 65535, RuleSource::Cidr("10.0.0.0/8".parse().unwrap()))].into();
})]
#[case::load_balancer_without_groups(|e: &mut Evidence| {
    e.balancer_mut().description.security_groups.clear();
    e.cloud_mut().groups[1].rules = [rule(30080, 30080, RuleSource::Cidr("10.0.0.0/8".parse().unwrap()))].into();
})]
#[case::tls_with_a_certificate(|e: &mut Evidence| {
    annotate(e, "ssl-cert", "arn:aws:acm:us-east-1:1:certificate/x");
    let mut secure = listener(80, ListenerProtocol::Tls);
    secure.settings.as_mut().unwrap().certificate = Some(CertificateArn::new("arn:aws:acm:us-east-1:1:certificate/x"));
    e.balancer_mut().listeners = vec![secure];
})]
#[case::tls_on_another_port(|e: &mut Evidence| {
    annotate(e, "ssl-cert", "arn:aws:acm:us-east-1:1:certificate/x");
    annotate(e, "ssl-ports", "443, https");
})]
#[case::a_listener_of_its_own(|e: &mut Evidence| e.balancer_mut().listeners.push(listener(8080, ListenerProtocol::Tcp)))]
#[case::a_node_that_just_joined(|e: &mut Evidence| {
    e.nodes.as_mut().unwrap().push(from_value(node("node-c", "i-0000000000000000c")).unwrap());
})]
#[case::a_pod_that_just_started(|e: &mut Evidence| {
    let mut starting = pod("web-3");
    starting["status"] = json!({"phase": "Pending"});
    e.pods.as_mut().unwrap().matching.push(from_value(starting).unwrap());
})]
#[case::leases_not_to_be_seen(|e: &mut Evidence| e.leases = Err(unseen()))]
#[case::served_by_a_class_of_its_own(|e: &mut Evidence| e.edit(|o| o["spec"]["loadBalancerClass"] = json!("own.dev/nlb")))]
#[case::hostname_not_looked_up(|e: &mut Evidence| e.resolution = None)]
fn what_is_only_worth_knowing_leaves_the_service_sound(#[case] change: Break) {
    let mut evidence = sound();
    change(&mut evidence);
    let report = diagnose(&evidence);
    assert_eq!(report.verdict(), Verdict::Sound, "{report:#?}");
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
