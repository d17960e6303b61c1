//! Services of HTTP behind application load balancers.

mod headers;
mod secure;
mod stickiness;
mod versions;

use serde_json::{Value, json};

use crate::manifest::Manifest;
use crate::scenario::Scenario;

/// The Service `web` of the class for application load balancers.
fn service(scenario: &Scenario) -> Manifest {
    scenario.service("web").class(&scenario.alb_class)
}

/// The ports of a Service: name, number, `targetPort`.
fn ports(ports: &[(&str, u16, u16)]) -> Value {
    let ports = ports
        .iter()
        .map(|(name, port, target)| json!({ "name": name, "port": port, "targetPort": target }));
    ports.collect()
}
