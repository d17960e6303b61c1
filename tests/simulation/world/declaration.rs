//! Services as a user declares them.

use std::collections::BTreeMap;

use elbow::service::{Owner, Port, Protocol, Service, ServicePort, SessionAffinity, TrafficPolicy};

const ANNOTATION: &str = "service.beta.kubernetes.io/aws-load-balancer-";

/// A Service with TCP ports, each with its nodePort.
pub(crate) fn service(name: &str, ports: &[(u16, u16)]) -> Service {
    Service {
        owner: Owner {
            namespace: "shop".to_owned(),
            name: name.to_owned(),
            uid: format!("uid-{name}"),
        },
        class: None,
        annotations: BTreeMap::new(),
        ports: ports
            .iter()
            .map(|(port, node_port)| service_port(Protocol::Tcp, *port, *node_port))
            .collect(),
        traffic_policy: TrafficPolicy::Cluster,
        health_check_node_port: None,
        source_ranges: Vec::new(),
        session_affinity: SessionAffinity::None,
        ip_families: Vec::new(),
        load_balancer_ip: None,
        published: None,
        receipt: None,
        companions: BTreeMap::new(),
    }
}

pub(crate) fn service_port(protocol: Protocol, port: u16, node_port: u16) -> ServicePort {
    ServicePort {
        name: Some(format!("{}-{port}", protocol.to_string().to_lowercase())),
        protocol,
        port: Port::new(port).unwrap(),
        node_port: Port::new(node_port),
        app_protocol: None,
    }
}

/// The same Service, to be served by an application load balancer.
pub(crate) fn alb(mut service: Service) -> Service {
    service.class = Some("elbow.dev/alb".to_owned());
    service
}

/// Sets an annotation; the key is what follows `aws-load-balancer-`.
pub(crate) fn annotate(service: &mut Service, key: &str, value: &str) {
    service
        .annotations
        .insert(format!("{ANNOTATION}{key}"), value.to_owned());
}

pub(crate) fn text_map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}
