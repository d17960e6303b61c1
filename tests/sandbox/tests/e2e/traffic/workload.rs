//! Deployments of the echo workload (`elbow_sandbox::echo`), as the tests need them.

use std::time::Duration;

use elbow_sandbox::echo::{Kind, Mode};
use elbow_sandbox::image::stock;
use elbow_sandbox::nodes::real::{NODE_GROUP, STANDING};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use kube::api::{Api, ListParams, Patch, PatchParams, PostParams};
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::wait::until;

/// Port of the readiness probe; no other may be the same.
const HEALTH: u16 = 8181;

/// Label and taint of nodes that are a test's own.
pub(crate) const POOL: &str = "elbow.dev/pool";

/// How long a Pod may take to finish what is under way, beyond the time in which it serves whoever still comes.
const FINISH: Duration = Duration::from_secs(5);

/// A Deployment under construction. Its Pods have the label `app` with its name, as a `Manifest` of that name selects them, and
/// are spread evenly over the nodes that stand as long as the sandbox, unless told otherwise.
#[derive(Clone, Debug)]
pub(crate) struct Workload {
    name: String,
    replicas: u16,
    ports: Vec<(Kind, u16)>,
    proxy_protocol: Mode,
    ready_after: Duration,
    drain: Duration,
    linger: u64,
    node: Option<String>,
    pool: Option<String>,
}

/// A Pod that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Running {
    /// Its name, which its answers are signed with.
    pub(crate) name: String,
    /// The node that it runs on.
    pub(crate) node: String,
    /// Its own address.
    pub(crate) address: String,
}

impl Workload {
    /// One Pod without a port.
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            replicas: 1,
            ports: Vec::new(),
            proxy_protocol: Mode::Off,
            ready_after: Duration::ZERO,
            drain: Duration::ZERO,
            linger: 0,
            node: None,
            pool: None,
        }
    }

    /// One Pod with HTTP on port 8080, where a `Manifest` sends its traffic.
    pub(crate) fn http(name: &str) -> Self {
        Self::new(name).port(Kind::Http, 8080)
    }

    /// One more port; it has a name too, such as `http-8080` or `udp-53`.
    pub(crate) fn port(mut self, kind: Kind, port: u16) -> Self {
        self.ports.push((kind, port));
        self
    }

    /// How many Pods.
    pub(crate) fn replicas(self, replicas: u16) -> Self {
        Self { replicas, ..self }
    }

    /// What is made of a PROXY header, on all TCP ports.
    pub(crate) fn proxy_protocol(self, proxy_protocol: Mode) -> Self {
        Self { proxy_protocol, ..self }
    }

    /// How long each Pod serves and says that it is not ready.
    pub(crate) fn ready_after(self, ready_after: Duration) -> Self {
        Self { ready_after, ..self }
    }

    /// How long each Pod goes on serving new connections when it is told to end, as a load balancer needs it that sends
    /// some for a while.
    pub(crate) fn drain(self, drain: Duration) -> Self {
        Self { drain, ..self }
    }

    /// How many seconds each Pod goes on as if nothing were, ready and serving, before it is told to end: a `preStop` hook that
    /// sleeps, as whoever wants to lose no request gives it, for longer than load balancers need to look elsewhere.
    pub(crate) fn linger(self, linger: u64) -> Self {
        Self { linger, ..self }
    }

    /// Only on nodes with the label and the taint [`POOL`] of this value.
    pub(crate) fn in_pool(self, pool: &str) -> Self {
        let pool = Some(pool.to_owned());
        Self { pool, ..self }
    }

    /// Only on this node.
    pub(crate) fn on_node(self, node: &str) -> Self {
        let node = Some(node.to_owned());
        Self { node, ..self }
    }

    /// Creates the Deployment and waits until all its Pods are ready; returns them.
    pub(crate) async fn deploy(&self, cluster: &Cluster) -> Vec<Running> {
        let object = self.object();
        deployments(cluster)
            .create(&PostParams::default(), &object)
            .await
            .unwrap();
        self.wait_ready(cluster).await
    }

    /// Changes the Deployment to what this one says, as a rolling update, and waits until it is done; returns the Pods.
    pub(crate) async fn apply(&self, cluster: &Cluster) -> Vec<Running> {
        let patch = Patch::Merge(self.object());
        deployments(cluster)
            .patch(&self.name, &PatchParams::default(), &patch)
            .await
            .unwrap();
        self.wait_ready(cluster).await
    }

    /// Replaces every Pod by a rolling update, as `kubectl rollout restart`, and waits until it is done; returns the Pods.
    pub(crate) async fn restart(&self, cluster: &Cluster) -> Vec<Running> {
        deployments(cluster).restart(&self.name).await.unwrap();
        self.wait_ready(cluster).await
    }

    /// The Pods that are ready and not being deleted.
    pub(crate) async fn pods(&self, cluster: &Cluster) -> Vec<Running> {
        let pods = Api::<Pod>::namespaced(cluster.client.clone(), &cluster.namespace);
        let selected = ListParams::default().labels(&format!("app={}", self.name));
        let found = pods.list(&selected).await.unwrap().items;
        found.iter().filter_map(running).collect()
    }

    /// Waits until the Deployment's last change is rolled out and only its Pods are left.
    async fn wait_ready(&self, cluster: &Cluster) -> Vec<Running> {
        until(&format!("the Deployment {} to be rolled out", self.name), async || {
            let found = deployments(cluster).get(&self.name).await;
            let deployment = found.map_err(|error| error.to_string())?;
            let pods = self.pods(cluster).await;
            if is_rolled_out(&deployment) && pods.len() == usize::from(self.replicas) {
                Ok(pods)
            } else {
                Err(format!("{:?} with {pods:?}", deployment.status))
            }
        })
        .await
    }

    /// The object.
    fn object(&self) -> Deployment {
        let labels = json!({"app": self.name});
        let object = json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": self.name},
            "spec": {
                "replicas": self.replicas,
                "selector": {"matchLabels": labels},
                "strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
                "template": {"metadata": {"labels": labels}, "spec": self.pod()},
            },
        });
        serde_json::from_value(object).unwrap()
    }

    fn pod(&self) -> Value {
        let from_field = |path: &str| json!({"fieldRef": {"fieldPath": path}});
        let ports = self.ports.iter().map(|(kind, port)| {
            let protocol = if *kind == Kind::Udp { "UDP" } else { "TCP" };
            json!({"name": format!("{}-{port}", flag(*kind)), "containerPort": port, "protocol": protocol})
        });
        json!({
            "terminationGracePeriodSeconds": self.linger + (self.drain + FINISH).as_secs(),
            "nodeName": self.node,
            "nodeSelector": self.node_selector(),
            "tolerations": self.pool.as_ref().map(|pool| json!([{"key": POOL, "value": pool}])),
            "topologySpreadConstraints": [{
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": {"app": self.name}},
            }],
            "containers": [{
                "name": "echo",
                "image": stock::ECHO,
                "imagePullPolicy": "Never",
                "args": self.arguments(),
                "env": [
                    {"name": "POD_NAME", "valueFrom": from_field("metadata.name")},
                    {"name": "NODE_NAME", "valueFrom": from_field("spec.nodeName")},
                ],
                "ports": ports.collect::<Vec<_>>(),
                "lifecycle": (self.linger > 0).then(|| json!({"preStop": {"sleep": {"seconds": self.linger}}})),
                "readinessProbe": {"httpGet": {"path": "/", "port": HEALTH}, "periodSeconds": 1, "failureThreshold": 1},
                "resources": {"requests": {"cpu": "5m", "memory": "8Mi"}},
            }],
        })
    }

    /// A Pod on a node that comes and goes with another test would go with it.
    fn node_selector(&self) -> Option<Value> {
        match (&self.pool, &self.node) {
            (Some(pool), _) => Some(json!({POOL: pool})),
            (None, Some(_)) => None,
            (None, None) => Some(json!({NODE_GROUP: STANDING})),
        }
    }

    fn arguments(&self) -> Vec<String> {
        let ports = self
            .ports
            .iter()
            .map(|(kind, port)| format!("--{}={port}", flag(*kind)));
        let proxy_protocol = match self.proxy_protocol {
            Mode::Off => "off",
            Mode::Optional => "optional",
            Mode::Required => "required",
        };
        ports
            .chain([
                format!("--health={HEALTH}"),
                format!("--proxy-protocol={proxy_protocol}"),
                format!("--ready-after={}", self.ready_after.as_secs_f64()),
                format!("--drain={}", self.drain.as_secs_f64()),
            ])
            .collect()
    }
}

