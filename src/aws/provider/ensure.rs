//! Making AWS equal to what a Service asks for.

use std::collections::BTreeSet;
use std::time::Duration;

use super::replacement::View;
use super::{AwsProvider, PASSES, outcome};
use crate::aws::api::AwsApi;
use crate::aws::apply::Applied;
use crate::aws::backend::{InUse, Need};
use crate::aws::desired::{self, Desired, Facts, Requirements};
use crate::aws::ids::{InstanceId, VpcId};
use crate::aws::observed::Observed;
use crate::aws::ownership::Keeper;
use crate::aws::plan::step::Step;
use crate::aws::plan::{Plan, plan, protected};
use crate::aws::receipt;
use crate::aws::stack::{LoadBalancer, LoadBalancerKind, Stack};
use crate::node::NodeSet;
use crate::provider::{Ensured, ProviderError};
use crate::service::Service;

/// When to try again to delete the unused backend group.
const RELEASE_PAUSE: Duration = Duration::from_secs(15);

impl<A: AwsApi> AwsProvider<A> {
    pub(super) async fn ensure_service(&self, service: &Service, nodes: &NodeSet) -> Result<Ensured, ProviderError> {
        match self.settle_twice(service, nodes).await {
            Err(error) if error.is_stalled() => Err(self.hold(service, nodes, error).await),
            outcome => outcome,
        }
    }

    async fn settle_twice(&self, service: &Service, nodes: &NodeSet) -> Result<Ensured, ProviderError> {
        match self.settle(service, nodes).await {
            // Perhaps somebody has just made or tagged what the Service needs.
            Err(ProviderError::Invalid { reason, .. })
                if desired::is_about_vpc(reason) && self.cluster.forget_network() =>
            {
                self.settle(service, nodes).await
            }
            outcome => outcome,
        }
    }

    /// Looks, plans and applies until AWS is as wanted.
    async fn settle(&self, service: &Service, nodes: &NodeSet) -> Result<Ensured, ProviderError> {
        let keeper = Keeper::Service(service.owner.uid.clone());
        let mut total = Applied::default();
        for _ in 0..PASSES {
            let (desired, applied) = self.pass(service, nodes, &keeper).await?;
            total.follow(applied);
            if !total.unsettled {
                if let Some(error) = total.passing_failure() {
                    return Err(error);
                }
                let mut ensured = self.ensured(service, &keeper, &desired, &total)?;
                if !desired.backend_group {
                    self.release_backend(&mut ensured).await?;
                }
                return Ok(ensured);
            }
        }
        Err(unsettled())
    }

    /// The Service has groups of its own; perhaps it was the last one with the shared group. It is served all the same, so
    /// that what keeps the group from going is no error of the Service.
    async fn release_backend(&self, ensured: &mut Ensured) -> Result<(), ProviderError> {
        let pause = match self.backend.release().await {
            Ok(_) => return Ok(()),
            Err(error @ ProviderError::Closed(_)) => return Err(error),
            Err(ProviderError::Paced { wait, .. }) => wait,
            Err(error) => {
                tracing::warn!(%error, "the unused backend security group stays for now");
                RELEASE_PAUSE
            }
        };
        ensured.recheck = ensured.recheck.into_iter().chain([pause]).min();
        Ok(())
    }

    async fn pass(
        &self,
        service: &Service,
        nodes: &NodeSet,
        keeper: &Keeper,
    ) -> Result<(Desired, Applied), ProviderError> {
        if let Some(desired) = self.presume(service, nodes, keeper).await? {
            return Ok((desired, Applied::default()));
        }
        let (facts, observed) = self.look(service, nodes, keeper).await?;
        let (mut desired, _in_use) = self.decide(service, nodes, keeper, facts).await?;
        let observed = self.watch_replacement(service, keeper, &desired, observed).await?;
        let groups = desired.stack.target_groups.iter_mut();
        let wanted = groups.map(|(name, group)| (name, &group.surplus, &mut group.targets));
        let held = self.hold_targets(keeper, &observed, nodes, wanted.collect()).await?;
        desired.warnings.extend(held);
        let view = view(service, &desired.stack, &observed);
        let plan = plan(&desired.stack, &observed, self.replacements.fate(keeper, &view));
        check_receipt(service, &plan)?;
        self.watch_provisioning(keeper, &plan).await?;
        let applied = self.apply(keeper, service.published.is_some()).run(&plan).await?;
        self.cluster.refuse(&applied.refused);
        self.note_refusal(keeper, applied.full.as_ref(), desired.stack.target_groups.keys())?;
        self.release_openings(keeper, &desired, nodes).await?;
        Ok((desired, applied))
    }

