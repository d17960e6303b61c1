//! Write-through: a step that succeeded changes what is known, so that nothing has to be read again.

use super::{Observed, ObservedListener, ObservedLoadBalancer, ObservedSecurityGroup, ObservedTargetGroup, Outcome};
use crate::aws::plan::step::{Step, TaggedResource};
use crate::aws::stack::{
    Attributes, FrontendGroup, GroupRef, Listener, ListenerProtocol, LoadBalancer, ResourceName, Tags, TargetGroup,
};
use crate::service::Port;

impl Observed {
    /// Takes over what a step has changed in AWS. A step that does not fit what is known, or an outcome that does not fit
    /// the step, changes nothing: the next read of AWS tells.
    pub fn record(&mut self, step: &Step, outcome: &Outcome) {
        match (step, outcome) {
            (Step::CreateSecurityGroup(group), Outcome::SecurityGroup(id)) => {
                self.security_groups.retain(|known| known.id != *id);
                self.security_groups.push(created_group(id.clone(), group));
            }
            (Step::CreateTargetGroup(spec), Outcome::TargetGroup(arn)) => {
                self.target_groups.retain(|known| known.arn != *arn);
                self.target_groups.push(created_target_group(arn.clone(), spec));
            }
            (Step::CreateLoadBalancer(spec), Outcome::LoadBalancer(created)) => {
                let groups = spec.security_groups.iter().filter_map(|group| self.by_id(group));
                let spec = LoadBalancer {
                    security_groups: groups.collect(),
                    attributes: Attributes::new(),
                    ..spec.clone()
                };
                self.load_balancers.retain(|known| known.arn != created.arn);
                self.load_balancers.push(ObservedLoadBalancer {
                    arn: created.arn.clone(),
                    dns_name: created.dns_name.clone(),
                    active: created.active,
                    spec,
                    listeners: Vec::new(),
                });
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
                    known.listeners.push(ObservedListener {
                        arn: arn.clone(),
                        spec: Some(created_listener(listener)),
                        port: listener.port,
                    });
                }
            }
            (step, _) => self.record_change(step),
        }
    }

    fn record_change(&mut self, step: &Step) {
        match step {
            Step::DeleteLoadBalancer { arn } => self.load_balancers.retain(|l| l.arn != *arn),
            Step::DeleteTargetGroup { arn } => self.target_groups.retain(|t| t.arn != *arn),
            Step::DeleteSecurityGroup { id } => self.security_groups.retain(|g| g.id != *id),
            Step::DeleteListener { arn, .. } => {
                for load_balancer in &mut self.load_balancers {
                    load_balancer.listeners.retain(|listener| listener.arn != *arn);
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
            Step::AuthorizeIngress { .. } | Step::RevokeIngress { .. } => self.record_rules(step),
            other => {
                self.record_target_group(other);
                self.record_load_balancer(other);
                self.record_listener(other);
            }
        }
    }

    fn record_rules(&mut self, step: &Step) {
        match step {
            Step::AuthorizeIngress { group, rules } => {
                let id = self.security_group(group).cloned();
                if let Some(known) = self.security_groups.iter_mut().find(|g| Some(&g.id) == id.as_ref()) {
                    known.spec.rules.extend(rules.iter().cloned());
                }
            }
            Step::RevokeIngress { group, rules } => {
                if let Some(known) = self.security_groups.iter_mut().find(|g| g.id == *group) {
                    known.spec.rules.retain(|rule| !rules.contains(rule));
                }
            }
            _ => {}
        }
    }

    fn record_target_group(&mut self, step: &Step) {
        let (Step::ModifyHealthCheck { target_group, .. }
        | Step::ModifyTargetGroupAttributes { target_group, .. }
        | Step::RegisterTargets { target_group, .. }
        | Step::DeregisterTargets { target_group, .. }) = step
        else {
            return;
        };
        let Some(known) = self.target_groups.iter_mut().find(|t| t.spec.name == *target_group) else {
            return;
        };
        match step {
            Step::ModifyHealthCheck { health_check, .. } => known.spec.health_check = health_check.clone(),
            Step::ModifyTargetGroupAttributes { attributes, .. } => known.spec.attributes.extend(attributes.clone()),
            Step::RegisterTargets { targets, .. } => known.spec.targets.extend(targets.iter().cloned()),
            Step::DeregisterTargets { targets, .. } => known.spec.targets.retain(|target| !targets.contains(target)),
            _ => {}
        }
    }

    fn record_load_balancer(&mut self, step: &Step) {
        match step {
            Step::ModifyLoadBalancerAttributes {
                load_balancer,
                attributes,
            } => {
                if let Some(known) = self.load_balancer_mut(load_balancer) {
                    known.spec.attributes.extend(attributes.clone());
                }
            }
            Step::SetSecurityGroups { load_balancer, groups } => {
                let groups = groups.iter().filter_map(|group| self.by_id(group)).collect();
                if let Some(known) = self.load_balancer_mut(load_balancer) {
                    known.spec.security_groups = groups;
                }
            }
            Step::SetSubnets { load_balancer, subnets } => {
                if let Some(known) = self.load_balancer_mut(load_balancer) {
                    known.spec.subnets = subnets.clone();
                }
            }
            _ => {}
        }
    }

    fn record_listener(&mut self, step: &Step) {
        match step {
            Step::ModifyListener {
                load_balancer,
                arn,
                listener,
            } => {
                let known = self.load_balancer_mut(load_balancer);
                if let Some(known) = known.and_then(|l| l.listeners.iter_mut().find(|l| l.arn == *arn)) {
                    known.spec = Some(modified_listener(listener, known.spec.take()));
                    known.port = listener.port;
                }
            }
            Step::AddListenerCertificates {
                load_balancer,
                port,
                certificates,
            } => {
                if let Some(known) = self.listener_mut(load_balancer, *port) {
                    known.certificates.extend(certificates.iter().cloned());
                }
            }
            Step::RemoveListenerCertificates {
                load_balancer,
                port,
                certificates,
            } => {
                if let Some(known) = self.listener_mut(load_balancer, *port) {
                    let mut position = 0;
                    known.certificates.retain(|certificate| {
                        position += 1;
                        position == 1 || !certificates.contains(certificate)
                    });
                }
            }
            _ => {}
        }
    }

    fn by_id(&self, group: &GroupRef) -> Option<GroupRef> {
        self.security_group(group).cloned().map(GroupRef::Id)
    }

    fn load_balancer_mut(&mut self, name: &ResourceName) -> Option<&mut ObservedLoadBalancer> {
        self.load_balancers.iter_mut().find(|known| known.spec.name == *name)
    }

    fn listener_mut(&mut self, load_balancer: &ResourceName, port: Port) -> Option<&mut Listener> {
        let listeners = &mut self.load_balancer_mut(load_balancer)?.listeners;
        listeners.iter_mut().find(|known| known.port == port)?.spec.as_mut()
    }

    fn tags_mut(&mut self, resource: &TaggedResource) -> Option<&mut Tags> {
        match resource {
            TaggedResource::LoadBalancer(arn) => {
                let known = self.load_balancers.iter_mut().find(|known| known.arn == *arn)?;
                Some(&mut known.spec.tags)
            }
            TaggedResource::Listener(arn) => {
                let mut listeners = self.load_balancers.iter_mut().flat_map(|l| &mut l.listeners);
                let known = listeners.find(|known| known.arn == *arn)?;
                known.spec.as_mut().map(|listener| &mut listener.tags)
            }
            TaggedResource::TargetGroup(arn) => {
                let known = self.target_groups.iter_mut().find(|known| known.arn == *arn)?;
                Some(&mut known.spec.tags)
            }
            TaggedResource::SecurityGroup(id) => {
                let known = self.security_groups.iter_mut().find(|known| known.id == *id)?;
                Some(&mut known.spec.tags)
            }
        }
    }
}

/// `CreateSecurityGroup` takes no rules.
fn created_group(id: crate::aws::ids::SecurityGroupId, group: &FrontendGroup) -> ObservedSecurityGroup {
    let spec = FrontendGroup {
        rules: std::collections::BTreeSet::new(),
        ..group.clone()
    };
    ObservedSecurityGroup { id, spec }
}

/// `CreateTargetGroup` takes neither attributes nor targets.
fn created_target_group(arn: crate::aws::ids::TargetGroupArn, spec: &TargetGroup) -> ObservedTargetGroup {
    let spec = TargetGroup {
        attributes: Attributes::new(),
        targets: std::collections::BTreeSet::new(),
        ..spec.clone()
    };
    ObservedTargetGroup { arn, spec }
}

/// `CreateListener` takes the default certificate only.
fn created_listener(listener: &Listener) -> Listener {
    Listener {
        certificates: listener.certificates.iter().take(1).cloned().collect(),
        ..listener.clone()
    }
}

/// `ModifyListener` changes the default certificate only, leaves tags alone, and a TLS policy that is not given too. A
/// listener that is not TLS any more has no certificates.
fn modified_listener(wanted: &Listener, known: Option<Listener>) -> Listener {
    let mut modified = created_listener(wanted);
    modified.tags = Tags::new();
    if let Some(known) = known {
        modified.tags = known.tags;
        if wanted.protocol == ListenerProtocol::Tls && known.protocol == ListenerProtocol::Tls {
            modified.certificates.extend(known.certificates.into_iter().skip(1));
            modified.ssl_policy = modified.ssl_policy.or(known.ssl_policy);
        }
    }
    modified
}
