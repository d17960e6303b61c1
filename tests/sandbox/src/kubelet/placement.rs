//! Which Node a Pod goes to.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use k8s_openapi::api::core::v1::{Binding, Node, ObjectReference, Pod};
use kube::api::{ListParams, ObjectMeta, PostParams};
use kube::{Api, Client, ResourceExt};
use tokio::sync::Mutex;

use super::{Error, Result};
use crate::error::Error as SandboxError;

/// Pods are placed one after the other: two at once would not see each other and could land on one Node.
static PLACING: Mutex<()> = Mutex::const_new(());

/// Binds a Pod to a Node unless it is bound; returns the Pod as bound, and the Node's address. Idempotent.
pub(super) async fn bind(client: &Client, pod: &Pod) -> Result<(Pod, IpAddr)> {
    let nodes = Api::<Node>::all(client.clone())
        .list(&ListParams::default())
        .await
        .map_err(SandboxError::kubernetes("list nodes"))?;
    let namespace = pod.namespace().unwrap_or_default();
    let api = Api::<Pod>::namespaced(client.clone(), &namespace);
    let mut bound = api
        .get(&pod.name_any())
        .await
        .map_err(SandboxError::kubernetes("get a pod"))?;
    if node_of(&bound).is_none() {
        let _alone = PLACING.lock().await;
        let others = api
            .list(&ListParams::default())
            .await
            .map_err(SandboxError::kubernetes("list pods"))?;
        let node = choose(&nodes.items, &others.items).ok_or(Error::NoNode)?;
        create_binding(&api, &bound, &node).await?;
        bound = api
            .get(&pod.name_any())
            .await
            .map_err(SandboxError::kubernetes("get a pod"))?;
    }
    let address = nodes
        .iter()
        .find(|node| node.metadata.name.as_deref() == node_of(&bound))
        .and_then(internal_ip);
    Ok((bound, address.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))))
}

async fn create_binding(api: &Api<Pod>, pod: &Pod, node: &str) -> Result<()> {
    let binding = Binding {
        metadata: ObjectMeta {
            name: pod.metadata.name.clone(),
            uid: pod.metadata.uid.clone(),
            ..ObjectMeta::default()
        },
        target: ObjectReference {
            kind: Some("Node".to_owned()),
            name: Some(node.to_owned()),
            ..ObjectReference::default()
        },
    };
    let outcome: kube::Result<serde_json::Value> = api
        .create_subresource("binding", &pod.name_any(), &PostParams::default(), &binding)
        .await;
    outcome.map_err(SandboxError::kubernetes("bind a pod"))?;
    Ok(())
}

/// The schedulable Node that runs the fewest of these Pods; of several, the first by name.
fn choose(nodes: &[Node], pods: &[Pod]) -> Option<String> {
    let mut load: BTreeMap<&str, usize> = BTreeMap::new();
    for node in nodes {
        let cordoned = node
            .spec
            .as_ref()
            .and_then(|spec| spec.unschedulable)
            .unwrap_or_default();
        if let (Some(name), false) = (node.metadata.name.as_deref(), cordoned) {
            load.insert(name, 0);
        }
    }
    for node in pods.iter().filter_map(node_of) {
        if let Some(count) = load.get_mut(node) {
            *count += 1;
        }
    }
    load.into_iter()
        .min_by_key(|(_, count)| *count)
        .map(|(name, _)| name.to_owned())
}

fn node_of(pod: &Pod) -> Option<&str> {
    pod.spec.as_ref()?.node_name.as_deref()
}

fn internal_ip(node: &Node) -> Option<IpAddr> {
    let mut addresses = node.status.as_ref()?.addresses.iter().flatten();
    addresses
        .find(|address| address.type_ == "InternalIP")?
        .address
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn node(name: &str, cordoned: bool) -> Node {
        let addresses = json!([{"type": "Hostname", "address": name}, {"type": "InternalIP", "address": "10.0.0.9"}]);
        let node = json!({
            "metadata": {"name": name}, "spec": {"unschedulable": cordoned}, "status": {"addresses": addresses},
        });
        serde_json::from_value(node).unwrap()
    }

    fn pod_on(node: &str) -> Pod {
        serde_json::from_value(json!({"spec": {"nodeName": node, "containers": []}})).unwrap()
    }

    #[test]
    fn pods_are_spread_over_the_nodes_that_take_them() {
        let nodes = [node("a", true), node("b", false), node("c", false)];
        assert_eq!(choose(&nodes, &[]).as_deref(), Some("b"));
        assert_eq!(choose(&nodes, &[pod_on("b"), Pod::default()]).as_deref(), Some("c"));
        assert_eq!(choose(&nodes, &[pod_on("b"), pod_on("c")]).as_deref(), Some("b"));
        assert_eq!(choose(&nodes[..1], &[]), None);
    }

    #[test]
    fn a_nodes_address_is_its_internal_one() {
        assert_eq!(internal_ip(&node("a", false)), Some("10.0.0.9".parse().unwrap()));
    }
}
