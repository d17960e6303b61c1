//! Generated stacks of one Service, and states of AWS in which crashes and people may have left it.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, subsequence};

use super::fixture::{PortSpec, build, health_check, port, resource, rule, rules, subnets, targets, user_group};
use super::model::{Aws, serial};
use super::variety::{SWITCHES, lasting, vary};
use crate::aws::ids::{CertificateArn, ListenerArn, SecurityGroupId, TargetGroupArn};
use crate::aws::observed::{Observed, ObservedListener, ObservedSecurityGroup, ObservedTargetGroup};
use crate::aws::plan::step::Step;
use crate::aws::plan::{Plan, Replaced, plan};
use crate::aws::stack::{ListenerProtocol, LoadBalancerKind, RuleProtocol, Scheme, Stack, TargetProtocol};

const NETWORK: [ListenerProtocol; 4] = [
    ListenerProtocol::Tcp,
    ListenerProtocol::Udp,
    ListenerProtocol::TcpUdp,
    ListenerProtocol::Tls,
];
const APPLICATION: [ListenerProtocol; 4] = [
    ListenerProtocol::Http,
    ListenerProtocol::Https,
    ListenerProtocol::Http,
    ListenerProtocol::Https,
];

/// A stack of the one owner: either kind and scheme, fixed or derived name, up to four ports.
pub(crate) fn stacks() -> impl Strategy<Value = Stack> {
    let scheme = prop_oneof![Just(Scheme::Internal), Just(Scheme::InternetFacing)];
    let kind = prop_oneof![
        Just(LoadBalancerKind::Network),
        Just(LoadBalancerKind::Network),
        Just(LoadBalancerKind::Application)
    ];
    let instances = subsequence(vec!["i-1", "i-2", "i-3", "i-4"], 0..=4);
    let ports = kind.prop_flat_map(|kind| {
        let protocols = match kind {
            LoadBalancerKind::Network => NETWORK,
            LoadBalancerKind::Application => APPLICATION,
        };
        let ports = subsequence(vec![80, 81, 82, 443], 1..=4);
        let specs = move |ports: Vec<u16>| {
            ports
                .into_iter()
                .map(move |port| port_specs(port, protocols))
                .collect::<Vec<_>>()
        };
        (Just(kind), ports.prop_flat_map(specs))
    });
    let settings = vec(any::<bool>(), SWITCHES);
    let sources = subsequence(vec!["10.0.0.0/8", "0.0.0.0/0", "fd00::/8"], 0..=3);
    (scheme, instances, ports, settings, sources).prop_map(|(scheme, instances, (kind, ports), on, sources)| {
        let base = if on[0] {
            "fixed".to_owned()
        } else {
            let initial = |word: String| word.chars().take(3).collect::<String>();
            format!(
                "lb-{}-{}",
                initial(scheme.to_string().replace("internal", "pri")),
                initial(kind.to_string())
            )
        };
        let name = format!("{base}{}", lasting(kind, &on));
        let mut stack = build(&name, scheme, &ports, &instances);
        stack.load_balancer.kind = kind;
        if let Some(group) = &mut stack.frontend_group {
            group.rules = rules(&ports, &sources);
        }
        vary(&mut stack, &on);
        stack
    })
}

fn port_specs(port: u16, protocols: [ListenerProtocol; 4]) -> impl Strategy<Value = PortSpec> {
    let certificates = subsequence(vec!["a", "b", "c"], 1..=3).prop_shuffle();
    (0..protocols.len(), any::<bool>(), certificates).prop_map(move |(protocol, moved, certificates)| {
        let protocol = protocols[protocol];
        PortSpec {
            port,
            protocol,
            node_port: if moved { 31000 + port } else { 30000 + port },
            certificates: if protocol.is_secure() { certificates } else { Vec::new() },
        }
    })
}

/// What AWS holds after earlier stacks of the owner were applied, each up to some step, and people meddled.
pub(super) fn worlds() -> impl Strategy<Value = Observed> {
    let replaced = prop_oneof![Just(Replaced::Keep), Just(Replaced::Remove)];
    let history = vec((stacks(), replaced, any::<u64>(), any::<Index>()), 0..=3);
    (history, vec(meddlings(), 0..=4)).prop_map(|(history, meddlings)| {
        let mut aws = Aws::default();
        for (stack, replaced, seed, end) in history {
            let steps = shuffled(&plan(&stack, &aws.observed, replaced), seed);
            let end = end.index(steps.len() + 1);
            // What AWS refuses, such as to delete what is protected, ends the pass.
            let done = steps[..end].iter().try_for_each(|step| aws.try_step(step));
            assert!(matches!(done, Ok(()) | Err("OperationNotPermitted")), "{done:?}");
        }
        for (meddling, which) in meddlings {
            meddling.apply(&mut aws.observed, which);
        }
        aws.observed
    })
}

