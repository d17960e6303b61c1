//! What somebody has broken in AWS by hand, before elbow's audit has healed it.

use elbow::aws::api::AwsApi as _;
use elbow::aws::ids::SecurityGroupId;

use super::Case;
use crate::inspect::by_hand::{PATIENT, rules_for};
use crate::scenario::with_own_elbow;
use crate::traffic::workload::Workload;

#[tokio::test]
#[ignore = "needs the sandbox with nodes"]
async fn rules_targets_and_listeners_taken_away_by_hand_are_why_requests_fail() {
    with_own_elbow("truth-by-hand", async |scenario| {
        let _elbow = scenario.elbow("only", &PATIENT).await;
        Workload::http("web").deploy(&scenario.cluster).await;
        let hostname = scenario.serve(&scenario.service("web")).await;
        let case = Case::new(&scenario, "web", &hostname);
        case.wait_sound().await;
        let held = scenario.holdings("web").await;
        let (api, balancer) = (&scenario.cloud.api, held.load_balancer());

        let nodes = SecurityGroupId::new(&scenario.sandbox.infrastructure.node_security_group_id);
        let ours = rules_for(&scenario, &nodes, &balancer.description.security_groups).await;
        api.revoke_ingress(&nodes, &ours).await.unwrap();
        case.wait_broken("nodeRules", "NodeRuleMissing").await;
        api.authorize_ingress(&nodes, &ours, "elbow").await.unwrap();
        case.wait_sound().await;

        let group = held.security_group();
        api.revoke_ingress(&group.id, &group.rules).await.unwrap();
        case.wait_broken("clientRules", "ClientsNotAdmitted").await;
        api.authorize_ingress(&group.id, &group.rules, "elbow").await.unwrap();
        case.wait_sound().await;

        let targets = held.target_group();
        let arn = &targets.description.arn;
        api.deregister_targets(arn, &targets.targets).await.unwrap();
        case.wait_broken("targetGroups", "NoTargets").await;
        api.register_targets(arn, &targets.targets).await.unwrap();
        case.wait_sound().await;

        api.delete_listener(&balancer.listeners[0].arn).await.unwrap();
        case.wait_broken("listeners", "ListenerMissing").await;
        api.delete_load_balancer(&balancer.description.arn).await.unwrap();
        case.wait_broken("loadBalancer", "LoadBalancerMissing").await;
    })
    .await;
}
