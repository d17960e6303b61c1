//! Finding the resource that a step means.

use super::{Observed, ObservedListener, ObservedLoadBalancer, ObservedSecurityGroup};
use crate::aws::ids::{ListenerArn, SecurityGroupId};
use crate::aws::plan::step::TaggedResource;
use crate::aws::stack::{GroupRef, ResourceName, Tags, TargetGroup};

impl Observed {
    /// Is there nothing at all?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.load_balancers.is_empty() && self.target_groups.is_empty() && self.security_groups.is_empty()
    }

    /// The tags of each resource, but listeners.
    pub fn tags(&self) -> impl Iterator<Item = &Tags> {
        let load_balancers = self.load_balancers.iter().map(|known| &known.spec.tags);
        let target_groups = self.target_groups.iter().map(|known| &known.spec.tags);
        let security_groups = self.security_groups.iter().map(|known| &known.spec.tags);
        load_balancers.chain(target_groups).chain(security_groups)
    }

    /// The id behind a group of a step. A plan names groups that exist by id, so [`GroupRef::Frontend`] is the one that
    /// the same plan made: the last that was recorded. None before that.
    #[must_use]
    pub fn security_group<'a>(&'a self, group: &'a GroupRef) -> Option<&'a SecurityGroupId> {
        match group {
            GroupRef::Frontend => self.security_groups.last().map(|group| &group.id),
            GroupRef::Id(id) => Some(id),
        }
    }

    pub(super) fn group_mut(&mut self, id: &SecurityGroupId) -> Option<&mut ObservedSecurityGroup> {
        self.security_groups.iter_mut().find(|known| known.id == *id)
    }

    pub(super) fn target_group_mut(&mut self, name: &ResourceName) -> Option<&mut TargetGroup> {
        let mut specs = self.target_groups.iter_mut().map(|known| &mut known.spec);
        specs.find(|spec| spec.name == *name)
    }

    pub(super) fn load_balancer_mut(&mut self, name: &ResourceName) -> Option<&mut ObservedLoadBalancer> {
        self.load_balancers.iter_mut().find(|known| known.spec.name == *name)
    }

    pub(super) fn listener_mut(&mut self, arn: &ListenerArn) -> Option<&mut ObservedListener> {
        let mut listeners = self.load_balancers.iter_mut().flat_map(|known| &mut known.listeners);
        listeners.find(|known| known.arn == *arn)
    }

    pub(super) fn tags_mut(&mut self, resource: &TaggedResource) -> Option<&mut Tags> {
        match resource {
            TaggedResource::LoadBalancer(arn) => {
                let known = self.load_balancers.iter_mut().find(|known| known.arn == *arn);
                known.map(|known| &mut known.spec.tags)
            }
            TaggedResource::Listener(arn) => {
                let spec = self.listener_mut(arn).and_then(|known| known.spec.as_mut());
                spec.map(|spec| &mut spec.tags)
            }
            TaggedResource::TargetGroup(arn) => {
                let known = self.target_groups.iter_mut().find(|known| known.arn == *arn);
                known.map(|known| &mut known.spec.tags)
            }
            TaggedResource::SecurityGroup(id) => self.group_mut(id).map(|known| &mut known.spec.tags),
        }
    }
}
