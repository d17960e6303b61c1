//! What somebody has changed in AWS by hand, before elbow's audit has healed it.

use std::collections::BTreeSet;
use std::num::NonZeroU16;

use elbow::aws::api::{AwsApi as _, SecurityGroupSelection};
use elbow::aws::ids::SecurityGroupId;
use elbow::aws::stack::{HealthCheckPort, IngressRule, RuleSource};

use super::{pods, wait_first};
use crate::scenario::{Scenario, with_own_elbow};

/// No audit comes in between.
pub(crate) const PATIENT: [&str; 1] = ["--audit-period=12h"];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn rules_of_nodes_that_were_removed_are_told() {
    with_own_elbow("inspect-rules", async |scenario| {
        let _elbow = serve(&scenario).await;
        let held = scenario.holdings("web").await;
        let balancer = &held.load_balancer().description;
        let nodes = SecurityGroupId::new(&scenario.sandbox.infrastructure.node_security_group_id);
        let ours = rules_for(&scenario, &nodes, &balancer.security_groups).await;
        scenario.cloud.api.revoke_ingress(&nodes, &ours).await.unwrap();
        let found = wait_first(&scenario, "web", "nodeRules", "NodeRuleMissing").await;
        assert!(found["message"].as_str().unwrap().contains(nodes.as_str()), "{found}");
        scenario
            .cloud
            .api
            .authorize_ingress(&nodes, &ours, "elbow")
            .await
            .unwrap();

        let group = held.security_group();
        scenario
            .cloud
            .api
            .revoke_ingress(&group.id, &group.rules)
            .await
            .unwrap();
        wait_first(&scenario, "web", "clientRules", "ClientsNotAdmitted").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn a_health_check_that_was_moved_is_told() {
    with_own_elbow("inspect-moved", async |scenario| {
        let _elbow = serve(&scenario).await;
        let held = scenario.holdings("web").await;
        let group = &held.target_group().description;
        let mut check = group.settings.as_ref().unwrap().health_check.clone();
        check.port = HealthCheckPort::Number(NonZeroU16::new(9).unwrap());
        scenario
            .cloud
            .api
            .modify_health_check(&group.arn, &check)
            .await
            .unwrap();
        wait_first(&scenario, "web", "targetGroups", "HealthCheckPort").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn what_was_deleted_is_told() {
    with_own_elbow("inspect-deleted", async |scenario| {
        let _elbow = serve(&scenario).await;
        let held = scenario.holdings("web").await;
        let (balancer, group) = (held.load_balancer(), held.target_group());
        let api = &scenario.cloud.api;
        api.deregister_targets(&group.description.arn, &group.targets)
            .await
            .unwrap();
        wait_first(&scenario, "web", "targetGroups", "NoTargets").await;
        api.delete_listener(&balancer.listeners[0].arn).await.unwrap();
        wait_first(&scenario, "web", "listeners", "ListenerMissing").await;
        let tags = balancer.tags.keys().cloned().collect();
        api.remove_tags(balancer.description.arn.as_str(), &tags).await.unwrap();
        wait_first(&scenario, "web", "loadBalancer", "ForeignLoadBalancer").await;
        api.delete_load_balancer(&balancer.description.arn).await.unwrap();
        wait_first(&scenario, "web", "loadBalancer", "LoadBalancerMissing").await;
    })
    .await;
}

/// A Service that is sound.
async fn serve(scenario: &Scenario) -> crate::elbow_process::Elbow {
    let elbow = scenario.elbow("only", &PATIENT).await;
    pods::start(scenario, "web", "http").await;
    scenario.serve(&scenario.service("web")).await;
    pods::wait_endpoints(scenario, "web").await;
    elbow
}

/// The rules of a group that admit these groups.
pub(crate) async fn rules_for(
    scenario: &Scenario,
    group: &SecurityGroupId,
    sources: &BTreeSet<SecurityGroupId>,
) -> BTreeSet<IngressRule> {
    let only = SecurityGroupSelection::Ids(BTreeSet::from([group.clone()]));
    let mut found = scenario.cloud.api.describe_security_groups(&only).await.unwrap();
    let rules = found.remove(0).rules.into_iter();
    let ours = |rule: &IngressRule| matches!(&rule.source, RuleSource::Group(id) if sources.contains(id));
    rules.filter(ours).collect()
}
