//! What stands right after a create call: less than was asked for where the call cannot carry it all.

use std::collections::{BTreeMap, BTreeSet};

use super::{ObservedListener, ObservedLoadBalancer, ObservedSecurityGroup, ObservedTargetGroup};
use crate::aws::api::CreatedLoadBalancer;
use crate::aws::desired::attributes::listener_default;
use crate::aws::ids::{ListenerArn, SecurityGroupId, SubnetId, TargetGroupArn};
use crate::aws::stack::{
    Attributes, ChosenAddresses, FrontendGroup, GroupRef, Listener, LoadBalancer, Tags, TargetGroup,
};

/// `CreateSecurityGroup` takes no rules.
pub(super) fn security_group(id: &SecurityGroupId, group: &FrontendGroup) -> ObservedSecurityGroup {
    ObservedSecurityGroup {
        id: id.clone(),
        spec: FrontendGroup {
            rules: BTreeSet::new(),
            ..group.clone()
        },
    }
}

/// `CreateTargetGroup` takes neither attributes nor targets.
pub(super) fn target_group(arn: &TargetGroupArn, spec: &TargetGroup) -> ObservedTargetGroup {
    ObservedTargetGroup {
        arn: arn.clone(),
        spec: TargetGroup {
            attributes: Attributes::new(),
            targets: BTreeSet::new(),
            ..spec.clone()
        },
    }
}

/// `CreateLoadBalancer` takes neither attributes nor a reservation, a web ACL or the switch for PrivateLink;
/// `security_groups` are those of the call.
pub(super) fn load_balancer(
    created: &CreatedLoadBalancer,
    spec: &LoadBalancer,
    security_groups: BTreeSet<GroupRef>,
) -> ObservedLoadBalancer {
    ObservedLoadBalancer {
        arn: created.arn.clone(),
        dns_name: created.dns_name.clone(),
        active: created.active,
        spec: LoadBalancer {
            security_groups,
            private_link_rules: true,
            attributes: Attributes::new(),
            capacity_units: 0,
            web_acl: None,
            ..spec.clone()
        },
        listeners: Vec::new(),
    }
}

/// `SetSubnets` leaves addresses alone in a subnet that stays, unless it names others.
pub(super) fn modified_subnets(
    wanted: &BTreeMap<SubnetId, ChosenAddresses>,
    known: &BTreeMap<SubnetId, ChosenAddresses>,
) -> BTreeMap<SubnetId, ChosenAddresses> {
    let after = wanted.iter().map(|(subnet, wanted)| {
        let kept = known.get(subnet).filter(|known| known.satisfies(wanted));
        (subnet.clone(), kept.unwrap_or(wanted).clone())
    });
    after.collect()
}

/// Without IPv6 there are no such addresses any more, and without source NAT no prefixes for it.
pub(super) fn drop_addresses(load_balancer: &mut LoadBalancer) {
    for chosen in load_balancer.subnets.values_mut() {
        if !load_balancer.address_type.has_ipv6() {
            chosen.ipv6 = None;
        }
        if !load_balancer.ipv6_source_nat {
            chosen.source_nat_prefix = None;
        }
    }
}

/// `CreateListener` takes the default certificate only, and no attributes.
pub(super) fn listener(arn: &ListenerArn, listener: &Listener) -> ObservedListener {
    ObservedListener {
        arn: arn.clone(),
        spec: Some(with_default_certificate(listener)),
        port: listener.port,
    }
}

/// `ModifyListener` changes the default certificate only, leaves tags alone, and a TLS policy that is not given too. A
/// listener that is not TLS any more has no certificates.
pub(super) fn modified_listener(wanted: &Listener, known: Option<Listener>) -> Listener {
    let mut modified = with_default_certificate(wanted);
    modified.tags = Tags::new();
    if let Some(known) = known {
        modified.tags = known.tags;
        modified.attributes = known.attributes;
        // TLS and UDP listeners have none.
        modified
            .attributes
            .retain(|key, _| listener_default(wanted.protocol, key).is_some());
        if wanted.protocol.is_secure() && known.protocol.is_secure() {
            modified.certificates.extend(known.certificates.into_iter().skip(1));
            modified.ssl_policy = modified.ssl_policy.or(known.ssl_policy);
        }
    }
    modified
}

fn with_default_certificate(listener: &Listener) -> Listener {
    Listener {
        certificates: listener.certificates.iter().take(1).cloned().collect(),
        attributes: Attributes::new(),
        ..listener.clone()
    }
}
