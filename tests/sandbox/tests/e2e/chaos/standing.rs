//! What a Service declares and what stands for it in AWS, in the same words.

use std::collections::{BTreeMap, BTreeSet};

use elbow::aws::stack::{LoadBalancerKind, RuleProtocol, RuleSource, Scheme};
use k8s_openapi::api::core::v1::Service;

use crate::cloud::{Holdings, sole_target_group};
use crate::cluster::hostname;
use crate::scenario::Scenario;

/// What clients and nodes notice of one load balancer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Standing {
    hostname: String,
    kind: LoadBalancerKind,
    scheme: Scheme,
    /// By listener port: the targets, as instance and port.
    listeners: BTreeMap<u16, BTreeSet<(String, u16)>>,
    /// Listener ports with the addresses that may reach them.
    admitted: BTreeSet<(u16, String)>,
}

impl Standing {
    /// What shall stand for a Service that targets the nodes that the sandbox started with.
    pub(super) fn declared(scenario: &Scenario, service: &Service) -> Self {
        let spec = service.spec.clone().unwrap();
        let annotations = service.metadata.annotations.clone().unwrap_or_default();
        let public = annotations
            .get("service.beta.kubernetes.io/aws-load-balancer-scheme")
            .is_some_and(|scheme| scheme == "internet-facing");
        let application = spec.load_balancer_class.as_ref() == Some(&scenario.alb_class);
        let ports = spec.ports.unwrap_or_default();
        let number = |port: Option<i32>| u16::try_from(port.unwrap_or_default()).unwrap();
        let instances = &scenario.sandbox.infrastructure.instances;
        let targets = |node_port: u16| {
            let targets = instances.iter().map(|instance| (instance.id.clone(), node_port));
            targets.collect()
        };
        let listener =
            |port: &k8s_openapi::api::core::v1::ServicePort| (number(Some(port.port)), targets(number(port.node_port)));
        let listeners: BTreeMap<u16, _> = ports.iter().map(listener).collect();
        let ranges = spec.load_balancer_source_ranges.unwrap_or_default();
        let ranges = if ranges.is_empty() {
            vec!["0.0.0.0/0".to_owned()]
        } else {
            ranges
        };
        let admitted = listeners
            .keys()
            .flat_map(|port| ranges.iter().map(|range| (*port, range.clone())));
        Self {
            hostname: hostname(service).unwrap_or_default(),
            kind: if application {
                LoadBalancerKind::Application
            } else {
                LoadBalancerKind::Network
            },
            scheme: if public {
                Scheme::InternetFacing
            } else {
                Scheme::Internal
            },
            admitted: admitted.collect(),
            listeners,
        }
    }

    /// What stands for a Service; an error where that is not one load balancer with what it needs, and nothing more.
    pub(super) fn held(holdings: &Holdings) -> Result<Self, String> {
        let ([balancer], [group]) = (&holdings.load_balancers[..], &holdings.security_groups[..]) else {
            return Err(format!("not one load balancer and one security group: {holdings:#?}"));
        };
        if holdings.target_groups.len() != balancer.listeners.len() {
            return Err(format!("not one target group a listener: {holdings:#?}"));
        }
        let description = &balancer.description;
        let mut listeners = BTreeMap::new();
        for listener in &balancer.listeners {
            let behind = sole_target_group(listener);
            let behind = holdings
                .target_groups
                .iter()
                .find(|group| Some(&group.description.arn) == behind.as_ref());
            let behind = behind.ok_or_else(|| format!("{listener:?} forwards to no target group of its own"))?;
            let targets = behind.targets.iter();
            let targets = targets.map(|target| (target.instance.to_string(), target.port.get()));
            listeners.insert(listener.port.get(), targets.collect());
        }
        let admitted = group.rules.iter().map(|rule| match (&rule.protocol, &rule.source) {
            (RuleProtocol::Tcp, RuleSource::Cidr(range)) if rule.from == rule.to => Ok((rule.from, range.to_string())),
            _ => Err(format!("a rule that no Service asked for: {rule:?}")),
        });
        Ok(Self {
            hostname: description.dns_name.clone(),
            kind: description.kind.ok_or("no kind")?,
            scheme: description.scheme.ok_or("no scheme")?,
            listeners,
            admitted: admitted.collect::<Result<_, _>>()?,
        })
    }
}

/// What stands for a cluster by the Service it stands for (`namespace/name`; empty for what all share).
pub(super) fn by_service(whole: Holdings) -> BTreeMap<String, Holdings> {
    let service = |tags: &elbow::aws::stack::Tags| tags.get("elbow.dev/service").cloned().unwrap_or_default();
    let mut parts: BTreeMap<String, Holdings> = BTreeMap::new();
    for held in whole.load_balancers {
        parts.entry(service(&held.tags)).or_default().load_balancers.push(held);
    }
    for held in whole.target_groups {
        parts.entry(service(&held.tags)).or_default().target_groups.push(held);
    }
    for held in whole.security_groups {
        parts.entry(service(&held.tags)).or_default().security_groups.push(held);
    }
    parts
}
