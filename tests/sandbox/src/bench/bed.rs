//! What the lines are measured on: a sandbox of the bench's own, its Services, its nodes, and the proxy's journal.

use std::path::PathBuf;
use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use k8s_openapi::api::core::v1::{Namespace, Node, Service};
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use kube::{Api, Client, ResourceExt as _};
use serde_json::{Value, from_value, json};

use super::Result;
use super::elbow::{Elbow, Settings};
use super::span::Span;
use super::watch::{Seen, Watch};
use crate::aws::Aws;
use crate::error::Error;
use crate::nodes::real;
use crate::proxy::{self, Fault, Kind};
use crate::state::Sandbox;
use crate::terraform::infrastructure::Instance;
use crate::{kubernetes, nodes};

/// The namespace of the Services and of the lease.
pub(super) const NAMESPACE: &str = "bench";
/// Requests to the API server under way at the same time: what makes or changes many Services at once.
const AT_ONCE: usize = 16;

/// The test bed.
pub(super) struct Bed {
    /// The sandbox, which nobody else uses.
    pub(super) sandbox: Sandbox,
    /// What is seen of the Services.
    pub(super) watch: Watch,
    /// The proxy, all its lanes.
    pub(super) proxy: proxy::Client,
    client: Client,
    aws: Aws,
}

