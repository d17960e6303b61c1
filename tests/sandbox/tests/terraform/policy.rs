//! The IAM policy of `modules/controller_iam`: exactly what elbow needs, and only on what is the cluster's own.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use serde_json::Value;

use crate::calls;
use crate::iam::{Call, strings};
use crate::workspace::Workspace;

/// What AWS asks for besides the calls that elbow makes, in the caller's name: the role that Elastic Load Balancing works
/// under, what it reads itself (<https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-permissions.html>), and
/// the load balancer's half of the calls to WAF
/// (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_awswafv2.html>).
const CALLS_BY_AWS: [&str; 9] = [
    "ec2:DescribeAccountAttributes",
    "ec2:DescribeAddresses",
    "ec2:DescribeInternetGateways",
    "ec2:GetSecurityGroupsForVpc",
    "elasticloadbalancing:CreateWebACLAssociation",
    "elasticloadbalancing:DeleteWebACLAssociation",
    "elasticloadbalancing:GetLoadBalancerWebACL",
    "iam:CreateServiceLinkedRole",
    "wafv2:GetWebACL",
];

const TAG: &str = "elbow.dev/cluster";
const NODES_TAG: &str = "kubernetes.io/cluster/blue";
const LOAD_BALANCER: &str = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/web/0123456789abcdef";
const APPLICATION_LOAD_BALANCER: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/web/0123456789abcdef";
const GATEWAY_LOAD_BALANCER: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/gwy/web/0123456789abcdef";
const CLASSIC_LOAD_BALANCER: &str = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/web";
const APPLICATION_LISTENER: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/web/0123456789abcdef/0123456789abcdef";
const LISTENER: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/net/web/0123456789abcdef/0123456789abcdef";
const TARGET_GROUP: &str = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/0123456789abcdef";
const SECURITY_GROUP: &str = "arn:aws:ec2:eu-west-1:111122223333:security-group/sg-1";
const VPC: &str = "arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-0a1b2c3d";
const OTHER_VPC: &str = "arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-ffffffff";

/// Plans the module for the cluster blue. Credentials are never used: a plan of new resources asks AWS nothing.
const ROOT: &str = r#"
provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

module "controller_iam" {
  source = "../modules/controller_iam"

  cluster_name = "blue"
  vpc_id       = "vpc-0a1b2c3d"
}

output "policy" {
  value = module.controller_iam.policy_json
}
"#;

/// The policy for the cluster blue in its VPC in eu-west-1.
static POLICY: LazyLock<Value> = LazyLock::new(|| {
    let workspace = Workspace::new("policy");
    workspace.write("policy/main.tf", ROOT);
    let folder = Path::new("policy");
    workspace.init(folder);
    workspace.run(folder, &["plan", "-input=false", "-out=plan"]);
    let plan = workspace.run(folder, &["show", "-json", "plan"]);
    let plan: Value = serde_json::from_str(&plan).expect("terraform prints JSON");
    let policy = &plan["planned_values"]["outputs"]["policy"]["value"];
    serde_json::from_str(policy.as_str().expect("the policy is known")).expect("it is JSON")
});

fn call<'a>(action: &'a str, resource: &'a str) -> Call<'a> {
    Call::new(action, resource)
}

#[track_caller]
fn allowed(call: &Call<'_>) {
    assert!(call.is_allowed_by(&POLICY), "must be allowed: {call:?}");
}

#[track_caller]
fn denied(call: &Call<'_>) {
    assert!(!call.is_allowed_by(&POLICY), "must be denied: {call:?}");
}

#[test]
#[ignore = "needs terraform: run by cargo sandbox test"]
fn the_policy_allows_the_calls_that_are_made_and_no_other() {
    let statements = POLICY["Statement"].as_array().unwrap();
    let actions: BTreeSet<&str> = statements
        .iter()
        .flat_map(|statement| strings(&statement["Action"]))
        .collect();
    let calls = calls::made_by_elbow();
    let expected: BTreeSet<&str> = calls.iter().map(String::as_str).chain(CALLS_BY_AWS).collect();
    assert_eq!(actions, expected);
}