    /// Takes rules from nodes that only load balancers of before have needed.
    pub(super) async fn release_openings(
        &self,
        keeper: &Keeper,
        desired: &Desired,
        nodes: &NodeSet,
    ) -> Result<(), ProviderError> {
        let wanted = &desired.stack.load_balancer.name;
        let need = self.inventory.look(keeper, |observed| {
            let specs = observed.load_balancers.iter().map(|known| &known.spec);
            need(desired, specs.filter(|spec| spec.name != *wanted))
        });
        self.backend.need(keeper, need);
        self.settle_openings(nodes).await
    }

    /// Reads what has to be known, which is nothing where nothing is new.
    pub(super) async fn look(
        &self,
        service: &Service,
        nodes: &NodeSet,
        keeper: &Keeper,
    ) -> Result<(Facts, Observed), ProviderError> {
        let requirements = self.requirements(service, nodes).await?;
        let observed = self.inventory.observe(keeper).await?;
        let facts = self.facts(keeper, &requirements, nodes, &observed).await?;
        Ok((facts, observed))
    }

    /// The cluster's VPC; from here on only that one is looked at.
    pub(super) async fn own_vpc(&self, nodes: &NodeSet) -> Result<VpcId, ProviderError> {
        let vpc = self.cluster.vpc(nodes).await?;
        self.inventory.confine(&vpc);
        Ok(vpc)
    }

    /// Which facts the Service needs.
    pub(super) async fn requirements(&self, service: &Service, nodes: &NodeSet) -> Result<Requirements, ProviderError> {
        let vpc = self.own_vpc(nodes).await?;
        let subnets = self.cluster.subnets(&vpc).await?;
        Ok(desired::requirements(service, &self.settings.aws, &subnets)?)
    }

    /// The facts, where AWS holds `observed` for the Service.
    pub(super) async fn facts(
        &self,
        keeper: &Keeper,
        requirements: &Requirements,
        nodes: &NodeSet,
        observed: &Observed,
    ) -> Result<Facts, ProviderError> {
        let vpc = self.cluster.vpc(nodes).await?;
        let backend_group = self.backend.group(&vpc);
        let registered = registered(observed);
        let facts = self.cluster.facts(requirements, nodes, backend_group, &registered);
        let mut facts = facts.await?;
        facts.load_balancers = observed.load_balancers.iter().map(|known| known.spec.clone()).collect();
        facts.ceiling = self.ceilings.of(keeper);
        Ok(facts)
    }

    /// What AWS should hold. Where that includes the cluster's shared group, it exists from here on, and nodes admit it.
    pub(super) async fn decide(
        &self,
        service: &Service,
        nodes: &NodeSet,
        keeper: &Keeper,
        mut facts: Facts,
    ) -> Result<(Desired, Option<InUse<'_>>), ProviderError> {
        let mut desired = desired::stack(service, nodes, &facts, &self.settings.aws)?;
        if desired.is_short_of_quota && self.cluster.learn_limits().await? {
            facts.limits = self.cluster.limits();
            desired = desired::stack(service, nodes, &facts, &self.settings.aws)?;
        }
        let before = self.backend.need(keeper, need(&desired, facts.load_balancers.iter()));
        let admitted = self.admit(&desired, &facts.vpc, nodes).await;
        if matches!(admitted, Err(ProviderError::Quota { .. })) {
            // No other Service shall wait for the room that this one lacks in the nodes' groups.
            self.backend.take_back(keeper, before);
        }
        let Some(in_use) = admitted? else {
            return Ok((desired, None));
        };
        if facts.backend_group.as_ref() == Some(&in_use.group) {
            return Ok((desired, Some(in_use)));
        }
        facts.backend_group = Some(in_use.group.clone());
        let desired = desired::stack(service, nodes, &facts, &self.settings.aws)?;
        Ok((desired, Some(in_use)))
    }

