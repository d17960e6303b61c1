//! From a step to the one call that it stands for.

use std::collections::BTreeMap;

use super::Apply;
use crate::aws::api::{ActionSettings, AwsApi, AwsResult, ListenerSettings, SubnetSettings};
use crate::aws::ids::{LoadBalancerArn, TargetGroupArn};
use crate::aws::observed::Outcome;
use crate::aws::plan::step::{Step, TaggedResource};
use crate::aws::stack::{Action, Listener, TargetGroupRef};

impl<A: AwsApi> Apply<'_, A> {
    /// Sends a step.
    pub(super) async fn send(&self, step: &Step) -> AwsResult<Outcome> {
        match step {
            Step::CreateSecurityGroup(group) => {
                Ok(Outcome::SecurityGroup(self.api.create_security_group(group).await?))
            }
            Step::CreateTargetGroup(target_group) => {
                Ok(Outcome::TargetGroup(self.api.create_target_group(target_group).await?))
            }
            Step::CreateLoadBalancer(wanted) => {
                let groups = self.groups(step, &wanted.security_groups)?;
                Ok(Outcome::LoadBalancer(
                    self.api.create_load_balancer(wanted, &groups).await?,
                ))
            }
            Step::CreateListener {
                load_balancer,
                listener,
            } => {
                let arn = self.load_balancer(step, load_balancer)?;
                let settings = self.settings(step, listener)?;
                Ok(Outcome::Listener(
                    self.api.create_listener(&arn, &settings, &listener.tags).await?,
                ))
            }
            _ => self.send_change(step).await.map(|()| Outcome::Done),
        }
    }

    async fn send_change(&self, step: &Step) -> AwsResult<()> {
        match step {
            Step::AuthorizeIngress {
                group,
                rules,
                description,
            } => {
                let group = self.group(step, group)?;
                self.api.authorize_ingress(&group, rules, description).await
            }
            Step::RevokeIngress { group, rules } => self.api.revoke_ingress(group, rules).await,
            Step::AddTags { resource, tags } => match resource {
                TaggedResource::SecurityGroup(id) => self.api.create_group_tags(id, tags).await,
                other => self.api.add_tags(other.as_str(), tags).await,
            },
            Step::RemoveTags { resource, keys } => match resource {
                TaggedResource::SecurityGroup(id) => self.api.delete_group_tags(id, keys).await,
                other => self.api.remove_tags(other.as_str(), keys).await,
            },
            Step::DeleteLoadBalancer { arn } => self.api.delete_load_balancer(arn).await,
            Step::DeleteTargetGroup { arn } => self.api.delete_target_group(arn).await,
            Step::DeleteSecurityGroup { id } => self.api.delete_security_group(id).await,
            Step::DeleteListener { arn, .. } => self.api.delete_listener(arn).await,
            Step::ModifyHealthCheck { target_group, .. }
            | Step::ModifyTargetGroupAttributes { target_group, .. }
            | Step::DeregisterTargets { target_group, .. } => {
                let arn = self.target_group(step.action(), target_group)?;
                self.send_to_target_group(step, &arn).await
            }
            Step::ModifyLoadBalancerAttributes { load_balancer, .. }
            | Step::SetSecurityGroups { load_balancer, .. }
            | Step::SetSubnets { load_balancer, .. }
            | Step::SetAddressType { load_balancer, .. }
            | Step::ModifyCapacity { load_balancer, .. }
            | Step::AssociateWebAcl { load_balancer, .. }
            | Step::DisassociateWebAcl { load_balancer } => {
                let arn = self.load_balancer(step, load_balancer)?;
                self.send_to_load_balancer(step, &arn).await
            }
            _ => self.send_to_listener(step).await,
        }
    }

    async fn send_to_target_group(&self, step: &Step, arn: &TargetGroupArn) -> AwsResult<()> {
        match step {
            Step::ModifyHealthCheck { health_check, .. } => self.api.modify_health_check(arn, health_check).await,
            Step::ModifyTargetGroupAttributes { attributes, .. } => {
                self.api.modify_target_group_attributes(arn, attributes).await
            }
            Step::DeregisterTargets { targets, .. } => self.api.deregister_targets(arn, targets).await,
            _ => Ok(()),
        }
    }

    async fn send_to_load_balancer(&self, step: &Step, arn: &LoadBalancerArn) -> AwsResult<()> {
        match step {
            Step::ModifyLoadBalancerAttributes { attributes, .. } => {
                self.api.modify_load_balancer_attributes(arn, attributes).await
            }
            Step::SetSecurityGroups {
                groups,
                private_link_rules,
                ..
            } => {
                let groups = self.groups(step, groups)?;
                self.api.set_security_groups(arn, &groups, *private_link_rules).await
            }
            Step::SetSubnets {
                subnets,
                address_type,
                ipv6_source_nat,
                ..
            } => {
                let settings = SubnetSettings {
                    subnets: subnets.clone(),
                    address_type: *address_type,
                    ipv6_source_nat: *ipv6_source_nat,
                };
                self.api.set_subnets(arn, &settings).await
            }
            Step::SetAddressType { address_type, .. } => self.api.set_address_type(arn, *address_type).await,
            Step::ModifyCapacity { units, .. } => self.api.modify_capacity(arn, *units).await,
            Step::AssociateWebAcl { web_acl, .. } => self.api.associate_web_acl(arn, web_acl).await,
            Step::DisassociateWebAcl { .. } => self.api.disassociate_web_acl(arn).await,
            _ => Ok(()),
        }
    }

    /// Steps of other kinds do not come here; they would change nothing.
    async fn send_to_listener(&self, step: &Step) -> AwsResult<()> {
        match step {
            Step::ModifyListener { arn, listener, .. } => {
                let settings = self.settings(step, listener)?;
                self.api.modify_listener(arn, &settings).await
            }
            Step::ModifyListenerAttributes {
                load_balancer,
                port,
                attributes,
            } => {
                let arn = self.listener(step, load_balancer, *port)?;
                self.api.modify_listener_attributes(&arn, attributes).await
            }
            Step::AddListenerCertificates {
                load_balancer,
                port,
                certificates,
            } => {
                let arn = self.listener(step, load_balancer, *port)?;
                self.api.add_listener_certificates(&arn, certificates).await
            }
            Step::RemoveListenerCertificates {
                load_balancer,
                port,
                certificates,
            } => {
                let arn = self.listener(step, load_balancer, *port)?;
                self.api.remove_listener_certificates(&arn, certificates).await
            }
            _ => Ok(()),
        }
    }

    fn settings(&self, step: &Step, listener: &Listener) -> AwsResult<ListenerSettings> {
        Ok(ListenerSettings {
            port: listener.port,
            protocol: listener.protocol,
            action: self.action(step, &listener.action)?,
            certificate: listener.certificates.first().cloned(),
            ssl_policy: listener.ssl_policy.clone(),
            alpn: listener.alpn,
        })
    }

    fn action(&self, step: &Step, action: &Action) -> AwsResult<ActionSettings> {
        let forward = match action {
            Action::Redirect(redirect) => return Ok(ActionSettings::Redirect(*redirect)),
            Action::Forward(forward) => forward,
        };
        let mut to = BTreeMap::new();
        for weighted in &forward.to {
            let arn = match &weighted.target_group {
                TargetGroupRef::Own(name) => self.target_group(step.action(), name)?,
                TargetGroupRef::Foreign(arn) => arn.clone(),
            };
            to.insert(arn, weighted.weight);
        }
        Ok(ActionSettings::Forward {
            to,
            stickiness: forward.stickiness,
        })
    }
}
