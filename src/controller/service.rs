//! Reads a Kubernetes Service into the few fields that a provider needs. Tolerant: the API server has validated it, and
//! what it lets through beyond our types (a port out of range) is left out rather than guessed.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as k8s;

use super::status::OwnStatus;
use crate::service::{IpFamily, Owner, Port, Protocol, Service, ServicePort, SessionAffinity, TrafficPolicy};

impl From<&k8s::Service> for Owner {
    fn from(service: &k8s::Service) -> Self {
        let metadata = service.metadata.clone();
        Self {
            namespace: metadata.namespace.unwrap_or_default(),
            name: metadata.name.unwrap_or_default(),
            uid: metadata.uid.unwrap_or_default(),
        }
    }
}

impl From<&k8s::Service> for Service {
    fn from(service: &k8s::Service) -> Self {
        let spec = service.spec.clone().unwrap_or_default();
        Self {
            owner: Owner::from(service),
            class: spec.load_balancer_class.clone(),
            annotations: service.metadata.annotations.clone().unwrap_or_default(),
            ports: spec.ports.iter().flatten().filter_map(service_port).collect(),
            traffic_policy: match spec.external_traffic_policy.as_deref() {
                Some("Local") => TrafficPolicy::Local,
                _ => TrafficPolicy::Cluster,
            },
            health_check_node_port: spec.health_check_node_port.and_then(port),
            source_ranges: spec.load_balancer_source_ranges.unwrap_or_default(),
            session_affinity: match spec.session_affinity.as_deref() {
                Some("ClientIP") => SessionAffinity::ClientIp {
                    seconds: affinity_seconds(spec.session_affinity_config),
                },
                _ => SessionAffinity::None,
            },
            ip_families: spec
                .ip_families
                .iter()
                .flatten()
                .filter_map(|family| ip_family(family))
                .collect(),
            load_balancer_ip: spec.load_balancer_ip.filter(|ip| !ip.is_empty()),
            published: published(service),
            receipt: OwnStatus::of(service).receipt(),
            companions: BTreeMap::new(),
        }
    }
}

/// For how long a client keeps its target; Kubernetes' default where the field is missing.
fn affinity_seconds(config: Option<k8s::SessionAffinityConfig>) -> u32 {
    const DEFAULT: u32 = 10_800;
    let seconds = config.and_then(|config| config.client_ip?.timeout_seconds);
    seconds
        .and_then(|seconds| u32::try_from(seconds).ok())
        .unwrap_or(DEFAULT)
}

/// The hostname in `status.loadBalancer.ingress`.
fn published(service: &k8s::Service) -> Option<String> {
    let ingress = service.status.as_ref()?.load_balancer.as_ref()?.ingress.as_ref()?;
    ingress.iter().find_map(|entry| entry.hostname.clone())
}

fn service_port(entry: &k8s::ServicePort) -> Option<ServicePort> {
    Some(ServicePort {
        name: entry.name.clone(),
        protocol: match entry.protocol.as_deref() {
            Some("UDP") => Protocol::Udp,
            Some("SCTP") => Protocol::Sctp,
            _ => Protocol::Tcp,
        },
        port: port(entry.port)?,
        node_port: entry.node_port.and_then(port),
        app_protocol: entry.app_protocol.clone(),
    })
}

fn ip_family(family: &str) -> Option<IpFamily> {
    match family {
        "IPv4" => Some(IpFamily::V4),
        "IPv6" => Some(IpFamily::V6),
        _ => None,
    }
}

/// Kubernetes writes "none" as 0.
fn port(number: i32) -> Option<Port> {
    u16::try_from(number).ok().and_then(Port::new)
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    #[test]
    fn every_field_that_decides_is_read() {
        let service: k8s::Service = from_value(json!({
            "metadata": {"namespace": "shop", "name": "web", "uid": "u-1", "annotations": {"a": "b"}},
            "spec": {
                "type": "LoadBalancer", "externalTrafficPolicy": "Local", "healthCheckNodePort": 31000,
                "loadBalancerSourceRanges": ["10.0.0.0/8"], "sessionAffinity": "ClientIP", "loadBalancerIP": "192.0.2.1",
                "ipFamilies": ["IPv6", "IPv4"],
                "ports": [
                    {"name": "dns", "port": 53, "protocol": "UDP", "nodePort": 30053, "targetPort": "dns"},
                    {"name": "web", "port": 443, "nodePort": 0, "appProtocol": "https"},
                ],
            },
            "status": {"loadBalancer": {"ingress": [{"hostname": "old.example"}]}},
        }))
        .unwrap();

        let port = |number| Port::new(number).unwrap();
        let expected = Service {
            owner: Owner {
                namespace: "shop".into(),
                name: "web".into(),
                uid: "u-1".into(),
            },
            annotations: [("a".into(), "b".into())].into(),
            ports: vec![
                ServicePort {
                    name: Some("dns".into()),
                    protocol: Protocol::Udp,
                    port: port(53),
                    node_port: Some(port(30053)),
                    app_protocol: None,
                },
                ServicePort {
                    name: Some("web".into()),
                    protocol: Protocol::Tcp,
                    port: port(443),
                    node_port: None,
                    app_protocol: Some("https".into()),
                },
            ],
            traffic_policy: TrafficPolicy::Local,
            health_check_node_port: Some(port(31000)),
            source_ranges: vec!["10.0.0.0/8".into()],
            session_affinity: SessionAffinity::ClientIp { seconds: 10_800 },
            ip_families: vec![IpFamily::V6, IpFamily::V4],
            load_balancer_ip: Some("192.0.2.1".into()),
            published: Some("old.example".into()),
            receipt: None,
            class: None,
            companions: BTreeMap::new(),
        };
        assert_eq!(Service::from(&service), expected);
    }

    #[test]
    fn a_bare_service_gets_kubernetes_defaults() {
        let service = Service::from(&k8s::Service::default());
        assert_eq!(service.traffic_policy, TrafficPolicy::Cluster);
        assert_eq!(service.session_affinity, SessionAffinity::None);
        assert_eq!((service.ports, service.published), (vec![], None));
    }
}
