//! Each thing that can be broken, and the layer that is named for it.

use rstest::rstest;
use serde_json::{Value, from_value, json};

use super::*;

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
#[case::certificate_gone(|e: &mut Evidence| {
    annotate(e, "ssl-cert", "arn:aws:acm:us-east-1:1:certificate/x");
    e.balancer_mut().listeners = vec![listener(80, ListenerProtocol::Tls)];
}, LayerKind::Listeners, "CertificateMissing")]
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
#[case::target_port_where_nobody_listens(|e: &mut Evidence| {
    e.edit(|o| o["spec"]["ports"][0]["targetPort"] = json!(9));
    e.health("unhealthy", "Target.FailedHealthChecks", true);
}, LayerKind::ClusterIp, "WrongTargetPort")]
#[case::silent_target_port_that_is_declared(|e: &mut Evidence| {
    e.edit(|o| o["spec"]["ports"][0]["targetPort"] = json!(8080));
    e.health("unhealthy", "Target.FailedHealthChecks", true);
}, LayerKind::TargetGroups, "TargetFailedHealthChecks")]
#[case::endpoints_not_kept(|e: &mut Evidence| e.slices = Ok(Vec::new()), LayerKind::ClusterIp, "NoEndpoints")]
#[case::pods_do_not_match(|e: &mut Evidence| {
    without_pods(e);
    e.health("unhealthy", "Target.FailedHealthChecks", true);
}, LayerKind::Pods, "NoPods")]
#[case::no_pod_ready(|e: &mut Evidence| { not_ready(e, 2); e.slices = Ok(Vec::new()); }, LayerKind::Pods, "PodNotReady")]
#[case::the_node_of_all_pods_dead(|e: &mut Evidence| {
    nodes_not_ready(e, 1);
    not_ready(e, 2);
    for pod in &mut e.pods.as_mut().unwrap().matching {
        pod.spec.as_mut().unwrap().node_name = Some("node-a".to_owned());
    }
    e.slices = Ok(Vec::new());
    e.health("unhealthy", "Target.FailedHealthChecks", true);
}, LayerKind::Pods, "NodeNotReady")]
#[case::one_pod_crashing(|e: &mut Evidence| not_ready(e, 1), LayerKind::Pods, "PodNotReady")]
fn what_is_broken_is_named(#[case] spoil: Break, #[case] layer: LayerKind, #[case] reason: &str) {
    let mut evidence = sound();
    spoil(&mut evidence);
    let report = diagnose(&evidence);
    assert_eq!(first(&report), Some((layer, reason.to_owned())), "{report:#?}");
    assert_eq!(report.verdict(), Verdict::Broken);
}
