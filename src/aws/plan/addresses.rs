//! Subnets and addresses of a load balancer that exists.

use super::matching::Matching;
use super::stages::{Stage, Stages};
use super::step::Step;
use crate::aws::observed::ObservedLoadBalancer;
use crate::aws::stack::{Action, Listener, ListenerProtocol, LoadBalancer, ResourceName};
use crate::service::IpFamily;

/// Steps that give the load balancer its subnets, families of addresses and source NAT: before listeners are made that may
/// need them, but what listeners of before still use goes after them. Normally that is one step at most.
pub(super) fn add_steps(matching: &Matching<'_>, known: &ObservedLoadBalancer, stages: &mut Stages) {
    let wanted = &matching.stack.load_balancer;
    let meanwhile = meanwhile(matching, known);
    stages.extend(Stage::Shape, step(&meanwhile, &known.spec));
    stages.extend(Stage::Disconnect, step(wanted, &meanwhile));
}

/// The load balancer with addresses that serve the listeners of before and of after. IPv6 target groups need IPv6 addresses,
/// and UDP on a dual-stack load balancer needs source NAT (Elastic Load Balancing user guide, IP address types of Network
/// Load Balancers).
fn meanwhile(matching: &Matching<'_>, known: &ObservedLoadBalancer) -> LoadBalancer {
    let mut meanwhile = matching.stack.load_balancer.clone();
    let before = || known.listeners.iter().filter_map(|listener| listener.spec.as_ref());
    let uses_ipv6 = before().any(|listener| forwards_to_ipv6(matching, &listener.action));
    if uses_ipv6 && !meanwhile.address_type.has_ipv6() {
        meanwhile.address_type = known.spec.address_type;
    }
    let has_udp = before().chain(matching.stack.listeners.values()).any(is_udp);
    meanwhile.ipv6_source_nat |= has_udp && meanwhile.address_type.has_ipv6();
    meanwhile
}

fn is_udp(listener: &Listener) -> bool {
    matches!(listener.protocol, ListenerProtocol::Udp | ListenerProtocol::TcpUdp)
}

fn forwards_to_ipv6(matching: &Matching<'_>, action: &Action) -> bool {
    let ipv6 = |name: &ResourceName| {
        let mut known = matching.observed.target_groups.iter();
        known.any(|known| known.spec.name == *name && known.spec.family == IpFamily::V6)
    };
    action.own_target_groups().any(ipv6)
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
