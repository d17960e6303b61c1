//! What people and other controllers do to the cluster. It is done at once.

use serde_json::{Value, json};

use super::Kubernetes;
use super::request::{Key, Kind};
use super::store::Store;
use crate::world::instance;

/// A Service of our class with TCP ports, each with its nodePort.
pub(crate) fn manifest(ports: &[(u16, u16)]) -> Value {
    json!({"spec": {
        "type": "LoadBalancer",
        "loadBalancerClass": "elbow.dev/nlb",
        "ports": ports.iter().map(|(port, node_port)| json!({
            "name": format!("tcp-{port}"), "protocol": "TCP", "port": port, "nodePort": node_port,
        })).collect::<Vec<_>>(),
    }})
}

/// A Node that is Ready.
pub(crate) fn node(number: u8) -> Value {
    json!({
        "metadata": {"name": format!("node-{number}"), "labels": {"pool": "ingress"}},
        "spec": {"providerID": format!("aws:///us-east-1a/{}", instance(number))},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    })
}

impl Kubernetes {
    /// Makes a Service in the namespace `shop`.
    pub(crate) fn create(&self, name: &str, manifest: Value) {
        self.act("create", &Kind::Service.key("shop", name), |store, key| {
            store.create(key, manifest).expect("a new name");
        });
    }

    /// Changes a Service of the namespace `shop`.
    pub(crate) fn change(&self, name: &str, change: impl FnOnce(&mut Value)) {
        self.edit(&Kind::Service.key("shop", name), change);
    }

    /// Deletes a Service of the namespace `shop`, if it is there.
    pub(crate) fn delete(&self, name: &str) {
        self.act("delete", &Kind::Service.key("shop", name), |store, key| {
            // A Service that is not there is what is wanted.
            let _ = store.delete(key);
        });
    }

    /// Deletes all Services of the namespace `shop`, as its deletion does.
    pub(crate) fn delete_namespace(&self) {
        let names = self
            .services()
            .into_iter()
            .filter(|service| service["metadata"]["namespace"] == "shop");
        for name in names.map(|service| service["metadata"]["name"].clone()) {
            self.delete(name.as_str().unwrap());
        }
    }

    /// No load balancer's Service any more; the API server drops what belongs to that type.
    pub(crate) fn make_internal(&self, name: &str) {
        self.change(name, |service| {
            service["spec"]["type"] = json!("ClusterIP");
            service["spec"].as_object_mut().unwrap().remove("loadBalancerClass");
            for port in service["spec"]["ports"].as_array_mut().unwrap() {
                port.as_object_mut().unwrap().remove("nodePort");
            }
        });
    }

    /// Makes a node that is Ready.
    pub(crate) fn add_node(&self, number: u8) {
        let node = node(number);
        self.act("join", &node_key(number), |store, key| {
            store.create(key, node).expect("a new node");
        });
    }

    pub(crate) fn has_node(&self, number: u8) -> bool {
        self.state().store.get(&node_key(number)).is_some()
    }

    pub(crate) fn remove_node(&self, number: u8) {
        self.act("leave", &node_key(number), |store, key| {
            store.delete(key).expect("a known node");
        });
    }

    pub(crate) fn change_node(&self, number: u8, change: impl FnOnce(&mut Value)) {
        self.edit(&node_key(number), change);
    }

    /// Makes an object that is known from elsewhere, with its UID.
    pub(crate) fn adopt(&self, kind: Kind, mut object: Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let metadata = &object["metadata"];
        let key = kind.key(&text(&metadata["namespace"]), &text(&metadata["name"]));
        object["metadata"].as_object_mut().unwrap().remove("resourceVersion");
        self.act("adopt", &key, |store, key| {
            store.create(key, object).expect("a new object");
        });
    }

    /// Takes an object away, whatever holds it.
    pub(crate) fn remove(&self, key: &Key) {
        self.act("remove", key, |store, key| {
            store.delete(key).expect("a known object");
        });
    }

    /// Changes an object.
    fn edit(&self, key: &Key, change: impl FnOnce(&mut Value)) {
        self.act("change", key, |store, key| {
            let mut object = store.found(key).expect("a known object");
            change(&mut object);
            store.update(key, object).expect("a sound change");
        });
    }

    fn act(&self, what: &str, key: &Key, act: impl FnOnce(&mut Store, &Key)) {
        self.line.note(&format!("{what} {key:?}"));
        act(&mut self.state().store, key);
        self.news.notify_waiters();
    }
}

fn node_key(number: u8) -> Key {
    Kind::Node.key("", &format!("node-{number}"))
}