/// The flag of `elbow-sandbox-echo` for a port of this kind.
fn flag(kind: Kind) -> &'static str {
    match kind {
        Kind::Http => "http",
        Kind::Https => "https",
        Kind::Tcp => "tcp",
        Kind::Tls => "tls",
        Kind::Udp => "udp",
        Kind::Health => "health",
    }
}

pub(crate) fn deployments(cluster: &Cluster) -> Api<Deployment> {
    Api::namespaced(cluster.client.clone(), &cluster.namespace)
}

/// Whether the last change of a Deployment is seen, and all its Pods are new and available.
pub(crate) fn is_rolled_out(deployment: &Deployment) -> bool {
    let wanted = deployment.spec.as_ref().and_then(|spec| spec.replicas);
    deployment.status.as_ref().is_some_and(|status| {
        status.observed_generation == deployment.metadata.generation
            && status.updated_replicas == wanted
            && status.available_replicas == wanted
            && status.replicas == wanted
    })
}

/// Whether a Pod is ready and not being deleted.
pub(crate) fn is_ready(pod: &Pod) -> bool {
    let mut conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let ready = conditions.any(|condition| condition.type_ == "Ready" && condition.status == "True");
    ready && pod.metadata.deletion_timestamp.is_none()
}

/// A Pod that is ready and not being deleted.
fn running(pod: &Pod) -> Option<Running> {
    is_ready(pod).then_some(())?;
    Some(Running {
        name: pod.name_any(),
        node: pod.spec.as_ref()?.node_name.clone()?,
        address: pod.status.as_ref()?.pod_ip.clone()?,
    })
}
