//! PURE. Descriptions of AWS -> the vocabulary of [`Observed`].

use crate::aws::api::{
    ActionSettings, ListenerDescription, LoadBalancerDescription, SecurityGroupDescription, TargetDescription,
    TargetGroupDescription,
};
use crate::aws::ids::{CertificateArn, TargetGroupArn};
use crate::aws::observed::{
    Observed, ObservedListener, ObservedLoadBalancer, ObservedSecurityGroup, ObservedTargetGroup,
};
use crate::aws::stack::{
    Action, Attributes, Forward, FrontendGroup, GroupRef, Listener, LoadBalancer, ResourceName, Surplus, Tags, Target,
    TargetGroup, TargetGroupRef, WeightedTargetGroup,
};
use std::collections::BTreeSet;

/// `TargetHealth.State` of a target that was deregistered and only finishes its connections.
const DRAINING: &str = "draining";

/// A load balancer without its listeners and attributes. None for a kind that elbow never makes.
pub(super) fn load_balancer(found: LoadBalancerDescription, tags: Tags) -> Option<ObservedLoadBalancer> {
    let spec = LoadBalancer {
        name: ResourceName::parse(&found.name).ok()?,
        explicit_name: false,
        kind: found.kind?,
        scheme: found.scheme?,
        address_type: found.address_type,
        subnets: found.subnets,
        ipv6_source_nat: found.ipv6_source_nat,
        security_groups: found.security_groups.into_iter().map(GroupRef::Id).collect(),
        private_link_rules: found.private_link_rules,
        attributes: Attributes::new(),
        capacity_units: 0,
        web_acl: None,
        tags,
    };
    Some(ObservedLoadBalancer {
        arn: found.arn,
        dns_name: found.dns_name,
        active: found.active,
        spec,
        listeners: Vec::new(),
    })
}

/// A target group without its attributes and targets. None for a kind that elbow never makes.
pub(super) fn target_group(found: TargetGroupDescription, tags: Tags) -> Option<ObservedTargetGroup> {
    let settings = found.settings?;
    let spec = TargetGroup {
        name: ResourceName::parse(&found.name).ok()?,
        protocol: settings.protocol,
        family: settings.family,
        port: settings.port,
        vpc: found.vpc?,
        health_check: settings.health_check,
        attributes: Attributes::new(),
        targets: BTreeSet::new(),
        surplus: Surplus::Leaves,
        tags,
    };
    Some(ObservedTargetGroup { arn: found.arn, spec })
}

/// A security group. None where the name is not one that elbow would give.
pub(super) fn security_group(found: SecurityGroupDescription) -> Option<ObservedSecurityGroup> {
    let spec = FrontendGroup {
        name: ResourceName::parse(&found.name).ok()?,
        description: found.description,
        vpc: found.vpc,
        rules: found.rules,
        tags: found.tags,
    };
    Some(ObservedSecurityGroup { id: found.id, spec })
}

/// A listener with its tags and the certificates that it has besides the default one.
pub(super) fn listener(
    found: ListenerDescription,
    tags: Tags,
    more_certificates: Vec<CertificateArn>,
    owner: &Observed,
) -> ObservedListener {
    let spec = found.settings.map(|settings| Listener {
        port: settings.port,
        protocol: settings.protocol,
        action: action(settings.action, owner),
        certificates: settings.certificate.into_iter().chain(more_certificates).collect(),
        ssl_policy: settings.ssl_policy,
        alpn: settings.alpn,
        attributes: Attributes::new(),
        tags,
    });
    ObservedListener {
        arn: found.arn,
        spec,
        port: found.port,
    }
}

/// The targets that are registered, without those that are leaving.
pub(super) fn targets(found: Vec<TargetDescription>) -> BTreeSet<Target> {
    let staying = found.into_iter().filter(|target| target.state != DRAINING);
    staying.map(|target| target.target).collect()
}

fn action(found: ActionSettings, owner: &Observed) -> Action {
    match found {
        ActionSettings::Redirect(redirect) => Action::Redirect(redirect),
        ActionSettings::Forward { to, stickiness } => {
            let weighted = |(arn, weight)| WeightedTargetGroup {
                target_group: target_group_ref(owner, arn),
                weight,
            };
            let to = to.into_iter().map(weighted).collect();
            Action::Forward(Forward { to, stickiness })
        }
    }
}

fn target_group_ref(owner: &Observed, arn: TargetGroupArn) -> TargetGroupRef {
    match owner.target_groups.iter().find(|known| known.arn == arn) {
        Some(known) => TargetGroupRef::Own(known.spec.name.clone()),
        None => TargetGroupRef::Foreign(arn),
    }
}
