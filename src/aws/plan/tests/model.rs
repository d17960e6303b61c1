//! A model of AWS that takes one step at a time and refuses what AWS would refuse.

mod features;

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::aws::api::CreatedLoadBalancer;
use crate::aws::desired::tags::Extra;
use crate::aws::ids::{ListenerArn, LoadBalancerArn, SecurityGroupId, TargetGroupArn};
use crate::aws::observed::{Observed, ObservedListener, Outcome};
use crate::aws::plan::Plan;
use crate::aws::plan::step::{Step, TaggedResource};
use crate::aws::stack::LoadBalancerKind::Network;
use crate::aws::stack::{GroupRef, Listener, LoadBalancer, ResourceName, TargetGroup};
use crate::service::Port;

static MADE: AtomicUsize = AtomicUsize::new(0);

/// A number for a new identifier.
pub(super) fn serial() -> usize {
    MADE.fetch_add(1, Ordering::Relaxed)
}

/// What AWS holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Aws {
    pub(super) observed: Observed,
}

impl From<&Observed> for Aws {
    fn from(observed: &Observed) -> Self {
        Self {
            observed: observed.clone(),
        }
    }
}

impl Aws {
    /// Runs a whole plan.
    pub(super) fn run(&mut self, plan: &Plan) {
        for step in plan.steps() {
            self.step(step);
        }
    }

    /// Runs one step.
    pub(super) fn step(&mut self, step: &Step) {
        if let Err(refusal) = self.try_step(step) {
            panic!("AWS refuses `{step}`: {refusal}\nof {:#?}", self.observed);
        }
    }

