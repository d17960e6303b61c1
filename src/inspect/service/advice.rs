//! What to do about what a condition says.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use crate::provider::DELETION_PROTECTED;

/// ELBv2's error code for a certificate that is not there.
pub(super) const CERTIFICATE_NOT_FOUND: &str = "CertificateNotFound";

/// What to do about each reason; the messages say which field, value or resource it is about.
const ADVICE: &[(&str, &str)] = &[
    (
        "NoSubnetFound",
        "tag one subnet a zone: kubernetes.io/role/internal-elb=1 for an internal load balancer, kubernetes.io/role/elb=1 for an \
         internet-facing one; or name subnets in annotation service.beta.kubernetes.io/aws-load-balancer-subnets",
    ),
    (
        "SecurityGroupNotFound",
        "make the security group that the message names, or correct annotation \
         service.beta.kubernetes.io/aws-load-balancer-security-groups",
    ),
    (
        CERTIFICATE_NOT_FOUND,
        "request or import the certificate in ACM in the region of the load balancer, or correct annotation \
         service.beta.kubernetes.io/aws-load-balancer-ssl-cert",
    ),
    (
        "AccessDenied",
        "allow the action that the message names in the IAM policy of elbow's role (terraform/modules/controller_iam)",
    ),
    (
        "QuotaExceeded",
        "raise the quota that the message names (Service Quotas), or free some of it",
    ),
    (
        "NameTaken",
        "choose another name in annotation service.beta.kubernetes.io/aws-load-balancer-name, or delete what holds it",
    ),
    (
        DELETION_PROTECTED,
        "set the load balancer attribute deletion_protection.enabled=false",
    ),
    ("Throttled", "wait: elbow tries again by itself, ever more slowly"),
    (
        "CloudError",
        "wait: elbow tries again by itself; if it lasts, its log tells more",
    ),
    (
        "Waiting",
        "wait: elbow tries again by itself; if it lasts, its log tells more",
    ),
];

/// The reason of the finding: the condition's own, but for a refusal of AWS that says what is missing.
pub(super) fn reason(condition: &Condition) -> &str {
    if condition.message.contains(CERTIFICATE_NOT_FOUND) {
        CERTIFICATE_NOT_FOUND
    } else {
        &condition.reason
    }
}

/// What to do.
pub(super) fn action(condition: &Condition) -> &'static str {
    let reason = reason(condition);
    let known = ADVICE.iter().find(|(known, _)| *known == reason);
    known.map_or(
        "correct what the message names: kubectl edit the Service; elbow tries again as soon as it is changed",
        |(_, advice)| advice,
    )
}
