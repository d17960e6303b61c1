//! Services as a user would write them.

use k8s_openapi::api::core::v1::Service;
use serde_json::{Value, json};

/// A Service under construction; starts as one TCP port 80 of class `elbow.dev/nlb`.
#[derive(Clone, Debug)]
pub struct Manifest(Value);

impl Manifest {
    /// A LoadBalancer Service with one TCP port 80.
    pub fn new(name: &str) -> Self {
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

    /// Sets one field of `spec`; null takes it away.
    pub fn spec(mut self, field: &str, value: Value) -> Self {
        self.0["spec"][field] = value;
        if self.0["spec"][field].is_null() {
            self.0["spec"].as_object_mut().unwrap().remove(field);
        }
        self
    }

    /// The class that shall serve it.
    pub fn class(self, class: &str) -> Self {
        self.spec("loadBalancerClass", json!(class))
    }

    /// All ports.
    pub fn ports(self, ports: Value) -> Self {
        self.spec("ports", ports)
    }

    /// Sets an annotation by its whole key.
    pub fn annotation(mut self, key: &str, value: &str) -> Self {
        self.0["metadata"]["annotations"][key] = json!(value);
        self
    }

    /// Sets `service.beta.kubernetes.io/aws-load-balancer-SUFFIX`.
    pub fn aws(self, suffix: &str, value: &str) -> Self {
        self.annotation(&format!("service.beta.kubernetes.io/aws-load-balancer-{suffix}"), value)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.0["metadata"]["name"].as_str().unwrap()
    }

    /// The object.
    pub fn object(&self) -> Service {
        serde_json::from_value(self.0.clone()).unwrap()
    }
}
