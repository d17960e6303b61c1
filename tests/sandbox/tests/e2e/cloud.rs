//! The AWS side of a test: what stands there for a Service, seen through the API.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use elbow::aws::api::{
    ActionSettings, AwsApi, AwsResult, ListenerDescription, LoadBalancerDescription, LoadBalancerSelection,
    SecurityGroupDescription, SecurityGroupSelection, TargetGroupDescription,
};
use elbow::aws::ids::TargetGroupArn;
use elbow::aws::sdk::{self, Call, CallObserver, SdkApi};
use elbow::aws::stack::{Attributes, Tags, Target};
use elbow::fence::Fence;

use crate::wait::until;

/// `DescribeTags` takes so many ARNs at most.
const TAGS_PER_CALL: usize = 20;

/// What stands in AWS for one Service or one cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Holdings {
    /// Load balancers.
    pub(crate) load_balancers: Vec<HeldLoadBalancer>,
    /// Target groups by port (their `elbow.dev/resource` tag tells more).
    pub(crate) target_groups: Vec<HeldTargetGroup>,
    /// Security groups, the cluster's shared one among them when the whole cluster was asked for.
    pub(crate) security_groups: Vec<SecurityGroupDescription>,
}

/// A load balancer with all that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeldLoadBalancer {
    /// Itself.
    pub(crate) description: LoadBalancerDescription,
    /// Its tags.
    pub(crate) tags: Tags,
    /// Its listeners, by port.
    pub(crate) listeners: Vec<ListenerDescription>,
    /// Its attributes.
    pub(crate) attributes: Attributes,
}

/// A target group with all that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeldTargetGroup {
    /// Itself.
    pub(crate) description: TargetGroupDescription,
    /// Its tags.
    pub(crate) tags: Tags,
    /// Its registered targets, draining ones left out.
    pub(crate) targets: BTreeSet<Target>,
    /// Its attributes.
    pub(crate) attributes: Attributes,
}

/// Looks at AWS past the proxy.
pub(crate) struct Cloud {
    /// The API, for changes made by hand.
    pub(crate) api: SdkApi,
}

/// The tests' own calls are of no interest.
struct Unobserved;

impl CallObserver for Unobserved {
    fn observed(&self, _: &Call<'_>) {}
}

impl Holdings {
    /// Does nothing stand there?
    pub(crate) fn is_empty(&self) -> bool {
        self.load_balancers.is_empty() && self.target_groups.is_empty() && self.security_groups.is_empty()
    }

    /// The only load balancer.
    pub(crate) fn load_balancer(&self) -> &HeldLoadBalancer {
        assert_eq!(self.load_balancers.len(), 1, "one load balancer: {self:#?}");
        &self.load_balancers[0]
    }

    /// The only target group.
    pub(crate) fn target_group(&self) -> &HeldTargetGroup {
        assert_eq!(self.target_groups.len(), 1, "one target group: {self:#?}");
        &self.target_groups[0]
    }

    /// The only security group.
    pub(crate) fn security_group(&self) -> &SecurityGroupDescription {
        assert_eq!(self.security_groups.len(), 1, "one security group: {self:#?}");
        &self.security_groups[0]
    }

    /// Ports of all listeners, ascending.
    pub(crate) fn listener_ports(&self) -> Vec<u16> {
        let listeners = self.load_balancers.iter().flat_map(|held| &held.listeners);
        let mut ports: Vec<u16> = listeners.map(|listener| listener.port.get()).collect();
        ports.sort_unstable();
        ports
    }

    /// The target group that the listener on a port forwards to.
    pub(crate) fn behind(&self, port: u16) -> &HeldTargetGroup {
        let listener = self
            .load_balancer()
            .listeners
            .iter()
            .find(|listener| listener.port.get() == port);
        let arn = sole_target_group(listener.unwrap()).unwrap();
        self.target_groups
            .iter()
            .find(|group| group.description.arn == arn)
            .unwrap()
    }
}

fn is_of(tags: &Tags, cluster: &str) -> bool {
    tags.get("elbow.dev/cluster").is_some_and(|found| found == cluster)
}

/// Where a listener forwards to, if that is one target group.
pub(crate) fn sole_target_group(listener: &ListenerDescription) -> Option<TargetGroupArn> {
    match &listener.settings.as_ref()?.action {
        ActionSettings::Forward { to, .. } if to.len() == 1 => to.keys().next().cloned(),
        _ => None,
    }
}

impl Cloud {
    /// Opens AWS as the environment names it; never fenced, for a test may write what it likes.
    pub(crate) async fn connect(region: &str) -> Self {
        Self {
            api: sdk::connect(region, &Fence::open(), Arc::new(Unobserved)).await,
        }
    }