#[test]
#[ignore = "needs terraform: run by cargo sandbox test"]
fn every_statement_is_limited_and_every_write_to_the_cluster() {
    // These cannot be: they know no tag of what they change.
    let untagged = ["CreateServiceLinkedRole", "CreateSecurityGroupInVpc", "UseWebAcl"];
    for statement in POLICY["Statement"].as_array().unwrap() {
        let sid = statement["Sid"].as_str().unwrap();
        let condition = statement["Condition"].to_string();
        assert!(statement["Condition"].is_object(), "{sid}");
        let reads = strings(&statement["Action"])
            .iter()
            .all(|action| action.contains(":Describe") || action.contains(":Get"));
        if !reads && !untagged.contains(&sid) {
            let names_cluster = condition.contains(r#"elbow.dev/cluster":"blue""#);
            assert!(
                names_cluster || condition.contains("kubernetes.io/cluster/blue"),
                "{sid}: {condition}"
            );
            assert_ne!(statement["Resource"], "*", "{sid}");
        }
    }
}

#[test]
#[ignore = "needs terraform: run by cargo sandbox test"]
fn changes_are_allowed_on_what_is_the_clusters_own_only() {
    for (action, resource) in [
        ("elasticloadbalancing:DeleteLoadBalancer", LOAD_BALANCER),
        ("elasticloadbalancing:SetSubnets", LOAD_BALANCER),
        ("elasticloadbalancing:DeleteLoadBalancer", APPLICATION_LOAD_BALANCER),
        ("elasticloadbalancing:SetIpAddressType", APPLICATION_LOAD_BALANCER),
        ("elasticloadbalancing:ModifyCapacityReservation", LOAD_BALANCER),
        (
            "elasticloadbalancing:CreateWebACLAssociation",
            APPLICATION_LOAD_BALANCER,
        ),
        (
            "elasticloadbalancing:DeleteWebACLAssociation",
            APPLICATION_LOAD_BALANCER,
        ),
        ("elasticloadbalancing:ModifyListener", LISTENER),
        ("elasticloadbalancing:ModifyListener", APPLICATION_LISTENER),
        ("elasticloadbalancing:ModifyListenerAttributes", LISTENER),
        ("elasticloadbalancing:AddListenerCertificates", LISTENER),
        ("elasticloadbalancing:RegisterTargets", TARGET_GROUP),
        ("elasticloadbalancing:DeregisterTargets", TARGET_GROUP),
        ("ec2:DeleteSecurityGroup", SECURITY_GROUP),
        ("ec2:RevokeSecurityGroupIngress", SECURITY_GROUP),
    ] {
        allowed(&call(action, resource).on_tagged(TAG, "blue"));
        denied(&call(action, resource).on_tagged(TAG, "green"));
        denied(&call(action, resource));
    }
}

#[test]
#[ignore = "needs terraform: run by cargo sandbox test"]
fn what_is_created_carries_the_clusters_tag() {
    for (action, resource) in [
        ("elasticloadbalancing:CreateLoadBalancer", LOAD_BALANCER),
        ("elasticloadbalancing:CreateLoadBalancer", APPLICATION_LOAD_BALANCER),
        ("elasticloadbalancing:CreateTargetGroup", TARGET_GROUP),
        ("ec2:CreateSecurityGroup", SECURITY_GROUP),
    ] {
        let create = call(action, resource);
        allowed(&create.clone().tagging(TAG, "blue").tagging("team", "x"));
        denied(&create.clone().tagging(TAG, "green"));
        denied(&create.tagging("team", "x"));
    }
    for other_kind in [GATEWAY_LOAD_BALANCER, CLASSIC_LOAD_BALANCER] {
        denied(&call("elasticloadbalancing:CreateLoadBalancer", other_kind).tagging(TAG, "blue"));
    }
}

#[test]
#[ignore = "needs terraform: run by cargo sandbox test"]
fn a_listener_is_created_on_a_load_balancer_of_the_cluster_only() {
    let create = call("elasticloadbalancing:CreateListener", LOAD_BALANCER).tagging(TAG, "blue");
    allowed(&create.clone().on_tagged(TAG, "blue"));
    denied(&create.clone().on_tagged(TAG, "green"));
    denied(&create);
}

#[test]
#[ignore = "needs terraform: run by cargo sandbox test"]
fn nothing_foreign_can_be_taken_over_by_tagging_it() {
    for (tag, resource, created_by, create) in [
        (
            "elasticloadbalancing:AddTags",
            LOAD_BALANCER,
            "elasticloadbalancing:CreateAction",
            "CreateLoadBalancer",
        ),
        (
            "elasticloadbalancing:AddTags",
            LISTENER,
            "elasticloadbalancing:CreateAction",
            "CreateListener",
        ),
        (
            "ec2:CreateTags",
            SECURITY_GROUP,
            "ec2:CreateAction",
            "CreateSecurityGroup",
        ),
    ] {
        let tag = call(tag, resource).tagging(TAG, "blue");
        allowed(&tag.clone().with(created_by, create));
        denied(&tag.clone().on_tagged(TAG, "green"));
        denied(&tag.clone().on_tagged(NODES_TAG, "owned"));
        denied(&tag);
    }
}

#[test]
#[ignore = "needs terraform: run by cargo sandbox test"]
fn tags_of_the_user_follow_and_the_tag_of_the_cluster_stays() {
    for (add, remove, resource) in [
        (
            "elasticloadbalancing:AddTags",
            "elasticloadbalancing:RemoveTags",
            TARGET_GROUP,
        ),
        ("ec2:CreateTags", "ec2:DeleteTags", SECURITY_GROUP),
    ] {
        let add = call(add, resource).on_tagged(TAG, "blue");
        allowed(&add.clone().tagging("team", "x"));
        denied(&add.tagging(TAG, "green"));
        let remove = call(remove, resource).on_tagged(TAG, "blue");
        allowed(&remove.clone().untagging("team"));
        denied(&remove.clone().untagging("team").untagging(TAG));
        denied(&remove.clone().untagging(NODES_TAG));
        // Names no tag: all of them would go.
        denied(&remove);
    }
}

#[test]
#[ignore = "needs terraform: run by cargo sandbox test"]
fn of_the_nodes_group_only_the_rules_can_be_changed() {
    for action in ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"] {
        let change = call(action, SECURITY_GROUP);
        allowed(&change.clone().on_tagged(NODES_TAG, "owned"));
        denied(&change.on_tagged("kubernetes.io/cluster/green", "owned"));
    }
    denied(&call("ec2:DeleteSecurityGroup", SECURITY_GROUP).on_tagged(NODES_TAG, "owned"));
}

#[test]
#[ignore = "needs terraform: run by cargo sandbox test"]
fn security_groups_are_created_in_the_vpc_of_the_cluster_only() {
    allowed(&call("ec2:CreateSecurityGroup", VPC));
    denied(&call("ec2:CreateSecurityGroup", OTHER_VPC));
}

#[test]
#[ignore = "needs terraform: run by cargo sandbox test"]
fn reads_are_allowed_in_the_region_of_the_cluster_only() {
    let read = call("elasticloadbalancing:DescribeLoadBalancers", "*");
    allowed(&read);
    denied(&read.with("aws:RequestedRegion", "us-east-1"));
}

#[test]
#[ignore = "needs terraform: run by cargo sandbox test"]
fn the_only_service_linked_role_is_that_of_elastic_load_balancing() {
    let create = call("iam:CreateServiceLinkedRole", "*");
    let of = |service| create.clone().with("iam:AWSServiceName", service);
    allowed(&of("elasticloadbalancing.amazonaws.com"));
    denied(&of("autoscaling.amazonaws.com"));
}
