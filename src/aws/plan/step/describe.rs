//! How a step is named to people: its IAM action and one line for logs.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Write};

use super::{Step, TaggedResource};
use crate::aws::desired::tags::EXTRAS;
use crate::aws::stack::{Attributes, ResourceName};

/// How many members of a set a log line shows; the rest is counted.
const SHOWN: usize = 8;

impl Step {
    /// The IAM action that the write needs, such as `elasticloadbalancing:CreateLoadBalancer`.
    #[must_use]
    pub fn action(&self) -> &'static str {
        use Step as S;
        match self {
            S::CreateSecurityGroup(_) => "ec2:CreateSecurityGroup",
            S::AuthorizeIngress { .. } => "ec2:AuthorizeSecurityGroupIngress",
            S::RevokeIngress { .. } => "ec2:RevokeSecurityGroupIngress",
            S::CreateTargetGroup(_) => "elasticloadbalancing:CreateTargetGroup",
            S::ModifyHealthCheck { .. } => "elasticloadbalancing:ModifyTargetGroup",
            S::ModifyTargetGroupAttributes { .. } => "elasticloadbalancing:ModifyTargetGroupAttributes",
            S::RegisterTargets { .. } => "elasticloadbalancing:RegisterTargets",
            S::DeregisterTargets { .. } => "elasticloadbalancing:DeregisterTargets",
            S::CreateLoadBalancer(_) => "elasticloadbalancing:CreateLoadBalancer",
            S::ModifyLoadBalancerAttributes { .. } => "elasticloadbalancing:ModifyLoadBalancerAttributes",
            S::SetSecurityGroups { .. } => "elasticloadbalancing:SetSecurityGroups",
            S::SetSubnets { .. } => "elasticloadbalancing:SetSubnets",
            S::SetAddressType { .. } => "elasticloadbalancing:SetIpAddressType",
            S::ModifyCapacity { .. } => "elasticloadbalancing:ModifyCapacityReservation",
            S::AssociateWebAcl { .. } => "wafv2:AssociateWebACL",
            S::DisassociateWebAcl { .. } => "wafv2:DisassociateWebACL",
            S::ModifyListenerAttributes { .. } => "elasticloadbalancing:ModifyListenerAttributes",
            S::CreateListener { .. } => "elasticloadbalancing:CreateListener",
            S::ModifyListener { .. } => "elasticloadbalancing:ModifyListener",
            S::AddListenerCertificates { .. } => "elasticloadbalancing:AddListenerCertificates",
            S::RemoveListenerCertificates { .. } => "elasticloadbalancing:RemoveListenerCertificates",
            S::DeleteListener { .. } => "elasticloadbalancing:DeleteListener",
            S::AddTags { resource, .. } if resource.is_ec2() => "ec2:CreateTags",
            S::AddTags { .. } => "elasticloadbalancing:AddTags",
            S::RemoveTags { resource, .. } if resource.is_ec2() => "ec2:DeleteTags",
            S::RemoveTags { .. } => "elasticloadbalancing:RemoveTags",
            S::DeleteLoadBalancer { .. } => "elasticloadbalancing:DeleteLoadBalancer",
            S::DeleteTargetGroup { .. } => "elasticloadbalancing:DeleteTargetGroup",
            S::DeleteSecurityGroup { .. } => "ec2:DeleteSecurityGroup",
        }
    }

    /// Does it set a feature that nothing else depends on? Its failure keeps no other step from being taken.
    #[must_use]
    pub fn is_optional(&self) -> bool {
        matches!(
            self,
            Self::ModifyCapacity { .. }
                | Self::AssociateWebAcl { .. }
                | Self::DisassociateWebAcl { .. }
                | Self::ModifyListenerAttributes { .. }
        )
    }

    /// The load balancer that must be past `provisioning` before AWS takes the step; none where that does not matter.
    #[must_use]
    pub fn needs_active(&self) -> Option<&ResourceName> {
        match self {
            Self::ModifyCapacity { load_balancer, .. }
            | Self::AssociateWebAcl { load_balancer, .. }
            | Self::DisassociateWebAcl { load_balancer } => Some(load_balancer),
            _ => None,
        }
    }

    /// Does it do nothing but change which features the tags of a resource remember?
    #[must_use]
    pub fn is_about_extras(&self) -> bool {
        match self {
            Self::AddTags { tags, .. } => tags.keys().all(|key| key == EXTRAS),
            Self::RemoveTags { keys, .. } => keys.iter().all(|key| key == EXTRAS),
            _ => false,
        }
    }

    /// Does it delete a load balancer, listener, target group or security group? Of such a step "it does not exist" is
    /// success.
    #[must_use]
    pub fn is_delete(&self) -> bool {
        matches!(
            self,
            Self::DeleteLoadBalancer { .. }
                | Self::DeleteListener { .. }
                | Self::DeleteTargetGroup { .. }
                | Self::DeleteSecurityGroup { .. }
        )
    }

    /// The resource that it writes, by name where it has one, else by ARN or id.
    fn resource(&self) -> String {
        use Step as S;
        match self {
            S::CreateSecurityGroup(group) => group.name.to_string(),
            S::AuthorizeIngress { group, .. } => group.to_string(),
            S::RevokeIngress { group, .. } | S::DeleteSecurityGroup { id: group } => group.to_string(),
            S::CreateTargetGroup(target_group) => target_group.name.to_string(),
            S::CreateLoadBalancer(load_balancer) => load_balancer.name.to_string(),
            S::ModifyHealthCheck { target_group: name, .. }
            | S::ModifyTargetGroupAttributes { target_group: name, .. }
            | S::RegisterTargets { target_group: name, .. }
            | S::DeregisterTargets { target_group: name, .. }
            | S::ModifyLoadBalancerAttributes {
                load_balancer: name, ..
            }
            | S::SetSecurityGroups {
                load_balancer: name, ..
            }
            | S::SetSubnets {
                load_balancer: name, ..
            }
            | S::SetAddressType {
                load_balancer: name, ..
            }
            | S::ModifyCapacity {
                load_balancer: name, ..
            }
            | S::AssociateWebAcl {
                load_balancer: name, ..
            }
            | S::DisassociateWebAcl { load_balancer: name }
            | S::ModifyListenerAttributes {
                load_balancer: name, ..
            }
            | S::CreateListener {
                load_balancer: name, ..
            }
            | S::ModifyListener {
                load_balancer: name, ..
            }
            | S::AddListenerCertificates {
                load_balancer: name, ..
            }
            | S::RemoveListenerCertificates {
                load_balancer: name, ..
            }
            | S::DeleteListener {
                load_balancer: name, ..
            } => name.to_string(),
            S::AddTags { resource, .. } | S::RemoveTags { resource, .. } => resource.as_str().to_owned(),
            S::DeleteLoadBalancer { arn } => arn.to_string(),
            S::DeleteTargetGroup { arn } => arn.to_string(),
        }
    }

    /// What is written; empty where the action says it all.
    fn detail(&self) -> String {
        use Step as S;
        match self {
            S::AuthorizeIngress { rules, .. } | S::RevokeIngress { rules, .. } => list(rules),
            S::RegisterTargets { targets, .. } | S::DeregisterTargets { targets, .. } => list(targets),
            S::ModifyTargetGroupAttributes { attributes: pairs, .. }
            | S::ModifyLoadBalancerAttributes { attributes: pairs, .. }
            | S::AddTags { tags: pairs, .. } => list_pairs(pairs),
            S::RemoveTags { keys, .. } => list(keys),
            S::SetSecurityGroups {
                groups,
                private_link_rules,
                ..
            } => {
                let rules = private_link_rules.map(|on| format!(", rules for PrivateLink {}", switch(on)));
                format!("{}{}", list(groups), rules.unwrap_or_default())
            }
            S::SetSubnets {
                subnets,
                address_type,
                ipv6_source_nat,
                ..
            } => {
                let address_type = address_type.map(|kind| format!(", {kind}")).unwrap_or_default();
                let nat = ipv6_source_nat.map(|on| format!(", source NAT of IPv6 {}", switch(on)));
                format!("{}{address_type}{}", list(subnets.keys()), nat.unwrap_or_default())
            }
            S::SetAddressType { address_type, .. } => address_type.to_string(),
            S::ModifyCapacity { units, .. } => format!("{units} units"),
            S::AssociateWebAcl { web_acl, .. } => web_acl.to_string(),
            S::ModifyListenerAttributes { port, attributes, .. } => format!("port {port}, {}", list_pairs(attributes)),
            S::CreateLoadBalancer(load_balancer) => {
                format!("{} in {}", load_balancer.scheme, list(load_balancer.subnets.keys()))
            }
            S::CreateListener { listener, .. } | S::ModifyListener { listener, .. } => listener.to_string(),
            S::AddListenerCertificates { port, certificates, .. }
            | S::RemoveListenerCertificates { port, certificates, .. } => {
                format!("port {port}, {}", list(certificates))
            }
            S::DeleteListener { arn, .. } => arn.to_string(),
            _ => String::new(),
        }
    }
}

