//! A value that is refused changes nothing of what is served, and says what is allowed.

use elbow::aws::desired::annotations::keys::{FAMILY, KEYS, Key, PREFIX, REFUSED, Suffix};
use serde_json::{Value, json};

use crate::cluster::condition;
use crate::scenario::{NODES, Scenario, with_own_elbow};
use crate::wait::until;

/// Nothing that an annotation may hold.
const BAD: &str = "!";

/// Any text is a prefix, and source ranges are refused by the API server itself.
const EXCEPTIONS: [&str; 2] = [
    "aws-load-balancer-access-log-s3-bucket-prefix",
    "load-balancer-source-ranges",
];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn a_bad_value_of_any_annotation_changes_nothing_in_aws_and_names_the_annotation() {
    let _same_nodes = NODES.read().await;
    with_own_elbow("bad-values", async |scenario| {
        let _elbow = scenario.elbow("only", &[]).await;
        let hostname = scenario.serve(&scenario.service("web")).await;
        let served = scenario.holdings("web").await;
        scenario.proxy.reset_counts().await.unwrap();
        for key in keys() {
            set(&scenario, &key, json!(BAD)).await;
            let told = refusal(&scenario).await;
            assert!(told.contains(&key), "{key}: {told}");
            set(&scenario, &key, Value::Null).await;
            assert_eq!(scenario.cluster.wait_programmed("web").await, hostname, "{key}");
        }
        let calls = scenario.proxy.counts().await.unwrap().calls;
        let writes: Vec<_> = calls.keys().filter(|action| !action.contains(":Describe")).collect();
        assert!(writes.is_empty(), "{writes:?}");
        assert_eq!(scenario.holdings("web").await, served);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn what_aws_would_refuse_is_refused_before_aws_is_asked() {
    let _same_nodes = NODES.read().await;
    with_own_elbow("refused", async |scenario| {
        let _elbow = scenario.elbow("only", &[]).await;
        scenario.serve(&scenario.service("web")).await;
        scenario.proxy.reset_counts().await.unwrap();
        let many: Value = (1000..1051)
            .map(|port| json!({ "name": format!("p{port}"), "port": port }))
            .collect();
        let cases = [
            ("many", scenario.service("many").ports(many), "50"),
            (
                "sctp",
                scenario
                    .service("sctp")
                    .ports(json!([{ "port": 80, "protocol": "SCTP" }])),
                "SCTP",
            ),
            ("edge", scenario.service("edge").aws("name", "edge-"), "edge-"),
            (
                "port",
                scenario.service("port").aws("healthcheck-port", "70000"),
                "70000",
            ),
            ("quic", scenario.service("quic").aws("quic-enabled-ports", "80"), "QUIC"),
            (
                "pods",
                scenario.service("pods").aws("nlb-target-type", "ip"),
                "instance",
            ),
        ];
        for (name, manifest, word) in cases {
            scenario.cluster.create_service(&manifest).await;
            let told = refusal_of(&scenario, name).await;
            assert!(told.contains(word), "{name}: {told}");
            assert!(scenario.holdings(name).await.is_empty(), "{name}");
        }
        assert_eq!(scenario.calls().await, Vec::<String>::new());
    })
    .await;
}

/// All keys as they are written on a Service with one TCP port 80.
fn keys() -> Vec<String> {
    let written = |key: &&Key| match key.suffix {
        Suffix::None => key.name.to_owned(),
        Suffix::Port => format!("{}.80", key.name),
        Suffix::Listener => format!("{}.TCP-80", key.name),
    };
    let refused = REFUSED.iter().map(|refused| refused.name.to_owned());
    let unknown = [format!("{FAMILY}no-such-key")];
    let known = KEYS.iter().filter(|key| !EXCEPTIONS.contains(&key.name)).map(written);
    known
        .chain(refused)
        .chain(unknown)
        .map(|name| format!("{PREFIX}{name}"))
        .collect()
}

async fn set(scenario: &Scenario, key: &str, value: Value) {
    let patch = json!({ "metadata": { "annotations": { key: value } } });
    scenario.cluster.patch_service("web", patch).await;
}

async fn refusal(scenario: &Scenario) -> String {
    refusal_of(scenario, "web").await
}

/// Waits until a Service is refused; returns the message.
async fn refusal_of(scenario: &Scenario, name: &str) -> String {
    until(&format!("Service {name} to be refused"), async || {
        let service = scenario
            .cluster
            .services()
            .get(name)
            .await
            .map_err(|error| error.to_string())?;
        match condition(&service, "Stalled") {
            Some(found) if found.status == "True" => Ok(found.message.clone()),
            _ => Err(format!("{:?}", service.status)),
        }
    })
    .await
}
