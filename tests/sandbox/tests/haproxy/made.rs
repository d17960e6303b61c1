//! The model, made by hand.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use elbow_sandbox::data_plane::model::{
    Action, Attributes, Condition, HealthCheck, Kind, Listener, ListenerProtocol, LoadBalancer, Probe, Rule, Scheme,
    Target, TargetGroup, TargetProtocol, Version, Weighted, Zone,
};

/// The port of most listeners.
pub(crate) const PORT: u16 = 8080;

/// The zone of everything.
const ZONE: &str = "us-east-1a";

/// A load balancer in one zone, at one address.
pub(crate) fn balancer(kind: Kind, at: Ipv4Addr, listeners: Vec<Listener>) -> LoadBalancer {
    let [a, b, c, _] = at.octets();
    LoadBalancer {
        arn: "arn:balancer".to_owned(),
        name: "web".to_owned(),
        hostname: "web.elb.us-east-1.amazonaws.com".to_owned(),
        kind,
        scheme: Scheme::Internal,
        zones: vec![Zone {
            name: ZONE.to_owned(),
            subnet: format!("{a}.{b}.{c}.0/24").parse().unwrap(),
            elastic: None,
            private: Some(at),
        }],
        security_groups: Vec::new(),
        attributes: Attributes::from_iter([("routing.http2.enabled", "true")]),
        listeners,
    }
}

pub(crate) fn listener(port: u16, protocol: ListenerProtocol, default_action: Action) -> Listener {
    Listener {
        arn: format!("arn:listener:{port}"),
        port,
        protocol,
        certificates: Vec::new(),
        policy: String::new(),
        alpn: String::new(),
        default_action,
        rules: Vec::new(),
        attributes: Attributes::default(),
    }
}

/// A listener that ends TLS with these certificates, which are for the names after their colons.
pub(crate) fn secure(port: u16, protocol: ListenerProtocol, action: Action, certificates: &[&str]) -> Listener {
    Listener {
        certificates: certificates.iter().map(|arn| (*arn).to_owned()).collect(),
        policy: "ELBSecurityPolicy-TLS13-1-2-2021-06".to_owned(),
        ..listener(port, protocol, action)
    }
}

/// To one group.
pub(crate) fn forward(group: &str) -> Action {
    weighted(&[(group, 1)])
}

/// To groups by weight.
pub(crate) fn weighted(groups: &[(&str, u32)]) -> Action {
    let weighted = |(arn, weight): &(&str, u32)| Weighted {
        arn: (*arn).to_owned(),
        weight: *weight,
    };
    Action::Forward {
        groups: groups.iter().map(weighted).collect(),
        stickiness: None,
    }
}

/// An answer of the load balancer itself, by which a test sees which rule won.
pub(crate) fn says(text: &str) -> Action {
    Action::Respond {
        status: 200,
        content_type: "text/plain".to_owned(),
        body: text.to_owned(),
    }
}

pub(crate) fn rule(priority: u32, conditions: Vec<Condition>, action: Action) -> Rule {
    Rule {
        priority,
        conditions,
        action,
    }
}

/// A target group of that name, which is its ARN too.
pub(crate) fn group(name: &str, protocol: TargetProtocol, targets: Vec<Target>) -> TargetGroup {
    TargetGroup {
        arn: name.to_owned(),
        name: name.to_owned(),
        protocol,
        version: Version::Http1,
        health_check: HealthCheck {
            probe: Probe::Tcp,
            port: None,
            interval: Duration::from_secs(10),
            timeout: Duration::from_secs(10),
            healthy_threshold: 2,
            unhealthy_threshold: 2,
        },
        attributes: Attributes::default(),
        targets,
    }
}

/// A group with attributes.
pub(crate) fn with(group: TargetGroup, attributes: &[(&str, &str)]) -> TargetGroup {
    TargetGroup {
        attributes: attributes.iter().copied().collect(),
        ..group
    }
}

pub(crate) fn target(id: &str, at: SocketAddr) -> Target {
    let SocketAddr::V4(at) = at else {
        panic!("{at} is not IPv4")
    };
    Target {
        id: id.to_owned(),
        port: at.port(),
        address: Some(*at.ip()),
        zone: Some(ZONE.to_owned()),
    }
}

pub(crate) fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}
