//! What is changed or deleted by hand in AWS is healed within the audit period, and what is foreign stays as it is.

use std::collections::BTreeSet;

use elbow::aws::api::AwsApi as _;
use elbow::aws::stack::{IngressRule, RuleProtocol, RuleSource, Tags};

use crate::cloud::{Holdings, sole_target_group};
use crate::scenario::{Scenario, with_own_elbow};

const FAST_AUDIT: [&str; 2] = ["--audit-period=2s", "--audit-calls-per-minute=600"];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn what_was_changed_by_hand_is_healed() {
    with_own_elbow("drift", async |scenario| {
        let _elbow = scenario.elbow("only", &FAST_AUDIT).await;
        scenario
            .serve(&scenario.service("web").aws("additional-resource-tags", "team=blue"))
            .await;
        let whole = scenario.holdings("web").await;
        let api = &scenario.cloud.api;
        let group = whole.target_group();

        api.deregister_targets(&group.description.arn, &group.targets.iter().take(1).cloned().collect())
            .await
            .unwrap();
        wait_same(&scenario, "the target", &whole).await;

        let off = [("deregistration_delay.timeout_seconds".to_owned(), "7".to_owned())].into();
        api.modify_target_group_attributes(&group.description.arn, &off)
            .await
            .unwrap();
        wait_same(&scenario, "the target group's attribute", &whole).await;

        let rules = &whole.security_group().rules;
        api.revoke_ingress(&whole.security_group().id, rules).await.unwrap();
        wait_same(&scenario, "the rule", &whole).await;

        let ssh = IngressRule {
            protocol: RuleProtocol::Tcp,
            from: 22,
            to: 22,
            source: RuleSource::Cidr("0.0.0.0/0".parse().unwrap()),
        };
        api.authorize_ingress(&whole.security_group().id, &BTreeSet::from([ssh]), "by hand")
            .await
            .unwrap();
        wait_same(&scenario, "a rule too many", &whole).await;

        let balancer = &whole.load_balancer().description;
        api.remove_tags(balancer.arn.as_str(), &BTreeSet::from(["team".to_owned()]))
            .await
            .unwrap();
        wait_same(&scenario, "the tag", &whole).await;

        api.delete_listener(&whole.load_balancer().listeners[0].arn)
            .await
            .unwrap();
        wait_like(&scenario, "the listener", &whole).await;

        let now = scenario.holdings("web").await;
        api.delete_load_balancer(&now.load_balancer().description.arn)
            .await
            .unwrap();
        wait_like(&scenario, "the load balancer", &whole).await;
        // A hand can delete a target group only while no listener uses it.
        let now = scenario.holdings("web").await;
        api.delete_listener(&now.load_balancer().listeners[0].arn)
            .await
            .unwrap();
        if api
            .delete_target_group(&now.target_group().description.arn)
            .await
            .is_ok()
        {
            wait_like(&scenario, "the target group", &whole).await;
        }
        // The status follows the load balancer that stands now.
        crate::wait::until("the status to name the load balancer", async || {
            let held = scenario.holdings("web").await;
            let name = held
                .load_balancers
                .first()
                .map(|found| found.description.dns_name.clone());
            let published = crate::cluster::hostname(&scenario.cluster.services().get("web").await.unwrap());
            if name.is_some() && published == name {
                Ok(())
            } else {
                Err(format!("{published:?} {name:?}"))
            }
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn a_load_balancer_that_lost_its_tags_is_left_alone() {
    with_own_elbow("untagged", async |scenario| {
        let _elbow = scenario.elbow("only", &FAST_AUDIT).await;
        scenario.serve(&scenario.service("web")).await;
        let balancer = scenario.holdings("web").await.load_balancer().clone();
        let ours: Tags = balancer.tags.clone();
        scenario
            .cloud
            .api
            .remove_tags(balancer.description.arn.as_str(), &ours.keys().cloned().collect())
            .await
            .unwrap();
        scenario.cluster.wait_refused("web", "NameTaken").await;
        let selection = elbow::aws::api::LoadBalancerSelection::Arn(balancer.description.arn.clone());
        let still = scenario.cloud.api.describe_load_balancers(&selection).await.unwrap();
        assert_eq!(still.first(), Some(&balancer.description));
        // Given back, it is elbow's again, to be taken away at the end.
        scenario
            .cloud
            .api
            .add_tags(balancer.description.arn.as_str(), &ours)
            .await
            .unwrap();
        scenario.cluster.wait_programmed("web").await;
    })
    .await;
}

/// Waits until all is as it was, to the letter.
async fn wait_same(scenario: &Scenario, what: &str, whole: &Holdings) {
    let back = |held: &Holdings| (held == whole).then_some(());
    scenario
        .wait_holdings(&format!("{what} to be healed"), "web", back)
        .await;
}

/// Waits until all is as it was but for identifiers that AWS gives anew.
async fn wait_like(scenario: &Scenario, what: &str, whole: &Holdings) {
    let back = |held: &Holdings| {
        let served = held.listener_ports() == whole.listener_ports()
            && held.target_groups.len() == 1
            && held.target_groups.first()?.targets == whole.target_groups[0].targets;
        let listener = held.load_balancers.first()?.listeners.first()?;
        let attached = sole_target_group(listener)? == held.target_groups.first()?.description.arn;
        (served && attached).then_some(())
    };
    scenario
        .wait_holdings(&format!("{what} to be made again"), "web", back)
        .await;
}
