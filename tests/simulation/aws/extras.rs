//! What is asked for apart from the load balancer's own settings: reserved capacity (ELBv2), web ACLs (WAF).

use elbow::aws::ids::{LoadBalancerArn, WebAclArn};
use elbow::aws::stack::LoadBalancerKind;

use super::{Answer, LoadBalancer, State, require};

impl State {
    pub(super) fn modify_capacity(&mut self, arn: &LoadBalancerArn, units: u32) -> Answer<()> {
        let known = self.load_balancer_mut(arn)?;
        require(known.is_active(), "PriorRequestNotComplete", "it is being provisioned")?;
        known.capacity_units = units;
        Ok(())
    }

    pub(super) fn associate_web_acl(&mut self, arn: &LoadBalancerArn, web_acl: &WebAclArn) -> Answer<()> {
        let exists = self.web_acls.contains(web_acl);
        let known = self.firewalled(arn)?;
        require(exists, "WAFNonexistentItemException", "there is no such web ACL")?;
        require(
            known.is_active(),
            "WAFUnavailableEntityException",
            "the load balancer is being provisioned",
        )?;
        known.web_acl = Some(web_acl.clone());
        Ok(())
    }

    pub(super) fn disassociate_web_acl(&mut self, arn: &LoadBalancerArn) -> Answer<()> {
        self.firewalled(arn)?.web_acl = None;
        Ok(())
    }

    /// A load balancer that can have a web ACL.
    pub(super) fn firewalled(&mut self, arn: &LoadBalancerArn) -> Answer<&mut LoadBalancer> {
        let known = self.load_balancers.get_mut(arn);
        match known.filter(|known| known.kind == LoadBalancerKind::Application) {
            Some(known) => Ok(known),
            None => super::refuse("WAFInvalidParameterException", "not an application load balancer"),
        }
    }
}
