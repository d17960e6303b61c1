//! Making AWS equal to what a Service asks for.

use std::collections::BTreeSet;
use std::time::Duration;

use super::replacement::View;
use super::{AwsProvider, PASSES, outcome};
use crate::aws::api::AwsApi;
use crate::aws::apply::Applied;
use crate::aws::backend::InUse;
use crate::aws::desired::{self, Desired, Facts};
use crate::aws::ids::{InstanceId, VpcId};
use crate::aws::observed::Observed;
use crate::aws::ownership::Keeper;
use crate::aws::plan::plan;
use crate::aws::stack::ResourceName;
use crate::node::NodeSet;
use crate::provider::{Ensured, ProviderError};
use crate::service::Service;

/// When to try again to delete the unused backend group.
const RELEASE_PAUSE: Duration = Duration::from_secs(15);

impl<A: AwsApi> AwsProvider<A> {
    pub(super) async fn ensure_service(&self, service: &Service, nodes: &NodeSet) -> Result<Ensured, ProviderError> {
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
            total.add(applied);
            if !std::mem::take(&mut total.unsettled) {
                let mut ensured = self.ensured(service, &keeper, &desired, &total)?;
                if !desired.backend_group {
                    self.release_backend(&mut ensured).await?;
                }
                return Ok(ensured);
            }
        }
        Err(ProviderError::Transient {
            action: "elasticloadbalancing:DescribeLoadBalancers".to_owned(),
            message: "AWS keeps showing something else than was just written; looking again".to_owned(),
        })
    }

    /// The Service has groups of its own; perhaps it was the last one with the shared group. It is served all the same, so
    /// that what keeps the group from going is no error of the Service.
    async fn release_backend(&self, ensured: &mut Ensured) -> Result<(), ProviderError> {
        match self.backend.release().await {
            Ok(_) => Ok(()),
            Err(error @ ProviderError::Closed(_)) => Err(error),
            Err(error) => {
                tracing::warn!(%error, "the unused backend security group stays for now");
                let recheck = ensured.recheck.unwrap_or(RELEASE_PAUSE);
                ensured.recheck = Some(recheck.min(RELEASE_PAUSE));
                Ok(())
            }
        }
    }

    async fn pass(
        &self,
        service: &Service,
        nodes: &NodeSet,
        keeper: &Keeper,
    ) -> Result<(Desired, Applied), ProviderError> {
        let (facts, observed) = self.look(service, nodes, keeper).await?;
        let (desired, _in_use) = self.decide(service, nodes, keeper, facts).await?;
        let observed = self.watch_replacement(service, keeper, &desired, observed).await?;
        let view = view(service, &desired.stack.load_balancer.name, &observed);
        let plan = plan(&desired.stack, &observed, self.replacements.fate(keeper, &view));
        let applied = self.apply(keeper, service.published.is_some()).run(&plan).await?;
        self.cluster.refuse(&applied.refused);
        Ok((desired, applied))
    }

    /// Reads what has to be known, which is nothing where nothing is new.
    pub(super) async fn look(
        &self,
        service: &Service,
        nodes: &NodeSet,
        keeper: &Keeper,
    ) -> Result<(Facts, Observed), ProviderError> {
        let vpc = self.cluster.vpc(nodes).await?;
        self.inventory.confine(&vpc);
        let subnets = self.cluster.subnets(&vpc).await?;
        let requirements = desired::requirements(service, &self.settings.aws, &subnets)?;
        let observed = self.inventory.observe(keeper).await?;
        let backend_group = self.backend.group(&vpc);
        let registered = registered(&observed);
        let facts = self.cluster.facts(&requirements, nodes, backend_group, &registered);
        let mut facts = facts.await?;
        facts.load_balancers = observed.load_balancers.iter().map(|known| known.spec.clone()).collect();
        Ok((facts, observed))
    }

    /// What AWS should hold. Where that includes the cluster's shared group, it exists from here on, and nodes admit it.
    async fn decide(
        &self,
        service: &Service,
        nodes: &NodeSet,
        keeper: &Keeper,
        mut facts: Facts,
    ) -> Result<(Desired, Option<InUse<'_>>), ProviderError> {
        let desired = desired::stack(service, nodes, &facts, &self.settings.aws)?;
        self.backend
            .need_health_ports(keeper, desired.health_ports.iter().map(|port| port.get()));
        if !desired.backend_group {
            return Ok((desired, None));
        }
        let in_use = self.share_backend(&facts.vpc).await?;
        if facts.backend_group.as_ref() == Some(&in_use.group) {
            return Ok((desired, Some(in_use)));
        }
        facts.backend_group = Some(in_use.group.clone());
        let desired = desired::stack(service, nodes, &facts, &self.settings.aws)?;
        Ok((desired, Some(in_use)))
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
        let view = view(service, &desired.stack.load_balancer.name, &observed);
        let awaited = view.successor().filter(|new| view.publishes_old() && !new.active);
        match awaited.map(|new| new.arn.clone()) {
            Some(arn) => {
                self.inventory.read_state(keeper, &arn).await?;
                Ok(self.inventory.look(keeper, Observed::clone))
            }
            None => Ok(observed),
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
            let view = view(service, &desired.stack.load_balancer.name, observed);
            self.replacements.address(keeper, &view)
        });
        let address = address.ok_or_else(|| ProviderError::Transient {
            action: "elasticloadbalancing:CreateLoadBalancer".to_owned(),
            message: "the load balancer went away meanwhile; looking again".to_owned(),
        })?;
        Ok(outcome::ensured(
            desired,
            address,
            applied,
            self.cluster.retries_instances(),
        ))
    }
}

fn view<'a>(service: &'a Service, wanted: &'a ResourceName, observed: &'a Observed) -> View<'a> {
    View {
        observed,
        wanted,
        published: service.published.as_deref(),
    }
}

fn registered(observed: &Observed) -> BTreeSet<InstanceId> {
    let targets = observed.target_groups.iter().flat_map(|known| &known.spec.targets);
    targets.map(|target| target.instance.clone()).collect()
}
