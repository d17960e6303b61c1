//! Write-through: a step that succeeded changes what is known, so that nothing has to be read again.

use std::collections::BTreeSet;

use super::{Observed, Outcome, created};
use crate::aws::ids::CertificateArn;
use crate::aws::plan::step::Step;
use crate::aws::stack::{GroupRef, Listener, ResourceName};
use crate::service::Port;

impl Observed {
    /// Takes over what a step has changed in AWS. A step that does not fit what is known, or an outcome that does not fit
    /// the step, changes nothing: the next read of AWS tells.
    pub fn record(&mut self, step: &Step, outcome: &Outcome) {
        match (step, outcome) {
            (Step::CreateSecurityGroup(group), Outcome::SecurityGroup(id)) => {
                self.security_groups.retain(|known| known.id != *id);
                self.security_groups.push(created::security_group(id, group));
            }
            (Step::CreateTargetGroup(spec), Outcome::TargetGroup(arn)) => {
                self.target_groups.retain(|known| known.arn != *arn);
                self.target_groups.push(created::target_group(arn, spec));
            }
            (Step::CreateLoadBalancer(spec), Outcome::LoadBalancer(answer)) => {
                let groups = self.by_id(&spec.security_groups);
                self.load_balancers.retain(|known| known.arn != answer.arn);
                self.load_balancers.push(created::load_balancer(answer, spec, groups));
            }
            (
                Step::CreateListener {
                    load_balancer,
                    listener,
                },
                Outcome::Listener(arn),
            ) => {
                if let Some(known) = self.load_balancer_mut(load_balancer) {
                    known.listeners.retain(|other| other.arn != *arn);
                    known.listeners.push(created::listener(arn, listener));
                }
            }
            (step, _) => self.record_change(step),
        }
    }

    fn record_change(&mut self, step: &Step) {
        match step {
            Step::CreateSecurityGroup(_)
            | Step::CreateTargetGroup(_)
            | Step::CreateLoadBalancer(_)
            | Step::CreateListener { .. } => {}
            Step::AuthorizeIngress { .. }
            | Step::RevokeIngress { .. }
            | Step::AddTags { .. }
            | Step::RemoveTags { .. } => self.record_rules_and_tags(step),
            Step::ModifyHealthCheck { target_group, .. }
            | Step::ModifyTargetGroupAttributes { target_group, .. }
            | Step::RegisterTargets { target_group, .. }
            | Step::DeregisterTargets { target_group, .. } => {
                self.record_target_group(target_group, step);
            }
            Step::ModifyLoadBalancerAttributes { load_balancer, .. }
            | Step::SetSecurityGroups { load_balancer, .. }
            | Step::SetSubnets { load_balancer, .. }
            | Step::SetAddressType { load_balancer, .. }
            | Step::ModifyCapacity { load_balancer, .. }
            | Step::AssociateWebAcl { load_balancer, .. }
            | Step::DisassociateWebAcl { load_balancer } => {
                self.record_load_balancer(load_balancer, step);
            }
            Step::ModifyListener { .. }
            | Step::ModifyListenerAttributes { .. }
            | Step::AddListenerCertificates { .. }
            | Step::RemoveListenerCertificates { .. } => self.record_listener(step),
            Step::DeleteLoadBalancer { .. }
            | Step::DeleteListener { .. }
            | Step::DeleteTargetGroup { .. }
            | Step::DeleteSecurityGroup { .. } => self.record_delete(step),
        }
    }

    fn record_delete(&mut self, step: &Step) {
        match step {
            Step::DeleteLoadBalancer { arn } => self.load_balancers.retain(|l| l.arn != *arn),
            Step::DeleteTargetGroup { arn } => self.target_groups.retain(|t| t.arn != *arn),
            Step::DeleteSecurityGroup { id } => self.security_groups.retain(|g| g.id != *id),
            Step::DeleteListener { arn, .. } => {
                for known in &mut self.load_balancers {
                    known.listeners.retain(|listener| listener.arn != *arn);
                }
            }
            _ => {}
        }
    }

    fn record_rules_and_tags(&mut self, step: &Step) {
        match step {
            Step::AuthorizeIngress { group, rules, .. } => {
                let id = self.security_group(group).cloned();
                if let Some(known) = id.and_then(|id| self.group_mut(&id)) {
                    known.spec.rules.extend(rules.iter().cloned());
                }
            }
            Step::RevokeIngress { group, rules } => {
                if let Some(known) = self.group_mut(group) {
                    known.spec.rules.retain(|rule| !rules.contains(rule));
                }
            }
            Step::AddTags { resource, tags } => {
                if let Some(known) = self.tags_mut(resource) {
                    known.extend(tags.clone());
                }
            }
            Step::RemoveTags { resource, keys } => {
                if let Some(known) = self.tags_mut(resource) {
                    known.retain(|key, _| !keys.contains(key));
                }
            }
            _ => {}
        }
    }

