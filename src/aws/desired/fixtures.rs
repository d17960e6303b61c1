//! A valid Service with all that its stack needs, to be changed by tests.

use std::collections::{BTreeMap, BTreeSet};

use super::annotations::keys::PREFIX;
use super::{Desired, Facts, Invalid, Requirements};
use crate::aws::api::SubnetDescription;
use crate::aws::ids::{SecurityGroupId, SubnetId, VpcId};
use crate::aws::quotas::Limits;
use crate::aws::settings::AwsSettings;
use crate::aws::stack::{Listener, ResourceName, Scheme, Stack};
use crate::node::{Node, NodeSet};
use crate::service::{IpFamily, Owner, Port, Protocol, Service, ServicePort, SessionAffinity, TrafficPolicy};

/// Service `shop/web` (TCP 80, nodePort 30080) on two nodes, in a VPC with three private and three public subnets.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) service: Service,
    pub(crate) nodes: NodeSet,
    pub(crate) facts: Facts,
    pub(crate) settings: AwsSettings,
}

impl Case {
    pub(crate) fn new() -> Self {
        let nodes = vec![
            node("node-a", "aws:///us-east-1a/i-0000000000000000a"),
            node("node-b", "aws:///us-east-1b/i-0000000000000000b"),
        ];
        Self {
            service: service(),
            nodes: NodeSet { nodes },
            facts: facts(),
            settings: settings(),
        }
    }

    /// Adds an annotation; `name` is what follows `service.beta.kubernetes.io/`.
    pub(crate) fn annotate(mut self, name: &str, value: &str) -> Self {
        self.service
            .annotations
            .insert(format!("{PREFIX}{name}"), value.to_owned());
        self
    }

    /// Adds several annotations.
    pub(crate) fn annotate_all(self, annotations: &[(&str, &str)]) -> Self {
        let annotate = |case: Self, (name, value): &(&str, &str)| case.annotate(name, value);
        annotations.iter().fold(self, annotate)
    }

    /// Asks for an application load balancer.
    pub(crate) fn alb(mut self) -> Self {
        self.service.class = Some("elbow.dev/alb".into());
        self
    }

    /// Lets the load balancer that the case asks for exist, beside those that exist already.
    pub(crate) fn built(mut self) -> Self {
        let built = self.stack().load_balancer;
        self.facts.load_balancers.retain(|present| present.name != built.name);
        self.facts.load_balancers.push(built);
        self
    }

    /// Replaces the ports of the Service.
    pub(crate) fn ports(mut self, ports: impl IntoIterator<Item = ServicePort>) -> Self {
        self.service.ports = ports.into_iter().collect();
        self
    }

    pub(crate) fn result(&self) -> Result<Desired, Invalid> {
        super::stack(&self.service, &self.nodes, &self.facts, &self.settings)
    }

    pub(crate) fn desired(&self) -> Desired {
        self.result().unwrap()
    }

    pub(crate) fn stack(&self) -> Stack {
        self.desired().stack
    }

    pub(crate) fn invalid(&self) -> Invalid {
        self.result().unwrap_err()
    }

    pub(crate) fn requirements(&self) -> Requirements {
        super::requirements(&self.service, &self.settings, &self.facts.subnets).unwrap()
    }

    pub(crate) fn warning_reasons(&self) -> Vec<&'static str> {
        self.desired().warnings.iter().map(|warning| warning.reason).collect()
    }
}

pub(crate) fn service() -> Service {
    Service {
        owner: Owner {
            namespace: "shop".into(),
            name: "web".into(),
            uid: "5a0c".into(),
        },
        class: Some("elbow.dev/nlb".into()),
        annotations: BTreeMap::new(),
        ports: vec![tcp(80, 30080)],
        traffic_policy: TrafficPolicy::Cluster,
        health_check_node_port: None,
        source_ranges: Vec::new(),
        session_affinity: SessionAffinity::None,
        ip_families: vec![IpFamily::V4],
        load_balancer_ip: None,
        published: None,
        receipt: None,
        companions: BTreeMap::new(),
    }
}

/// A TCP port named `tcp-PORT`.
pub(crate) fn tcp(port: u16, node_port: u16) -> ServicePort {
    service_port(Protocol::Tcp, port, node_port)
}

/// A UDP port named `udp-PORT`.
pub(crate) fn udp(port: u16, node_port: u16) -> ServicePort {
    service_port(Protocol::Udp, port, node_port)
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

pub(crate) fn node(name: &str, provider_id: &str) -> Node {
    Node {
        name: name.into(),
        provider_id: provider_id.into(),
        labels: BTreeMap::new(),
    }
}

pub(crate) fn facts() -> Facts {
    let private = (0..3).map(|zone| zonal(&format!("subnet-{}a", zone + 1), zone, zone, "internal-elb"));
    let public = (0..3).map(|zone| zonal(&format!("subnet-{}b", zone + 1), zone, zone + 10, "elb"));
    Facts {
        vpc: VpcId::new("vpc-1"),
        subnets: private.chain(public).collect(),
        public_subnets: None,
        named_groups: BTreeMap::new(),
        backend_group: Some(SecurityGroupId::new("sg-bac")),
        load_balancers: Vec::new(),
        vpc_networks: vec!["10.0.0.0/16".parse().unwrap()],
        cluster_instances: BTreeSet::new(),
        unusable_instances: BTreeSet::new(),
        instance_zones: BTreeMap::new(),
        limits: Limits::default(),
        ceiling: None,
    }
}

/// A subnet of the VPC in one of its zones, with networks 10.0.NET.0/24 and 2001:db8:0:(NET + 1)::/64.
fn zonal(id: &str, zone: usize, net: usize, role: &str) -> SubnetDescription {
    let zones = ["us-east-1a", "us-east-1b", "us-east-1c"];
    let ipv6 = format!("2001:db8:0:{:x}::/64", net + 1);
    SubnetDescription {
        networks: [format!("10.0.{net}.0/24"), ipv6]
            .map(|network| network.parse().unwrap())
            .into(),
        ..subnet(id, zones[zone], role)
    }
}

/// A subnet with room, tagged for a role, without networks.
pub(crate) fn subnet(id: &str, zone: &str, role: &str) -> SubnetDescription {
    SubnetDescription {
        id: SubnetId::new(id),
        zone: zone.into(),
        networks: Vec::new(),
        free_addresses: 250,
        tags: text_map(&[(&format!("kubernetes.io/role/{role}"), "1")]),
    }
}

pub(crate) fn settings() -> AwsSettings {
    AwsSettings {
        cluster: "prod".into(),
        alb_classes: ["elbow.dev/alb".to_owned()].into(),
        default_scheme: Scheme::Internal,
        default_tags: BTreeMap::new(),
        default_ssl_policy: "ELBSecurityPolicy-2016-08".into(),
        node_ports: 30000..=32767,
        external_managed_tags: BTreeSet::new(),
        target_eni_group_tags: BTreeMap::new(),
        manage_backend_rules: false,
    }
}

/// The one target group of the stack to which a listener forwards.
pub(crate) fn forwards_to(listener: &Listener) -> &ResourceName {
    let mut own = listener.action.own_target_groups();
    let sole = own.next().unwrap();
    assert!(own.next().is_none());
    sole
}

pub(crate) fn text_map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}
