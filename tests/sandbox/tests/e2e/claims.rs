//! Which Services are elbow's, and that the others are never touched.

use std::time::Duration;

use k8s_openapi::api::core::v1::Service;
use serde_json::{Value, json};

use crate::scenario::{NODES, with_own_elbow};
use crate::wait::steadily;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn services_of_other_classes_and_types_get_no_call_and_no_patch_even_when_deleted() {
    let _same_nodes = NODES.read().await;
    with_own_elbow("claims", async |scenario| {
        let _elbow = scenario.elbow("only", &[]).await;
        // Served first: from here on elbow is at work, so what follows is left alone by choice.
        scenario.serve(&scenario.service("ours")).await;
        scenario.proxy.reset_counts().await.unwrap();
        let strangers = [
            scenario.service("other-class").class("example.com/other"),
            scenario.service("no-class").spec("loadBalancerClass", Value::Null),
            plain("cluster-ip", "ClusterIP", &scenario),
            plain("node-port", "NodePort", &scenario),
            plain("headless", "ClusterIP", &scenario).spec("clusterIP", json!("None")),
            plain("external", "ExternalName", &scenario)
                .spec("externalName", json!("example.com"))
                .spec("ports", Value::Null)
                .spec("selector", Value::Null),
        ];
        let mut created: Vec<Service> = Vec::new();
        for stranger in &strangers {
            created.push(scenario.cluster.create_service(stranger).await);
        }
        let services = scenario.cluster.services();
        steadily(Duration::from_secs(2), "the strangers' peace", async || {
            for before in &created {
                let now = services
                    .get(before.metadata.name.as_deref().unwrap_or_default())
                    .await
                    .map_err(|error| error.to_string())?;
                if now.metadata.resource_version != before.metadata.resource_version {
                    return Err(format!("{now:#?}"));
                }
            }
            Ok(())
        })
        .await;
        for stranger in &strangers {
            scenario.cluster.delete_service(stranger.name()).await;
        }
        assert_eq!(scenario.calls().await, [""; 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn a_service_without_a_class_is_served_when_unclassed_ones_are_claimed() {
    with_own_elbow("unclassed", async |scenario| {
        let classless = scenario.service("web").spec("loadBalancerClass", Value::Null);
        let _elbow = scenario.elbow("only", &["--claim-unclassed"]).await;
        scenario.serve(&classless).await;
        assert_eq!(scenario.holdings("web").await.listener_ports(), [80]);
    })
    .await;
}

fn plain(name: &str, kind: &str, scenario: &crate::scenario::Scenario) -> crate::manifest::Manifest {
    scenario
        .service(name)
        .spec("loadBalancerClass", Value::Null)
        .spec("type", json!(kind))
}
