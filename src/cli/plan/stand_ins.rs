//! What Kubernetes has given a Service, or will give it: taken from the cluster where the Service exists there, else a value
//! that stands in for it and is told as such.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use k8s_openapi::api::core::v1::{Service, ServicePort};
use serde::Serialize;
use serde_json::{Value, json};

/// A field that Kubernetes will fill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StandIn {
    /// The field of the Service.
    pub field: String,
    /// The value that the plan was made with.
    pub value: Value,
}

/// Gives out nodePorts that no Service of the plan has.
#[derive(Clone, Debug)]
pub(super) struct NodePorts {
    range: RangeInclusive<u16>,
    taken: BTreeSet<i32>,
}

impl NodePorts {
    /// Those of the range that none of these Services has.
    pub(super) fn new<'a>(range: &RangeInclusive<u16>, services: impl Iterator<Item = &'a Service>) -> Self {
        let specs = services.filter_map(|service| service.spec.as_ref());
        let ports = specs.flat_map(|spec| {
            let ports = spec.ports.iter().flatten().filter_map(|port| port.node_port);
            ports.chain(spec.health_check_node_port)
        });
        Self {
            range: range.clone(),
            taken: ports.collect(),
        }
    }

    fn next(&mut self) -> Option<i32> {
        let free = self
            .range
            .clone()
            .map(i32::from)
            .find(|port| !self.taken.contains(port));
        self.taken.extend(free);
        free
    }
}

/// Takes over what the API server keeps of a Service that exists, as it does for a client that leaves these fields out.
pub(super) fn adopt(service: &mut Service, live: &Service) {
    service.metadata.uid.clone_from(&live.metadata.uid);
    service.metadata.finalizers.clone_from(&live.metadata.finalizers);
    service.status.clone_from(&live.status);
    let (Some(spec), Some(known)) = (&mut service.spec, &live.spec) else {
        return;
    };
    spec.ip_families = spec.ip_families.take().or_else(|| known.ip_families.clone());
    if spec.external_traffic_policy == known.external_traffic_policy {
        spec.health_check_node_port = spec.health_check_node_port.or(known.health_check_node_port);
    }
    let known = known.ports.as_deref().unwrap_or_default();
    let ports = spec.ports.iter_mut().flatten();
    let mut used: BTreeSet<i32> = BTreeSet::new();
    for port in ports.filter(|port| is_missing(port.node_port)) {
        let same = |other: &&ServicePort| other.port == port.port && protocol(other) == protocol(port);
        let namesake = |other: &&ServicePort| other.name == port.name;
        let found = known.iter().find(same).or_else(|| known.iter().find(namesake));
        let free = found
            .and_then(|found| found.node_port)
            .filter(|found| !used.contains(found));
        used.extend(free);
        port.node_port = free;
    }
}

/// Fills what only Kubernetes can tell.
pub(super) fn complete(service: &mut Service, free: &mut NodePorts) -> Vec<StandIn> {
    let mut filled = Vec::new();
    let metadata = &mut service.metadata;
    if metadata.uid.as_deref().unwrap_or_default().is_empty() {
        let uid = format!(
            "{}/{}",
            metadata.namespace.as_deref().unwrap_or_default(),
            metadata.name.as_deref().unwrap_or_default()
        );
        filled.push(stand_in("metadata.uid", json!(uid)));
        metadata.uid = Some(uid);
    }
    let Some(spec) = &mut service.spec else { return filled };
    if spec.allocate_load_balancer_node_ports != Some(false) {
        for (index, port) in spec.ports.iter_mut().flatten().enumerate() {
            if is_missing(port.node_port) {
                port.node_port = free.next();
                filled.push(stand_in(
                    &format!("spec.ports[{index}].nodePort"),
                    json!(port.node_port),
                ));
            }
        }
    }
    if spec.external_traffic_policy.as_deref() == Some("Local") && is_missing(spec.health_check_node_port) {
        spec.health_check_node_port = free.next();
        filled.push(stand_in("spec.healthCheckNodePort", json!(spec.health_check_node_port)));
    }
    filled
}

fn stand_in(field: &str, value: Value) -> StandIn {
    StandIn {
        field: field.to_owned(),
        value,
    }
}

fn is_missing(port: Option<i32>) -> bool {
    port.is_none_or(|port| port == 0)
}

fn protocol(port: &ServicePort) -> &str {
    port.protocol.as_deref().unwrap_or("TCP")
}

#[cfg(test)]
mod tests {
    use serde_json::from_value;

    use super::*;

    fn service(spec: Value) -> Service {
        from_value(json!({"metadata": {"name": "web", "namespace": "shop"}, "spec": spec})).unwrap()
    }

    fn node_ports(service: &Service) -> Vec<Option<i32>> {
        let ports = service.spec.as_ref().unwrap().ports.iter().flatten();
        ports.map(|port| port.node_port).collect()
    }

    #[test]
    fn a_new_service_gets_the_first_free_ports_and_a_uid_and_all_are_told() {
        let mut web = service(json!({"externalTrafficPolicy": "Local",
            "ports": [{"port": 80}, {"port": 443, "nodePort": 30000}]}));
        let mut free = NodePorts::new(&(30000..=30002), [web.clone()].iter());
        let told = complete(&mut web, &mut free);
        assert_eq!(node_ports(&web), [Some(30001), Some(30000)]);
        assert_eq!(web.spec.unwrap().health_check_node_port, Some(30002));
        let told: Vec<_> = told
            .iter()
            .map(|filled| (filled.field.as_str(), filled.value.clone()))
            .collect();
        let expected = [
            ("metadata.uid", json!("shop/web")),
            ("spec.ports[0].nodePort", json!(30001)),
            ("spec.healthCheckNodePort", json!(30002)),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_service_that_wants_no_node_ports_gets_none() {
        let mut web = service(json!({"allocateLoadBalancerNodePorts": false, "ports": [{"port": 80}]}));
        complete(&mut web, &mut NodePorts::new(&(30000..=30002), std::iter::empty()));
        assert_eq!(node_ports(&web), [None]);
    }

    #[test]
    fn a_service_that_exists_keeps_what_it_has_by_port_then_by_name() {
        let mut live = service(json!({"ports": [
            {"port": 80, "name": "http", "nodePort": 30080, "protocol": "TCP"},
            {"port": 53, "name": "dns", "nodePort": 30053, "protocol": "UDP"}]}));
        live.metadata.uid = Some("1".to_owned());
        let mut web = service(json!({"ports": [
            {"port": 80, "name": "web"}, {"port": 5353, "name": "dns", "protocol": "UDP"}, {"port": 81, "name": "new"}]}));
        adopt(&mut web, &live);
        assert_eq!(node_ports(&web), [Some(30080), Some(30053), None]);
        assert_eq!(web.metadata.uid.as_deref(), Some("1"));
    }
}
