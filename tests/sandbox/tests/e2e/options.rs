//! Options whose effect is what elbow leaves alone.

use std::time::Duration;

use elbow::aws::api::AwsApi as _;
use elbow::aws::ids::InstanceId;
use elbow::aws::stack::Target;
use serde_json::{Value, json};

use crate::by_hand::ec2;
use crate::cloud::Holdings;
use crate::cluster::condition;
use crate::scenario::{Scenario, with_own_elbow};
use crate::wait::{steadily, until};

const PREFIX: &str = "service.beta.kubernetes.io/aws-load-balancer-";
const FAST_AUDIT: [&str; 2] = ["--audit-period=1s", "--audit-calls-per-minute=600"];

/// Longer than several rounds of the fast audit.
const ROUNDS: Duration = Duration::from_secs(4);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn targets_of_another_cluster_stay_in_a_shared_target_group_and_in_no_other() {
    with_own_elbow("multi-cluster", async |scenario| {
        let _elbow = scenario.elbow("only", &FAST_AUDIT).await;
        let shared = scenario.service("web").aws("multi-cluster-target-group", "true");
        scenario.serve(&shared).await;
        let foreign = foreign_instance(&scenario).await;
        let held = scenario.holdings("web").await;
        let group = held.target_group();
        let target = Target {
            instance: InstanceId::new(&foreign),
            port: group.targets.first().unwrap().port,
        };
        let arn = group.description.arn.clone();
        scenario
            .cloud
            .api
            .register_targets(&arn, &[target.clone()].into())
            .await
            .unwrap();
        steadily(ROUNDS, "the other cluster's target", async || {
            let held = scenario.holdings("web").await;
            match held.target_group().targets.contains(&target) {
                true => Ok(()),
                false => Err(format!("{:?}", held.target_group().targets)),
            }
        })
        .await;

        set(&scenario, "multi-cluster-target-group", Value::Null).await;
        let alone = |held: &Holdings| (!held.target_groups.first()?.targets.contains(&target)).then_some(());
        scenario
            .wait_holdings("the other cluster's target to go", "web", alone)
            .await;
        let code = format!("ec2.terminate_instances(InstanceIds=['{foreign}'])");
        ec2(&scenario.sandbox, &code).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn deletion_protection_holds_until_the_user_takes_it_off() {
    with_own_elbow("protected", async |scenario| {
        let _elbow = scenario.elbow("only", &FAST_AUDIT).await;
        let manifest = scenario
            .service("web")
            .aws("attributes", "deletion_protection.enabled=true");
        scenario.serve(&manifest).await;
        scenario
            .cluster
            .services()
            .delete("web", &Default::default())
            .await
            .unwrap();
        let told = until("the refusal", async || {
            let service = scenario
                .cluster
                .services()
                .get("web")
                .await
                .map_err(|error| error.to_string())?;
            match condition(&service, "Stalled") {
                Some(found) if found.reason == "DeletionProtected" => Ok(found.message.clone()),
                _ => Err(format!("{:?}", service.status)),
            }
        })
        .await;
        assert!(told.contains("deletion_protection.enabled=false"), "{told}");
        assert_eq!(scenario.holdings("web").await.load_balancers.len(), 1);

        set(&scenario, "attributes", json!("deletion_protection.enabled=false")).await;
        scenario.cluster.wait_deleted("web").await;
        assert!(scenario.holdings("web").await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn protection_that_a_person_set_by_hand_is_not_drift_but_what_the_user_asked_for_and_took_out_is_reset() {
    with_own_elbow("by-hand-protected", async |scenario| {
        let _elbow = scenario.elbow("only", &FAST_AUDIT).await;
        scenario.serve(&scenario.service("web")).await;
        let arn = scenario.holdings("web").await.load_balancer().description.arn.clone();
        let on = [("deletion_protection.enabled".to_owned(), "true".to_owned())].into();
        scenario
            .cloud
            .api
            .modify_load_balancer_attributes(&arn, &on)
            .await
            .unwrap();
        steadily(ROUNDS, "the protection", async || {
            let held = scenario.holdings("web").await;
            match is_protected(&held) {
                Some(true) => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
        set(&scenario, "attributes", json!("deletion_protection.enabled=true")).await;
        scenario.cluster.wait_programmed("web").await;
        set(&scenario, "attributes", Value::Null).await;
        scenario
            .wait_holdings("the protection to go", "web", |held| {
                (is_protected(held) == Some(false)).then_some(())
            })
            .await;
    })
    .await;
}

fn is_protected(held: &Holdings) -> Option<bool> {
    let attributes = &held.load_balancers.first()?.attributes;
    Some(attributes.get("deletion_protection.enabled")? == "true")
}

async fn set(scenario: &Scenario, key: &str, value: Value) {
    let key = format!("{PREFIX}{key}");
    let patch = json!({ "metadata": { "annotations": { key: value } } });
    scenario.cluster.patch_service("web", patch).await;
}

/// An instance that carries another cluster's tag.
async fn foreign_instance(scenario: &Scenario) -> String {
    let infrastructure = &scenario.sandbox.infrastructure;
    let code = format!(
        "print(ec2.run_instances(ImageId='ami-12c6146b', MinCount=1, MaxCount=1, SubnetId='{}', TagSpecifications=[{{\
         'ResourceType': 'instance', 'Tags': [{{'Key': 'kubernetes.io/cluster/other', 'Value': 'owned'}}]}}])\
         ['Instances'][0]['InstanceId'])",
        infrastructure.private_subnet_ids[0],
    );
    ec2(&scenario.sandbox, &code).await
}