    /// Makes nodes admit the load balancer. Returns the shared group where it is to have that.
    async fn admit(&self, desired: &Desired, vpc: &VpcId, nodes: &NodeSet) -> Result<Option<InUse<'_>>, ProviderError> {
        self.settle_openings(nodes).await?;
        if desired.backend_group {
            Ok(Some(self.share_backend(vpc).await?))
        } else {
            Ok(None)
        }
    }

    /// Brings the rules on nodes for load balancers without groups up to date. `nodes` may be ones that nobody has asked
    /// about yet, such as after a restart.
    pub(super) async fn settle_openings(&self, nodes: &NodeSet) -> Result<(), ProviderError> {
        if !self.backend.has_openings().await {
            return Ok(());
        }
        self.cluster.learn_instances(nodes).await?;
        self.backend.ensure_openings(&self.cluster).await
    }

    async fn share_backend(&self, vpc: &VpcId) -> Result<InUse<'_>, ProviderError> {
        let node_groups = self.cluster.node_groups().await?;
        self.backend.ensure(vpc, &node_groups).await
    }

    /// While clients wait for a new load balancer, its state is read each time.
    async fn watch_replacement(
        &self,
        service: &Service,
        keeper: &Keeper,
        desired: &Desired,
        observed: Observed,
    ) -> Result<Observed, ProviderError> {
        let view = view(service, &desired.stack, &observed);
        let awaited = view.successor().filter(|new| view.publishes_old() && !new.active);
        match awaited.map(|new| new.arn.clone()) {
            Some(arn) => {
                self.inventory.read_state(keeper, &arn).await?;
                Ok(self.inventory.look(keeper, Observed::clone))
            }
            None => Ok(observed),
        }
    }

    /// While features wait for a load balancer to be active, its state is read each time.
    async fn watch_provisioning(&self, keeper: &Keeper, plan: &Plan) -> Result<(), ProviderError> {
        let Some(name) = plan.steps().find_map(Step::needs_active) else {
            return Ok(());
        };
        let waiting = self.inventory.look(keeper, |observed| {
            let mut known = observed.load_balancers.iter();
            let known = known.find(|known| known.spec.name == *name && !known.active)?;
            Some(known.arn.clone())
        });
        match waiting {
            Some(arn) => Ok(self.inventory.read_state(keeper, &arn).await?),
            None => Ok(()),
        }
    }

    fn ensured(
        &self,
        service: &Service,
        keeper: &Keeper,
        desired: &Desired,
        applied: &Applied,
    ) -> Result<Ensured, ProviderError> {
        let address = self.inventory.look(keeper, |observed| {
            let view = view(service, &desired.stack, observed);
            match applied.held {
                // Clients are not led to a load balancer whose targets are not there yet.
                Some(held) if view.publishes_old() => Err(held),
                _ => Ok(self.replacements.address(keeper, &view)),
            }
        });
        let protected: Vec<_> = self.inventory.look(keeper, |observed| {
            let protected = protected(&desired.stack, observed);
            protected.map(|known| known.spec.name.clone()).collect()
        });
        let address = address?.ok_or_else(|| ProviderError::Transient {
            action: "elasticloadbalancing:CreateLoadBalancer".to_owned(),
            message: "the load balancer went away meanwhile; looking again".to_owned(),
        })?;
        let left_out = self.left_out(keeper, desired, applied);
        let waits = [self.wishes.rest(keeper), self.ceilings.rest(keeper)];
        let waits = waits.into_iter().flatten().min();
        let receipt = |observed: &Observed| receipt::receipt(&desired.stack, observed);
        let is_done = left_out == 0 && waits.is_none();
        let receipt = is_done.then(|| self.inventory.look_presumed(keeper, receipt));
        let retry = self.cluster.retries_instances().into_iter().chain(waits).min();
        let mut ensured = outcome::ensured(desired, address, applied, &protected, retry);
        ensured.warnings.extend(outcome::left_out(left_out));
        ensured.receipt = receipt.flatten();
        Ok(ensured)
    }
}

/// A receipt says that nothing is left to do, so it goes before something is done.
pub(super) fn check_receipt(service: &Service, plan: &Plan) -> Result<(), ProviderError> {
    if service.receipt.is_some() && !plan.is_empty() {
        return Err(ProviderError::Outdated);
    }
    Ok(())
}

/// What nodes must admit for the Service, while these load balancers of it may still need what they had.
pub(super) fn need<'a>(desired: &Desired, mut others: impl Iterator<Item = &'a LoadBalancer>) -> Need {
    Need {
        health_ports: desired.health_ports.iter().map(|port| port.get()).collect(),
        openings: desired.node_openings.clone(),
        holds: others.any(is_without_groups),
    }
}

fn view<'a>(service: &'a Service, stack: &'a Stack, observed: &'a Observed) -> View<'a> {
    View {
        observed,
        stack,
        published: service.published.as_deref(),
    }
}

fn registered(observed: &Observed) -> BTreeSet<InstanceId> {
    let targets = observed.target_groups.iter().flat_map(|known| &known.spec.targets);
    targets.map(|target| target.instance.clone()).collect()
}

/// What AWS shows does not agree with what it was told; time heals that.
pub(super) fn unsettled() -> ProviderError {
    ProviderError::Transient {
        action: "elasticloadbalancing:DescribeLoadBalancers".to_owned(),
        message: "AWS keeps showing something else than was just written; looking again".to_owned(),
    }
}

/// Application load balancers always have groups.
pub(super) fn is_without_groups(load_balancer: &LoadBalancer) -> bool {
    load_balancer.kind == LoadBalancerKind::Network && load_balancer.security_groups.is_empty()
}
