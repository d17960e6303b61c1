//! From a step to the one call that it stands for.

use super::Apply;
use crate::aws::api::{AwsApi, AwsResult, ListenerSettings};
use crate::aws::ids::{LoadBalancerArn, TargetGroupArn};
use crate::aws::observed::Outcome;
use crate::aws::plan::step::{Step, TaggedResource};
use crate::aws::stack::Listener;

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
            Step::AuthorizeIngress { group, rules } => {
                self.api.authorize_ingress(&self.group(step, group)?, rules).await
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
            | Step::SetSubnets { load_balancer, .. } => {
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
            Step::SetSecurityGroups { groups, .. } => {
                self.api.set_security_groups(arn, &self.groups(step, groups)?).await
            }
            Step::SetSubnets { subnets, .. } => self.api.set_subnets(arn, subnets).await,
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
            target_group: self.target_group(step.action(), &listener.target_group)?,
            certificate: listener.certificates.first().cloned(),
            ssl_policy: listener.ssl_policy.clone(),
        })
    }
}
