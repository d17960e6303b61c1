//! The Kubernetes side of a test: Services, nodes and events in a namespace of its own.

use k8s_openapi::api::core::v1::{Event, Namespace, Node, Service, ServiceStatus};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams, PostParams};
use kube::{Client, ResourceExt};
use serde_json::{Value, json};

use crate::manifest::Manifest;
use crate::wait::until;

/// The administrator's view of one namespace.
#[derive(Clone)]
pub(crate) struct Cluster {
    /// The administrator's client.
    pub(crate) client: Client,
    /// The test's own namespace.
    pub(crate) namespace: String,
}

impl Cluster {
    /// Makes the namespace.
    pub(crate) async fn create(client: Client, namespace: String) -> Self {
        let object = serde_json::from_value::<Namespace>(json!({ "metadata": { "name": namespace } })).unwrap();
        Api::<Namespace>::all(client.clone())
            .create(&PostParams::default(), &object)
            .await
            .unwrap();
        Self { client, namespace }
    }

    /// Deletes the namespace and waits until the last finalizer in it is gone.
    pub(crate) async fn destroy(&self) {
        let api = Api::<Namespace>::all(self.client.clone());
        let services = self.services();
        services
            .delete_collection(&DeleteParams::default(), &ListParams::default())
            .await
            .unwrap();
        until("all Services of the test to be gone", async || {
            match services.list(&ListParams::default()).await.unwrap().items {
                left if left.is_empty() => Ok(()),
                left => Err(left
                    .iter()
                    .map(|service| format!("{} {:?}", service.name_any(), service.status))
                    .collect()),
            }
        })
        .await;
        api.delete(&self.namespace, &DeleteParams::default()).await.unwrap();
    }

    /// The Services of the namespace.
    pub(crate) fn services(&self) -> Api<Service> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// The nodes.
    pub(crate) fn nodes(&self) -> Api<Node> {
        Api::all(self.client.clone())
    }

    /// Creates a Service.
    pub(crate) async fn create_service(&self, manifest: &Manifest) -> Service {
        self.services()
            .create(&PostParams::default(), &manifest.object())
            .await
            .unwrap()
    }

    /// Creates an EndpointSlice, or makes the one of that name be so.
    pub(crate) async fn apply_endpoints(&self, slice: Value) {
        let api = Api::<EndpointSlice>::namespaced(self.client.clone(), &self.namespace);
        let name = slice["metadata"]["name"].as_str().unwrap().to_owned();
        let params = PatchParams::apply("e2e").force();
        api.patch(&name, &params, &Patch::Apply(slice)).await.unwrap();
    }

    /// Changes a Service by a JSON merge patch.
    pub(crate) async fn patch_service(&self, name: &str, patch: Value) -> Service {
        self.services()
            .patch(name, &PatchParams::default(), &Patch::Merge(patch))
            .await
            .unwrap()
    }

    /// Deletes a Service and waits until it is gone, finalizer and all.
    pub(crate) async fn delete_service(&self, name: &str) {
        self.services().delete(name, &DeleteParams::default()).await.unwrap();
        self.wait_deleted(name).await;
    }

    /// Waits until a Service is gone.
    pub(crate) async fn wait_deleted(&self, name: &str) {
        until(&format!("Service {name} to be gone"), async || {
            match self.services().get_opt(name).await.unwrap() {
                None => Ok(()),
                Some(service) => Err(format!("{:?} {:?}", service.metadata.finalizers, service.status)),
            }
        })
        .await;
    }

    /// Waits until a Service is programmed; returns its hostname.
    pub(crate) async fn wait_programmed(&self, name: &str) -> String {
        until(&format!("Service {name} to be programmed"), async || {
            let service = self.services().get(name).await.map_err(|error| error.to_string())?;
            let programmed = condition(&service, "elbow.dev/Programmed").is_some_and(|found| found.status == "True");
            match hostname(&service) {
                Some(hostname) if programmed => Ok(hostname),
                _ => Err(format!("{:?}", service.status)),
            }
        })
        .await
    }

    /// Waits until `elbow.dev/Programmed` is False for this reason; returns the message.
    pub(crate) async fn wait_refused(&self, name: &str, reason: &str) -> String {
        until(&format!("Service {name} to be refused as {reason}"), async || {
            let service = self.services().get(name).await.map_err(|error| error.to_string())?;
            match condition(&service, "elbow.dev/Programmed") {
                Some(found) if found.status == "False" && found.reason == reason => Ok(found.message.clone()),
                _ => Err(format!("{:?}", service.status)),
            }
        })
        .await
    }

    /// Waits for an event with this reason on the Service; returns its note.
    pub(crate) async fn wait_event(&self, name: &str, reason: &str) -> String {
        let events = Api::<Event>::namespaced(self.client.clone(), &self.namespace);
        let params = ListParams::default().fields(&format!("involvedObject.name={name}"));
        until(&format!("event {reason} on Service {name}"), async || {
            let found = events.list(&params).await.map_err(|error| error.to_string())?.items;
            let seen: Vec<_> = found.iter().filter_map(|event| event.reason.clone()).collect();
            let wanted = found.into_iter().find(|event| event.reason.as_deref() == Some(reason));
            wanted
                .map(|event| event.message.unwrap_or_default())
                .ok_or(format!("{seen:?}"))
        })
        .await
    }
}

/// The condition of this type on a Service.
pub(crate) fn condition<'a>(service: &'a Service, name: &str) -> Option<&'a Condition> {
    let conditions = service.status.as_ref()?.conditions.as_ref()?;
    conditions.iter().find(|condition| condition.type_ == name)
}

/// The hostname in a Service's status.
pub(crate) fn hostname(service: &Service) -> Option<String> {
    let ServiceStatus { load_balancer, .. } = service.status.as_ref()?;
    load_balancer.as_ref()?.ingress.as_ref()?.first()?.hostname.clone()
}
