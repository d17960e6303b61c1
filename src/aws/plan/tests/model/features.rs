//! What AWS refuses of addresses, listeners and optional features.

use super::{Aws, ensure};
use crate::aws::desired::tags::Extra;
use crate::aws::plan::step::Step;
use crate::aws::stack::{
    Action, AddressType, Listener, ListenerProtocol, LoadBalancer, LoadBalancerKind, ResourceName, TargetGroup,
    TargetProtocol,
};
use crate::service::IpFamily;

/// Steps for addresses and for features that tags remember.
pub(super) fn check(aws: &Aws, step: &Step) -> Result<(), &'static str> {
    match step {
        Step::SetSubnets {
            load_balancer,
            subnets,
            address_type,
            ipv6_source_nat,
        } => {
            let known = aws.load_balancer(load_balancer)?;
            let kept = subnets
                .iter()
                .filter_map(|(id, wanted)| Some((known.subnets.get(id)?, wanted)));
            let kept: Vec<_> = kept.collect();
            ensure(
                kept.iter().all(|(known, wanted)| known.satisfies(wanted)),
                "InvalidSubnet",
            )?;
            let address_type = address_type.unwrap_or(known.address_type);
            let source_nat = ipv6_source_nat.unwrap_or(known.ipv6_source_nat);
            check_addresses(aws, load_balancer, address_type, source_nat)
        }
        Step::SetAddressType {
            load_balancer,
            address_type,
        } => {
            let source_nat = aws.load_balancer(load_balancer)?.ipv6_source_nat;
            check_addresses(aws, load_balancer, *address_type, source_nat)
        }
        Step::ModifyCapacity { load_balancer, .. } => {
            let known = aws.load_balancer(load_balancer)?;
            ensure(Extra::Capacity.is_in(&known.tags), "not remembered")
        }
        Step::AssociateWebAcl { load_balancer, .. } | Step::DisassociateWebAcl { load_balancer } => {
            let known = aws.load_balancer(load_balancer)?;
            ensure(
                known.kind == LoadBalancerKind::Application,
                "WAFInvalidOperationException",
            )?;
            ensure(Extra::WebAcl.is_in(&known.tags), "not remembered")
        }
        other => panic!("{other} is checked elsewhere"),
    }
}

/// Listeners keep what they need of addresses.
fn check_addresses(
    aws: &Aws,
    name: &ResourceName,
    address_type: AddressType,
    ipv6_source_nat: bool,
) -> Result<(), &'static str> {
    let spec = LoadBalancer {
        address_type,
        ipv6_source_nat,
        ..aws.load_balancer(name)?.clone()
    };
    ensure(
        address_type.has_ipv6() || !ipv6_source_nat,
        "InvalidConfigurationRequest",
    )?;
    for listener in aws.listeners(name)?.iter().filter_map(|l| l.spec.as_ref()) {
        check_listener(&spec, listener)?;
        for used in listener.action.own_target_groups() {
            check_family(&spec, aws.target_group(used)?)?;
        }
    }
    Ok(())
}

/// Does the load balancer take such a listener?
pub(super) fn check_listener(load_balancer: &LoadBalancer, listener: &Listener) -> Result<(), &'static str> {
    use ListenerProtocol as P;
    let kind = match listener.protocol {
        P::Http | P::Https => LoadBalancerKind::Application,
        P::Tcp | P::Udp | P::TcpUdp | P::Tls => LoadBalancerKind::Network,
    };
    ensure(load_balancer.kind == kind, "UnsupportedProtocol")?;
    let redirects = matches!(listener.action, Action::Redirect(_));
    ensure(!redirects || listener.protocol == P::Http, "InvalidLoadBalancerAction")?;
    let udp = matches!(listener.protocol, P::Udp | P::TcpUdp);
    let translated = load_balancer.ipv6_source_nat || !load_balancer.address_type.has_ipv6();
    ensure(!udp || translated, "InvalidConfigurationRequest")?;
    ensure(
        listener.protocol.is_secure() != listener.certificates.is_empty(),
        "CertificateNotFound",
    )
}

/// Does the listener forward to such a target group?
pub(super) fn check_forward(
    load_balancer: &LoadBalancer,
    listener: &Listener,
    target_group: &TargetGroup,
) -> Result<(), &'static str> {
    use ListenerProtocol as P;
    use TargetProtocol as T;
    let fits = matches!(
        (listener.protocol, target_group.protocol),
        (P::Tcp, T::Tcp)
            | (P::Tls, T::Tcp | T::Tls)
            | (P::Udp, T::Udp)
            | (P::TcpUdp, T::TcpUdp)
            | (P::Http | P::Https, T::Http(_) | T::Https(_))
    );
    ensure(fits, "InvalidConfigurationRequest")?;
    check_family(load_balancer, target_group)
}

fn check_family(load_balancer: &LoadBalancer, target_group: &TargetGroup) -> Result<(), &'static str> {
    let reachable = target_group.family == IpFamily::V4 || load_balancer.address_type.has_ipv6();
    ensure(reachable, "InvalidConfigurationRequest")
}
