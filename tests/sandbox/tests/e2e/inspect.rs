//! `elbow inspect` names the first layer that is broken, and what to do.
//!
//! Hostnames of LocalStack do not resolve anywhere, so that all but one test look without DNS.

mod breakages;
pub(crate) mod by_hand;
mod pods;

use elbow_sandbox::proxy::Client as Proxy;
use serde_json::{Value, json};

use crate::scenario::{NODES, Scenario, with_installed_elbow, with_own_elbow};
use crate::wait::until;

/// What `elbow inspect` printed as JSON, and its exit code.
pub(crate) struct Seen {
    pub(crate) code: i32,
    pub(crate) report: Value,
}

impl Seen {
    /// Layer and reason of what is broken first; empty where nothing is.
    pub(crate) fn first(&self) -> (&str, &str) {
        let found = &self.report["firstBroken"];
        (
            found["layer"].as_str().unwrap_or_default(),
            found["reason"].as_str().unwrap_or_default(),
        )
    }
}

/// Looks at a Service of the test.
pub(super) async fn inspect(scenario: &Scenario, name: &str, flags: &[&str]) -> Seen {
    let (code, out, error) = run(scenario, name, &[&["-o", "json"], flags].concat()).await;
    let report = serde_json::from_str(&out).unwrap_or_else(|_| panic!("exit code {code}: {out}{error}"));
    Seen { code, report }
}

/// Looks until this layer is broken first for this reason; then that is what the text says too, with what to do.
pub(super) async fn wait_first(scenario: &Scenario, name: &str, layer: &str, reason: &str) -> Value {
    let found = until(&format!("{reason} to be named"), async || {
        let seen = inspect(scenario, name, &["--no-dns"]).await;
        if seen.first() == (layer, reason) {
            assert_eq!(seen.code, 2);
            Ok(seen.report["firstBroken"].clone())
        } else {
            Err(format!("{:#}", seen.report))
        }
    })
    .await;
    let (code, text, _) = run(scenario, name, &["--no-dns"]).await;
    let (message, action) = (found["message"].as_str().unwrap(), found["action"].as_str().unwrap());
    assert_eq!(code, 2);
    assert!(
        text.contains("\nFirst broken layer: ") && text.contains(&format!("\n  {message}\n")),
        "{text}"
    );
    assert!(text.ends_with(&format!("\n  To do: {action}\n")), "{text}");
    found
}

/// The command line that looks at a Service of the test.
pub(crate) fn arguments(scenario: &Scenario, name: &str) -> [String; 7] {
    [
        "inspect".to_owned(),
        format!("service/{name}"),
        format!("--namespace={}", scenario.cluster.namespace),
        format!("--cluster-name={}", scenario.cluster_name),
        format!("--load-balancer-class={}", scenario.class),
        format!("--alb-load-balancer-class={}", scenario.alb_class),
        format!("--leader-election-namespace={}", scenario.lease_namespace()),
    ]
}

async fn run(scenario: &Scenario, name: &str, flags: &[&str]) -> (i32, String, String) {
    let flags = flags.iter().map(|flag| (*flag).to_owned());
    let printed = scenario
        .command(&lane(scenario), arguments(scenario, name).into_iter().chain(flags))
        .await;
    (printed.code, printed.out, printed.err)
}

/// A lane of its own at the proxy, so that its calls are told from elbow's.
pub(crate) fn lane(scenario: &Scenario) -> String {
    format!("inspect-{}", scenario.cluster.namespace)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn a_sound_service_is_sound_in_every_layer_and_only_read() {
    let _no_node_goes = NODES.read().await;
    with_installed_elbow("inspect-sound", async |scenario| {
        pods::start(&scenario, "web", "http").await;
        let hostname = scenario.serve(&scenario.service("web")).await;
        pods::wait_endpoints(&scenario, "web").await;
        let seen = inspect(&scenario, "web", &["--no-dns"]).await;
        assert_eq!((seen.code, seen.first()), (0, ("", "")), "{:#}", seen.report);
        let layers: Vec<&str> = seen.report["layers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|layer| layer["layer"].as_str().unwrap())
            .collect();
        assert_eq!(
            layers,
            [
                "service",
                "hostname",
                "loadBalancer",
                "listeners",
                "clientRules",
                "targetGroups",
                "nodeRules",
                "nodePort",
                "clusterIP",
                "pods",
            ]
        );
        let (code, text, _) = run(&scenario, "web", &["--no-dns"]).await;
        assert_eq!(code, 0);
        assert!(
            text.ends_with("\nEvery layer is sound\n") && text.contains(&hostname),
            "{text}"
        );

        let seen = inspect(&scenario, "web", &[]).await;
        assert_eq!((seen.code, seen.first()), (2, ("hostname", "DoesNotResolve")));
        let calls = Proxy::new(&scenario.sandbox.aws_proxy_url, &lane(&scenario))
            .counts()
            .await
            .unwrap()
            .calls;
        assert!(
            !calls.is_empty() && calls.keys().all(|call| call.contains(":Describe")),
            "{calls:?}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn an_application_load_balancer_that_redirects_is_sound() {
    let _no_node_goes = NODES.read().await;
    with_installed_elbow("inspect-alb", async |scenario| {
        pods::start(&scenario, "web", "http").await;
        let certificate = crate::by_hand::certificate(&scenario.sandbox).await;
        let ports = json!([{ "name": "http", "port": 80 }, { "name": "https", "port": 443, "targetPort": "http" }]);
        let service = scenario.service("web").class(&scenario.alb_class).ports(ports);
        scenario
            .serve(&service.aws("ssl-cert", &certificate).aws("ssl-redirect", "443"))
            .await;
        pods::wait_endpoints(&scenario, "web").await;
        let (code, text, _) = run(&scenario, "web", &["--no-dns"]).await;
        assert_eq!(code, 0, "{text}");
        assert!(text.contains("HTTP :80, redirects to HTTPS :443\n"), "{text}");
        assert!(text.contains(&format!("HTTPS :443 with {certificate}\n")), "{text}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn a_service_that_is_not_elbows_or_not_there_is_told() {
    with_installed_elbow("inspect-foreign", async |scenario| {
        let cluster = &scenario.cluster;
        cluster
            .create_service(
                &scenario
                    .service("plain")
                    .spec("type", "ClusterIP".into())
                    .spec("loadBalancerClass", Value::Null),
            )
            .await;
        cluster
            .create_service(&scenario.service("other").class("example.com/other"))
            .await;
        wait_first(&scenario, "plain", "service", "NotALoadBalancer").await;
        wait_first(&scenario, "other", "service", "NotClaimed").await;
        let (code, out, error) = run(&scenario, "nowhere", &["-o", "json"]).await;
        assert_eq!((code, out.as_str()), (1, ""));
        assert!(
            error.contains("there is no Service") && error.contains("/nowhere"),
            "{error}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn an_elbow_that_does_not_run_is_told() {
    with_own_elbow("inspect-stopped", async |scenario| {
        let mut elbow = scenario.elbow("only", &[]).await;
        scenario
            .serve(&scenario.service("web").spec("selector", Value::Null))
            .await;
        elbow.signal("TERM").await;
        assert!(elbow.wait(crate::wait::PATIENCE).await);
        scenario.cluster.create_service(&scenario.service("late")).await;
        wait_first(&scenario, "late", "service", "ElbowNotRunning").await;
    })
    .await;
}
