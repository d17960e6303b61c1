//! What AWS holds for a Service, in few calls whatever else the account holds.

use std::collections::BTreeSet;

use futures::future::try_join_all;

use crate::aws::api::{
    AwsApi, AwsResult, InstanceDescription, ListenerDescription, LoadBalancerDescription, LoadBalancerSelection,
    SecurityGroupDescription, SecurityGroupSelection, TargetDescription, TargetGroupDescription,
};
use crate::aws::desired::tags::{CLUSTER, UID};
use crate::aws::error::{AwsError, ErrorKind, NO_CREDENTIALS};
use crate::aws::ids::{InstanceId, SecurityGroupId, TargetGroupArn};
use crate::aws::inventory::tags_of;
use crate::aws::stack::Tags;
use crate::inspect::evidence::{Cloud, SeenLoadBalancer, SeenTargetGroup, Unseen};
use crate::inspect::target_groups::forwards_to;
use crate::service::Service;

/// Where to look.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The region that the API is open for.
    pub region: String,
    /// Name of the cluster; none: whichever is in the tags. UIDs differ between clusters unless one was made from a copy
    /// of the other.
    pub cluster: Option<String>,
}

/// Looks at all of it.
///
/// # Errors
/// [`Unseen`] where a call fails.
pub async fn look<A: AwsApi>(api: &A, scope: &Scope, service: &Service) -> Result<Cloud, Unseen> {
    let found = read(api, scope, service).await;
    found.map_err(|error| unseen(&error, &scope.region))
}

async fn read<A: AwsApi>(api: &A, scope: &Scope, service: &Service) -> AwsResult<Cloud> {
    let mut cloud = Cloud {
        region: scope.region.clone(),
        load_balancer: None,
        target_groups: Vec::new(),
        groups: Vec::new(),
        instances: Vec::new(),
    };
    let Some((description, tags)) = find(api, scope, service).await? else {
        return Ok(cloud);
    };
    let mut listeners = api.describe_listeners(&description.arn).await?;
    listeners.sort_by_key(|listener| listener.port);
    cloud.target_groups = target_groups(api, &listeners).await?;
    let targets = cloud.target_groups.iter().flat_map(|group| &group.targets);
    let ids: BTreeSet<InstanceId> = targets.map(|target| target.target.instance.clone()).collect();
    cloud.instances = instances(api, &ids).await?;
    cloud.groups = groups(api, &description, &cloud.instances).await?;
    cloud.load_balancer = Some(SeenLoadBalancer {
        description,
        tags,
        listeners,
    });
    Ok(cloud)
}

/// The load balancer that clients reach by the published hostname; where there is none, the one with the Service's UID.
/// Only then are tags of others read.
async fn find<A: AwsApi>(
    api: &A,
    scope: &Scope,
    service: &Service,
) -> AwsResult<Option<(LoadBalancerDescription, Tags)>> {
    let mut all = api.describe_load_balancers(&LoadBalancerSelection::All).await?;
    let published = service.published.as_ref().map(|name| name.to_ascii_lowercase());
    if let Some(index) = all.iter().position(|found| Some(&found.dns_name) == published.as_ref()) {
        let found = all.swap_remove(index);
        let tags = tags_of(api, &[found.arn.to_string()]).await?;
        let tags = tags.into_values().next().unwrap_or_default();
        return Ok(Some((found, tags)));
    }
    let arns: Vec<String> = all.iter().map(|found| found.arn.to_string()).collect();
    let mut tags = tags_of(api, &arns).await?;
    let ours = |found: &LoadBalancerDescription| {
        let tags = tags.get(found.arn.as_str());
        tags.is_some_and(|tags| is_of(tags, scope, &service.owner.uid))
    };
    let found = all.into_iter().find(ours);
    Ok(found.map(|found| {
        let tags = tags.remove(found.arn.as_str()).unwrap_or_default();
        (found, tags)
    }))
}

fn is_of(tags: &Tags, scope: &Scope, uid: &str) -> bool {
    let cluster = scope.cluster.as_ref();
    tags.get(UID).is_some_and(|found| found == uid) && cluster.is_none_or(|cluster| tags.get(CLUSTER) == Some(cluster))
}

async fn target_groups<A: AwsApi>(api: &A, listeners: &[ListenerDescription]) -> AwsResult<Vec<SeenTargetGroup>> {
    let arns: BTreeSet<&TargetGroupArn> = listeners.iter().flat_map(forwards_to).collect();
    if arns.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = api.describe_target_groups().await?;
    found.retain(|group| arns.contains(&group.arn));
    let seen = async |description: TargetGroupDescription| {
        let targets = targets(api, &description.arn).await?;
        Ok(SeenTargetGroup { description, targets })
    };
    try_join_all(found.into_iter().map(seen)).await
}

/// The targets of a group; none where the group went away since it was listed.
async fn targets<A: AwsApi>(api: &A, arn: &TargetGroupArn) -> AwsResult<Vec<TargetDescription>> {
    match api.describe_target_health(arn).await {
        Err(error) if error.kind == ErrorKind::NotFound => Ok(Vec::new()),
        found => found,
    }
}

async fn instances<A: AwsApi>(api: &A, ids: &BTreeSet<InstanceId>) -> AwsResult<Vec<InstanceDescription>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    api.describe_instances(ids).await
}

/// The groups of the load balancer and of its targets.
async fn groups<A: AwsApi>(
    api: &A,
    balancer: &LoadBalancerDescription,
    instances: &[InstanceDescription],
) -> AwsResult<Vec<SecurityGroupDescription>> {
    let of_nodes = instances.iter().flat_map(|instance| &instance.security_groups);
    let ids: BTreeSet<SecurityGroupId> = of_nodes.chain(&balancer.security_groups).cloned().collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    api.describe_security_groups(&SecurityGroupSelection::Ids(ids)).await
}

fn unseen(error: &AwsError, region: &str) -> Unseen {
    let action = match error.kind {
        _ if error.code == NO_CREDENTIALS => "set AWS_PROFILE, or other credentials that the AWS SDK reads".to_owned(),
        ErrorKind::Denied => format!("allow your own AWS identity {}; it only reads", error.action),
        _ => format!("see that AWS in {region} can be reached, and try again"),
    };
    Unseen {
        message: format!("could not look at AWS: {error}"),
        action,
    }
}
