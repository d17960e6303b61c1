//! EC2: subnets, instances, security groups.

use std::collections::BTreeSet;

use elbow::aws::api::{InstanceDescription, SecurityGroupDescription, SecurityGroupSelection, SubnetDescription};
use elbow::aws::ids::{InstanceId, SecurityGroupId, VpcId};
use elbow::aws::stack::{FrontendGroup, IngressRule, RuleSource};
use tokio::time::Instant;

use super::{Answer, State, refuse, require};

impl State {
    pub(super) fn subnets_of(&self, vpc: &VpcId) -> Vec<SubnetDescription> {
        let subnets = self.subnets.iter().filter(|(of, _)| of == vpc);
        subnets.map(|(_, subnet)| subnet.clone()).collect()
    }

    pub(super) fn describe_instances(&self, ids: &BTreeSet<InstanceId>) -> Vec<InstanceDescription> {
        ids.iter().filter_map(|id| self.instances.get(id)).cloned().collect()
    }

    pub(super) fn describe_groups(&self, selection: &SecurityGroupSelection) -> Vec<SecurityGroupDescription> {
        let is_meant = |group: &&SecurityGroupDescription| match selection {
            SecurityGroupSelection::Tag(key, value) => group.tags.get(key) == Some(value),
            SecurityGroupSelection::Name(vpc, name) => group.vpc == *vpc && group.name == *name,
            SecurityGroupSelection::Ids(ids) => ids.contains(&group.id),
            SecurityGroupSelection::Admitting(id) => refers_to(group, id),
        };
        self.groups.values().filter(is_meant).cloned().collect()
    }

    pub(super) fn create_group(&mut self, wanted: &FrontendGroup) -> Answer<SecurityGroupId> {
        let mut groups = self.groups.values();
        let taken = groups.any(|group| group.vpc == wanted.vpc && group.name == wanted.name.as_str());
        require(!taken, "InvalidGroup.Duplicate", "the name is taken in this VPC")?;
        let id = SecurityGroupId::new(format!("sg-{}", self.new_id()));
        let group = SecurityGroupDescription {
            id: id.clone(),
            name: wanted.name.to_string(),
            description: wanted.description.clone(),
            vpc: wanted.vpc.clone(),
            rules: BTreeSet::new(),
            tags: wanted.tags.clone(),
        };
        self.groups.insert(id.clone(), group);
        Ok(id)
    }

    pub(super) fn delete_group(&mut self, id: &SecurityGroupId) -> Answer<()> {
        self.group_mut(id)?;
        let now = Instant::now();
        self.releasing.retain(|(until, _)| *until > now);
        let released = !self.releasing.iter().any(|(_, groups)| groups.contains(id));
        let carried = self.load_balancers.values().any(|known| known.groups.contains(id));
        let named = self
            .groups
            .values()
            .any(|group| group.id != *id && refers_to(group, id));
        require(
            released && !carried && !named,
            "DependencyViolation",
            "the group has a dependent object",
        )?;
        self.groups.remove(id);
        Ok(())
    }

    pub(super) fn authorize(&mut self, id: &SecurityGroupId, rules: &BTreeSet<IngressRule>) -> Answer<()> {
        for rule in rules {
            if let RuleSource::Group(source) = &rule.source {
                self.group_mut(source)?;
            }
        }
        let group = self.group_mut(id)?;
        require(!rules.is_empty(), "MissingParameter", "no rules")?;
        require(
            group.rules.is_disjoint(rules),
            "InvalidPermission.Duplicate",
            "a rule exists already",
        )?;
        group.rules.extend(rules.iter().cloned());
        Ok(())
    }

    pub(super) fn revoke(&mut self, id: &SecurityGroupId, rules: &BTreeSet<IngressRule>) -> Answer<()> {
        let group = self.group_mut(id)?;
        require(!rules.is_empty(), "MissingParameter", "no rules")?;
        require(
            group.rules.is_superset(rules),
            "InvalidPermission.NotFound",
            "a rule does not exist",
        )?;
        group.rules.retain(|rule| !rules.contains(rule));
        Ok(())
    }

    pub(crate) fn group_mut(&mut self, id: &SecurityGroupId) -> Answer<&mut SecurityGroupDescription> {
        match self.groups.get_mut(id) {
            Some(group) => Ok(group),
            None => refuse("InvalidGroup.NotFound", format!("{id} does not exist")),
        }
    }
}

fn refers_to(group: &SecurityGroupDescription, id: &SecurityGroupId) -> bool {
    group
        .rules
        .iter()
        .any(|rule| rule.source == RuleSource::Group(id.clone()))
}
