//! `elbow plan` says before what elbow then does, call for call, and has nothing to say after.

use std::collections::BTreeMap;

use elbow_sandbox::proxy::Client as Proxy;
use kube::api::PostParams;
use serde_json::{Value, json};

use crate::manifest::Manifest;
use crate::scenario::{NODES, Scenario, with_own_elbow};
use crate::wait::until;

/// Actions with how often each is called.
type Counts = BTreeMap<String, u64>;

/// The plan, as JSON, and the exit code.
async fn plan(scenario: &Scenario, subject: &[&str]) -> (i32, Value) {
    let arguments = ["plan", "-o", "json", "-n", &scenario.cluster.namespace];
    let arguments = arguments.iter().chain(subject).map(|word| (*word).to_owned());
    let printed = scenario
        .command(&lane(scenario), arguments.chain(scenario.flags()))
        .await;
    let plan = serde_json::from_str(&printed.out).unwrap_or_else(|_| panic!("{}{}", printed.out, printed.err));
    (printed.code, plan)
}

/// A lane of its own at the proxy, so that its calls are told from elbow's.
fn lane(scenario: &Scenario) -> String {
    format!("plan-{}", scenario.cluster.namespace)
}

/// What the plan would write.
fn planned(plan: &Value) -> Counts {
    let services = plan["services"].as_array().unwrap();
    let parts = services.iter().chain([&plan["shared"]]);
    let stages = parts.flat_map(|part| part["steps"].as_array().unwrap());
    let mut counts = Counts::new();
    for call in stages.flat_map(|stage| stage.as_array().unwrap()) {
        *counts.entry(call["action"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    counts
}

/// What a lane has written since its counts were reset.
async fn written(proxy: &Proxy) -> Counts {
    let calls = proxy.counts().await.unwrap().calls;
    calls
        .into_iter()
        .filter(|(action, _)| !action.contains(":Describe") && !action.contains(":Get"))
        .collect()
}

/// Plans the manifest, applies it, compares the plan with the proxy's log, and plans again.
async fn check(scenario: &Scenario, manifest: &Manifest) {
    let name = manifest.name();
    let path = scenario.scratch.join(format!("{name}.json"));
    std::fs::write(&path, serde_json::to_string(&manifest.object()).unwrap()).unwrap();
    let (code, first) = plan(scenario, &["-f", path.to_str().unwrap()]).await;
    assert_eq!(code, 2, "{first:#}");
    scenario.proxy.reset_counts().await.unwrap();
    apply(scenario, manifest).await;
    until("the plan to be empty", async || {
        match plan(scenario, &[&format!("service/{name}")]).await {
            (0, _) => Ok(()),
            (_, left) => Err(format!("{:#}", left["services"][0]["steps"])),
        }
    })
    .await;
    assert_eq!(planned(&first), written(&scenario.proxy).await, "{first:#}");
}

async fn apply(scenario: &Scenario, manifest: &Manifest) {
    let services = scenario.cluster.services();
    match services.get_opt(manifest.name()).await.unwrap() {
        None => drop(scenario.cluster.create_service(manifest).await),
        Some(_) => {
            let wanted = manifest.object();
            until("the edit to be taken", async || {
                let mut live = services.get(manifest.name()).await.map_err(|error| error.to_string())?;
                live.metadata.annotations.clone_from(&wanted.metadata.annotations);
                let (spec, wanted) = (live.spec.as_mut().unwrap(), wanted.spec.as_ref().unwrap());
                spec.ports.clone_from(&wanted.ports);
                spec.session_affinity.clone_from(&wanted.session_affinity);
                let replaced = services.replace(manifest.name(), &PostParams::default(), &live).await;
                replaced.map(drop).map_err(|error| error.to_string())
            })
            .await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn what_is_planned_is_what_is_done_and_then_nothing_is_left() {
    let _same_nodes = NODES.read().await;
    with_own_elbow("plan", async |scenario| {
        let _elbow = scenario.elbow("only", &["--replacement-grace-period=1s"]).await;
        let ports = json!([{ "name": "http", "port": 80 }, { "name": "dns", "port": 53, "protocol": "UDP" }]);
        let web = scenario.service("web");
        let walk = [
            web.clone(),
            web.clone().aws("healthcheck-interval", "20"),
            web.clone()
                .ports(ports)
                .aws("attributes", "load_balancing.cross_zone.enabled=true"),
            web.clone().aws("scheme", "internet-facing"),
            scenario
                .service("other")
                .aws("target-group-attributes", "deregistration_delay.timeout_seconds=30"),
            scenario.service("app").class(&scenario.alb_class),
        ];
        for manifest in &walk {
            check(&scenario, manifest).await;
        }
        let (code, all) = plan(&scenario, &["--all"]).await;
        assert_eq!((code, all["services"].as_array().unwrap().len()), (0, 3), "{all:#}");
        let proxy = Proxy::new(&scenario.sandbox.aws_proxy_url, &lane(&scenario));
        assert!(!proxy.counts().await.unwrap().calls.is_empty());
        assert_eq!(written(&proxy).await, Counts::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn a_service_that_would_be_refused_fails_the_plan_and_one_of_others_is_skipped() {
    let _same_nodes = NODES.read().await;
    with_own_elbow("plan-refused", async |scenario| {
        let refused = scenario.service("wrong").aws("scheme", "public");
        scenario.cluster.create_service(&refused).await;
        let (code, plan_of_one) = plan(&scenario, &["service/wrong"]).await;
        assert_eq!((code, &plan_of_one["outcome"]), (1, &json!("error")));
        assert_eq!(plan_of_one["services"][0]["error"]["reason"], "InvalidAnnotation");
        let other = scenario.service("other").class("example.com/other");
        scenario.cluster.create_service(&other).await;
        let (code, skipped) = plan(&scenario, &["service/other"]).await;
        assert_eq!((code, &skipped["skipped"][0]["name"]), (0, &json!("other")));
    })
    .await;
}