impl Bed {
    /// Makes the namespace, unless it is there, and begins to watch it.
    ///
    /// # Errors
    /// When the sandbox does not answer.
    pub(super) async fn prepare(sandbox: Sandbox) -> Result<Self> {
        let client = kubernetes::client(&sandbox.kubeconfig).await?;
        let namespace = Patch::Apply(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}));
        let namespaces: Api<Namespace> = Api::all(client.clone());
        let made = namespaces
            .patch(NAMESPACE, &PatchParams::apply("bench"), &namespace)
            .await;
        made.map_err(Error::kubernetes("make the namespace of the bench"))?;
        Ok(Self {
            watch: Watch::begin(Api::namespaced(client.clone(), NAMESPACE)),
            proxy: proxy::Client::for_all_lanes(&sandbox.aws_proxy_url),
            aws: Aws::new(&sandbox.localstack_url, &sandbox.infrastructure.region, "observer"),
            client,
            sandbox,
        })
    }

    /// Adds so much to every AWS call from now on.
    ///
    /// # Errors
    /// When the proxy does not answer.
    pub(super) async fn set_latency(&self, latency: Duration) -> Result<()> {
        let millis = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
        Ok(self
            .proxy
            .set_faults(&[Fault::new("*", Kind::LatencyMs(millis))])
            .await?)
    }

    /// A stretch of time whose calls are counted.
    ///
    /// # Errors
    /// When the proxy does not answer.
    pub(super) async fn span(&self) -> Result<Span<'_>> {
        Ok(Span::begin(&self.proxy).await?)
    }

    /// Starts a replica and waits until it is ready.
    ///
    /// # Errors
    /// With the end of its log when it does not become ready.
    pub(super) async fn elbow(&self, settings: &Settings, name: &str) -> Result<Elbow> {
        let elbow = Elbow::start(&self.sandbox, settings, name)?;
        elbow.ready().await?;
        Ok(elbow)
    }

    /// Settings for a binary, with the lease in the bench's namespace.
    #[must_use]
    pub(super) fn settings(&self, program: PathBuf, flags: Vec<String>) -> Settings {
        Settings {
            program,
            namespace: NAMESPACE.to_owned(),
            flags,
        }
    }

    /// Creates Services of one TCP port.
    ///
    /// # Errors
    /// When the API server refuses one.
    pub(super) async fn create(&self, names: &[String]) -> Result<()> {
        let services = self.services();
        let create = async |name: &String| {
            let object = service(name).map_err(Error::malformed("a Service"))?;
            let created = services.create(&PostParams::default(), &object).await;
            created
                .map(drop)
                .map_err(Error::kubernetes(format!("create the Service {name}")))
        };
        Ok(stream::iter(names)
            .map(create)
            .buffer_unordered(AT_ONCE)
            .try_collect::<()>()
            .await?)
    }

    /// Deletes Services, and waits until elbow has let them go.
    ///
    /// # Errors
    /// When the API server refuses one, or one is not gone in time.
    pub(super) async fn remove(&self, names: &[String], within: Duration) -> Result<()> {
        self.delete(names).await?;
        let gone = |seen: &Seen| names.iter().all(|name| !seen.contains_key(name));
        self.watch.until("Services to be gone", within, gone).await?;
        Ok(())
    }

    async fn delete(&self, names: &[String]) -> Result<()> {
        let services = self.services();
        let delete = async |name: &String| {
            let deleted = services.delete(name, &DeleteParams::default()).await;
            deleted
                .map(drop)
                .map_err(Error::kubernetes(format!("delete the Service {name}")))
        };
        Ok(stream::iter(names)
            .map(delete)
            .buffer_unordered(AT_ONCE)
            .try_collect::<()>()
            .await?)
    }

    /// Changes a Service by a JSON merge patch.
    ///
    /// # Errors
    /// When the API server refuses.
    pub(super) async fn patch(&self, name: &str, patch: Value) -> Result<()> {
        let patched = self
            .services()
            .patch(name, &PatchParams::default(), &Patch::Merge(patch))
            .await;
        patched.map_err(Error::kubernetes(format!("change the Service {name}")))?;
        Ok(())
    }

    /// Starts instances beside those of the sandbox, spread over its private subnets. No node is theirs yet.
    ///
    /// # Errors
    /// When LocalStack refuses.
    pub(super) async fn launch(&self, count: usize) -> Result<Vec<Instance>> {
        let infrastructure = &self.sandbox.infrastructure;
        let subnets = &infrastructure.private_subnet_ids;
        let mut instances = Vec::new();
        for (index, subnet) in subnets.iter().enumerate() {
            let share = (index..count).step_by(subnets.len()).count();
            if share > 0 {
                instances.extend(real::launch(&self.aws, infrastructure, subnet, share).await?);
            }
        }
        Ok(instances)
    }

    /// Makes the node of an instance.
    ///
    /// # Errors
    /// When the API server refuses.
    pub(super) async fn join(&self, instance: &Instance) -> Result<()> {
        Ok(nodes::join(self.client.clone(), instance, &self.sandbox.infrastructure.region).await?)
    }

    /// Deletes the nodes of instances.
    ///
    /// # Errors
    /// When the API server refuses one.
    pub(super) async fn leave(&self, instances: &[Instance]) -> Result<()> {
        let nodes: Api<Node> = Api::all(self.client.clone());
        for instance in instances {
            let deleted = nodes.delete(&instance.private_dns, &DeleteParams::default()).await;
            deleted.map_err(Error::kubernetes(format!("delete the node {}", instance.private_dns)))?;
        }
        Ok(())
    }

    /// Names of the Services that are there, such as from a bench that was interrupted.
    ///
    /// # Errors
    /// When the API server does not answer.
    pub(super) async fn leftovers(&self) -> Result<Vec<String>> {
        let services = self.services().list(&kube::api::ListParams::default()).await;
        let services = services.map_err(Error::kubernetes("list the Services of the bench"))?;
        Ok(services.iter().map(|service| service.name_any()).collect())
    }

    /// Version of the API server, such as `v1.36.3`.
    ///
    /// # Errors
    /// When it does not answer.
    pub(super) async fn kubernetes_version(&self) -> Result<String> {
        let version = self.client.apiserver_version().await;
        Ok(version.map_err(Error::kubernetes("tell its version"))?.git_version)
    }

    fn services(&self) -> Api<Service> {
        Api::namespaced(self.client.clone(), NAMESPACE)
    }
}

/// A load balancer for one TCP port, all else as elbow has it by default.
fn service(name: &str) -> std::result::Result<Service, serde_json::Error> {
    from_value(json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {
            "type": "LoadBalancer",
            "loadBalancerClass": "elbow.dev/nlb",
            "selector": {"app": name},
            "ports": [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": 8080}],
        },
    }))
}

/// `count` names that begin alike.
#[must_use]
pub(super) fn names(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{prefix}-{number}")).collect()
}
