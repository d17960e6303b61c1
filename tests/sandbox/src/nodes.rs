//! Nodes for the instances that Terraform made: real ones ([`real`]), or only Node objects where those are not possible.

pub mod real;

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Node, NodeAddress, NodeCondition, NodeSpec, NodeStatus};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use k8s_openapi::jiff::Timestamp;
use kube::api::{Patch, PatchParams, PostParams};
use kube::{Api, Client};
use serde_json::json;

use crate::error::{Error, Result};
use crate::terraform::infrastructure::{Infrastructure, Instance};

/// Makes one Node for each instance, Ready and without taints.
pub async fn create(client: Client, infrastructure: &Infrastructure) -> Result<()> {
    for instance in &infrastructure.instances {
        join(client.clone(), instance, &infrastructure.region).await?;
    }
    Ok(())
}

/// Makes the Node of one instance, Ready and without taints.
pub async fn join(client: Client, instance: &Instance, region: &str) -> Result<()> {
    let nodes: Api<Node> = Api::all(client);
    let name = &instance.private_dns;
    let created = nodes.create(&PostParams::default(), &node(instance, region)).await;
    created.map_err(Error::kubernetes(format!("create the node {name}")))?;
    // Admission taints each new node as not ready. The controller that would take the taint away is off, for it would
    // also taint nodes whose kubelet is silent.
    let without_taints = Patch::Merge(json!({"spec": {"taints": null}}));
    let untainted = nodes.patch(name, &PatchParams::default(), &without_taints).await;
    untainted.map_err(Error::kubernetes(format!("untaint the node {name}")))?;
    Ok(())
}

/// The Node as a kubelet on the instance would register it, named by its private DNS name as on EKS.
fn node(instance: &Instance, region: &str) -> Node {
    let labels = [
        ("kubernetes.io/hostname", instance.private_dns.as_str()),
        ("kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", "amd64"),
        ("topology.kubernetes.io/region", region),
        ("topology.kubernetes.io/zone", &instance.zone),
    ];
    Node {
        metadata: ObjectMeta {
            name: Some(instance.private_dns.clone()),
            labels: Some(labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into()),
            ..ObjectMeta::default()
        },
        spec: Some(NodeSpec {
            provider_id: Some(format!("aws:///{}/{}", instance.zone, instance.id)),
            ..NodeSpec::default()
        }),
        status: Some(status(instance)),
    }
}

fn status(instance: &Instance) -> NodeStatus {
    let address = |kind: &str, address: &str| NodeAddress {
        type_: kind.to_owned(),
        address: address.to_owned(),
    };
    let resources: BTreeMap<String, Quantity> = [("cpu", "2"), ("memory", "8Gi"), ("pods", "29")]
        .map(|(name, amount)| (name.to_owned(), Quantity(amount.to_owned())))
        .into();
    NodeStatus {
        addresses: Some(vec![
            address("InternalIP", &instance.private_ip),
            address("InternalDNS", &instance.private_dns),
            address("Hostname", &instance.private_dns),
        ]),
        capacity: Some(resources.clone()),
        allocatable: Some(resources),
        conditions: Some(vec![ready()]),
        ..NodeStatus::default()
    }
}

fn ready() -> NodeCondition {
    let now = Some(Time(Timestamp::now()));
    NodeCondition {
        type_: "Ready".to_owned(),
        status: "True".to_owned(),
        reason: Some("KubeletReady".to_owned()),
        message: Some("the sandbox stands for this kubelet".to_owned()),
        last_heartbeat_time: now.clone(),
        last_transition_time: now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_carries_what_a_cloud_provider_reads() {
        let instance = Instance {
            id: "i-0abc".to_owned(),
            private_ip: "10.0.3.7".to_owned(),
            private_dns: "ip-10-0-3-7.ec2.internal".to_owned(),
            zone: "us-east-1b".to_owned(),
        };
        let node = serde_json::to_value(node(&instance, "us-east-1")).unwrap();
        assert_eq!(node["spec"]["providerID"], "aws:///us-east-1b/i-0abc");
        assert_eq!(node["metadata"]["name"], "ip-10-0-3-7.ec2.internal");
        assert_eq!(node["metadata"]["labels"]["topology.kubernetes.io/zone"], "us-east-1b");
        assert_eq!(node["metadata"]["labels"]["topology.kubernetes.io/region"], "us-east-1");
        assert_eq!(
            node["status"]["addresses"][0],
            json!({"type": "InternalIP", "address": "10.0.3.7"})
        );
        assert_eq!(node["status"]["conditions"][0]["status"], "True");
    }
}
