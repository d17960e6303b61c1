//! Security groups of the user's own in place of the managed one, and back.

use elbow_sandbox::Sandbox;
use serde_json::json;

use super::visitor::{self, Visitor};
use super::workload::Workload;
use crate::by_hand;
use crate::scenario::{Scenario, with_installed_elbow};

const PREFIX: &str = "service.beta.kubernetes.io/aws-load-balancer-";

/// A security group that admits one client to TCP port 80; its id.
async fn own_group(sandbox: &Sandbox, name: &str) -> String {
    let code = format!(
        "group = ec2.create_security_group(GroupName='{name}', Description='{name}', VpcId='{}')['GroupId']\n\
         ec2.authorize_security_group_ingress(GroupId=group, IpProtocol='tcp', FromPort=80, ToPort=80, CidrIp='{}/32')\n\
         print(group)",
        sandbox.infrastructure.vpc_id,
        visitor::address(0),
    );
    by_hand::ec2(sandbox, &code).await
}

async fn remove_group(sandbox: &Sandbox, group: &str) {
    by_hand::ec2(sandbox, &format!("ec2.delete_security_group(GroupId='{group}')")).await;
}

async fn set_groups(scenario: &Scenario, groups: Option<&str>) {
    let change = json!({ "metadata": { "annotations": {
        format!("{PREFIX}security-groups"): groups,
        format!("{PREFIX}manage-backend-security-group-rules"): groups.map(|_| "true"),
    } } });
    scenario.cluster.patch_service("web", change).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn own_groups_decide_who_is_answered_while_they_stand_and_whom_both_admit_notices_nothing() {
    with_installed_elbow("groups", async |scenario| {
        Workload::http("web").deploy(&scenario.cluster).await;
        let hostname = scenario.serve(&scenario.service("web")).await;
        let group = own_group(&scenario.sandbox, &scenario.cluster.namespace).await;
        let visitor = Visitor::of(&scenario.sandbox);
        let [admitted, other] = [0, 1].map(|number| {
            visitor
                .request(&format!("http://{hostname}/"))
                .from(visitor::address(number))
        });
        visitor.answer(&other).await;

        let load = visitor.keep_asking(&admitted, 20).await;
        for _ in 0..2 {
            set_groups(&scenario, Some(&group)).await;
            visitor.wait_dropped(&other).await;
            set_groups(&scenario, None).await;
            visitor.answer(&other).await;
        }
        let report = load.stop().await.unwrap();
        assert_eq!(report.failed, []);
        remove_group(&scenario.sandbox, &group).await;
    })
    .await;
}
