//! What people do to AWS by hand.

use std::collections::BTreeSet;

use elbow::aws::ids::{ListenerArn, LoadBalancerArn, SecurityGroupId, TargetGroupArn};
use elbow::aws::stack;

use super::{Listener, LoadBalancer, State, TargetGroup};

impl State {
    /// Makes a load balancer without asking for leave.
    pub(crate) fn add_load_balancer(&mut self, wanted: &stack::LoadBalancer) {
        let groups = wanted.security_groups.iter().filter_map(|group| match group {
            stack::GroupRef::Id(id) => Some(id.clone()),
            stack::GroupRef::Frontend => None,
        });
        let groups: BTreeSet<SecurityGroupId> = groups.collect();
        self.create_load_balancer(wanted, &groups)
            .expect("a sound load balancer");
    }

    /// Makes a target group without asking for leave.
    pub(crate) fn add_target_group(&mut self, wanted: &stack::TargetGroup) {
        self.create_target_group(wanted).expect("a sound target group");
    }

    /// The only load balancer whose name begins so.
    pub(crate) fn load_balancer(&mut self, prefix: &str) -> (LoadBalancerArn, &mut LoadBalancer) {
        let mut found = self
            .load_balancers
            .iter_mut()
            .filter(|(_, known)| known.name.starts_with(prefix));
        let (arn, known) = found.next().expect("a load balancer of that name");
        (arn.clone(), known)
    }

    /// The only target group whose name begins so.
    pub(crate) fn target_group(&mut self, prefix: &str) -> (TargetGroupArn, &mut TargetGroup) {
        let mut found = self
            .target_groups
            .iter_mut()
            .filter(|(_, known)| known.name.starts_with(prefix));
        let (arn, known) = found.next().expect("a target group of that name");
        (arn.clone(), known)
    }

    /// The first listener of the load balancer whose name begins so.
    pub(crate) fn listener(&mut self, prefix: &str) -> (ListenerArn, &mut Listener) {
        let (load_balancer, _) = self.load_balancer(prefix);
        let mut found = self
            .listeners
            .iter_mut()
            .filter(|(_, known)| known.load_balancer == load_balancer);
        let (arn, known) = found.next().expect("a listener");
        (arn.clone(), known)
    }

    /// The only security group whose name begins so.
    pub(crate) fn group(&self, prefix: &str) -> SecurityGroupId {
        let mut found = self.groups.values().filter(|known| known.name.starts_with(prefix));
        found.next().expect("a security group of that name").id.clone()
    }

    /// Deletes a load balancer with its listeners.
    pub(crate) fn remove_load_balancer(&mut self, prefix: &str) {
        let (arn, _) = self.load_balancer(prefix);
        self.listeners.retain(|_, listener| listener.load_balancer != arn);
        self.load_balancers.remove(&arn);
    }
}
