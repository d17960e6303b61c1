//! What is worth knowing, and breaks nothing.

use rstest::rstest;
use serde_json::{from_value, json};

use super::*;

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
fn an_application_load_balancer_that_redirects_is_sound() {
    let mut evidence = sound();
    annotate(&mut evidence, "ssl-cert", "arn:aws:acm:us-east-1:1:certificate/x");
    annotate(&mut evidence, "ssl-redirect", "443");
    evidence.edit(|object| {
        let https = json!({"name": "https", "port": 443, "nodePort": 30080, "protocol": "TCP", "targetPort": "http"});
        object["spec"]["ports"].as_array_mut().unwrap().push(https);
    });
    evidence
        .slices
        .as_mut()
        .unwrap()
        .push(from_value(slice_of("https")).unwrap());
    evidence.cloud_mut().groups[0]
        .rules
        .insert(rule(443, 443, RuleSource::Cidr("0.0.0.0/0".parse().unwrap())));
    let mut http = listener(80, ListenerProtocol::Http);
    http.settings.as_mut().unwrap().action = ActionSettings::Redirect(Redirect { port: port(443) });
    let mut https = listener(443, ListenerProtocol::Https);
    https.settings.as_mut().unwrap().certificate = Some(CertificateArn::new("arn:aws:acm:us-east-1:1:certificate/x"));
    evidence.balancer_mut().listeners = vec![http, https];
    evidence.balancer_mut().description.kind = Some(LoadBalancerKind::Application);
    let settings = evidence.cloud_mut().target_groups[0]
        .description
        .settings
        .as_mut()
        .unwrap();
    settings.protocol = TargetProtocol::Http(HttpVersion::Http2);
    let report = diagnose(&evidence);
    assert_eq!(report.verdict(), Verdict::Sound, "{report:#?}");
    let listeners = report
        .layers
        .iter()
        .find(|layer| layer.kind == LayerKind::Listeners)
        .unwrap();
    assert_eq!(listeners.findings[0].message, "HTTP :80, redirects to HTTPS :443");
}

fn slice_of(port: &str) -> Value {
    let mut slice = slice(&["node-a"]);
    slice["ports"][0]["name"] = json!(port);
    slice
}
