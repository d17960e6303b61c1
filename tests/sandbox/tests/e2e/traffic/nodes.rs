//! Nodes come, go and come back, as machines do.

use elbow_sandbox::aws::{Aws, EC2};
use elbow_sandbox::nodes::real::{self, RealNode};
use elbow_sandbox::{Sandbox, kubernetes};
use k8s_openapi::api::core::v1::Node;
use kube::{Api, ResourceExt as _};

use crate::scenario::sandbox;
use crate::wait::until;

async fn nodes(sandbox: &Sandbox) -> Api<Node> {
    Api::all(kubernetes::client(&sandbox.kubeconfig).await.unwrap())
}

/// The status of a node's condition Ready.
async fn ready(nodes: &Api<Node>, name: &str) -> String {
    let node = nodes.get(name).await.unwrap();
    let mut conditions = node.status.unwrap().conditions.unwrap().into_iter();
    conditions.find(|condition| condition.type_ == "Ready").unwrap().status
}

/// An instance's state by its id.
async fn instance_state(sandbox: &Sandbox, id: &str) -> String {
    let aws = Aws::new(&sandbox.localstack_url, &sandbox.infrastructure.region, "observer");
    let wanted = [("InstanceId.1", id)];
    let found = aws
        .list(EC2, "DescribeInstances", &wanted, "instancesSet")
        .await
        .unwrap();
    found[0].get("instanceState/name").to_owned()
}

#[tokio::test]
#[ignore = "needs the sandbox with nodes"]
async fn a_node_that_was_killed_is_not_ready_until_it_boots_again() {
    let sandbox = sandbox();
    let nodes = nodes(&sandbox).await;
    let node = real::add(&sandbox, None).await.unwrap();
    assert_eq!(ready(&nodes, node.name()).await, "True");

    real::stop(&sandbox, node.name()).await.unwrap();
    until("the silence of the node", async || {
        match ready(&nodes, node.name()).await.as_str() {
            "Unknown" => Ok(()),
            status => Err(status.to_owned()),
        }
    })
    .await;

    real::start(&sandbox, node.name()).await.unwrap();
    assert_eq!(ready(&nodes, node.name()).await, "True");
    real::remove(&sandbox, node.name()).await.unwrap();
}

#[tokio::test]
#[ignore = "needs the sandbox with nodes"]
async fn an_added_node_is_an_instance_in_its_zone_and_a_removed_one_is_neither() {
    let sandbox = sandbox();
    let (nodes, layout) = (nodes(&sandbox).await, sandbox.layout().unwrap());
    let zone = sandbox.infrastructure.instances[1].zone.clone();
    let node = real::add(&sandbox, Some(&zone)).await.unwrap();
    let object = nodes.get(node.name()).await.unwrap();
    assert_eq!(object.labels()["topology.kubernetes.io/zone"], zone);
    let id = &node.instance.id;
    assert_eq!(object.spec.unwrap().provider_id, Some(format!("aws:///{zone}/{id}")));
    assert_eq!(instance_state(&sandbox, id).await, "running");

    let namespace = node.namespace(sandbox.network().unwrap());
    assert!(namespace.exists());
    real::remove(&sandbox, node.name()).await.unwrap();
    assert!(nodes.get_opt(node.name()).await.unwrap().is_none());
    assert_eq!(instance_state(&sandbox, id).await, "terminated");
    assert!(!namespace.exists());
    assert!(RealNode::find(&layout, node.name()).is_err());
}