    /// All that belongs to the Services of a namespace.
    pub(crate) async fn of_namespace(&self, cluster: &str, namespace: &str) -> Holdings {
        let prefix = format!("{namespace}/");
        let belongs = |tags: &Tags| {
            is_of(tags, cluster)
                && tags
                    .get("elbow.dev/service")
                    .is_some_and(|found| found.starts_with(&prefix))
        };
        self.holdings(cluster, belongs).await
    }

    /// All that carries `elbow.dev/service=SERVICE` (namespace/name) for a cluster.
    pub(crate) async fn of_service(&self, cluster: &str, service: &str) -> Holdings {
        let belongs =
            |tags: &Tags| is_of(tags, cluster) && tags.get("elbow.dev/service").is_some_and(|found| found == service);
        self.holdings(cluster, belongs).await
    }

    /// All that carries a cluster's tag.
    pub(crate) async fn of_cluster(&self, cluster: &str) -> Holdings {
        self.holdings(cluster, |tags| is_of(tags, cluster)).await
    }

    /// Waits until what stands for a Service is as the look wants it; returns what the look returned.
    pub(crate) async fn wait<T>(
        &self,
        what: &str,
        cluster: &str,
        service: &str,
        mut look: impl FnMut(&Holdings) -> Option<T>,
    ) -> T {
        until(what, async || {
            let holdings = self.of_service(cluster, service).await;
            look(&holdings).ok_or(format!("{holdings:#?}"))
        })
        .await
    }

    async fn holdings(&self, cluster: &str, belongs: impl Fn(&Tags) -> bool) -> Holdings {
        // Other tests delete while this one lists; a list that was overtaken is made again.
        let look = async || self.look(cluster, &belongs).await.map_err(|error| error.to_string());
        until("a consistent view of AWS", look).await
    }

    async fn look(&self, cluster: &str, belongs: &impl Fn(&Tags) -> bool) -> AwsResult<Holdings> {
        let load_balancers = self.api.describe_load_balancers(&LoadBalancerSelection::All).await?;
        let target_groups = self.api.describe_target_groups().await?;
        let selection = SecurityGroupSelection::Tag("elbow.dev/cluster".to_owned(), cluster.to_owned());
        let security_groups = self.api.describe_security_groups(&selection).await?;
        let arns = load_balancers.iter().map(|found| found.arn.as_str());
        let tags = self
            .tags(arns.chain(target_groups.iter().map(|found| found.arn.as_str())))
            .await?;
        let mut holdings = Holdings::default();
        for description in load_balancers {
            let tags = tags.get(description.arn.as_str()).cloned().unwrap_or_default();
            if belongs(&tags) {
                holdings
                    .load_balancers
                    .push(self.load_balancer(description, tags).await?);
            }
        }
        for description in target_groups {
            let tags = tags.get(description.arn.as_str()).cloned().unwrap_or_default();
            if belongs(&tags) {
                holdings.target_groups.push(self.target_group(description, tags).await?);
            }
        }
        holdings.security_groups = security_groups
            .into_iter()
            .filter(|group| belongs(&group.tags))
            .collect();
        Ok(holdings)
    }

    async fn tags(&self, arns: impl Iterator<Item = &str>) -> AwsResult<BTreeMap<String, Tags>> {
        let arns: Vec<String> = arns.map(str::to_owned).collect();
        let mut tags = BTreeMap::new();
        for chunk in arns.chunks(TAGS_PER_CALL) {
            tags.extend(self.api.describe_tags(chunk).await?);
        }
        Ok(tags)
    }

    async fn load_balancer(&self, description: LoadBalancerDescription, tags: Tags) -> AwsResult<HeldLoadBalancer> {
        let mut listeners = self.api.describe_listeners(&description.arn).await?;
        listeners.sort_by_key(|listener| listener.port);
        let attributes = self.api.describe_load_balancer_attributes(&description.arn).await?;
        Ok(HeldLoadBalancer {
            description,
            tags,
            listeners,
            attributes,
        })
    }

    async fn target_group(&self, description: TargetGroupDescription, tags: Tags) -> AwsResult<HeldTargetGroup> {
        let health = self.api.describe_target_health(&description.arn).await?;
        let targets = health
            .into_iter()
            .filter(|found| found.state != "draining")
            .map(|found| found.target)
            .collect();
        let attributes = self.api.describe_target_group_attributes(&description.arn).await?;
        Ok(HeldTargetGroup {
            description,
            tags,
            targets,
            attributes,
        })
    }
}
