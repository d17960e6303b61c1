//! Stacks as they are wanted in practice, and AWS as it is once they stand.

use std::collections::{BTreeMap, BTreeSet};

use super::model::Aws;
use crate::aws::ids::{CertificateArn, InstanceId, SecurityGroupId, SubnetId, VpcId};
use crate::aws::observed::Observed;
use crate::aws::plan::{Plan, Replaced, plan};
use crate::aws::stack::{
    Action, AddressType, AlpnPolicy, Attributes, ChosenAddresses, Forward, FrontendGroup, GroupRef, HealthCheck,
    HealthCheckPort, HealthCheckProtocol, HttpVersion, IngressRule, Listener, ListenerProtocol, LoadBalancer,
    LoadBalancerKind, ResourceName, RuleProtocol, RuleSource, Scheme, Stack, Surplus, Tags, Target, TargetGroup,
    TargetGroupRef, TargetProtocol,
};
use crate::service::{IpFamily, Owner, Port};

/// How a listener is to be.
#[derive(Clone, Debug)]
pub(crate) struct PortSpec {
    pub(crate) port: u16,
    pub(crate) protocol: ListenerProtocol,
    pub(crate) node_port: u16,
    pub(crate) certificates: Vec<&'static str>,
}

/// TCP on these ports, each with the nodePort 30000 above.
pub(crate) fn tcp(ports: &[u16]) -> Vec<PortSpec> {
    let spec = |port: &u16| PortSpec {
        port: *port,
        protocol: ListenerProtocol::Tcp,
        node_port: 30000 + *port,
        certificates: Vec::new(),
    };
    ports.iter().map(spec).collect()
}

/// A stack with two nodes.
pub(crate) fn stack(ports: &[u16]) -> Stack {
    build("lb", Scheme::Internal, &tcp(ports), &["i-1", "i-2"])
}

/// A stack in full.
pub(crate) fn build(name: &str, scheme: Scheme, ports: &[PortSpec], instances: &[&str]) -> Stack {
    let listeners = ports.iter().map(|spec| listener(name, spec));
    let target_groups = ports.iter().map(|spec| target_group(name, spec, instances));
    Stack {
        owner: Owner {
            namespace: "shop".into(),
            name: "web".into(),
            uid: "1".into(),
        },
        frontend_group: Some(FrontendGroup {
            name: resource("frontend"),
            description: "clients of shop/web".into(),
            vpc: VpcId::new("vpc-1"),
            rules: rules(ports, &["0.0.0.0/0"]),
            tags: tags("frontend"),
        }),
        load_balancer: LoadBalancer {
            name: resource(name),
            explicit_name: false,
            kind: LoadBalancerKind::Network,
            scheme,
            address_type: AddressType::Ipv4,
            subnets: subnets(&["subnet-1", "subnet-2"]),
            ipv6_source_nat: false,
            private_link_rules: true,
            capacity_units: 0,
            web_acl: None,
            security_groups: BTreeSet::from([GroupRef::Frontend, user_group("backend")]),
            attributes: Attributes::from([("deletion_protection.enabled".into(), "false".into())]),
            tags: tags("load-balancer"),
        },
        listeners: listeners.map(|l| (l.port, l)).collect(),
        target_groups: target_groups.map(|t| (t.name.clone(), t)).collect(),
        external_tag_keys: BTreeSet::new(),
        room: None,
    }
}

fn listener(load_balancer: &str, spec: &PortSpec) -> Listener {
    let tls = spec.protocol.is_secure();
    Listener {
        port: port(spec.port),
        protocol: spec.protocol,
        action: Action::Forward(Forward::to_one(TargetGroupRef::Own(target_group_name(
            load_balancer,
            spec,
        )))),
        alpn: AlpnPolicy::None,
        attributes: Attributes::new(),
        certificates: spec.certificates.iter().map(|c| CertificateArn::new(*c)).collect(),
        ssl_policy: tls.then(|| "ELBSecurityPolicy-2016-08".to_owned()),
        tags: tags("listener"),
    }
}

fn target_group(load_balancer: &str, spec: &PortSpec, instances: &[&str]) -> TargetGroup {
    TargetGroup {
        name: target_group_name(load_balancer, spec),
        protocol: target_protocol(spec.protocol),
        family: IpFamily::V4,
        port: port(spec.node_port),
        vpc: VpcId::new("vpc-1"),
        health_check: health_check(10),
        attributes: Attributes::from([("deregistration_delay.timeout_seconds".into(), "300".into())]),
        targets: targets(instances, spec.node_port),
        surplus: Surplus::Leaves,
        tags: tags("target-group"),
    }
}

/// Subnets in which no address is chosen.
pub(super) fn subnets(ids: &[&str]) -> BTreeMap<SubnetId, ChosenAddresses> {
    ids.iter()
        .map(|id| (SubnetId::new(*id), ChosenAddresses::default()))
        .collect()
}

