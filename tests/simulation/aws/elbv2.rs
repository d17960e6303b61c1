//! ELBv2: load balancers and tags.

use std::collections::BTreeSet;

use elbow::aws::api::{CreatedLoadBalancer, LoadBalancerDescription, LoadBalancerSelection};
use elbow::aws::ids::{LoadBalancerArn, SecurityGroupId, VpcId};
use elbow::aws::stack::{self, LoadBalancerKind, Tags};
use tokio::time::Instant;

use super::{Answer, LoadBalancer, Releasing, State, catalog, refuse, require};

impl State {
    pub(super) fn describe_load_balancers(&self, selection: &LoadBalancerSelection) -> Vec<LoadBalancerDescription> {
        let is_meant = |(arn, known): &(&LoadBalancerArn, &LoadBalancer)| match selection {
            LoadBalancerSelection::All => true,
            LoadBalancerSelection::Name(name) => known.name == name.as_str(),
            LoadBalancerSelection::Arn(wanted) => *arn == wanted,
        };
        let describe = |(arn, known): (&LoadBalancerArn, &LoadBalancer)| LoadBalancerDescription {
            arn: arn.clone(),
            name: known.name.clone(),
            dns_name: known.dns_name.clone(),
            scheme: Some(known.scheme),
            kind: Some(known.kind),
            active: known.is_active(),
            vpc: known.vpc.clone(),
            subnets: known.subnets.clone(),
            address_type: known.address_type,
            ipv6_source_nat: known.ipv6_source_nat,
            security_groups: known.groups.clone(),
            private_link_rules: known.private_link_rules,
        };
        self.load_balancers.iter().filter(is_meant).map(describe).collect()
    }

    pub(super) fn create_load_balancer(
        &mut self,
        wanted: &stack::LoadBalancer,
        groups: &BTreeSet<SecurityGroupId>,
    ) -> Answer<CreatedLoadBalancer> {
        self.check_groups(groups)?;
        require(
            wanted.kind == LoadBalancerKind::Network || !groups.is_empty(),
            "InvalidSecurityGroup",
            "an application load balancer would get the VPC's default group, which nobody wants",
        )?;
        require(wanted.tags.len() <= 50, "TooManyTags", "more than 50 tags")?;
        let mut made = self.new_load_balancer(wanted, groups)?;
        let mut known = self.load_balancers.iter();
        if let Some((arn, known)) = known.find(|(_, known)| known.name == made.name) {
            require(
                known.is_same(&made),
                "DuplicateLoadBalancerName",
                "a load balancer with that name exists",
            )?;
            return Ok(known.created(arn));
        }
        self.check_name_is_free(&made.name)?;
        self.check_another_load_balancer(made.kind)?;
        self.check_addresses(&made, None)?;
        self.assign_addresses(&mut made);
        let id = self.new_id();
        let arn = LoadBalancerArn::new(format!(
            "arn:aws:elasticloadbalancing:loadbalancer/{}/{}/{id}",
            made.kind, made.name
        ));
        made.dns_name = format!("{}-{id}.elb.us-east-1.amazonaws.com", made.name);
        let created = made.created(&arn);
        self.load_balancers.insert(arn, made);
        self.watch_number(&wanted.tags);
        Ok(created)
    }

    fn check_groups(&self, groups: &BTreeSet<SecurityGroupId>) -> Answer<()> {
        let known = groups.iter().all(|group| self.is_group_known(group));
        require(known, "InvalidSecurityGroup", "no such group")
    }

    /// The name of one that was just deleted stays taken for a while.
    fn check_name_is_free(&self, name: &str) -> Answer<()> {
        let held = |gone: &Releasing| gone.name == name && gone.deleted.elapsed() < self.delays.freed_name;
        let free = !self.releasing.iter().any(held);
        require(
            free,
            "DuplicateLoadBalancerName",
            "a load balancer with that name is being deleted",
        )
    }

    fn new_load_balancer(
        &self,
        wanted: &stack::LoadBalancer,
        groups: &BTreeSet<SecurityGroupId>,
    ) -> Answer<LoadBalancer> {
        Ok(LoadBalancer {
            name: wanted.name.to_string(),
            kind: wanted.kind,
            scheme: wanted.scheme,
            vpc: self.vpc_of(wanted)?,
            address_type: wanted.address_type,
            subnets: wanted.subnets.clone(),
            ipv6_source_nat: wanted.ipv6_source_nat,
            groups: groups.clone(),
            private_link_rules: true,
            attributes: catalog::load_balancer_attributes(wanted.kind, wanted.scheme),
            capacity_units: 0,
            web_acl: None,
            tags: wanted.tags.clone(),
            dns_name: String::new(),
            active_from: Instant::now() + self.provisioning,
        })
    }

