//! A picture by hand, for tests: three zones, a node in each, a Network Load Balancer with one listener.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::Picture;
use super::model::{
    Action, Attributes, HealthCheck, Instance, Kind, Listener, ListenerProtocol, LoadBalancer, Model, Peer, Permission,
    Probe, Scheme, SecurityGroup, Target, TargetGroup, TargetProtocol, Traffic, Version, Weighted, Zone,
};
use super::verdict::{State, Verdict};

/// Listens on port 80 and sends to port 30080 of the nodes a, b and c, all healthy.
pub(crate) fn picture() -> Picture {
    let mut picture = Picture {
        model: model(),
        ..Picture::default()
    };
    picture.addresses.assign(&picture.model);
    for node in ["a", "b", "c"] {
        judge(&mut picture, node, Verdict::healthy());
        let pods = format!("10.244.{}.0/24", number(node));
        picture.pod_ranges.insert(address(node), vec![pods.parse().unwrap()]);
    }
    picture
}

/// Sets the verdict on the target of a node.
pub(crate) fn judge(picture: &mut Picture, node: &str, verdict: Verdict) {
    picture.verdicts.set("group", &format!("i-{node}:30080"), verdict);
}

/// The verdict on a target that does not answer.
pub(crate) fn unhealthy() -> Verdict {
    Verdict::new(State::Unhealthy, "Target.Timeout", "Request timed out")
}

/// The only target group.
pub(crate) fn group(picture: &mut Picture) -> &mut TargetGroup {
    picture.model.target_groups.get_mut("group").unwrap()
}

fn model() -> Model {
    let nodes = ["a", "b", "c"];
    let all = Permission {
        traffic: Traffic::Any,
        peers: vec![Peer::Range("0.0.0.0/0".parse().unwrap())],
    };
    let from_balancer = Permission {
        traffic: Traffic::Tcp(30080..=30080),
        peers: vec![Peer::Group("sg-lb".to_owned())],
    };
    let group = |ingress| SecurityGroup {
        ingress,
        egress: vec![all.clone()],
    };
    Model {
        load_balancers: vec![balancer(&nodes)],
        target_groups: [("group".to_owned(), targets(&nodes))].into(),
        security_groups: [
            ("sg-lb".to_owned(), group(vec![all.clone()])),
            ("sg-nodes".to_owned(), group(vec![from_balancer])),
        ]
        .into(),
        instances: nodes.map(|node| (format!("i-{node}"), instance(node))).into(),
        certificates: Default::default(),
    }
}

fn balancer(nodes: &[&str]) -> LoadBalancer {
    LoadBalancer {
        arn: "balancer".to_owned(),
        name: "web".to_owned(),
        hostname: "web-1.elb.us-east-1.amazonaws.com".to_owned(),
        kind: Kind::Network,
        scheme: Scheme::InternetFacing,
        zones: nodes.iter().map(|node| zone(node)).collect(),
        security_groups: vec!["sg-lb".to_owned()],
        attributes: Attributes::default(),
        listeners: vec![Listener {
            arn: "listener".to_owned(),
            port: 80,
            protocol: ListenerProtocol::Tcp,
            certificates: Vec::new(),
            policy: String::new(),
            alpn: String::new(),
            default_action: Action::Forward {
                groups: vec![Weighted {
                    arn: "group".to_owned(),
                    weight: 1,
                }],
                stickiness: None,
            },
            rules: Vec::new(),
            attributes: Attributes::default(),
        }],
    }
}

fn zone(node: &str) -> Zone {
    Zone {
        name: format!("us-east-1{node}"),
        subnet: format!("10.0.{}.0/24", number(node)).parse().unwrap(),
        elastic: None,
        private: None,
    }
}

fn targets(nodes: &[&str]) -> TargetGroup {
    let targets = nodes.iter().map(|node| Target {
        id: format!("i-{node}"),
        port: 30080,
        address: Some(address(node)),
        zone: Some(format!("us-east-1{node}")),
    });
    TargetGroup {
        arn: "group".to_owned(),
        name: "web-80".to_owned(),
        protocol: TargetProtocol::Tcp,
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
        targets: targets.collect(),
    }
}

fn instance(node: &str) -> Instance {
    Instance {
        address: address(node),
        zone: format!("us-east-1{node}"),
        running: true,
        security_groups: vec!["sg-nodes".to_owned()],
    }
}

fn address(node: &str) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, 16 * number(node), 4)
}

fn number(node: &str) -> u8 {
    match node {
        "a" => 1,
        "b" => 2,
        _ => 3,
    }
}