/// The steps in one of the orders that the stages allow.
pub(super) fn shuffled(plan: &Plan, seed: u64) -> Vec<Step> {
    let mut steps = Vec::new();
    for stage in &plan.stages {
        let mut stage: Vec<(usize, &Step)> = stage.iter().enumerate().collect();
        stage.sort_by_key(|(index, _)| {
            let mut hasher = DefaultHasher::new();
            (seed, index).hash(&mut hasher);
            hasher.finish()
        });
        steps.extend(stage.into_iter().map(|(_, step)| step.clone()));
    }
    steps
}

/// Something that a person does to our resources.
#[derive(Clone, Copy, Debug)]
enum Meddling {
    DeleteLoadBalancer,
    DeleteListener,
    MakeListenerUnknown,
    AddListener(u16),
    ChangeListener,
    RedirectListener,
    AddTarget,
    RemoveTarget,
    RemoveAllTargets,
    AddTargetGroup,
    DeleteTargetGroup,
    ChangeTargetGroup,
    RecreateTargetGroup,
    ChangeLoadBalancer,
    RecreateWithoutGroups,
    ChangeTags,
    AddRule,
    RemoveRules,
    AddSecurityGroup,
}

fn meddlings() -> impl Strategy<Value = (Meddling, Index)> {
    use Meddling as M;
    let meddling = prop_oneof![
        Just(M::DeleteLoadBalancer),
        Just(M::DeleteListener),
        Just(M::MakeListenerUnknown),
        prop_oneof![Just(80), Just(443), Just(9000)].prop_map(M::AddListener),
        Just(M::ChangeListener),
        Just(M::RedirectListener),
        Just(M::AddTarget),
        Just(M::RemoveTarget),
        Just(M::RemoveAllTargets),
        Just(M::AddTargetGroup),
        Just(M::DeleteTargetGroup),
        Just(M::ChangeTargetGroup),
        Just(M::RecreateTargetGroup),
        Just(M::ChangeLoadBalancer),
        Just(M::RecreateWithoutGroups),
        Just(M::ChangeTags),
        Just(M::AddRule),
        Just(M::RemoveRules),
        Just(M::AddSecurityGroup),
    ];
    (meddling, any::<Index>())
}

impl Meddling {
    fn apply(self, observed: &mut Observed, which: Index) {
        match self {
            Self::AddTarget
            | Self::RemoveTarget
            | Self::RemoveAllTargets
            | Self::AddTargetGroup
            | Self::DeleteTargetGroup
            | Self::ChangeTargetGroup
            | Self::RecreateTargetGroup => self.apply_to_target_groups(observed, which),
            Self::AddRule | Self::RemoveRules | Self::AddSecurityGroup => {
                self.apply_to_security_groups(observed, which);
            }
            Self::ChangeTags => {
                for load_balancer in &mut observed.load_balancers {
                    load_balancer.spec.tags = [("cost".to_owned(), "1".to_owned())].into();
                    load_balancer.spec.tags.insert("aws:made-by".into(), "x".into());
                }
                for target_group in &mut observed.target_groups {
                    target_group.spec.tags.insert("who".into(), "me".into());
                }
            }
            _ => self.apply_to_load_balancers(observed, which),
        }
    }

