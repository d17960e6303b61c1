//! Who is who: which of the observed resources is which of the stack's, and which are none of it.

use std::collections::BTreeSet;

use super::{Replaced, removal};
use crate::aws::observed::{
    Observed, ObservedListener, ObservedLoadBalancer, ObservedSecurityGroup, ObservedTargetGroup,
};
use crate::aws::stack::{GroupRef, Listener, Stack, TargetGroup};

/// A stack and what is observed, seen together.
#[derive(Debug)]
pub(super) struct Matching<'a> {
    /// What AWS should hold.
    pub(super) stack: &'a Stack,
    /// What AWS holds.
    pub(super) observed: &'a Observed,
    /// The stack's load balancer.
    pub(super) load_balancer: Option<&'a ObservedLoadBalancer>,
    /// Load balancers that have its name and cannot become it: names are unique, so they go first.
    pub(super) namesakes: Vec<&'a ObservedLoadBalancer>,
    /// Other load balancers, which stay untouched: for now, or because they are protected from deletion.
    kept: Vec<&'a ObservedLoadBalancer>,
    /// Other load balancers, which go last.
    pub(super) replaced: Vec<&'a ObservedLoadBalancer>,
    /// The stack's frontend group.
    pub(super) frontend_group: Option<&'a ObservedSecurityGroup>,
}

impl<'a> Matching<'a> {
    pub(super) fn new(stack: &'a Stack, observed: &'a Observed, replaced: Replaced) -> Self {
        let wanted = &stack.load_balancer;
        let (namesakes, others): (Vec<_>, Vec<_>) = observed
            .load_balancers
            .iter()
            .partition(|known| known.spec.name == wanted.name);
        let load_balancer = namesakes
            .iter()
            .find(|known| known.spec.scheme == wanted.scheme && known.spec.kind == wanted.kind)
            .copied();
        let (kept, replaced) = match replaced {
            Replaced::Keep => (others, Vec::new()),
            Replaced::Remove => others.into_iter().partition(|known| removal::stays(stack, known)),
        };
        let frontend_group = stack.frontend_group.as_ref().and_then(|wanted| {
            let mut known = observed.security_groups.iter();
            known.find(|known| known.spec.name == wanted.name && known.spec.vpc == wanted.vpc)
        });
        Self {
            stack,
            observed,
            load_balancer,
            namesakes: namesakes
                .into_iter()
                .filter(|known| load_balancer.is_none_or(|ours| ours.arn != known.arn))
                .collect(),
            kept,
            replaced,
            frontend_group,
        }
    }

    /// The stack's target group if it exists.
    pub(super) fn target_group(&self, wanted: &TargetGroup) -> Option<&'a ObservedTargetGroup> {
        let mut known = self.observed.target_groups.iter();
        known.find(|known| known.spec.name == wanted.name && fits(wanted, known))
    }

    /// Target groups that have the name of one of the stack's and cannot become it: protocol, family and VPC never change. No
    /// load balancer that stays uses them, because their names hang on that of the load balancer.
    pub(super) fn misfits(&self) -> impl Iterator<Item = &'a ObservedTargetGroup> {
        self.observed.target_groups.iter().filter(|known| {
            let wanted = self.stack.target_groups.get(&known.spec.name);
            wanted.is_some_and(|wanted| !fits(wanted, known))
        })
    }

    /// Target groups that the stack does not have and no load balancer that stays uses.
    pub(super) fn orphans(&self) -> impl Iterator<Item = &'a ObservedTargetGroup> {
        self.observed
            .target_groups
            .iter()
            .filter(|known| !self.stack.target_groups.contains_key(&known.spec.name) && !self.is_kept(known))
    }

    /// Security groups that the stack does not have and no load balancer that stays uses.
    pub(super) fn surplus_groups(&self) -> impl Iterator<Item = &'a ObservedSecurityGroup> {
        self.observed.security_groups.iter().filter(|known| {
            let group = GroupRef::Id(known.id.clone());
            let used_by_kept = self.kept.iter().any(|l| l.spec.security_groups.contains(&group));
            let ours = self.frontend_group.is_some_and(|ours| ours.id == known.id);
            !ours && !used_by_kept && !self.stack.load_balancer.security_groups.contains(&group)
        })
    }

    /// The groups that the load balancer should have, by id where they exist.
    pub(super) fn security_groups(&self) -> BTreeSet<GroupRef> {
        let wanted = self.stack.load_balancer.security_groups.iter();
        wanted.map(|group| self.by_id(group)).collect()
    }

    /// The frontend group, by id if it exists.
    pub(super) fn frontend(&self) -> GroupRef {
        self.by_id(&GroupRef::Frontend)
    }

    fn by_id(&self, group: &GroupRef) -> GroupRef {
        match (group, self.frontend_group) {
            (GroupRef::Frontend, Some(known)) => GroupRef::Id(known.id.clone()),
            _ => group.clone(),
        }
    }

    /// The listener that is, or is to become, this one: of those on its port the one with its protocol first, because
    /// a person may have put a UDP listener beside a TCP one.
    pub(super) fn listener(&self, wanted: &Listener) -> Option<&'a ObservedListener> {
        let usable = || {
            self.own_listeners()
                .filter(|l| l.port == wanted.port && !self.uses_misfit(l))
        };
        let same_protocol =
            |l: &&ObservedListener| l.spec.as_ref().is_some_and(|spec| spec.protocol == wanted.protocol);
        usable().find(same_protocol).or_else(|| usable().next())
    }

    /// Listeners of the load balancer that stand where another has to be, or use a target group that has to go first.
    pub(super) fn listeners_in_the_way(&self) -> impl Iterator<Item = &'a ObservedListener> {
        self.own_listeners()
            .filter(|l| self.uses_misfit(l) || self.is_surplus_on_its_port(l))
    }

    /// Listeners of the load balancer on ports that the stack does not have.
    pub(super) fn unwanted_listeners(&self) -> impl Iterator<Item = &'a ObservedListener> {
        self.own_listeners()
            .filter(|l| !self.stack.listeners.contains_key(&l.port) && !self.uses_misfit(l))
    }

    fn own_listeners(&self) -> impl Iterator<Item = &'a ObservedListener> {
        self.load_balancer.into_iter().flat_map(|l| &l.listeners)
    }

    fn is_surplus_on_its_port(&self, listener: &ObservedListener) -> bool {
        let Some(wanted) = self.stack.listeners.get(&listener.port) else {
            return false;
        };
        self.listener(wanted).is_some_and(|chosen| chosen.arn != listener.arn)
    }

    fn uses_misfit(&self, listener: &ObservedListener) -> bool {
        let mut used = listener.spec.iter().flat_map(|spec| spec.action.own_target_groups());
        used.any(|used| self.misfits().any(|misfit| misfit.spec.name == *used))
    }

    /// Does a load balancer that stays use it? Of a listener of unknown kind that has to be assumed.
    fn is_kept(&self, target_group: &ObservedTargetGroup) -> bool {
        let mut listeners = self.kept.iter().flat_map(|l| &l.listeners);
        listeners.any(|listener| {
            let spec = listener.spec.as_ref();
            spec.is_none_or(|spec| {
                spec.action
                    .own_target_groups()
                    .any(|name| *name == target_group.spec.name)
            })
        })
    }
}

fn fits(wanted: &TargetGroup, known: &ObservedTargetGroup) -> bool {
    wanted.protocol == known.spec.protocol && wanted.family == known.spec.family && wanted.vpc == known.spec.vpc
}
