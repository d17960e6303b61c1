//! PURE. Which calls share a bucket of AWS, and how large AWS says that it is.

use super::rates::Rate;

/// AWS documentation, Elastic Load Balancing user guide, "Request throttling for the Elastic Load Balancing API".
const ELB: &str = "docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-throttling.html";
/// AWS documentation, Amazon EC2 developer guide, "Request throttling for the Amazon EC2 API". All our reads have a filter,
/// so that the smaller bucket of unfiltered ones is not theirs.
const EC2: &str = "docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html";
/// AWS documentation, AWS WAF developer guide, "AWS WAF quotas".
const WAF: &str = "docs.aws.amazon.com/waf/latest/developerguide/limits.html";

/// Calls that use up the same bucket of the account in its region.
#[derive(Debug, PartialEq)]
pub struct Class {
    /// Its name in the flag and in metrics: for ELBv2 that of AWS' category, else the one API.
    pub name: &'static str,
    /// IAM actions of the calls.
    pub actions: &'static [&'static str],
    /// What AWS publishes.
    pub published: Rate,
    /// Where AWS publishes it.
    pub source: &'static str,
}

/// All classes. EC2 and WAF give every API a bucket of its own, ELBv2 every category.
pub const CLASSES: &[Class] = &[
    // Accounts of before March 2026 may have 40 and 10, which a throttle then tells.
    class(
        "elbv2-non-mutating",
        &[
            "elasticloadbalancing:DescribeAccountLimits",
            "elasticloadbalancing:DescribeCapacityReservation",
            "elasticloadbalancing:DescribeListenerAttributes",
            "elasticloadbalancing:DescribeListenerCertificates",
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:DescribeLoadBalancerAttributes",
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeTags",
            "elasticloadbalancing:DescribeTargetGroupAttributes",
            "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeTargetHealth",
        ],
        (200, 50.0),
        ELB,
    ),
    class(
        "elbv2-mutating",
        &[
            "elasticloadbalancing:AddListenerCertificates",
            "elasticloadbalancing:AddTags",
            "elasticloadbalancing:CreateListener",
            "elasticloadbalancing:CreateTargetGroup",
            "elasticloadbalancing:DeleteListener",
            "elasticloadbalancing:DeleteLoadBalancer",
            "elasticloadbalancing:DeleteTargetGroup",
            "elasticloadbalancing:ModifyCapacityReservation",
            "elasticloadbalancing:ModifyListener",
            "elasticloadbalancing:ModifyListenerAttributes",
            "elasticloadbalancing:ModifyLoadBalancerAttributes",
            "elasticloadbalancing:ModifyTargetGroup",
            "elasticloadbalancing:ModifyTargetGroupAttributes",
            "elasticloadbalancing:RemoveListenerCertificates",
            "elasticloadbalancing:RemoveTags",
            "elasticloadbalancing:SetIpAddressType",
            "elasticloadbalancing:SetSecurityGroups",
        ],
        (20, 3.0),
        ELB,
    ),
    class(
        "elbv2-resource-intensive",
        &[
            "elasticloadbalancing:CreateLoadBalancer",
            "elasticloadbalancing:SetSubnets",
        ],
        (10, 0.2),
        ELB,
    ),
    class(
        "elbv2-registration",
        &[
            "elasticloadbalancing:RegisterTargets",
            "elasticloadbalancing:DeregisterTargets",
        ],
        (20, 4.0),
        ELB,
    ),
    class("ec2-describe-instances", &["ec2:DescribeInstances"], (100, 20.0), EC2),
    class(
        "ec2-describe-route-tables",
        &["ec2:DescribeRouteTables"],
        (100, 20.0),
        EC2,
    ),
    class(
        "ec2-describe-security-groups",
        &["ec2:DescribeSecurityGroups"],
        (100, 20.0),
        EC2,
    ),
    class("ec2-describe-subnets", &["ec2:DescribeSubnets"], (100, 20.0), EC2),
    class("ec2-describe-vpcs", &["ec2:DescribeVpcs"], (100, 20.0), EC2),
    class(
        "ec2-create-security-group",
        &["ec2:CreateSecurityGroup"],
        (50, 5.0),
        EC2,
    ),
    class(
        "ec2-delete-security-group",
        &["ec2:DeleteSecurityGroup"],
        (50, 5.0),
        EC2,
    ),
    class(
        "ec2-authorize-ingress",
        &["ec2:AuthorizeSecurityGroupIngress"],
        (50, 5.0),
        EC2,
    ),
    class(
        "ec2-revoke-ingress",
        &["ec2:RevokeSecurityGroupIngress"],
        (50, 5.0),
        EC2,
    ),
    class("ec2-create-tags", &["ec2:CreateTags"], (100, 10.0), EC2),
    class("ec2-delete-tags", &["ec2:DeleteTags"], (100, 10.0), EC2),
    class("waf-associate", &["wafv2:AssociateWebACL"], (1, 0.5), WAF),
    class("waf-disassociate", &["wafv2:DisassociateWebACL"], (1, 0.5), WAF),
    class("waf-get", &["wafv2:GetWebACLForResource"], (1, 1.0), WAF),
];

const fn class(
    name: &'static str,
    actions: &'static [&'static str],
    (burst, per_second): (u32, f64),
    source: &'static str,
) -> Class {
    let published = Rate { burst, per_second };
    Class {
        name,
        actions,
        published,
        source,
    }
}

impl Class {
    /// The class of an IAM action; none for one that elbow does not use.
    pub fn of(action: &str) -> Option<&'static Self> {
        CLASSES.iter().find(|class| class.actions.contains(&action))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_action_belongs_to_one_class_and_each_class_has_a_name_of_its_own() {
        let actions: Vec<_> = CLASSES.iter().flat_map(|class| class.actions).collect();
        assert_eq!(actions.iter().collect::<BTreeSet<_>>().len(), actions.len());
        let names: BTreeSet<_> = CLASSES.iter().map(|class| class.name).collect();
        assert_eq!(names.len(), CLASSES.len());
    }
}
