use rstest::rstest;

use super::*;
use crate::provider::Retry;

const ACTION: &str = "elasticloadbalancing:CreateLoadBalancer";

#[rstest]
#[case(ErrorKind::Throttled, &["Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException",
    "SlowDown", "EC2ThrottledException"])]
#[case(ErrorKind::Transient, &["RequestTimeout", "InternalFailure", "InternalError", "ServiceUnavailable", "Unavailable",
    "ExpiredToken", "RequestExpired", "SignatureDoesNotMatch", "HealthUnavailable", "WAFInternalErrorException", "SomethingNew", "", TIMEOUT,
    UNREACHABLE, UNREADABLE])]
#[case(ErrorKind::Denied, &["AccessDenied", "UnauthorizedOperation", "AuthFailure", NO_CREDENTIALS])]
#[case(ErrorKind::NotFound, &["LoadBalancerNotFound", "TargetGroupNotFound", "ListenerNotFound",
    "InvalidGroup.NotFound", "InvalidPermission.NotFound", "SubnetNotFound", "InvalidSecurityGroup"])]
#[case(ErrorKind::InUse, &["ResourceInUse", "DependencyViolation", "InvalidGroup.InUse", "CapacityReservationPending",
    "PriorRequestNotComplete", "WAFUnavailableEntityException"])]
#[case(ErrorKind::AlreadyExists, &["DuplicateLoadBalancerName", "DuplicateTargetGroupName", "DuplicateListener",
    "InvalidPermission.Duplicate", "InvalidGroup.Duplicate"])]
#[case(ErrorKind::Quota, &["RulesPerSecurityGroupLimitExceeded", "SecurityGroupLimitExceeded",
    "SecurityGroupsPerInterfaceLimitExceeded", "TooManyLoadBalancers", "TooManyTargetGroups", "TooManyTargets",
    "TooManyRegistrationsForTargetId", "TooManyListeners", "TooManyCertificates", "TooManyTags",
    "TooManyUniqueTargetGroupsPerLoadBalancer", "TargetGroupAssociationLimit", "InvalidSubnet",
    "CapacityDecreaseRequestLimitExceeded", "CapacityUnitsLimitExceeded", "InsufficientCapacity",
    "WAFLimitsExceededException"])]
#[case(ErrorKind::InvalidTarget, &["InvalidTarget"])]
#[case(ErrorKind::Protected, &["OperationNotPermitted"])]
#[case(ErrorKind::Rejected, &["InvalidConfigurationRequest", "ValidationError", "InvalidScheme", "IncompatibleProtocols",
    "UnsupportedProtocol", "SSLPolicyNotFound", "ALPNPolicyNotFound", "InvalidParameterValue", "DuplicateTagKeys",
    "AvailabilityZoneNotSupported", "AllocationIdNotFound", "CertificateNotFound",
    "InvalidLoadBalancerAction", "InvalidPrefixListID.NotFound", "WAFNonexistentItemException",
    "WAFInvalidParameterException", "WAFInvalidOperationException"])]
fn a_code_has_one_meaning(#[case] kind: ErrorKind, #[case] codes: &[&str]) {
    for code in codes {
        assert_eq!(ErrorKind::of(code), kind, "{code}");
    }
}

#[test]
fn no_code_is_listed_twice() {
    let all: Vec<_> = CODES.iter().flat_map(|(_, codes)| *codes).collect();
    let unique: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!(all.len(), unique.len());
}

#[test]
fn a_denial_names_the_action_that_the_policy_must_allow() {
    let error = ProviderError::from(AwsError::new(ACTION, "AccessDenied", "not authorized"));
    assert_eq!(
        error.to_string(),
        "elasticloadbalancing:CreateLoadBalancer was denied: not authorized (AccessDenied); \
         allow it in the controller's IAM policy"
    );
    assert_eq!(error.retry(), Retry::Slowly);
}

#[test]
fn a_quota_names_its_code() {
    let error = ProviderError::from(AwsError::new(ACTION, "TooManyLoadBalancers", "limit of 50"));
    let text = error.to_string();
    assert!(
        text.contains("limit of 50") && text.contains("(TooManyLoadBalancers)"),
        "{text}"
    );
    assert_eq!(error.reason(), "QuotaExceeded");
}

#[rstest]
#[case("TooManyLoadBalancers", "\"Network Load Balancers per Region\" (L-69A177A2)")]
#[case("TooManyTargetGroups", "\"Target Groups per Region\" (L-B22855CB)")]
#[case("SecurityGroupLimitExceeded", "\"VPC security groups per Region\" (L-E79EC296)")]
fn a_quota_is_named_as_in_service_quotas(#[case] code: &str, #[case] name: &str) {
    let error = ProviderError::from(AwsError::new(ACTION, code, "too many"));
    assert!(error.to_string().contains(name), "{error}");
}

#[rstest]
#[case("Throttling", "Throttled", Retry::Backoff)]
#[case("ValidationError", "Rejected", Retry::Slowly)]
#[case("OperationNotPermitted", "Rejected", Retry::Slowly)]
#[case("LoadBalancerNotFound", "CloudError", Retry::Backoff)]
#[case("DuplicateListener", "CloudError", Retry::Backoff)]
#[case("InvalidTarget", "CloudError", Retry::Backoff)]
#[case("SomethingNew", "CloudError", Retry::Backoff)]
fn a_code_decides_reason_and_retry(#[case] code: &str, #[case] reason: &str, #[case] retry: Retry) {
    let error = ProviderError::from(AwsError::new(ACTION, code, "words of AWS"));
    assert_eq!((error.reason(), error.retry()), (reason, retry));
    let text = error.to_string();
    assert!(
        text.contains("words of AWS") && text.contains(code) && text.contains(ACTION),
        "{text}"
    );
}

#[test]
fn a_protected_load_balancer_names_the_annotation_that_lets_it_go() {
    let refused = AwsError::new(DELETE_LOAD_BALANCER, "OperationNotPermitted", "protected");
    let error = ProviderError::from(refused);
    assert_eq!((error.reason(), error.retry()), ("DeletionProtected", Retry::Slowly));
    let text = error.to_string();
    assert!(text.contains(&keys::ATTRIBUTES.to_string()) && text.contains("deletion_protection.enabled=false"));
}

#[test]
fn what_is_in_use_is_retried_after_a_fixed_delay() {
    let error = ProviderError::from(AwsError::new(ACTION, "DependencyViolation", "in use"));
    assert!(matches!(error.retry(), Retry::After(_)));
}

#[test]
fn a_closed_fence_stays_a_closed_fence() {
    let error = AwsError::closed(ACTION, Closed::Stopping);
    assert_eq!(ProviderError::from(error), ProviderError::Closed(Closed::Stopping));
}