/// The one target group of the stack to which a listener forwards.
pub(super) fn forwards_to(listener: &Listener) -> &ResourceName {
    listener.action.own_target_groups().next().unwrap()
}

/// The name hangs on load balancer, port and target protocol, as the real one does.
fn target_group_name(load_balancer: &str, spec: &PortSpec) -> ResourceName {
    let protocol = match target_protocol(spec.protocol) {
        TargetProtocol::Tcp => "t",
        TargetProtocol::Udp => "u",
        TargetProtocol::TcpUdp => "tu",
        TargetProtocol::Tls => "s",
        TargetProtocol::Http(_) | TargetProtocol::Https(_) => "h",
    };
    resource(&format!("{load_balancer}-{}-{protocol}", spec.port))
}

fn target_protocol(protocol: ListenerProtocol) -> TargetProtocol {
    match protocol {
        ListenerProtocol::Tcp | ListenerProtocol::Tls => TargetProtocol::Tcp,
        ListenerProtocol::Udp => TargetProtocol::Udp,
        ListenerProtocol::TcpUdp => TargetProtocol::TcpUdp,
        ListenerProtocol::Http | ListenerProtocol::Https => TargetProtocol::Http(HttpVersion::Http1),
    }
}

pub(crate) fn health_check(interval: u16) -> HealthCheck {
    HealthCheck {
        protocol: HealthCheckProtocol::Tcp,
        port: HealthCheckPort::Traffic,
        interval,
        timeout: 10,
        healthy_threshold: 3,
        unhealthy_threshold: 3,
    }
}

/// Rules for the ports, neighbours joined in one range.
pub(crate) fn rules(ports: &[PortSpec], sources: &[&str]) -> BTreeSet<IngressRule> {
    let mut rules = BTreeSet::new();
    for protocol in [RuleProtocol::Tcp, RuleProtocol::Udp] {
        let mut numbers: Vec<u16> = ports
            .iter()
            .filter(|p| carries(p.protocol, &protocol))
            .map(|p| p.port)
            .collect();
        numbers.sort_unstable();
        let mut ranges: Vec<(u16, u16)> = Vec::new();
        for number in numbers {
            match ranges.last_mut() {
                Some(last) if last.1 + 1 == number => last.1 = number,
                _ => ranges.push((number, number)),
            }
        }
        for (from, to) in ranges {
            rules.extend(sources.iter().map(|source| rule(protocol.clone(), from, to, source)));
        }
    }
    rules
}

fn carries(listener: ListenerProtocol, rule: &RuleProtocol) -> bool {
    match listener {
        ListenerProtocol::Tcp | ListenerProtocol::Tls | ListenerProtocol::Http | ListenerProtocol::Https => {
            *rule == RuleProtocol::Tcp
        }
        ListenerProtocol::Udp => *rule == RuleProtocol::Udp,
        ListenerProtocol::TcpUdp => true,
    }
}

pub(crate) fn rule(protocol: RuleProtocol, from: u16, to: u16, source: &str) -> IngressRule {
    let source = RuleSource::Cidr(source.parse().unwrap());
    IngressRule {
        protocol,
        from,
        to,
        source,
    }
}

pub(crate) fn targets(instances: &[&str], node_port: u16) -> BTreeSet<Target> {
    let target = |instance: &&str| Target {
        instance: InstanceId::new(*instance),
        port: port(node_port),
    };
    instances.iter().map(target).collect()
}

pub(crate) fn user_group(name: &str) -> GroupRef {
    GroupRef::Id(SecurityGroupId::new(format!("sg-user-{name}")))
}

pub(crate) fn tags(resource: &str) -> Tags {
    BTreeMap::from([("elbow.dev/resource".to_owned(), resource.to_owned())])
}

pub(crate) fn port(number: u16) -> Port {
    Port::new(number).unwrap()
}

pub(crate) fn resource(name: &str) -> ResourceName {
    ResourceName::parse(name).unwrap()
}

/// AWS once the stack stands.
pub(crate) fn settled(stack: &Stack) -> Observed {
    let mut aws = Aws::default();
    aws.run(&plan(stack, &aws.observed, Replaced::Remove));
    aws.observed
}

/// The operations of a plan, such as `CreateA + CreateB > CreateC`: of one stage ordered by name and joined by `+`, stages
/// one after the other.
pub(crate) fn operations(plan: &Plan) -> String {
    let stages = plan.stages.iter().map(|stage| {
        let mut names: Vec<_> = stage.iter().map(|s| s.action().split_once(':').unwrap().1).collect();
        names.sort_unstable();
        names.join(" + ")
    });
    stages.collect::<Vec<_>>().join(" > ")
}

/// Runs the plan and plans again: nothing may be left to do.
pub(crate) fn run_and_settle(stack: &Stack, observed: &Observed, replaced: Replaced) -> Observed {
    let mut aws = Aws::from(observed);
    aws.run(&plan(stack, observed, replaced));
    assert_eq!(plan(stack, &aws.observed, replaced), Plan::default());
    aws.observed
}
