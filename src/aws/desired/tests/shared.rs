//! Traffic that Services share.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{shuffled, sound};
use crate::aws::desired::fixtures::{Case, tcp};

/// Services of either kind whose TCP ports each share their traffic with the same port of Service `canary`.
fn shared_cases() -> impl Strategy<Value = Case> {
    let ports = proptest::collection::btree_map(1_u16..60, (0_u16..999, 0_u16..999), 1..6);
    (ports, any::<bool>(), any::<bool>()).prop_map(|(ports, alb, secure)| {
        let mut case = Case::new().ports(ports.keys().map(|port| tcp(*port, 30000 + port)));
        let canary = ports.keys().map(|port| tcp(*port, 31000 + port));
        case.service.companions.insert("canary".into(), canary.collect());
        let protocol = match (alb, secure) {
            (true, true) => "HTTPS",
            (true, false) => "HTTP",
            (false, true) => "TLS",
            (false, false) => "TCP",
        };
        for (port, (base, weight)) in &ports {
            let action = format!(
                r#"{{"type":"forward","forwardConfig":{{"baseServiceWeight":{base},"targetGroups":[{{"serviceName":"canary","servicePort":{port},"weight":{weight}}}]}}}}"#
            );
            case = case.annotate(&format!("actions.{protocol}-{port}"), &action);
        }
        let certificate = ("aws-load-balancer-ssl-cert", "arn:aws:acm:us-east-1:123456789012:certificate/0a");
        let case = case.annotate_all(secure.then_some(certificate).as_slice());
        if alb { case.alb() } else { case }
    })
}

proptest! {
    #[test]
    fn the_order_of_ports_and_companions_does_not_matter_to_shared_traffic(case in shared_cases(), seed in 0_usize..100) {
        let mut other = case.clone();
        other.service.ports = shuffled(&case.service.ports, seed);
        for ports in other.service.companions.values_mut() {
            *ports = shuffled(ports, seed);
        }
        prop_assert_eq!(case.result(), other.result());
    }

    #[test]
    fn every_port_of_either_kind_is_served_and_every_share_has_a_target_group_of_all_nodes(case in shared_cases()) {
        let stack = case.stack();
        let ports: BTreeSet<_> = case.service.ports.iter().map(|port| port.port).collect();
        prop_assert_eq!(stack.listeners.keys().copied().collect::<BTreeSet<_>>(), ports);
        let used = stack.listeners.values().flat_map(|listener| listener.action.own_target_groups());
        prop_assert_eq!(used.collect::<BTreeSet<_>>(), stack.target_groups.keys().collect::<BTreeSet<_>>());
        for listener in stack.listeners.values() {
            let node_ports: BTreeSet<_> =
                listener.action.own_target_groups().map(|name| stack.target_groups[name].port.get()).collect();
            let expected = [30000 + listener.port.get(), 31000 + listener.port.get()];
            prop_assert_eq!(node_ports, BTreeSet::from(expected));
        }
        for group in stack.target_groups.values() {
            prop_assert_eq!(group.targets.len(), case.nodes.nodes.len());
            prop_assert!(group.targets.iter().all(|target| target.port == group.port));
        }
        prop_assert_eq!(sound::unsound(&stack), None);
    }
}