    fn vpc_of(&self, wanted: &stack::LoadBalancer) -> Answer<VpcId> {
        let first = wanted.subnets.keys().next();
        let found = self.subnets.iter().find(|(_, subnet)| Some(&subnet.id) == first);
        match found {
            Some((vpc, _)) => Ok(vpc.clone()),
            None => refuse("SubnetNotFound", "no such subnet"),
        }
    }

    pub(super) fn delete_load_balancer(&mut self, arn: &LoadBalancerArn) -> Answer<()> {
        // AWS takes a second delete for the first one.
        let Some(known) = self.load_balancers.get(arn).cloned() else {
            return Ok(());
        };
        let protected = known
            .attributes
            .get("deletion_protection.enabled")
            .is_some_and(|value| value == "true");
        require(!protected, "OperationNotPermitted", "deletion protection is on")?;
        let led = self
            .listeners
            .values()
            .filter(|listener| listener.load_balancer == *arn);
        let target_groups = led.flat_map(|listener| listener.target_groups().cloned()).collect();
        self.listeners.retain(|_, listener| listener.load_balancer != *arn);
        self.load_balancers.remove(arn);
        self.releasing.push(Releasing {
            deleted: Instant::now(),
            until: Instant::now() + self.release,
            name: known.name.clone(),
            target_groups,
            allocations: known.allocations().collect(),
            groups: known.groups,
        });
        Ok(())
    }

    pub(super) fn set_groups(
        &mut self,
        arn: &LoadBalancerArn,
        groups: &BTreeSet<SecurityGroupId>,
        private_link_rules: Option<bool>,
    ) -> Answer<()> {
        self.check_groups(groups)?;
        let known = self.load_balancer_mut(arn)?;
        let fits = !known.groups.is_empty() && !groups.is_empty();
        require(fits, "InvalidConfigurationRequest", "made without security groups")?;
        require(
            private_link_rules.is_none() || known.kind == LoadBalancerKind::Network,
            "InvalidConfigurationRequest",
            "PrivateLink leads to network load balancers only",
        )?;
        known.groups = groups.clone();
        known.private_link_rules = private_link_rules.unwrap_or(known.private_link_rules);
        Ok(())
    }

    pub(super) fn describe_tags(&mut self, arns: &[String]) -> Answer<Vec<(String, Tags)>> {
        require((1..=20).contains(&arns.len()), "ValidationError", "1 to 20 ARNs")?;
        arns.iter()
            .map(|arn| Ok((arn.clone(), self.tags_mut(arn)?.clone())))
            .collect()
    }

    pub(super) fn tag(&mut self, arn: &str, tags: &Tags) -> Answer<()> {
        self.tags_mut(arn)?.extend(tags.clone());
        Ok(())
    }

    pub(super) fn untag(&mut self, arn: &str, keys: &BTreeSet<String>) -> Answer<()> {
        self.tags_mut(arn)?.retain(|key, _| !keys.contains(key));
        Ok(())
    }

    pub(crate) fn tags_mut(&mut self, arn: &str) -> Answer<&mut Tags> {
        let load_balancers = self
            .load_balancers
            .iter_mut()
            .map(|(known, found)| (known.as_str(), &mut found.tags));
        let target_groups = self
            .target_groups
            .iter_mut()
            .map(|(known, found)| (known.as_str(), &mut found.tags));
        let listeners = self
            .listeners
            .iter_mut()
            .map(|(known, found)| (known.as_str(), &mut found.tags));
        let mut all = load_balancers.chain(target_groups).chain(listeners);
        match all.find(|(known, _)| *known == arn) {
            Some((_, tags)) => Ok(tags),
            None => refuse("LoadBalancerNotFound", format!("{arn} does not exist")),
        }
    }

    pub(crate) fn load_balancer_mut(&mut self, arn: &LoadBalancerArn) -> Answer<&mut LoadBalancer> {
        match self.load_balancers.get_mut(arn) {
            Some(known) => Ok(known),
            None => refuse("LoadBalancerNotFound", format!("{arn} does not exist")),
        }
    }
}

impl LoadBalancer {
    /// Does a create that asks for this answer with what is there?
    fn is_same(&self, wanted: &Self) -> bool {
        self.kind == wanted.kind
            && self.scheme == wanted.scheme
            && self.address_type == wanted.address_type
            && self.subnets.keys().eq(wanted.subnets.keys())
            && wanted
                .subnets
                .iter()
                .all(|(id, chosen)| self.subnets[id].satisfies(chosen))
            && self.groups == wanted.groups
            && self.tags == wanted.tags
    }

    pub(super) fn is_active(&self) -> bool {
        Instant::now() >= self.active_from
    }

    fn created(&self, arn: &LoadBalancerArn) -> CreatedLoadBalancer {
        CreatedLoadBalancer {
            arn: arn.clone(),
            dns_name: self.dns_name.clone(),
            active: self.is_active(),
        }
    }
}
