//! Services behind application load balancers, from their first request for one to the last trace of it.

use serde_json::{Value, json};

use crate::by_hand;
use crate::manifest::Manifest;
use crate::scenario::{Scenario, with_installed_elbow};
use crate::wait::until;

const PREFIX: &str = "service.beta.kubernetes.io/aws-load-balancer-";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn an_http_service_gets_an_application_load_balancer_is_changed_and_leaves_nothing() {
    with_installed_elbow("alb", async |scenario| {
        let manifest = service(&scenario, json!([{ "name": "http", "port": 80 }]));
        let hostname = scenario.serve(&manifest).await;
        let seen = picture(&scenario).await;
        assert_eq!(seen["loadBalancer"]["Type"], "application");
        assert_eq!(
            seen["loadBalancer"]["DNSName"].as_str().unwrap().to_lowercase(),
            hostname
        );
        assert_eq!(seen["loadBalancer"]["SecurityGroups"].as_array().unwrap().len(), 2);
        assert_eq!(seen["listeners"]["80"]["Protocol"], "HTTP");
        let group = &seen["targetGroups"]["target-group-80"];
        assert_eq!(
            (&group["Protocol"], &group["ProtocolVersion"]),
            (&json!("HTTP"), &json!("HTTP1"))
        );
        assert_eq!(
            (&group["HealthCheckProtocol"], &group["HealthCheckPath"]),
            (&json!("HTTP"), &json!("/"))
        );
        assert_eq!(
            group["Targets"].as_array().unwrap().len(),
            scenario.sandbox.infrastructure.instances.len()
        );

        let sticky = "stickiness.enabled=true,stickiness.type=lb_cookie,stickiness.lb_cookie.duration_seconds=600";
        annotate(
            &scenario,
            &[
                ("target-group-attributes", json!(sticky)),
                (
                    "attributes",
                    json!("idle_timeout.timeout_seconds=120,routing.http.drop_invalid_header_fields.enabled=true"),
                ),
            ],
        )
        .await;
        let tuned = |seen: &Value| {
            seen["targetGroups"]["target-group-80"]["Attributes"]["stickiness.lb_cookie.duration_seconds"] == "600"
                && seen["loadBalancer"]["Attributes"]["idle_timeout.timeout_seconds"] == "120"
        };
        wait(&scenario, "the attributes", tuned).await;
        annotate(
            &scenario,
            &[("target-group-attributes", Value::Null), ("attributes", Value::Null)],
        )
        .await;
        let back = |seen: &Value| {
            seen["targetGroups"]["target-group-80"]["Attributes"]["stickiness.enabled"] == "false"
                && seen["loadBalancer"]["Attributes"]["idle_timeout.timeout_seconds"] == "60"
        };
        wait(&scenario, "AWS' defaults", back).await;

        let ports = json!([{ "name": "http", "port": 80 }, { "name": "admin", "port": 8080 }]);
        scenario
            .cluster
            .patch_service("web", json!({ "spec": { "ports": ports } }))
            .await;
        wait(&scenario, "a second listener", |seen| {
            seen["listeners"]["8080"]["Protocol"] == "HTTP"
        })
        .await;
        assert_eq!(
            scenario.cluster.wait_programmed("web").await,
            hostname,
            "the load balancer stays the same"
        );

        scenario.cluster.delete_service("web").await;
        assert!(scenario.holdings("web").await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn https_with_a_redirect_needs_one_target_group_and_sheds_it_again() {
    with_installed_elbow("alb-https", async |scenario| {
        let certificate = by_hand::certificate(&scenario.sandbox).await;
        let ports = json!([{ "name": "http", "port": 80 }, { "name": "https", "port": 443 }]);
        scenario
            .serve(
                &service(&scenario, ports)
                    .aws("ssl-cert", &certificate)
                    .aws("ssl-redirect", "https"),
            )
            .await;
        let seen = picture(&scenario).await;
        let redirect = &seen["listeners"]["80"]["DefaultActions"][0];
        assert_eq!(redirect["Type"], "redirect");
        assert_eq!(redirect["RedirectConfig"]["Protocol"], "HTTPS");
        assert_eq!(redirect["RedirectConfig"]["Port"], "443");
        assert_eq!(redirect["RedirectConfig"]["StatusCode"], "HTTP_301");
        let https = &seen["listeners"]["443"];
        assert_eq!(https["Protocol"], "HTTPS");
        assert_eq!(https["Certificates"][0]["CertificateArn"], certificate.as_str());
        assert_eq!(seen["targetGroupCount"], 1);

        annotate(
            &scenario,
            &[("ssl-redirect", Value::Null), ("ssl-ports", json!("https"))],
        )
        .await;
        let both = |seen: &Value| {
            seen["listeners"]["80"]["DefaultActions"][0]["Type"] == "forward"
                && seen["listeners"]["443"]["Protocol"] == "HTTPS"
                && seen["targetGroupCount"] == 2
        };
        wait(&scenario, "HTTP to be served", both).await;
        annotate(&scenario, &[("ssl-cert", Value::Null), ("ssl-ports", Value::Null)]).await;
        wait(&scenario, "HTTPS to end", |seen| {
            seen["listeners"]["443"]["Protocol"] == "HTTP"
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn udp_is_refused_and_the_class_that_serves_it_is_named() {
    with_installed_elbow("alb-udp", async |scenario| {
        let manifest = service(&scenario, json!([{ "name": "dns", "port": 53, "protocol": "UDP" }]));
        scenario.cluster.create_service(&manifest).await;
        let told = scenario.cluster.wait_refused("web", "UnsupportedProtocol").await;
        assert!(told.contains("elbow.dev/nlb"), "{told}");
        assert!(scenario.holdings("web").await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn app_protocol_decides_how_nodes_are_spoken_to() {
    with_installed_elbow("alb-app-protocol", async |scenario| {
        let certificate = by_hand::certificate(&scenario.sandbox).await;
        let port = |number: u16, protocol: &str| json!({ "name": format!("p{number}"), "port": number, "appProtocol": protocol });
        let ports = json!([
            port(443, "http"),
            port(444, "https"),
            port(445, "kubernetes.io/h2c"),
            port(446, "grpc"),
        ]);
        scenario.serve(&service(&scenario, ports).aws("ssl-cert", &certificate)).await;
        let seen = picture(&scenario).await;
        let spoken = |number: u16| {
            let group = &seen["targetGroups"][format!("target-group-{number}")];
            format!("{} {}", group["Protocol"].as_str().unwrap(), group["ProtocolVersion"].as_str().unwrap())
        };
        let all: Vec<String> = [443, 444, 445, 446].map(spoken).into();
        assert_eq!(all, ["HTTP HTTP1", "HTTPS HTTP1", "HTTP HTTP2", "HTTP GRPC"]);
    })
    .await;
}

fn service(scenario: &Scenario, ports: Value) -> Manifest {
    Manifest::new("web").class(&scenario.alb_class).ports(ports)
}

async fn annotate(scenario: &Scenario, annotations: &[(&str, Value)]) {
    let annotations: Value = annotations
        .iter()
        .map(|(key, value)| (format!("{PREFIX}{key}"), value.clone()))
        .collect::<serde_json::Map<_, _>>()
        .into();
    scenario
        .cluster
        .patch_service("web", json!({ "metadata": { "annotations": annotations } }))
        .await;
}

async fn picture(scenario: &Scenario) -> Value {
    let all = by_hand::picture(&scenario.sandbox, &scenario.cluster_name).await;
    all[scenario.owner("web")].clone()
}

async fn wait(scenario: &Scenario, what: &str, look: impl Fn(&Value) -> bool) {
    until(&format!("{what} to be seen"), async || {
        let seen = picture(scenario).await;
        if look(&seen) { Ok(()) } else { Err(format!("{seen:#}")) }
    })
    .await;
}
