//! Nodes of a test's own: only its Pods are placed there, and only they are targets of its Services.

use std::panic::AssertUnwindSafe;
use std::sync::Mutex;

use elbow_sandbox::nodes::real::{self, RealNode};
use futures::FutureExt as _;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use kube::api::{Api, EvictParams, ListParams, Patch, PatchParams};
use serde_json::{Value, json};

use super::super::workload::POOL;
use crate::manifest::Manifest;
use crate::scenario::Scenario;
use crate::wait::until;

/// The taint by which the Cluster Autoscaler marks a node that it will remove.
/// <https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/utils/taints/taints.go>
pub(super) const AUTOSCALER: &str = "ToBeDeletedByClusterAutoscaler";

/// The taint by which Karpenter marks a node that it will remove. <https://karpenter.sh/docs/concepts/disruption/>
pub(super) const KARPENTER: &str = "karpenter.sh/disrupted";

/// The finalizer by which Karpenter keeps a Node until its instance has ended.
const TERMINATION: &str = "karpenter.sh/termination";

/// The test's own nodes.
pub(super) struct Pool<'a> {
    scenario: &'a Scenario,
    nodes: Mutex<Vec<String>>,
}

impl<'a> Pool<'a> {
    /// Runs a test with a pool that is empty at first. What is in it at the end goes, however the test ends.
    pub(super) async fn run(scenario: &'a Scenario, test: impl AsyncFnOnce(&Self)) {
        let pool = Self {
            scenario,
            nodes: Mutex::default(),
        };
        let outcome = AssertUnwindSafe(test(&pool)).catch_unwind().await;
        for name in pool.names() {
            real::remove(&scenario.sandbox, &name).await.unwrap();
        }
        if let Err(panic) = outcome {
            std::panic::resume_unwind(panic);
        }
    }

    /// The label's and taint's value: the test's namespace.
    pub(super) fn name(&self) -> &str {
        &self.scenario.cluster.namespace
    }

    /// The Service with this pool's nodes as its targets.
    pub(super) fn select(&self, manifest: Manifest) -> Manifest {
        manifest.aws("target-node-labels", &format!("{POOL}={}", self.name()))
    }

    /// A new node in the sandbox's zone of that number, which has the pool's label and taint.
    pub(super) async fn add(&self, zone: usize) -> RealNode {
        let zone = &self.scenario.sandbox.infrastructure.instances[zone].zone;
        let node = real::add(&self.scenario.sandbox, Some(zone)).await.unwrap();
        self.nodes.lock().unwrap().push(node.name().to_owned());
        self.taint(node.name(), POOL, self.name()).await;
        self.patch(node.name(), json!({"metadata": {"labels": {POOL: self.name()}}}))
            .await;
        node
    }

    /// Takes a node away in the order of the Cluster Autoscaler: it is cordoned and tainted, its Pods are evicted and end, then
    /// instance and Node go.
    pub(super) async fn scale_down(&self, node: &str) {
        self.patch(node, json!({"spec": {"unschedulable": true}})).await;
        self.taint(node, AUTOSCALER, "").await;
        self.drain(node).await;
        self.remove(node).await;
    }

    /// Takes a node away in the order of Karpenter: it is tainted and its Node deleted, which a finalizer holds until the Pods
    /// have ended and the instance is terminated.
    pub(super) async fn disrupt(&self, node: &str) {
        self.patch(node, json!({"metadata": {"finalizers": [TERMINATION]}}))
            .await;
        self.taint(node, KARPENTER, "").await;
        let nodes = self.scenario.cluster.nodes();
        nodes.delete(node, &Default::default()).await.unwrap();
        self.drain(node).await;
        self.remove(node).await;
        self.patch(node, json!({"metadata": {"finalizers": null}})).await;
    }

    /// Kills a node, of which nobody is told. It stays in the pool.
    pub(super) async fn kill(&self, node: &str) {
        real::stop(&self.scenario.sandbox, node).await.unwrap();
    }

    /// The names of its nodes, in the order in which they came.
    pub(super) fn names(&self) -> Vec<String> {
        self.nodes.lock().unwrap().clone()
    }

    async fn remove(&self, node: &str) {
        real::remove(&self.scenario.sandbox, node).await.unwrap();
        self.nodes.lock().unwrap().retain(|name| name != node);
    }

    /// Evicts the Pods of a node, and waits until they have ended.
    async fn drain(&self, node: &str) {
        let pods = Api::<Pod>::all(self.scenario.cluster.client.clone());
        let on_node = ListParams::default().fields(&format!("spec.nodeName={node}"));
        for pod in pods.list(&on_node).await.unwrap() {
            let own = Api::<Pod>::namespaced(self.scenario.cluster.client.clone(), &pod.namespace().unwrap());
            own.evict(&pod.name_any(), &EvictParams::default()).await.unwrap();
        }
        until(&format!("the Pods of {node} to be gone"), async || {
            match pods.list(&on_node).await.map_err(|error| error.to_string())?.items {
                left if left.is_empty() => Ok(()),
                left => Err(format!("{:?}", left.iter().map(Pod::name_any).collect::<Vec<_>>())),
            }
        })
        .await;
    }

    /// Adds a taint to those that the node has.
    async fn taint(&self, node: &str, key: &str, value: &str) {
        until(&format!("the taint {key} on {node}"), async || {
            let nodes = self.scenario.cluster.nodes();
            let mut object = nodes.get(node).await.map_err(|error| error.to_string())?;
            let taint = json!({"key": key, "value": value, "effect": "NoSchedule"});
            let spec = object.spec.get_or_insert_default();
            let taints = spec.taints.get_or_insert_default();
            taints.push(serde_json::from_value(taint).unwrap());
            // Somebody else may have changed the node meanwhile.
            let replaced = nodes.replace(node, &Default::default(), &object).await;
            replaced.map(drop).map_err(|error| error.to_string())
        })
        .await;
    }

    async fn patch(&self, node: &str, patch: Value) {
        let nodes = self.scenario.cluster.nodes();
        let patched = nodes.patch(node, &PatchParams::default(), &Patch::Merge(patch)).await;
        patched.unwrap();
    }
}
