//! Subnets and addresses of a load balancer that exists.

use super::matching::Matching;
use super::stages::{Stage, Stages};
use super::step::Step;
use crate::aws::observed::ObservedLoadBalancer;
use crate::aws::stack::{Action, Listener, ListenerProtocol, LoadBalancer, ResourceName};
use crate::service::IpFamily;

/// The step that gives the load balancer its subnets, families of addresses and source NAT, before listeners are made that
/// may need them. What listeners still use goes after them; while UDP is served over IPv6, there is source NAT.
pub(super) fn add_steps(matching: &Matching<'_>, known: &ObservedLoadBalancer, stages: &mut Stages) {
    let wanted = &matching.stack.load_balancer;
    let meanwhile = if takes_from_listeners(matching, known) {
        let udp = has_udp(matching.stack.listeners.values()) && known.spec.address_type.has_ipv6();
        LoadBalancer {
            ipv6_source_nat: known.spec.ipv6_source_nat || udp,
            ..known.spec.clone()
        }
    } else {
        let udp = has_udp(known.listeners.iter().filter_map(|listener| listener.spec.as_ref()));
        LoadBalancer {
            ipv6_source_nat: wanted.ipv6_source_nat || (udp && wanted.address_type.has_ipv6()),
            ..wanted.clone()
        }
    };
    stages.extend(Stage::Shape, step(&meanwhile, &known.spec));
    stages.extend(Stage::Disconnect, step(wanted, &meanwhile));
}

fn step(wanted: &LoadBalancer, known: &LoadBalancer) -> Option<Step> {
    let load_balancer = wanted.name.clone();
    let address_type = (wanted.address_type != known.address_type).then_some(wanted.address_type);
    let ipv6_source_nat = (wanted.ipv6_source_nat != known.ipv6_source_nat).then_some(wanted.ipv6_source_nat);
    if !known.is_in(&wanted.subnets) || ipv6_source_nat.is_some() {
        return Some(Step::SetSubnets {
            load_balancer,
            subnets: wanted.subnets.clone(),
            address_type,
            ipv6_source_nat,
        });
    }
    address_type.map(|address_type| Step::SetAddressType {
        load_balancer,
        address_type,
    })
}

/// Does a listener use what the load balancer is to lose? IPv6 target groups need IPv6 addresses, and UDP on a dual-stack
/// load balancer needs source NAT (Elastic Load Balancing user guide, IP address types of Network Load Balancers).
fn takes_from_listeners(matching: &Matching<'_>, known: &ObservedLoadBalancer) -> bool {
    let wanted = &matching.stack.load_balancer;
    let loses_ipv6 = known.spec.address_type.has_ipv6() && !wanted.address_type.has_ipv6();
    let loses_source_nat = known.spec.ipv6_source_nat && !wanted.ipv6_source_nat;
    let mut listeners = known.listeners.iter().filter_map(|listener| listener.spec.as_ref());
    listeners.any(|listener| {
        (loses_ipv6 && forwards_to_ipv6(matching, &listener.action)) || (loses_source_nat && has_udp([listener]))
    })
}

fn has_udp<'a>(listeners: impl IntoIterator<Item = &'a Listener>) -> bool {
    let mut listeners = listeners.into_iter();
    listeners.any(|listener| matches!(listener.protocol, ListenerProtocol::Udp | ListenerProtocol::TcpUdp))
}

fn forwards_to_ipv6(matching: &Matching<'_>, action: &Action) -> bool {
    let ipv6 = |name: &ResourceName| {
        let mut known = matching.observed.target_groups.iter();
        known.any(|known| known.spec.name == *name && known.spec.family == IpFamily::V6)
    };
    action.own_target_groups().any(ipv6)
}
