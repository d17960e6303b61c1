//! Instances and nodes beside those that the sandbox started with.

use k8s_openapi::api::core::v1::Node;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use serde_json::{Value, json};

use crate::by_hand::ec2;
use crate::scenario::Scenario;

/// An EC2 instance of the test's own, with a Node object; both are taken away by [`SpareNode::remove`].
pub(crate) struct SpareNode {
    /// Name of the node.
    pub(crate) name: String,
    /// The instance id.
    pub(crate) instance: String,
}

impl SpareNode {
    /// Starts an instance beside the others and makes its node, Ready or not.
    pub(crate) async fn join(scenario: &Scenario, name: &str, ready: bool) -> Self {
        let infrastructure = &scenario.sandbox.infrastructure;
        let code = format!(
            "print(ec2.run_instances(ImageId='ami-12c6146b', MinCount=1, MaxCount=1, SubnetId='{}', SecurityGroupIds=['{}'])['Instances'][0]['InstanceId'])",
            infrastructure.private_subnet_ids[0], infrastructure.node_security_group_id,
        );
        let instance = ec2(&scenario.sandbox, &code).await;
        let name = format!("{name}-{}", scenario.cluster.namespace);
        let node: Node = serde_json::from_value(json!({
            "metadata": { "name": name, "labels": { "topology.kubernetes.io/zone": infrastructure.instances[0].zone, "spare": name } },
            "spec": { "providerID": format!("aws:///{}/{instance}", infrastructure.instances[0].zone) },
        }))
        .unwrap();
        scenario
            .cluster
            .nodes()
            .create(&PostParams::default(), &node)
            .await
            .unwrap();
        let spare = Self { name, instance };
        spare.patch(scenario, json!({ "spec": { "taints": null } })).await;
        spare.set_ready(scenario, ready).await;
        spare
    }

    /// Reports the node Ready or NotReady as its kubelet would.
    pub(crate) async fn set_ready(&self, scenario: &Scenario, ready: bool) {
        let status = if ready { "True" } else { "False" };
        let condition = json!({ "type": "Ready", "status": status, "reason": if ready { "KubeletReady" } else { "KubeletNotReady" },
            "lastHeartbeatTime": "2026-01-01T00:00:00Z", "lastTransitionTime": "2026-01-01T00:00:00Z", "message": "set by a test" });
        let patch = Patch::Merge(json!({ "status": { "conditions": [condition] } }));
        scenario
            .cluster
            .nodes()
            .patch_status(&self.name, &PatchParams::default(), &patch)
            .await
            .unwrap();
    }

    /// Changes the node by a JSON merge patch.
    pub(crate) async fn patch(&self, scenario: &Scenario, patch: Value) {
        scenario
            .cluster
            .nodes()
            .patch(&self.name, &PatchParams::default(), &Patch::Merge(patch))
            .await
            .unwrap();
    }

    /// Deletes the Node object; the instance runs on.
    pub(crate) async fn delete_node(&self, scenario: &Scenario) {
        scenario
            .cluster
            .nodes()
            .delete(&self.name, &DeleteParams::default())
            .await
            .unwrap();
    }

    /// Terminates the instance and deletes the Node object if it is still there.
    pub(crate) async fn remove(self, scenario: &Scenario) {
        // It may be gone already: that is what some tests are about.
        let _ = scenario
            .cluster
            .nodes()
            .delete(&self.name, &DeleteParams::default())
            .await;
        ec2(
            &scenario.sandbox,
            &format!("ec2.terminate_instances(InstanceIds=['{}'])", self.instance),
        )
        .await;
    }
}
