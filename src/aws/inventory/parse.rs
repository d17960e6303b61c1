//! PURE. Descriptions of AWS -> the vocabulary of [`Observed`].

use crate::aws::api::{
    ListenerDescription, LoadBalancerDescription, SecurityGroupDescription, TargetDescription, TargetGroupDescription,
};
use crate::aws::ids::{CertificateArn, TargetGroupArn};
use crate::aws::observed::{
    Observed, ObservedListener, ObservedLoadBalancer, ObservedSecurityGroup, ObservedTargetGroup,
};
use crate::aws::stack::{
    Attributes, FrontendGroup, GroupRef, Listener, LoadBalancer, ResourceName, Tags, Target, TargetGroup,
};
use std::collections::BTreeSet;

/// `TargetHealth.State` of a target that was deregistered and only finishes its connections.
const DRAINING: &str = "draining";

/// A load balancer without its listeners and attributes. None for a kind that elbow never makes.
pub(super) fn load_balancer(found: LoadBalancerDescription, tags: Tags) -> Option<ObservedLoadBalancer> {
    if !found.network {
        return None;
    }
    let spec = LoadBalancer {
        name: ResourceName::parse(&found.name).ok()?,
        explicit_name: false,
        scheme: found.scheme?,
        subnets: found.subnets,
        security_groups: found.security_groups.into_iter().map(GroupRef::Id).collect(),
        attributes: Attributes::new(),
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
        port: settings.port,
        vpc: found.vpc?,
        health_check: settings.health_check,
        attributes: Attributes::new(),
        targets: BTreeSet::new(),
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

/// A listener with its tags and the certificates that it has besides the default one. One that forwards to a target group
/// of somebody else has no settings that elbow could compare.
pub(super) fn listener(
    found: ListenerDescription,
    tags: Tags,
    more_certificates: Vec<CertificateArn>,
    owner: &Observed,
) -> ObservedListener {
    let spec = found.settings.and_then(|settings| {
        let target_group = target_group_name(owner, &settings.target_group)?;
        Some(Listener {
            port: settings.port,
            protocol: settings.protocol,
            target_group,
            certificates: settings.certificate.into_iter().chain(more_certificates).collect(),
            ssl_policy: settings.ssl_policy,
            tags,
        })
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

fn target_group_name(owner: &Observed, arn: &TargetGroupArn) -> Option<ResourceName> {
    let known = owner.target_groups.iter().find(|known| known.arn == *arn)?;
    Some(known.spec.name.clone())
}
