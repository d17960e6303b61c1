//! A sound Service of one TCP port on two nodes, to break in tests.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1 as k8s;
use serde_json::{Value, from_value, json};

use super::evidence::{Cloud, Evidence, Pods, SeenLoadBalancer, SeenTargetGroup};
use crate::aws::api::{
    ActionSettings, InstanceDescription, ListenerDescription, ListenerSettings, LoadBalancerDescription,
    SecurityGroupDescription, TargetDescription, TargetGroupDescription, TargetGroupSettings,
};
use crate::aws::ids::{InstanceId, ListenerArn, LoadBalancerArn, SecurityGroupId, TargetGroupArn, VpcId};
use crate::aws::stack::{
    AddressType, AlpnPolicy, HealthCheck, HealthCheckPort, HealthCheckProtocol, IngressRule, ListenerProtocol,
    LoadBalancerKind, RuleProtocol, RuleSource, Scheme, Tags, Target, TargetProtocol,
};
use crate::service::{IpFamily, Port, Service};

pub(super) const HOSTNAME: &str = "k8s-shop-web-1.elb.us-east-1.amazonaws.com";
const NODES: [(&str, &str); 2] = [("node-a", "i-0000000000000000a"), ("node-b", "i-0000000000000000b")];

/// Everything as it should be.
pub(super) fn sound() -> Evidence {
    let service: k8s::Service = from_value(service()).unwrap();
    Evidence {
        declared: Service::from(&service),
        service,
        classes: BTreeSet::from(["elbow.dev/nlb".to_owned()]),
        now: "2026-01-01T00:00:10Z".parse().unwrap(),
        leases: Ok(vec![
            from_value(lease("elbow-1", "2026-01-01T00:00:08.000000Z")).unwrap(),
        ]),
        resolution: Some(Ok(BTreeSet::from(["10.0.1.7".parse().unwrap()]))),
        cloud: Some(Ok(cloud())),
        nodes: Ok(NODES
            .map(|(name, instance)| from_value(node(name, instance)).unwrap())
            .into()),
        slices: Ok(vec![from_value(slice(&["node-a", "node-b"])).unwrap()]),
        pods: Ok(Pods {
            matching: vec![from_value(pod("web-1")).unwrap(), from_value(pod("web-2")).unwrap()],
            others: Vec::new(),
        }),
    }
}

/// The Service as the API server gives it.
pub(super) fn service() -> Value {
    json!({
        "metadata": {
            "namespace": "shop", "name": "web", "uid": "uid-web", "annotations": {},
            "finalizers": ["elbow.dev/load-balancer"],
        },
        "spec": {
            "type": "LoadBalancer", "loadBalancerClass": "elbow.dev/nlb", "clusterIP": "10.96.0.9",
            "selector": {"app": "web"}, "externalTrafficPolicy": "Cluster",
            "ports": [{"name": "http", "port": 80, "nodePort": 30080, "protocol": "TCP", "targetPort": "http"}],
        },
        "status": {
            "loadBalancer": {"ingress": [{"hostname": HOSTNAME}]},
            "conditions": [condition("elbow.dev/Programmed", "True", "Programmed", "internal, 2 targets")],
        },
    })
}

/// One of elbow's conditions.
pub(super) fn condition(kind: &str, status: &str, reason: &str, message: &str) -> Value {
    json!({"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": "2026-01-01T00:00:00Z"})
}

/// elbow's Lease.
pub(super) fn lease(holder: &str, renewed: &str) -> Value {
    json!({
        "metadata": {"name": "elbow-leader", "namespace": "elbow-system"},
        "spec": {"holderIdentity": holder, "leaseDurationSeconds": 15, "renewTime": renewed},
    })
}

/// A Ready node.
pub(super) fn node(name: &str, instance: &str) -> Value {
    json!({
        "metadata": {"name": name, "uid": name},
        "spec": {"providerID": format!("aws:///us-east-1a/{instance}")},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    })
}

/// A slice with a ready endpoint on each of these nodes.
pub(super) fn slice(nodes: &[&str]) -> Value {
    let endpoint = |node: &&str| json!({"addresses": ["10.1.0.4"], "conditions": {"ready": true}, "nodeName": node});
    json!({
        "metadata": {"name": "web-abc"}, "addressType": "IPv4",
        "endpoints": nodes.iter().map(endpoint).collect::<Vec<_>>(),
        "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
    })
}