    fn record_target_group(&mut self, name: &ResourceName, step: &Step) {
        let Some(known) = self.target_group_mut(name) else {
            return;
        };
        match step {
            Step::ModifyHealthCheck { health_check, .. } => {
                known.health_check = health_check.clone();
            }
            Step::ModifyTargetGroupAttributes { attributes, .. } => {
                known.attributes.extend(attributes.clone());
            }
            Step::RegisterTargets { targets, .. } => known.targets.extend(targets.iter().cloned()),
            Step::DeregisterTargets { targets, .. } => {
                known.targets.retain(|target| !targets.contains(target));
            }
            _ => {}
        }
    }

    fn record_load_balancer(&mut self, name: &ResourceName, step: &Step) {
        let resolved = match step {
            Step::SetSecurityGroups { groups, .. } => self.by_id(groups),
            _ => BTreeSet::new(),
        };
        let Some(known) = self.load_balancer_mut(name) else {
            return;
        };
        match step {
            Step::ModifyLoadBalancerAttributes { attributes, .. } => {
                known.spec.attributes.extend(attributes.clone());
            }
            Step::SetSecurityGroups { private_link_rules, .. } => {
                known.spec.security_groups = resolved;
                known.spec.private_link_rules = private_link_rules.unwrap_or(known.spec.private_link_rules);
            }
            Step::SetSubnets {
                subnets,
                address_type,
                ipv6_source_nat,
                ..
            } => {
                known.spec.subnets = created::modified_subnets(subnets, &known.spec.subnets);
                known.spec.address_type = address_type.unwrap_or(known.spec.address_type);
                known.spec.ipv6_source_nat = ipv6_source_nat.unwrap_or(known.spec.ipv6_source_nat);
                created::drop_addresses(&mut known.spec);
            }
            Step::SetAddressType { address_type, .. } => {
                known.spec.address_type = *address_type;
                created::drop_addresses(&mut known.spec);
            }
            Step::ModifyCapacity { units, .. } => known.spec.capacity_units = *units,
            Step::AssociateWebAcl { web_acl, .. } => known.spec.web_acl = Some(web_acl.clone()),
            Step::DisassociateWebAcl { .. } => known.spec.web_acl = None,
            _ => {}
        }
    }

    fn record_listener(&mut self, step: &Step) {
        match step {
            Step::ModifyListener { arn, listener, .. } => {
                if let Some(known) = self.listener_mut(arn) {
                    known.spec = Some(created::modified_listener(listener, known.spec.take()));
                    known.port = listener.port;
                }
            }
            Step::ModifyListenerAttributes {
                load_balancer,
                port,
                attributes,
            } => {
                if let Some(known) = self.listener_on(load_balancer, *port) {
                    known.attributes.extend(attributes.clone());
                }
            }
            Step::AddListenerCertificates {
                load_balancer,
                port,
                certificates,
            } => {
                if let Some(known) = self.listener_on(load_balancer, *port) {
                    known.certificates.extend(certificates.iter().cloned());
                }
            }
            Step::RemoveListenerCertificates {
                load_balancer,
                port,
                certificates,
            } => {
                if let Some(known) = self.listener_on(load_balancer, *port) {
                    remove_further(&mut known.certificates, certificates);
                }
            }
            _ => {}
        }
    }

    fn listener_on(&mut self, load_balancer: &ResourceName, port: Port) -> Option<&mut Listener> {
        let mut listeners = self.load_balancer_mut(load_balancer)?.listeners.iter_mut();
        listeners.find(|known| known.port == port)?.spec.as_mut()
    }

    fn by_id(&self, groups: &BTreeSet<GroupRef>) -> BTreeSet<GroupRef> {
        let ids = groups.iter().filter_map(|group| self.security_group(group));
        ids.cloned().map(GroupRef::Id).collect()
    }
}

/// Takes certificates from the list, but not the default one, which stands first.
fn remove_further(listed: &mut Vec<CertificateArn>, removed: &[CertificateArn]) {
    let default = listed.first().cloned();
    let further = listed
        .drain(..)
        .skip(1)
        .filter(|certificate| !removed.contains(certificate));
    *listed = default.into_iter().chain(further.collect::<Vec<_>>()).collect();
}
