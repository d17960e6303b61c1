//! Which nodes a load balancer holds for healthy.

use std::collections::{BTreeMap, BTreeSet};

use elbow::aws::api::AwsApi as _;
use kube::ResourceExt as _;
use kube::api::ListParams;

use crate::scenario::Scenario;
use crate::wait::until;

/// The state of each node in the target group behind a Service's port, by the node's name.
pub(crate) async fn states(scenario: &Scenario, service: &str, port: u16) -> BTreeMap<String, String> {
    let held = scenario.holdings(service).await;
    let group = &held.behind(port).description.arn;
    let targets = scenario.cloud.api.describe_target_health(group).await.unwrap();
    let nodes = scenario.cluster.nodes().list(&ListParams::default()).await.unwrap();
    let name = |instance: &str| {
        let mut nodes = nodes.iter();
        let node = nodes.find(|node| {
            let id = node.spec.as_ref().and_then(|spec| spec.provider_id.as_deref());
            id.is_some_and(|id| id.ends_with(instance))
        });
        node.map_or_else(|| instance.to_owned(), |node| node.name_any())
    };
    let states = targets.into_iter();
    states
        .map(|target| (name(target.target.instance.as_str()), target.state))
        .collect()
}

/// Waits until exactly these nodes are healthy, and all others are known not to be.
pub(crate) async fn wait_healthy(scenario: &Scenario, service: &str, port: u16, nodes: &BTreeSet<String>) {
    until(&format!("{nodes:?} alone to be healthy"), async || {
        let states = states(scenario, service, port).await;
        let of = |wanted: &str| -> BTreeSet<String> {
            let found = states.iter().filter(|(_, state)| *state == wanted);
            found.map(|(node, _)| node.clone()).collect()
        };
        let settled = of("healthy").len() + of("unhealthy").len() == states.len();
        if settled && of("healthy") == *nodes {
            Ok(())
        } else {
            Err(format!("{states:?}"))
        }
    })
    .await;
}

/// The names of the nodes that stand as long as the sandbox, one in each zone: the targets of `Scenario::service`.
pub(crate) fn standing_nodes(scenario: &Scenario) -> BTreeSet<String> {
    let instances = scenario.sandbox.infrastructure.instances.iter();
    instances.map(|instance| instance.private_dns.clone()).collect()
}