/// A Ready pod.
pub(super) fn pod(name: &str) -> Value {
    json!({
        "metadata": {"namespace": "shop", "name": name, "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "web", "ports": [{"name": "http", "containerPort": 8080}]}]},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
    })
}

fn cloud() -> Cloud {
    let vpc = VpcId::new("vpc-1");
    let description = LoadBalancerDescription {
        arn: LoadBalancerArn::new("arn:lb"),
        name: "k8s-shop-web-1".to_owned(),
        dns_name: HOSTNAME.to_owned(),
        scheme: Some(Scheme::Internal),
        kind: Some(LoadBalancerKind::Network),
        active: true,
        vpc: vpc.clone(),
        subnets: BTreeMap::new(),
        address_type: AddressType::Ipv4,
        ipv6_source_nat: false,
        private_link_rules: true,
        security_groups: BTreeSet::from([group_id("sg-front"), group_id("sg-back")]),
    };
    let instances = NODES.map(|(_, instance)| InstanceDescription {
        id: InstanceId::new(instance),
        vpc: Some(vpc.clone()),
        zone: None,
        security_groups: BTreeSet::from([group_id("sg-node")]),
        terminated: false,
        tags: Tags::new(),
    });
    let all = RuleSource::Cidr("0.0.0.0/0".parse().unwrap());
    Cloud {
        region: "us-east-1".to_owned(),
        load_balancer: Some(SeenLoadBalancer {
            description,
            tags: Tags::from([("elbow.dev/uid".to_owned(), "uid-web".to_owned())]),
            listeners: vec![listener(80, ListenerProtocol::Tcp)],
        }),
        target_groups: vec![target_group()],
        groups: vec![
            group("sg-front", rule(80, 80, all)),
            group("sg-node", rule(30000, 32767, RuleSource::Group(group_id("sg-back")))),
        ],
        instances: instances.into(),
    }
}

/// A listener that forwards to the only target group.
pub(super) fn listener(number: u16, protocol: ListenerProtocol) -> ListenerDescription {
    ListenerDescription {
        arn: ListenerArn::new(format!("arn:listener/{number}")),
        port: port(number),
        settings: Some(ListenerSettings {
            port: port(number),
            protocol,
            action: ActionSettings::Forward {
                to: BTreeMap::from([(TargetGroupArn::new("arn:tg"), 1)]),
                stickiness: None,
            },
            certificate: None,
            ssl_policy: None,
            alpn: AlpnPolicy::None,
        }),
    }
}

fn target_group() -> SeenTargetGroup {
    let target = |(_, instance): (&str, &str)| TargetDescription {
        target: Target {
            instance: InstanceId::new(instance),
            port: port(30080),
        },
        state: "healthy".to_owned(),
        reason: String::new(),
        description: String::new(),
    };
    SeenTargetGroup {
        description: TargetGroupDescription {
            arn: TargetGroupArn::new("arn:tg"),
            name: "k8s-shop-web-2".to_owned(),
            vpc: Some(VpcId::new("vpc-1")),
            settings: Some(TargetGroupSettings {
                protocol: TargetProtocol::Tcp,
                family: IpFamily::V4,
                port: port(30080),
                health_check: HealthCheck {
                    protocol: HealthCheckProtocol::Tcp,
                    port: HealthCheckPort::Traffic,
                    interval: 10,
                    timeout: 10,
                    healthy_threshold: 3,
                    unhealthy_threshold: 3,
                },
            }),
        },
        targets: NODES.map(target).into(),
    }
}

/// A security group with one rule.
pub(super) fn group(id: &str, rule: IngressRule) -> SecurityGroupDescription {
    SecurityGroupDescription {
        id: group_id(id),
        name: id.to_owned(),
        description: String::new(),
        vpc: VpcId::new("vpc-1"),
        rules: BTreeSet::from([rule]),
        rule_descriptions: BTreeMap::new(),
        tags: BTreeMap::new(),
    }
}

/// A TCP rule.
pub(super) fn rule(from: u16, to: u16, source: RuleSource) -> IngressRule {
    IngressRule {
        protocol: RuleProtocol::Tcp,
        from,
        to,
        source,
    }
}

pub(super) fn group_id(id: &str) -> SecurityGroupId {
    SecurityGroupId::new(id)
}

pub(super) fn port(number: u16) -> Port {
    Port::new(number).unwrap()
}

impl Evidence {
    /// Changes the Service as a JSON document.
    pub(super) fn edit(&mut self, change: impl FnOnce(&mut Value)) {
        let mut object = serde_json::to_value(&self.service).unwrap();
        change(&mut object);
        self.service = from_value(object).unwrap();
        self.declared = Service::from(&self.service);
    }

    pub(super) fn cloud_mut(&mut self) -> &mut Cloud {
        self.cloud.as_mut().unwrap().as_mut().unwrap()
    }

    pub(super) fn balancer_mut(&mut self) -> &mut SeenLoadBalancer {
        self.cloud_mut().load_balancer.as_mut().unwrap()
    }

    pub(super) fn check_mut(&mut self) -> &mut HealthCheck {
        &mut self.cloud_mut().target_groups[0]
            .description
            .settings
            .as_mut()
            .unwrap()
            .health_check
    }

    /// Lets AWS say this of all targets, or of the first one only.
    pub(super) fn health(&mut self, state: &str, reason: &str, all: bool) {
        let targets = &mut self.cloud_mut().target_groups[0].targets;
        let count = if all { targets.len() } else { 1 };
        for target in targets.iter_mut().take(count) {
            (target.state, target.reason) = (state.to_owned(), reason.to_owned());
        }
    }
}