    fn apply_to_load_balancers(self, observed: &mut Observed, which: Index) {
        if observed.load_balancers.is_empty() {
            return;
        }
        let position = which.index(observed.load_balancers.len());
        let load_balancer = &mut observed.load_balancers[position];
        match self {
            Self::DeleteLoadBalancer => drop(observed.load_balancers.remove(position)),
            Self::ChangeLoadBalancer => {
                load_balancer.spec.subnets = subnets(&["subnet-9"]);
                load_balancer.spec.security_groups.insert(user_group("foreign"));
                let key = "deletion_protection.enabled".to_owned();
                load_balancer.spec.attributes.insert(key, "true".into());
            }
            Self::RecreateWithoutGroups if load_balancer.spec.kind == LoadBalancerKind::Network => {
                load_balancer.spec.security_groups.clear();
            }
            Self::RecreateWithoutGroups => {}
            Self::AddListener(number) => load_balancer.listeners.push(ObservedListener {
                arn: ListenerArn::new(format!("arn:listener/foreign-{}", serial())),
                spec: None,
                port: port(number),
            }),
            _ if load_balancer.listeners.is_empty() => {}
            Self::DeleteListener => drop(load_balancer.listeners.pop()),
            Self::RedirectListener => {
                let to = load_balancer
                    .listeners
                    .last()
                    .and_then(|l| l.spec.as_ref())
                    .map(|spec| spec.action.clone());
                if let Some((spec, to)) = load_balancer.listeners[0].spec.as_mut().zip(to) {
                    spec.action = to;
                }
            }
            Self::MakeListenerUnknown => load_balancer.listeners[0].spec = None,
            _ => {
                if let Some(spec) = &mut load_balancer.listeners[0].spec {
                    spec.certificates.push(CertificateArn::new("foreign"));
                    spec.ssl_policy = Some("ELBSecurityPolicy-2015-05".into());
                    spec.tags.clear();
                }
            }
        }
    }

    fn apply_to_target_groups(self, observed: &mut Observed, which: Index) {
        if observed.target_groups.is_empty() {
            return;
        }
        let position = which.index(observed.target_groups.len());
        let ObservedTargetGroup { spec, .. } = &mut observed.target_groups[position];
        match self {
            Self::AddTarget => spec.targets.extend(targets(&["i-foreign"], 1)),
            Self::RemoveTarget => drop(spec.targets.pop_first()),
            Self::RemoveAllTargets => spec.targets.clear(),
            Self::ChangeTargetGroup => {
                spec.health_check = health_check(300);
                let key = "deregistration_delay.timeout_seconds".to_owned();
                spec.attributes.insert(key, "1".into());
            }
            Self::RecreateTargetGroup => {
                spec.protocol = match spec.protocol {
                    TargetProtocol::Tcp => TargetProtocol::Udp,
                    _ => TargetProtocol::Tcp,
                };
                spec.family = crate::service::IpFamily::V4;
            }
            Self::AddTargetGroup => {
                let mut orphan = observed.target_groups[position].clone();
                let number = serial();
                orphan.spec.name = resource(&format!("orphan-{number}"));
                orphan.arn = TargetGroupArn::new(format!("arn:tg/orphan-{number}"));
                observed.target_groups.push(orphan);
            }
            _ => {
                let name = spec.name.clone();
                let mut listeners = observed.load_balancers.iter().flat_map(|l| &l.listeners);
                let used = listeners.any(|l| {
                    l.spec
                        .as_ref()
                        .is_some_and(|l| l.action.own_target_groups().any(|used| *used == name))
                });
                if !used {
                    observed.target_groups.remove(position);
                }
            }
        }
    }

    fn apply_to_security_groups(self, observed: &mut Observed, which: Index) {
        if observed.security_groups.is_empty() {
            return;
        }
        let position = which.index(observed.security_groups.len());
        let ObservedSecurityGroup { spec, .. } = &mut observed.security_groups[position];
        match self {
            Self::RemoveRules => spec.rules.clear(),
            Self::AddRule => {
                spec.rules.insert(rule(RuleProtocol::Tcp, 80, 100, "10.0.0.0/8"));
                spec.rules.insert(rule(RuleProtocol::Tcp, 81, 81, "10.0.0.0/8"));
                spec.rules
                    .insert(rule(RuleProtocol::Other("-1".into()), 0, 65535, "0.0.0.0/0"));
            }
            _ => {
                let mut extra = observed.security_groups[position].clone();
                let number = serial();
                extra.spec.name = resource(&format!("extra-{number}"));
                extra.id = SecurityGroupId::new(format!("sg-extra-{number}"));
                observed.security_groups.insert(0, extra);
            }
        }
    }
}

/// The single ports that rules open, each with protocol and source; rules that are not about ports as they are.
pub(super) fn open(rules: &BTreeSet<crate::aws::stack::IngressRule>) -> BTreeSet<crate::aws::stack::IngressRule> {
    let mut single = BTreeSet::new();
    for rule in rules {
        if matches!(rule.protocol, RuleProtocol::Other(_)) {
            single.insert(rule.clone());
            continue;
        }
        for port in rule.from..=rule.to {
            single.insert(crate::aws::stack::IngressRule {
                from: port,
                to: port,
                ..rule.clone()
            });
        }
    }
    single
}
