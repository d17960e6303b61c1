//! What a pass is given in a test, and a look at what it has done.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use k8s_openapi::api::core::v1::ObjectReference;
use kube::runtime::events;
use kube::runtime::reflector::{self, store::Writer};
use kube::runtime::watcher::Event;
use serde_json::{Value, from_value, json};
use tokio::sync::mpsc::Receiver;

use crate::controller::mock::{ApiServer, Call, api_server};
use crate::controller::reconcile::*;
use crate::node::NodeSet;
use crate::provider::{Audited, Deleted, Occasion};
use crate::service::{Port, Protocol, Receipt};

/// A cloud that gives the answer that the test has set, and remembers what it was asked.
pub(super) struct Cloud {
    asked: Mutex<Vec<String>>,
    ensure: Mutex<Result<Ensured, ProviderError>>,
    /// Is something to be written, so that no receipt may stand?
    pub(super) writes: Mutex<bool>,
    /// The error of the next deletions.
    pub(super) delete: Mutex<Option<ProviderError>>,
    /// How many resources a deletion finds.
    pub(super) resources: Mutex<usize>,
}

impl Cloud {
    pub(super) fn new(answer: Result<Ensured, ProviderError>) -> Self {
        Self {
            asked: Mutex::default(),
            ensure: Mutex::new(answer),
            writes: Mutex::new(false),
            delete: Mutex::default(),
            resources: Mutex::new(3),
        }
    }

    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl LoadBalancerProvider for Cloud {
    async fn ensure(&self, service: &Service, _: &NodeSet, _: Occasion) -> Result<Ensured, ProviderError> {
        let mut asked = format!("ensure {}", service.owner);
        for (name, ports) in &service.companions {
            let ports: Vec<_> = ports.iter().map(|port| port.port).collect();
            asked.push_str(&format!(" with {name} {ports:?}"));
        }
        if let Some(Receipt(receipt)) = &service.receipt {
            asked.push_str(&format!(" after {receipt}"));
        }
        self.asked.lock().unwrap().push(asked);
        if service.receipt.is_some() && *self.writes.lock().unwrap() {
            return Err(ProviderError::Outdated);
        }
        self.ensure.lock().unwrap().clone()
    }

    fn companions(&self, annotations: &BTreeMap<String, String>) -> BTreeSet<String> {
        let names = annotations.get(COMPANIONS).into_iter();
        names.flat_map(|names| names.split(',')).map(str::to_owned).collect()
    }

    async fn delete(
        &self,
        owner: &Owner,
        annotations: &BTreeMap<String, String>,
        _: &NodeSet,
    ) -> Result<Deleted, ProviderError> {
        self.asked.lock().unwrap().push(format!("delete {owner}"));
        let resources = *self.resources.lock().unwrap();
        if annotations.contains_key(MAY_GO) {
            return Ok(Deleted { resources });
        }
        let error = self.delete.lock().unwrap().clone();
        error.map_or(Ok(Deleted { resources }), Err)
    }

    async fn audit(&self) -> Result<Audited, ProviderError> {
        Ok(Audited::default())
    }

    fn owners(&self) -> Vec<Owner> {
        Vec::new()
    }
}

/// An annotation with which the cloud lets everything go.
pub(super) const MAY_GO: &str = "may-go";

/// An annotation that names other Services.
pub(super) const COMPANIONS: &str = "companions";

pub(super) struct Case {
    pub(super) context: Arc<Context<Cloud>>,
    pub(super) server: ApiServer,
    watch: Writer<k8s::Service>,
    told: Receiver<(events::Event, ObjectReference)>,
}

impl Case {
    pub(super) fn new(answer: Result<Ensured, ProviderError>) -> Self {
        let (client, server) = api_server();
        let (events, told) = Events::overheard();
        let (store, watch) = reflector::store();
        let context = Context {
            client,
            store,
            provider: Cloud::new(answer),
            fence: Fence::open(),
            claims: claims(),
            nodes: watch::channel(Some(Arc::new(NodeSet::default()))).1,
            memory: Memory::default(),
            events,
            metrics: Metrics::register(&mut prometheus_client::registry::Registry::default()),
            synced: watch::Sender::new(false),
        };
        Self {
            context: Arc::new(context),
            server,
            watch,
            told,
        }
    }

