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
        for group in groups {
            require(self.groups.contains_key(group), "InvalidSecurityGroup", "no such group")?;
        }
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
        Ok(created)
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
        let known = self.load_balancer_mut(arn)?.clone();
        let protected = known
            .attributes
            .get("deletion_protection.enabled")
            .is_some_and(|value| value == "true");
        require(!protected, "OperationNotPermitted", "deletion protection is on")?;
        self.listeners.retain(|_, listener| listener.load_balancer != *arn);
        self.load_balancers.remove(arn);
        self.releasing.push(Releasing {
            until: Instant::now() + self.release,
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
        for group in groups {
            require(self.groups.contains_key(group), "InvalidSecurityGroup", "no such group")?;
        }
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
