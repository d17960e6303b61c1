//! What can happen to which call.

use std::time::Duration;

use super::is_read;
use crate::aws::Fault;

/// Within elbow's deadline, and far beyond it.
const SLOW: [Duration; 2] = [Duration::from_secs(3), Duration::from_secs(60)];

/// Codes with which AWS may answer any call: one of each class.
const ANY: [&str; 4] = ["InternalFailure", "ExpiredToken", "AccessDenied", "SomethingNew"];

/// Codes of single actions (the error sections of the ELBv2 and EC2 API references).
const OF: &[(&str, &[&str])] = &[
    (
        "CreateSecurityGroup",
        &["SecurityGroupLimitExceeded", "InvalidGroup.Duplicate"],
    ),
    (
        "AuthorizeSecurityGroupIngress",
        &[
            "InvalidGroup.NotFound",
            "InvalidPermission.Duplicate",
            "RulesPerSecurityGroupLimitExceeded",
        ],
    ),
    (
        "RevokeSecurityGroupIngress",
        &["InvalidGroup.NotFound", "InvalidPermission.NotFound"],
    ),
    ("DeleteSecurityGroup", &["DependencyViolation", "InvalidGroup.NotFound"]),
    (
        "CreateTargetGroup",
        &[
            "TooManyTargetGroups",
            "DuplicateTargetGroupName",
            "InvalidConfigurationRequest",
        ],
    ),
    (
        "CreateLoadBalancer",
        &[
            "TooManyLoadBalancers",
            "DuplicateLoadBalancerName",
            "InvalidSubnet",
            "SubnetNotFound",
            "InvalidSecurityGroup",
            "ResourceInUse",
        ],
    ),
    (
        "CreateListener",
        &[
            "TooManyListeners",
            "DuplicateListener",
            "LoadBalancerNotFound",
            "TargetGroupNotFound",
            "TargetGroupAssociationLimit",
            "CertificateNotFound",
        ],
    ),
    (
        "ModifyListener",
        &[
            "ListenerNotFound",
            "TargetGroupNotFound",
            "DuplicateListener",
            "IncompatibleProtocols",
        ],
    ),
    ("DeleteListener", &["ListenerNotFound", "ResourceInUse"]),
    (
        "RegisterTargets",
        &["InvalidTarget", "TargetGroupNotFound", "TooManyTargets"],
    ),
    ("DeregisterTargets", &["TargetGroupNotFound", "InvalidTarget"]),
    (
        "ModifyTargetGroup",
        &["TargetGroupNotFound", "InvalidConfigurationRequest"],
    ),
    ("SetSecurityGroups", &["LoadBalancerNotFound", "InvalidSecurityGroup"]),
    ("DeleteTargetGroup", &["ResourceInUse", "TargetGroupNotFound"]),
    (
        "DeleteLoadBalancer",
        &["OperationNotPermitted", "LoadBalancerNotFound", "ResourceInUse"],
    ),
    ("AddTags", &["LoadBalancerNotFound", "TooManyTags"]),
    ("DescribeTargetHealth", &["HealthUnavailable", "TargetGroupNotFound"]),
    ("DescribeTags", &["LoadBalancerNotFound"]),
    ("DescribeListeners", &["LoadBalancerNotFound"]),
];

/// All that can happen to a call of this action.
pub(super) fn faults_of(call: &str) -> Vec<Fault> {
    let mut faults = vec![Fault::DieBefore, Fault::DieAfter, Fault::LoseAnswer];
    faults.extend(codes_of(call).into_iter().map(Fault::Refuse));
    faults.extend(codes_of(call).into_iter().map(Fault::RefuseThrice));
    faults.extend(SLOW.map(Fault::Slow));
    if is_read(call) {
        faults.extend([1, 3].map(Fault::Stale));
    }
    faults
}

/// Can this happen to a call of this action? AWS answers with codes that have to do with what it was asked.
pub(super) fn suits(call: &str, fault: &Fault) -> bool {
    match fault {
        Fault::Refuse(code) | Fault::RefuseThrice(code) => codes_of(call).contains(code),
        _ => true,
    }
}

fn codes_of(call: &str) -> Vec<&'static str> {
    let (service, action) = call.split_once(':').expect("an IAM action has a prefix");
    let throttled = if service == "ec2" {
        "RequestLimitExceeded"
    } else {
        "Throttling"
    };
    let own = OF
        .iter()
        .find(|(of, _)| *of == action)
        .map_or(&[][..], |(_, codes)| codes);
    [throttled].into_iter().chain(ANY).chain(own.iter().copied()).collect()
}