impl TaggedResource {
    /// Its ARN, or its id in EC2.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::LoadBalancer(arn) => arn.as_str(),
            Self::Listener(arn) => arn.as_str(),
            Self::TargetGroup(arn) => arn.as_str(),
            Self::SecurityGroup(id) => id.as_str(),
        }
    }

    /// Are its tags kept by EC2 and not by Elastic Load Balancing?
    #[must_use]
    pub fn is_ec2(&self) -> bool {
        matches!(self, Self::SecurityGroup(_))
    }
}

/// One line for logs: the AWS operation, the resource, and what is written.
impl Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = self.action();
        let operation = action.split_once(':').map_or(action, |(_, name)| name);
        write!(f, "{operation} {}", self.resource())?;
        match self.detail() {
            detail if detail.is_empty() => Ok(()),
            detail => write!(f, ": {detail}"),
        }
    }
}

fn switch(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

fn list_pairs(pairs: &Attributes) -> String {
    let pairs: BTreeSet<String> = pairs.iter().map(|(k, v)| format!("{k}={v}")).collect();
    list(&pairs)
}

fn list<'a, T: Display + 'a>(items: impl IntoIterator<Item = &'a T>) -> String {
    let items: Vec<&T> = items.into_iter().collect();
    let mut line = String::new();
    for (index, item) in items.iter().take(SHOWN).enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = write!(line, "{separator}{item}");
    }
    match items.len().saturating_sub(SHOWN) {
        0 => line,
        more => format!("{line} and {more} more"),
    }
}
