//! EC2: subnets, instances, security groups.

use std::collections::{BTreeMap, BTreeSet};

use elbow::aws::api::{
    InstanceDescription, SecurityGroupDescription, SecurityGroupSelection, SubnetDescription, VpcDescription,
};
use elbow::aws::ids::{InstanceId, SecurityGroupId, VpcId};
use elbow::aws::stack::{FrontendGroup, IngressRule, RuleSource, Tags};
use tokio::time::Instant;

use super::{Answer, Releasing, State, refuse, require};

impl State {
    pub(super) fn describe_vpc(&self, vpc: &VpcId) -> Answer<VpcDescription> {
        match self.vpcs.get(vpc) {
            Some(found) => Ok(found.clone()),
            None => refuse("InvalidVpcID.NotFound", format!("{vpc} does not exist")),
        }
    }

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
        let count = self.groups.len();
        require(
            count < self.quotas.security_groups,
            "SecurityGroupLimitExceeded",
            "the quota of groups is used up",
        )?;
        let id = SecurityGroupId::new(format!("sg-{}", self.new_id()));
        self.made_groups.insert(id.clone(), Instant::now());
        let group = SecurityGroupDescription {
            id: id.clone(),
            name: wanted.name.to_string(),
            description: wanted.description.clone(),
            vpc: wanted.vpc.clone(),
            rules: BTreeSet::new(),
            rule_descriptions: BTreeMap::new(),
            tags: wanted.tags.clone(),
        };
        self.groups.insert(id.clone(), group);
        Ok(id)
    }

    pub(super) fn delete_group(&mut self, id: &SecurityGroupId) -> Answer<()> {
        self.group_mut(id)?;
        let released = !self.releasing().any(|held| held.groups.contains(id));
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

    /// What deleted load balancers still hold.
    pub(super) fn releasing(&mut self) -> impl Iterator<Item = &Releasing> {
        let now = Instant::now();
        self.releasing.iter().filter(move |held| held.until > now)
    }

    pub(super) fn authorize(
        &mut self,
        id: &SecurityGroupId,
        rules: &BTreeSet<IngressRule>,
        description: &str,
    ) -> Answer<()> {
        for rule in rules {
            self.check_source(&rule.source)?;
        }
        let all = self.group_mut(id)?.rules.union(rules).cloned().collect();
        self.check_rules(&all)?;
        let group = self.group_mut(id)?;
        require(!rules.is_empty(), "MissingParameter", "no rules")?;
        require(
            group.rules.is_disjoint(rules),
            "InvalidPermission.Duplicate",
            "a rule exists already",
        )?;
        for rule in rules {
            group.rules.insert(rule.clone());
            group.rule_descriptions.insert(rule.clone(), description.to_owned());
        }
        Ok(())
    }

    fn check_source(&self, source: &RuleSource) -> Answer<()> {
        match source {
            RuleSource::Cidr(_) => Ok(()),
            RuleSource::Group(id) => require(self.is_group_known(id), "InvalidGroup.NotFound", "no such group"),
            RuleSource::PrefixList(id) => require(
                self.prefix_lists.contains(id),
                "InvalidPrefixListID.NotFound",
                "no such prefix list",
            ),
        }
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
        group.rule_descriptions.retain(|rule, _| !rules.contains(rule));
        Ok(())
    }

    pub(super) fn tag_group(&mut self, id: &SecurityGroupId, tags: &Tags) -> Answer<()> {
        self.group_mut(id)?.tags.extend(tags.clone());
        Ok(())
    }

    pub(super) fn untag_group(&mut self, id: &SecurityGroupId, keys: &BTreeSet<String>) -> Answer<()> {
        self.group_mut(id)?.tags.retain(|key, _| !keys.contains(key));
        Ok(())
    }

    /// One that was just made is not known everywhere yet.
    pub(super) fn is_group_known(&self, id: &SecurityGroupId) -> bool {
        let made = self.made_groups.get(id);
        self.groups.contains_key(id) && made.is_none_or(|made| made.elapsed() >= self.delays.new_group)
    }

    pub(crate) fn group_mut(&mut self, id: &SecurityGroupId) -> Answer<&mut SecurityGroupDescription> {
        let known = self.is_group_known(id);
        match self.groups.get_mut(id).filter(|_| known) {
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
