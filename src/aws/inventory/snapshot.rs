//! One look at everything in AWS that carries the cluster's tags, in a few paged calls, whatever the number of Services.

use std::collections::{BTreeSet, HashMap};

use super::{parse, together};
use crate::aws::api::{
    AwsApi, AwsResult, LoadBalancerDescription, LoadBalancerSelection, SecurityGroupDescription,
    SecurityGroupSelection, TargetGroupDescription,
};
use crate::aws::desired::tags;
use crate::aws::error::ErrorKind;
use crate::aws::ids::VpcId;
use crate::aws::observed::Observed;
use crate::aws::ownership::Keeper;
use crate::aws::stack::Tags;

/// ARNs that `DescribeTags` takes in one call (ELBv2 API reference).
const ARNS_PER_CALL: usize = 20;
/// Load balancers or target groups in one page of a listing (ELBv2 API reference, `PageSize`).
const PAGE: usize = 400;
/// Security groups in one page of a listing (EC2 API reference, `MaxResults`).
const GROUPS_PER_PAGE: usize = 1000;

/// What AWS holds for each keeper, without the details that take a call for each resource: listeners, attributes, targets.
#[derive(Debug)]
pub(super) struct Snapshot {
    /// Only keepers for whom there is something.
    pub(super) kept: HashMap<Keeper, Observed>,
    /// ARNs of load balancers and target groups that are listed, and whose tags AWS denies to exist. Most have gone in
    /// between.
    pub(super) untagged: BTreeSet<String>,
    /// Calls that it took.
    pub(super) calls: usize,
}

/// What the listings of the account show.
struct Listings {
    load_balancers: Vec<LoadBalancerDescription>,
    target_groups: Vec<TargetGroupDescription>,
    security_groups: Vec<SecurityGroupDescription>,
    /// Pages that were read.
    calls: usize,
}

/// Takes a snapshot. What is in other VPCs than `vpc`, where it is known, is passed over.
pub(super) async fn take<A: AwsApi>(api: &A, cluster: &str, vpc: Option<&VpcId>) -> AwsResult<Snapshot> {
    let listings = list(api, cluster, vpc).await?;
    let load_balancers = listings.load_balancers.iter().map(|found| found.arn.to_string());
    let target_groups = listings.target_groups.iter().map(|found| found.arn.to_string());
    let arns: Vec<String> = load_balancers.chain(target_groups).collect();
    let tags = tags_of(api, &arns).await?;
    Ok(Snapshot {
        calls: listings.calls.saturating_add(tag_calls(arns.len())),
        untagged: arns.into_iter().filter(|arn| !tags.contains_key(arn)).collect(),
        kept: sort(listings, tags, cluster),
    })
}

async fn list<A: AwsApi>(api: &A, cluster: &str, vpc: Option<&VpcId>) -> AwsResult<Listings> {
    let ours = SecurityGroupSelection::Tag(tags::CLUSTER.to_owned(), cluster.to_owned());
    let (mut load_balancers, mut target_groups, mut security_groups) = tokio::try_join!(
        api.describe_load_balancers(&LoadBalancerSelection::All),
        api.describe_target_groups(),
        api.describe_security_groups(&ours),
    )?;
    let calls = [
        pages(load_balancers.len(), PAGE),
        pages(target_groups.len(), PAGE),
        pages(security_groups.len(), GROUPS_PER_PAGE),
    ];
    load_balancers.retain(|found| found.kind.is_some() && vpc.is_none_or(|vpc| found.vpc == *vpc));
    target_groups.retain(|found| found.settings.is_some() && vpc.is_none_or(|vpc| found.vpc.as_ref() == Some(vpc)));
    security_groups.retain(|found| vpc.is_none_or(|vpc| found.vpc == *vpc));
    Ok(Listings {
        load_balancers,
        target_groups,
        security_groups,
        calls: calls.iter().sum(),
    })
}

/// Calls that it takes to list so many; an empty page is a page.
fn pages(found: usize, on_a_page: usize) -> usize {
    found.div_ceil(on_a_page).max(1)
}

/// PURE. What belongs to whom.
fn sort(listings: Listings, mut tags: HashMap<String, Tags>, cluster: &str) -> HashMap<Keeper, Observed> {
    let mut kept: HashMap<Keeper, Observed> = HashMap::new();
    let mut owned = |arn: &str| {
        let tags = tags.remove(arn)?;
        Some((Keeper::of(&tags, cluster)?, tags))
    };
    for found in listings.load_balancers {
        if let Some((keeper, tags)) = owned(found.arn.as_str()) {
            let parsed = parse::load_balancer(found, tags);
            kept.entry(keeper).or_default().load_balancers.extend(parsed);
        }
    }
    for found in listings.target_groups {
        if let Some((keeper, tags)) = owned(found.arn.as_str()) {
            let parsed = parse::target_group(found, tags);
            kept.entry(keeper).or_default().target_groups.extend(parsed);
        }
    }
    for found in listings.security_groups {
        if let Some(keeper) = Keeper::of(&found.tags, cluster) {
            let parsed = parse::security_group(found);
            kept.entry(keeper).or_default().security_groups.extend(parsed);
        }
    }
    kept
}

/// How many calls it takes to read the tags of so many resources.
pub(super) fn tag_calls(resources: usize) -> usize {
    resources.div_ceil(ARNS_PER_CALL)
}

/// The tags of resources of ELBv2, some twenty a call. A resource that is gone meanwhile is left out.
pub(crate) async fn tags_of<A: AwsApi>(api: &A, arns: &[String]) -> AwsResult<HashMap<String, Tags>> {
    let calls = arns.chunks(ARNS_PER_CALL).map(|arns| existing(api, arns.to_vec()));
    let tags = together(calls.collect()).await?;
    Ok(tags.into_iter().flatten().collect())
}

/// AWS refuses the whole call where one ARN does not exist, so the call is halved until that one is alone.
async fn existing<A: AwsApi>(api: &A, arns: Vec<String>) -> AwsResult<Vec<(String, Tags)>> {
    let mut found = Vec::with_capacity(arns.len());
    let mut open = vec![arns];
    while let Some(mut arns) = open.pop() {
        match api.describe_tags(&arns).await {
            Ok(tags) => found.extend(tags),
            Err(error) if error.kind == ErrorKind::NotFound => {
                if arns.len() > 1 {
                    let half = arns.split_off(arns.len() / 2);
                    open.extend([arns, half]);
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}
