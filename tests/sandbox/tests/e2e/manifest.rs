//! Services as a user would write them.

use k8s_openapi::api::core::v1::Service;
use serde_json::{Value, json};

/// A Service under construction; starts as one TCP port 80 of class `elbow.dev/nlb`.
#[derive(Clone, Debug)]
pub(crate) struct Manifest(Value);

impl Manifest {
    /// A LoadBalancer Service with one TCP port 80.
    pub(crate) fn new(name: &str) -> Self {
        Self(json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": { "name": name, "annotations": {} },
            "spec": {
                "type": "LoadBalancer",
                "loadBalancerClass": "elbow.dev/nlb",
                "selector": { "app": name },
                "ports": [{ "name": "http", "port": 80, "protocol": "TCP", "targetPort": 8080 }],
            },
        }))
    }

    /// The Service that a text in YAML describes.
    pub(crate) fn from_yaml(text: &str) -> Self {
        Self(serde_saphyr::from_str(text).unwrap())
    }

    /// Sets one field of `spec`; null takes it away.
    pub(crate) fn spec(mut self, field: &str, value: Value) -> Self {
        self.0["spec"][field] = value;
        if self.0["spec"][field].is_null() {
            self.0["spec"].as_object_mut().unwrap().remove(field);
        }
        self
    }

    /// The class that shall serve it.
    pub(crate) fn class(self, class: &str) -> Self {
        self.spec("loadBalancerClass", json!(class))
    }

    /// All ports.
    pub(crate) fn ports(self, ports: Value) -> Self {
        self.spec("ports", ports)
    }

    /// Sets an annotation by its whole key.
    pub(crate) fn annotation(mut self, key: &str, value: &str) -> Self {
        self.0["metadata"]["annotations"][key] = json!(value);
        self
    }

    /// Sets `service.beta.kubernetes.io/aws-load-balancer-SUFFIX`.
    pub(crate) fn aws(self, suffix: &str, value: &str) -> Self {
        self.annotation(&format!("service.beta.kubernetes.io/aws-load-balancer-{suffix}"), value)
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        self.0["metadata"]["name"].as_str().unwrap()
    }

    /// The object.
    pub(crate) fn object(&self) -> Service {
        serde_json::from_value(self.0.clone()).unwrap()
    }
}
