//! From the names in a step to the ARNs and ids that AWS gave.

use std::collections::BTreeSet;

use super::Apply;
use crate::aws::api::{AwsApi, AwsResult};
use crate::aws::error::AwsError;
use crate::aws::ids::{ListenerArn, LoadBalancerArn, SecurityGroupId, TargetGroupArn};
use crate::aws::observed::Observed;
use crate::aws::plan::step::Step;
use crate::aws::stack::{GroupRef, ResourceName};
use crate::service::Port;

/// Where something is not known, AWS is as good as asked: the codes are those that it would answer with.
impl<A: AwsApi> Apply<'_, A> {
    pub(super) fn load_balancer(&self, step: &Step, name: &ResourceName) -> AwsResult<LoadBalancerArn> {
        let find = |observed: &Observed| {
            let known = observed.load_balancers.iter().find(|known| known.spec.name == *name)?;
            Some(known.arn.clone())
        };
        let arn = self.inventory.look(self.keeper, find);
        arn.ok_or_else(|| unknown(step, "LoadBalancerNotFound", name.as_str()))
    }

    pub(super) fn target_group(&self, action: &'static str, name: &ResourceName) -> AwsResult<TargetGroupArn> {
        let find = |observed: &Observed| {
            let known = observed.target_groups.iter().find(|known| known.spec.name == *name)?;
            Some(known.arn.clone())
        };
        let arn = self.inventory.look(self.keeper, find);
        arn.ok_or_else(|| AwsError::new(action, "TargetGroupNotFound", format!("{name} is not known yet")))
    }

    pub(super) fn listener(&self, step: &Step, load_balancer: &ResourceName, port: Port) -> AwsResult<ListenerArn> {
        let find = |observed: &Observed| {
            let mut load_balancers = observed.load_balancers.iter();
            let known = load_balancers.find(|known| known.spec.name == *load_balancer)?;
            let listener = known.listeners.iter().find(|listener| listener.port == port)?;
            Some(listener.arn.clone())
        };
        let arn = self.inventory.look(self.keeper, find);
        arn.ok_or_else(|| unknown(step, "ListenerNotFound", &format!("port {port}")))
    }

    pub(super) fn group(&self, step: &Step, group: &GroupRef) -> AwsResult<SecurityGroupId> {
        let id = self
            .inventory
            .look(self.keeper, |observed| observed.security_group(group).cloned());
        id.ok_or_else(|| unknown(step, "InvalidGroup.NotFound", "the frontend group"))
    }

    pub(super) fn groups(&self, step: &Step, groups: &BTreeSet<GroupRef>) -> AwsResult<BTreeSet<SecurityGroupId>> {
        groups.iter().map(|group| self.group(step, group)).collect()
    }
}

fn unknown(step: &Step, code: &str, what: &str) -> AwsError {
    AwsError::new(step.action(), code, format!("{what} is not known yet"))
}
