//! ELBv2: load balancers and tags.

use std::collections::BTreeSet;

use elbow::aws::api::{CreatedLoadBalancer, LoadBalancerDescription, LoadBalancerSelection};
use elbow::aws::ids::{LoadBalancerArn, SecurityGroupId, VpcId};
use elbow::aws::stack::{self, Tags};
use tokio::time::Instant;

use super::{Answer, LoadBalancer, State, catalog, refuse, require};

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
            network: true,
            active: known.is_active(),
            vpc: known.vpc.clone(),
            subnets: known.subnets.clone(),
            security_groups: known.groups.clone(),
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
        let vpc = self.vpc_of(wanted)?;
        let mut known = self.load_balancers.iter();
        if let Some((arn, known)) = known.find(|(_, known)| known.name == wanted.name.as_str()) {
            let same = known.scheme == wanted.scheme
                && known.subnets == wanted.subnets
                && known.groups == *groups
                && known.tags == wanted.tags;
            require(
                same,
                "DuplicateLoadBalancerName",
                "a load balancer with that name exists",
            )?;
            return Ok(known.created(arn));
        }
        Ok(self.add(wanted, groups, vpc))
    }

    fn add(
        &mut self,
        wanted: &stack::LoadBalancer,
        groups: &BTreeSet<SecurityGroupId>,
        vpc: VpcId,
    ) -> CreatedLoadBalancer {
        let id = self.new_id();
        let arn = LoadBalancerArn::new(format!(
            "arn:aws:elasticloadbalancing:loadbalancer/net/{}/{id}",
            wanted.name
        ));
        let made = LoadBalancer {
            name: wanted.name.to_string(),
            scheme: wanted.scheme,
            vpc,
            subnets: wanted.subnets.clone(),
            groups: groups.clone(),
            attributes: catalog::load_balancer_attributes(),
            tags: wanted.tags.clone(),
            dns_name: format!("{}-{id}.elb.us-east-1.amazonaws.com", wanted.name),
            active_from: Instant::now() + self.provisioning,
        };
        let created = made.created(&arn);
        self.load_balancers.insert(arn, made);
        created
    }

    fn vpc_of(&self, wanted: &stack::LoadBalancer) -> Answer<VpcId> {
        let first = wanted.subnets.first();
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
        self.releasing.push((Instant::now() + self.release, known.groups));
        Ok(())
    }

    pub(super) fn set_groups(&mut self, arn: &LoadBalancerArn, groups: &BTreeSet<SecurityGroupId>) -> Answer<()> {
        for group in groups {
            require(self.groups.contains_key(group), "InvalidSecurityGroup", "no such group")?;
        }
        let known = self.load_balancer_mut(arn)?;
        let fits = !known.groups.is_empty() && !groups.is_empty();
        require(fits, "InvalidConfigurationRequest", "made without security groups")?;
        known.groups = groups.clone();
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
    fn is_active(&self) -> bool {
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