    /// The watch delivers a Service.
    pub(super) fn deliver(&mut self, object: k8s::Service) {
        self.watch.apply_watcher_event(&Event::Apply(object));
    }

    pub(super) fn pass(&self, object: k8s::Service) -> tokio::task::JoinHandle<Result<Action, ReconcileError>> {
        let context = self.context.clone();
        tokio::spawn(async move { reconcile(&object, &context).await })
    }

    pub(super) fn answer_next(&self, answer: Result<Ensured, ProviderError>) {
        *self.context.provider.ensure.lock().unwrap() = answer;
    }

    pub(super) fn asked(&self) -> Vec<String> {
        self.context.provider.asked()
    }

    /// Reasons of the events so far.
    pub(super) fn told(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.told.try_recv().ok())
            .map(|(event, _)| event.reason)
            .collect()
    }

    pub(super) async fn nothing_more(self) {
        drop(self.context);
        self.server.nothing_more().await;
    }
}

/// Services of one class.
pub(super) fn claims() -> Claims {
    Claims {
        classes: ["elbow.dev/nlb".to_owned()].into(),
        unclassed: false,
    }
}

/// Types and states of the conditions in a patch.
pub(super) fn said(patch: &Value) -> Vec<(&str, &str)> {
    let conditions = patch["status"]["conditions"].as_array().unwrap();
    conditions
        .iter()
        .map(|condition| {
            (
                condition["type"].as_str().unwrap(),
                condition["status"].as_str().unwrap(),
            )
        })
        .collect()
}

/// Answers a status patch with the Service as it is then, and returns that.
pub(super) fn answer_status(call: Call, mut service: k8s::Service, version: &str) -> k8s::Service {
    service.status = from_value(call.body["status"].clone()).unwrap();
    service.metadata.resource_version = Some(version.to_owned());
    call.answer(&service);
    service
}

/// A Service that elbow has not seen yet, with `change` over it.
pub(super) fn service(change: Value) -> k8s::Service {
    let mut service = json!({
        "metadata": {"namespace": "shop", "name": "web", "uid": "u-1", "resourceVersion": "5", "finalizers": ["other"]},
        "spec": {
            "type": "LoadBalancer", "loadBalancerClass": "elbow.dev/nlb",
            "ports": [{"port": 80, "protocol": "TCP", "nodePort": 30080}],
        },
    });
    for (part, fields) in change.as_object().unwrap() {
        for (key, value) in fields.as_object().unwrap() {
            service[part][key] = value.clone();
        }
    }
    from_value(service).unwrap()
}

/// One that elbow serves, without a receipt.
pub(super) fn served() -> k8s::Service {
    served_as(&ensured())
}

/// One that elbow serves, as it was said then.
pub(super) fn served_as(ensured: &Ensured) -> k8s::Service {
    let mut service = service(json!({"metadata": {"finalizers": ["other", finalizer::NAME]}}));
    let status = OwnStatus::default().after(Progress::Ensured(ensured), Timestamp::UNIX_EPOCH);
    let load_balancer = json!({"ingress": status.ingress});
    service.status = from_value(json!({"loadBalancer": load_balancer, "conditions": status.conditions})).unwrap();
    service
}

pub(super) fn ensured() -> Ensured {
    Ensured {
        hostname: "lb.example".into(),
        ports: vec![(Port::new(80).unwrap(), Protocol::Tcp)],
        writes: 6,
        summary: "internal, 3 zones".into(),
        warnings: vec![],
        recheck: None,
        pending: None,
        receipt: None,
    }
}

pub(super) fn invalid(message: &str) -> ProviderError {
    ProviderError::Invalid {
        reason: "InvalidAnnotation",
        message: message.to_owned(),
    }
}