    /// Runs one step unless AWS refuses it.
    pub(super) fn try_step(&mut self, step: &Step) -> Result<(), &'static str> {
        self.check(step)?;
        let outcome = self.outcome(step);
        self.observed.record(step, &outcome);
        Ok(())
    }

    fn outcome(&self, step: &Step) -> Outcome {
        let id = serial();
        match step {
            Step::CreateSecurityGroup(_) => Outcome::SecurityGroup(SecurityGroupId::new(format!("sg-made-{id}"))),
            Step::CreateTargetGroup(_) => Outcome::TargetGroup(TargetGroupArn::new(format!("arn:tg/{id}"))),
            Step::CreateLoadBalancer(_) => Outcome::LoadBalancer(CreatedLoadBalancer {
                arn: LoadBalancerArn::new(format!("arn:lb/{id}")),
                dns_name: format!("{id}.elb.amazonaws.com"),
                active: false,
            }),
            Step::CreateListener { .. } => Outcome::Listener(ListenerArn::new(format!("arn:listener/{id}"))),
            _ => Outcome::Done,
        }
    }

    fn check(&self, step: &Step) -> Result<(), &'static str> {
        let known = &self.observed;
        match step {
            Step::CreateSecurityGroup(group) => {
                let mut others = known.security_groups.iter();
                let taken = others.any(|g| g.spec.name == group.name && g.spec.vpc == group.vpc);
                ensure(!taken, "InvalidGroup.Duplicate")
            }
            Step::AuthorizeIngress { group, rules, .. } => {
                let group = self.group(group)?;
                ensure(
                    !rules.is_empty() && group.rules.is_disjoint(rules),
                    "InvalidPermission.Duplicate",
                )
            }
            Step::RevokeIngress { group, rules } => {
                let group = self.group(&GroupRef::Id(group.clone()))?;
                ensure(
                    !rules.is_empty() && group.rules.is_superset(rules),
                    "InvalidPermission.NotFound",
                )
            }
            Step::CreateTargetGroup(spec) => ensure(self.target_group(&spec.name).is_err(), "DuplicateTargetGroupName"),
            Step::ModifyHealthCheck { target_group, .. } => self.target_group(target_group).map(drop),
            Step::ModifyTargetGroupAttributes {
                target_group,
                attributes,
            } => {
                self.target_group(target_group)?;
                ensure(!attributes.is_empty(), "ValidationError")
            }
            Step::RegisterTargets { target_group, targets } => {
                self.target_group(target_group)?;
                ensure(!targets.is_empty() && targets.len() <= 200, "ValidationError")
            }
            Step::DeregisterTargets { target_group, targets } => {
                let registered = &self.target_group(target_group)?.targets;
                ensure(!targets.is_empty() && registered.is_superset(targets), "InvalidTarget")
            }
            Step::CreateLoadBalancer(spec) => {
                ensure(self.listeners(&spec.name).is_err(), "DuplicateLoadBalancerName")?;
                spec.security_groups
                    .iter()
                    .try_for_each(|group| self.group_exists(group))
            }
            other => self.check_load_balancer(other),
        }
    }

    fn check_load_balancer(&self, step: &Step) -> Result<(), &'static str> {
        match step {
            Step::ModifyLoadBalancerAttributes {
                load_balancer,
                attributes,
            } => {
                self.listeners(load_balancer)?;
                ensure(!attributes.is_empty(), "ValidationError")
            }
            Step::SetSecurityGroups {
                load_balancer, groups, ..
            } => {
                let target = self.load_balancer(load_balancer)?;
                let never = target.kind == Network && target.security_groups.is_empty();
                ensure(!groups.is_empty() && !never, "InvalidConfigurationRequest")?;
                groups.iter().try_for_each(|group| self.group_exists(group))
            }
            Step::SetSubnets { .. }
            | Step::SetAddressType { .. }
            | Step::ModifyCapacity { .. }
            | Step::AssociateWebAcl { .. }
            | Step::DisassociateWebAcl { .. } => features::check(self, step),
            Step::ModifyListenerAttributes {
                load_balancer,
                port,
                attributes,
            } => {
                let listener = self.listener(load_balancer, *port)?.spec.as_ref();
                let remembered = listener.is_some_and(|l| Extra::Attributes.is_in(&l.tags));
                ensure(remembered && !attributes.is_empty(), "not remembered")
            }
            Step::CreateListener {
                load_balancer,
                listener,
            } => {
                let taken = self.listeners(load_balancer)?.iter().any(|l| l.port == listener.port);
                ensure(!taken, "DuplicateListener")?;
                self.check_forward(load_balancer, listener)
            }
            Step::ModifyListener {
                load_balancer,
                arn,
                listener,
            } => {
                let listeners = self.listeners(load_balancer)?;
                ensure(listeners.iter().any(|l| l.arn == *arn), "ListenerNotFound")?;
                let mut others = listeners.iter().filter(|l| l.arn != *arn);
                ensure(!others.any(|l| l.port == listener.port), "DuplicateListener")?;
                self.check_forward(load_balancer, listener)
            }
            Step::AddListenerCertificates {
                load_balancer,
                port,
                certificates,
            }
            | Step::RemoveListenerCertificates {
                load_balancer,
                port,
                certificates,
            } => {
                let listener = self.listener(load_balancer, *port)?.spec.as_ref();
                let tls = listener.is_some_and(|l| l.protocol.is_secure());
                ensure(tls && !certificates.is_empty(), "InvalidConfigurationRequest")
            }
            other => self.check_deletion(other),
        }
    }

    fn check_deletion(&self, step: &Step) -> Result<(), &'static str> {
        let known = &self.observed;
        match step {
            Step::AddTags { resource, .. } | Step::RemoveTags { resource, .. } => {
                ensure(self.exists(resource), "NotFound")
            }
            Step::DeleteListener { load_balancer, arn } => {
                let exists = self.listeners(load_balancer)?.iter().any(|l| l.arn == *arn);
                ensure(exists, "ListenerNotFound")
            }
            Step::DeleteLoadBalancer { arn } => {
                let mut all = known.load_balancers.iter();
                let load_balancer = all.find(|l| l.arn == *arn).ok_or("LoadBalancerNotFound")?;
                let protected = load_balancer.spec.attributes.get("deletion_protection.enabled");
                ensure(protected.is_none_or(|on| on == "false"), "OperationNotPermitted")
            }
            Step::DeleteTargetGroup { arn } => {
                let mut all = known.target_groups.iter();
                let target_group = all.find(|t| t.arn == *arn).ok_or("TargetGroupNotFound")?;
                ensure(self.users(&target_group.spec.name).is_empty(), "ResourceInUse")
            }
            Step::DeleteSecurityGroup { id } => {
                let group = GroupRef::Id(id.clone());
                self.group(&group)?;
                let mut users = known.load_balancers.iter();
                ensure(
                    !users.any(|l| l.spec.security_groups.contains(&group)),
                    "DependencyViolation",
                )
            }
            other => panic!("the model does not know {other}"),
        }
    }

    fn check_forward(&self, load_balancer: &ResourceName, listener: &Listener) -> Result<(), &'static str> {
        let spec = self.load_balancer(load_balancer)?;
        features::check_listener(spec, listener)?;
        for name in listener.action.own_target_groups() {
            features::check_forward(spec, listener, self.target_group(name)?)?;
            let alone = self.users(name).iter().all(|user| user == load_balancer);
            ensure(alone, "TargetGroupAssociationLimit")?;
        }
        Ok(())
    }

    /// Names of load balancers whose listeners forward to a target group.
    fn users(&self, target_group: &ResourceName) -> Vec<ResourceName> {
        let load_balancers = self.observed.load_balancers.iter();
        let users = load_balancers.filter(|l| {
            let mut specs = l.listeners.iter().filter_map(|listener| listener.spec.as_ref());
            specs.any(|spec| spec.action.own_target_groups().any(|name| name == target_group))
        });
        users.map(|l| l.spec.name.clone()).collect()
    }

    fn group(&self, group: &GroupRef) -> Result<&crate::aws::stack::FrontendGroup, &'static str> {
        let id = self.observed.security_group(group).ok_or("InvalidGroup.NotFound")?;
        let found = self.observed.security_groups.iter().find(|g| g.id == *id);
        found.map(|g| &g.spec).ok_or("InvalidGroup.NotFound")
    }

    /// Groups of the user (`sg-user-*`) always exist, ours only if they are observed.
    fn group_exists(&self, group: &GroupRef) -> Result<(), &'static str> {
        match group {
            GroupRef::Id(id) if id.as_str().starts_with("sg-user") => Ok(()),
            ours => self.group(ours).map(drop),
        }
    }

    fn target_group(&self, name: &ResourceName) -> Result<&TargetGroup, &'static str> {
        let found = self.observed.target_groups.iter().find(|t| t.spec.name == *name);
        found.map(|t| &t.spec).ok_or("TargetGroupNotFound")
    }

    fn listeners(&self, load_balancer: &ResourceName) -> Result<&Vec<ObservedListener>, &'static str> {
        let found = self
            .observed
            .load_balancers
            .iter()
            .find(|l| l.spec.name == *load_balancer);
        found.map(|l| &l.listeners).ok_or("LoadBalancerNotFound")
    }

    fn load_balancer(&self, name: &ResourceName) -> Result<&LoadBalancer, &'static str> {
        let mut all = self.observed.load_balancers.iter().map(|l| &l.spec);
        all.find(|spec| spec.name == *name).ok_or("LoadBalancerNotFound")
    }

    fn listener(&self, load_balancer: &ResourceName, port: Port) -> Result<&ObservedListener, &'static str> {
        let found = self.listeners(load_balancer)?.iter().find(|l| l.port == port);
        found.ok_or("ListenerNotFound")
    }

    fn exists(&self, resource: &TaggedResource) -> bool {
        let known = &self.observed;
        match resource {
            TaggedResource::LoadBalancer(arn) => known.load_balancers.iter().any(|l| l.arn == *arn),
            TaggedResource::Listener(arn) => known
                .load_balancers
                .iter()
                .flat_map(|l| &l.listeners)
                .any(|l| l.arn == *arn),
            TaggedResource::TargetGroup(arn) => known.target_groups.iter().any(|t| t.arn == *arn),
            TaggedResource::SecurityGroup(id) => known.security_groups.iter().any(|g| g.id == *id),
        }
    }
}

fn ensure(holds: bool, code: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(code) }
}
